/**
 * TTL controller: tells kubelets by an annotation how long they may trust cached Secrets and
 * ConfigMaps: longer in larger clusters.
 *
 * Models:     kubernetes pkg/controller/ttl/ttl_controller.go (v1.36)
 * Watches:    Node (primary)
 * Writes:     Node patch (annotation)
 * Simplified: nothing known
 */
import { Node } from '../../api/kinds/node.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** ttlBoundaries: sizes overlap so that a cluster at the edge does not flap. */
const STEPS = [
  { minNodes: 0, maxNodes: 100, ttlSeconds: 0 },
  { minNodes: 90, maxNodes: 500, ttlSeconds: 15 },
  { minNodes: 450, maxNodes: 1_000, ttlSeconds: 30 },
  { minNodes: 900, maxNodes: 2_000, ttlSeconds: 60 },
  { minNodes: 1_800, maxNodes: Number.MAX_SAFE_INTEGER, ttlSeconds: 300 },
] as const;

export function ttlController(): ControllerDefinition<Node> {
  let step = 0;
  return defineController<Node>({
    name: 'ttl-controller',
    primary: Node,
    start({ informers }) {
      const nodes = informers.for(Node);
      const resize = (): void => {
        step = nextStep(step, nodes.size);
      };
      nodes.addHandler({ onAdd: resize, onDelete: resize });
    },
    reconcile: (name, context) => annotate(name, STEPS[step]?.ttlSeconds ?? 0, context),
  });
}

/** Pure: the step of a cluster that was in |step| and now has |nodes| nodes. */
export function nextStep(step: number, nodes: number): number {
  const { minNodes, maxNodes } = STEPS[step] ?? STEPS[0];
  if (nodes > maxNodes) return step + 1;
  return nodes < minNodes ? step - 1 : step;
}

function* annotate(name: string, ttlSeconds: number, context: ControllerContext): Proc {
  const node = context.get(Node, name);
  const text = String(ttlSeconds);
  const seen = node?.metadata.annotations?.[ANNOTATION];
  if (!node || seen === text) return;
  context.note(`TTL ${text} s`, seen === undefined ? 'none' : `TTL ${seen} s`);
  const patch = { metadata: { annotations: { [ANNOTATION]: text } } };
  yield* context.client.patch(Node, '', name, patch, { type: 'strategic' });
}
