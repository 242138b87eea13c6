/**
 * Cloud node lifecycle controller: deletes Nodes whose machine is gone, and taints those whose machine
 * is shut down.
 *
 * Models:     k8s.io/cloud-provider controllers/nodelifecycle/node_lifecycle_controller.go (v0.36)
 * Watches:    Node (primary)
 * Writes:     Node taints; deletes Nodes; Events
 */
import { Node } from '../../api/kinds/node.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import type { PretendCloud } from './cloud.ts';

const MONITOR_PERIOD_US = 5_000_000; // --node-monitor-period
const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown'; // TaintNodeShutdown

export function cloudNodeLifecycleController(cloud: PretendCloud): ControllerDefinition<Node> {
  return defineController<Node>({
    name: 'cloud-node-lifecycle-controller',
    primary: Node,
    ownHandlers: true,
    start(context) {
      const { kernel, scope } = context;
      const look = function* (): Proc {
        for (const node of [...context.informers.for(Node).all()]) {
          yield* monitor(node, cloud, context);
        }
        context.after(MONITOR_PERIOD_US, begin, true);
      };
      const begin = (): void => {
        kernel.spawn('cloud node monitor', look(), { periodic: true, scope, cause: 0 });
      };
      context.informers.whenSynced(begin);
    },
    *reconcile() {
      // Nobody wakes it: it looks at all Nodes by the clock.
    },
  });
}

function* monitor(node: Node, cloud: PretendCloud, context: ControllerContext): Proc {
  const { name } = node.metadata;
  const { taints = [], providerID = '' } = node.spec;
  const isMarked = taints.some(({ key }) => key === SHUTDOWN);
  const ready = node.status.conditions?.find(({ type }) => type === 'Ready')?.status;
  try {
    if (ready === 'True') {
      if (isMarked) yield* setTaints(node, false, context);
      return;
    }
    if (!(yield* cloud.instance(name, providerID))) return yield* remove(node, context);
    if (!isMarked && (yield* cloud.isShutDown(name))) yield* setTaints(node, true, context);
  } catch (error) {
    // Five seconds later it looks again.
    if (!isApiError(error)) throw error;
  }
}

function* remove(node: Node, context: ControllerContext): Proc {
  const { name } = node.metadata;
  const message = `Deleting node ${name} because it does not exist in the cloud provider`;
  context.events.record(node, { type: 'Normal', reason: 'DeletingNode', message });
  try {
    yield* context.client.delete(Node, '', name);
  } catch (error) {
    if (!isApiError(error)) throw error;
    const failed = `Failed deleting node ${name}: ${error.message}`;
    context.events.record(node, { type: 'Warning', reason: 'DeletingNodeFailed', message: failed });
  }
}

function* setTaints(node: Node, marked: boolean, context: ControllerContext): Proc {
  const { name, resourceVersion } = node.metadata;
  const others = (node.spec.taints ?? []).filter(({ key }) => key !== SHUTDOWN);
  const taints = marked ? [...others, { key: SHUTDOWN, effect: 'NoSchedule' }] : others;
  const patch = {
    metadata: { resourceVersion },
    spec: { taints: taints.length > 0 ? taints : null },
  };
  yield* context.client.patch(Node, '', name, patch, { type: 'merge' });
}
