/** Order of Pods in a place: who came first stands first, and one more moves nobody. */
import type { ObjectRow } from '../../port/protocol.ts';
import { isSystem } from '../mirror/refs.ts';
import { mirror, useMirror } from '../mirror/store.ts';
import { useSession } from '../session/session.ts';
import { byAge } from './scene.ts';

const lastOrder = new Map<string, readonly string[]>();
const orders = new WeakMap<readonly string[], readonly string[]>();
const withoutSystem = new WeakMap<readonly string[], readonly string[]>();

/** The Pods of |node| ('' = of none), in an order that outlives changes. */
export function usePodsInOrder(node: string): readonly string[] {
  const systemShown = useSession((s) => s.systemShown);
  const order = useOrder(node);
  if (systemShown) return order;
  const known = withoutSystem.get(order);
  if (known !== undefined) return known;
  const rest = order.some(isSystem) ? order.filter((ref) => !isSystem(ref)) : order;
  withoutSystem.set(order, rest);
  return rest;
}

function useOrder(node: string): readonly string[] {
  const refs = useMirror((s) => s.podsByNode.get(node));
  const known = orders.get(refs);
  if (known !== undefined) return known;
  const order = keepOrder(lastOrder.get(node) ?? [], refs, mirror.getState().objects);
  orders.set(refs, order);
  lastOrder.set(node, order);
  return order;
}

/** Pure: |before| without what has gone, then what is new by age. */
export function keepOrder(
  before: readonly string[],
  refs: readonly string[],
  objects: ReadonlyMap<string, ObjectRow>,
): readonly string[] {
  const now = new Set(refs);
  const kept = before.filter((ref) => now.delete(ref));
  const added = [...now]
    .flatMap((ref) => objects.get(ref) ?? [])
    .sort(byAge)
    .map((row) => row.ref);
  return [...kept, ...added];
}
