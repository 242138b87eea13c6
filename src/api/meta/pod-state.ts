/**
 * Questions every component asks of a Pod: is it active, ready, available.
 *
 * Models: kubernetes pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go (v1.36)
 */
import type { Pod, PodCondition } from '../generated/types.ts';
import { parseTime, rfc3339 } from './time.ts';

const MS_PER_SECOND = 1_000;

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  const conditions = pod.status.conditions;
  if (conditions === undefined) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

export function isPodTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

/** Neither finished nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);
}

/** Being deleted, its containers not yet all stopped. */
export function isPodTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** When it became ready, in milliseconds since 1970; undefined if it is not ready. */
export function podReadySinceMs(pod: Pod): number | undefined {
  const condition = podCondition(pod, 'Ready');
  if (condition?.status !== 'True' || condition.lastTransitionTime === undefined) return undefined;
  return parseTime(condition.lastTransitionTime);
}

/** Ready for at least |minReadySeconds|. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!isPodReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const since = podReadySinceMs(pod);
  return since !== undefined && since + minReadySeconds * MS_PER_SECOND <= nowMs;
}

/** Milliseconds until the Pod counts as available; undefined if time alone will not make it so. */
export function msUntilAvailable(
  pod: Pod,
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  const since = minReadySeconds > 0 ? podReadySinceMs(pod) : undefined;
  if (since === undefined) return undefined;
  const left = since + minReadySeconds * MS_PER_SECOND - nowMs;
  return left > 0 ? left : undefined;
}

/** Upstream UpdatePodCondition: the conditions with |next| in place, or undefined if it changes nothing. */
export function withPodCondition(
  conditions: readonly PodCondition[],
  next: PodCondition,
  nowMs: number,
): PodCondition[] | undefined {
  const at = conditions.findIndex((c) => c.type === next.type);
  const old = conditions[at];
  if (old === undefined) return [...conditions, { ...next, lastTransitionTime: rfc3339(nowMs) }];
  const same = old.status === next.status;
  if (same && old.reason === next.reason && old.message === next.message) return undefined;
  const kept = same ? old.lastTransitionTime : rfc3339(nowMs);
  const copy = [...conditions];
  copy[at] = kept === undefined ? next : { ...next, lastTransitionTime: kept };
  return copy;
}
