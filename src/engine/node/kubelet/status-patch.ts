/**
 * The strategic merge patch that turns one Pod status into another: changed fields, null for those
 * that go, and for lists with merge keys only what differs in them. Pure.
 *
 * Models: pkg/util/pod/pod.go PatchPodStatus with strategicpatch.CreateTwoWayMergePatch (v1.36)
 */
import type { NodeStatus, Pod, PodCondition, PodStatus } from '../../../api/generated/types.ts';

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
  for (const key of Object.keys(next)) {
    const value = next[key];
    if (value === undefined || sameJson(old[key], value)) continue;
    patch ??= {};
    const mergeKey = MERGE_KEYS[key];
    if (mergeKey === undefined || !Array.isArray(old[key])) patch[key] = value;
    else mergeList(patch, key, mergeKey, old[key] as readonly Json[], value as readonly Json[]);
  }
  for (const key of Object.keys(old)) {
    if (old[key] === undefined || next[key] !== undefined) continue;
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
  for (const item of next) {
    const before = old.find((o) => o[mergeKey] === item[mergeKey]);
    const changed = before ? difference(before, item) : item;
    if (changed) items.push({ ...changed, [mergeKey]: item[mergeKey] });
  }
  for (const item of old) {
    if (next.some((n) => n[mergeKey] === item[mergeKey])) continue;
    items.push({ $patch: 'delete', [mergeKey]: item[mergeKey] });
  }
  patch[`$setElementOrder/${field}`] = next.map((n) => ({ [mergeKey]: n[mergeKey] }));
  patch[field] = items;
}

/** Equal as JSON; a missing field equals undefined. Shared objects are equal at once. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Json>;
  const right = b as Readonly<Json>;
  for (const key in left) if (!sameJson(left[key], right[key])) return false;
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}

/** isPodStatusByKubeletEqual: times and observed generations of conditions do not count. */
export function sameStatus(a: PodStatus, b: PodStatus): boolean {
  const { conditions: left = [], ...restOfA } = a;
  const { conditions: right = [], ...restOfB } = b;
  return sameConditions(left, right) && sameJson(restOfA, restOfB);
}

function sameConditions(a: readonly PodCondition[], b: readonly PodCondition[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((c) => {
    const d = b.find((x) => x.type === c.type);
    return d?.status === c.status && d.reason === c.reason && d.message === c.message;
  });
}
