/**
 * The strategic merge patch that turns one Pod status into another: changed fields, null for those
 * that go, and for lists with merge keys only what differs in them. Pure.
 *
 * Models: pkg/util/pod/pod.go PatchPodStatus with strategicpatch.CreateTwoWayMergePatch (v1.36)
 */
import type { NodeStatus, Pod, PodCondition, PodStatus } from '../../api/generated/types.ts';
import { equalJson } from '../../api/meta/json.ts';

type Json = Record<string, unknown>;

/** Fields whose lists are merged by a key; all others are replaced as a whole. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  addresses: 'type',
  conditions: 'type',
  hostIPs: 'ip',
  podIPs: 'ip',
};

/** null: nothing differs. */
export function statusPatch(pod: Pod, next: PodStatus): Json | null {
  const status = difference(pod.status as unknown as Json, next as unknown as Json);
  if (status === null) return null;
  return { metadata: { uid: pod.metadata.uid }, status };
}

/** pkg/util/node PatchNodeStatus: the difference between two statuses of a Node. */
export function nodeStatusPatch(old: NodeStatus, next: NodeStatus): Json | null {
  const status = difference(old as unknown as Json, next as unknown as Json);
  return status === null ? null : { status };
}

function difference(old: Readonly<Json>, next: Readonly<Json>): Json | null {
  let patch: Json | null = null;
  for (const key in next) {
    const value = next[key];
    const before = old[key];
    if ((value ?? null) === (before ?? null) || value === undefined || equalJson(before, value)) {
      continue;
    }
    patch ??= {};
    const mergeKey = Array.isArray(before) ? MERGE_KEYS[key] : undefined;
    if (mergeKey === undefined) patch[key] = value;
    else mergeList(patch, key, mergeKey, before as readonly Json[], value as readonly Json[]);
  }
  for (const key in old) {
    // Times that nobody has set are written as null: they are not there either.
    if ((old[key] ?? null) === null || next[key] !== undefined) continue;
    patch ??= {};
    patch[key] = null;
  }
  return patch;
}

function mergeList(
  patch: Json,
  field: string,
  mergeKey: string,
  old: readonly Json[],
  next: readonly Json[],
): void {
  const items: Json[] = [];
  const order: Json[] = [];
  for (const item of next) {
    const id = item[mergeKey];
    order.push({ [mergeKey]: id });
    const before = find(old, mergeKey, id);
    const changed = before ? difference(before, item) : { ...item };
    if (!changed) continue;
    changed[mergeKey] = id;
    items.push(changed);
  }
  for (const item of old) {
    const id = item[mergeKey];
    if (!find(next, mergeKey, id)) items.push({ $patch: 'delete', [mergeKey]: id });
  }
  patch[`$setElementOrder/${field}`] = order;
  patch[field] = items;
}

function find(list: readonly Json[], key: string, value: unknown): Json | undefined {
  for (const item of list) if (item[key] === value) return item;
  return undefined;
}

/** isPodStatusByKubeletEqual: times and observed generations of conditions do not count. */
export function sameStatus(a: PodStatus, b: PodStatus): boolean {
  const left = a as unknown as Readonly<Json>;
  const right = b as unknown as Readonly<Json>;
  for (const key in left) {
    if (key !== 'conditions' && !equalJson(left[key], right[key])) return false;
  }
  for (const key in right) {
    if (right[key] !== undefined && left[key] === undefined) return false;
  }
  return sameConditions(a.conditions ?? [], b.conditions ?? []);
}

function sameConditions(a: readonly PodCondition[], b: readonly PodCondition[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((c, i) => {
    const d = b[i]?.type === c.type ? b[i] : b.find((x) => x.type === c.type);
    return d?.status === c.status && d.reason === c.reason && d.message === c.message;
  });
}
