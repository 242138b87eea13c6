/**
 * Node lifecycle controller: keeps NoSchedule taints in line with a Node's conditions, repeats labels
 * under their old names, and watches heartbeats.
 *
 * Models:     kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go (v1.36)
 * Watches:    Node (primary), Lease, Pod
 * Writes:     Node status, taints and labels; Pod status; Events
 * Simplified: nothing known
 */
import { Lease } from '../../api/kinds/lease.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { DEFAULT_NODE_FLAGS, missingLabels, noScheduleTaints } from './node-lifecycle/health.ts';
import { NodeMonitor, PODS_BY_NODE } from './node-lifecycle/monitor.ts';
import { swapTaints } from './node-lifecycle/swap-taints.ts';

export function nodeLifecycleController(flags = DEFAULT_NODE_FLAGS): ControllerDefinition<Node> {
  return defineController<Node>({
    name: 'node-controller',
    primary: Node,
    workers: 8, // nodeUpdateWorkerSize
    start(context) {
      const { informers } = context;
      const monitor = new NodeMonitor(context, flags);
      informers.for(Lease);
      const pods = informers.for(Pod);
      pods.addIndex(PODS_BY_NODE, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
      pods.addHandler({
        onAdd: (pod) => {
          if (pod.spec.nodeName) monitor.podBound(pod);
        },
        onUpdate: (pod, old) => {
          if (pod.spec.nodeName && pod.spec.nodeName !== old.spec.nodeName) monitor.podBound(pod);
        },
      });
      informers.whenSynced(() => monitor.start());
    },
    reconcile,
  });
}

function* reconcile(name: string, context: ControllerContext): Proc {
  const node = context.get(Node, name);
  if (!node) return;
  const { add, remove } = noScheduleTaints(node);
  if (add.length > 0 || remove.length > 0) {
    context.note(`${add.length} more NoSchedule taints`, `${remove.length} too many`);
    yield* swapTaints(node, add, remove, context);
  }
  const labels = missingLabels(node);
  if (labels) {
    yield* context.client.patch(Node, '', name, { metadata: { labels } }, { type: 'strategic' });
  }
}
