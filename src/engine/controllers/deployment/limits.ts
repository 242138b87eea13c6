/**
 * How many Pods a Deployment may have while it moves from one template to the next: maxSurge and
 * maxUnavailable, the size of the new ReplicaSet, what may be taken off the old ones, and the shares
 * when a Deployment is scaled in the middle of a rollout.
 *
 * Models: kubernetes pkg/controller/deployment/rolling.go, sync.go (scale), util/deployment_util.go
 *         (v1.36)
 */
import type { Deployment, ReplicaSet } from '../../../api/generated/types.ts';
import { scaledValue } from '../../../api/meta/int-or-string.ts';
import { MAX_REPLICAS, byAge, bySizeNewer, bySizeOlder, countAnnotation } from './replica-sets.ts';

/** Set spec.replicas of the ReplicaSet |replicaSet| to |to|. */
export interface Resize {
  readonly replicaSet: ReplicaSet;
  readonly to: number;
}

export function wantedReplicas(d: Deployment): number {
  return d.spec.replicas ?? 1;
}

export function sizeOf(rs: ReplicaSet): number {
  return rs.spec.replicas ?? 1;
}

export function available(rs: ReplicaSet): number {
  return rs.status.availableReplicas ?? 0;
}

export function sum(sets: readonly ReplicaSet[], of: (rs: ReplicaSet) => number): number {
  let total = 0;
  for (const rs of sets) total += of(rs);
  return total;
}

/** ReplicaSets that have Pods or ought to have them. */
export function activeSets(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((rs) => sizeOf(rs) > 0);
}

export function isRollingUpdate(d: Deployment): boolean {
  return d.spec.strategy.type === 'RollingUpdate';
}

/**
 * Upstream ResolveFenceposts: surge is rounded up, unavailable down; when both become zero nothing
 * could ever move, so one Pod may be unavailable.
 */
export function fenceposts(d: Deployment): {
  readonly surge: number;
  readonly unavailable: number;
} {
  const limits = d.spec.strategy.rollingUpdate;
  const wanted = wantedReplicas(d);
  // Validation has refused whatever has no value.
  const surge = scaledValue(limits?.maxSurge ?? 0, wanted, true).value ?? 0;
  const unavailable = scaledValue(limits?.maxUnavailable ?? 0, wanted, false).value ?? 0;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxSurge(d: Deployment): number {
  return isRollingUpdate(d) ? fenceposts(d).surge : 0;
}

export function maxUnavailable(d: Deployment): number {
  if (!isRollingUpdate(d) || wantedReplicas(d) === 0) return 0;
  return Math.min(fenceposts(d).unavailable, wantedReplicas(d));
}

/** Upstream NewRSNewReplicas: the size of the new ReplicaSet, |all| including it. */
export function newReplicaSetSize(d: Deployment, all: readonly ReplicaSet[], size: number): number {
  const wanted = wantedReplicas(d);
  if (!isRollingUpdate(d)) return wanted;
  // Not `maxSurge`: a surge that resolves to zero stays zero here.
  const surge = scaledValue(d.spec.strategy.rollingUpdate?.maxSurge ?? 0, wanted, true).value ?? 0;
  const room = wanted + surge - sum(all, sizeOf);
  return room <= 0 ? size : size + Math.min(room, wanted - size);
}

/**
 * Upstream reconcileOldReplicaSets: first the Pods of old ReplicaSets that are not available anyway,
 * oldest first, then as many of the others as maxUnavailable allows. A ReplicaSet may appear twice.
 */
export function planScaleDown(
  d: Deployment,
  all: readonly ReplicaSet[],
  oldSets: readonly ReplicaSet[],
  newSet: ReplicaSet,
): Resize[] {
  const minAvailable = wantedReplicas(d) - maxUnavailable(d);
  const newUnavailable = sizeOf(newSet) - available(newSet);
  const maxCleanup = sum(all, sizeOf) - minAvailable - newUnavailable;
  if (sum(oldSets, sizeOf) === 0 || maxCleanup <= 0) return [];

  const plan: Resize[] = [];
  const size = new Map<ReplicaSet, number>();
  const sorted = [...oldSets].sort(byAge);
  let cleaned = 0;
  for (const rs of sorted) {
    const now = sizeOf(rs);
    size.set(rs, now);
    const count = Math.min(maxCleanup - cleaned, now - available(rs));
    if (cleaned >= maxCleanup || now === 0 || count === 0) continue;
    // More available than wanted: the counts are in flux, the next sync decides.
    if (count < 0) return plan;
    cleaned += count;
    size.set(rs, now - count);
    plan.push({ replicaSet: rs, to: now - count });
  }

  let spare = sum(oldSets, available) + available(newSet) - minAvailable;
  for (const rs of sorted) {
    const now = size.get(rs) ?? 0;
    if (spare <= 0) break;
    if (now === 0) continue;
    const count = Math.min(now, spare);
    spare -= count;
    plan.push({ replicaSet: rs, to: now - count });
  }
  return plan;
}

/** Upstream getReplicaSetFraction: how much one ReplicaSet should change when its Deployment is scaled. */
function fraction(d: Deployment, rs: ReplicaSet): number {
  const wanted = wantedReplicas(d);
  if (wanted === 0) return -sizeOf(rs);
  let before = countAnnotation(rs, MAX_REPLICAS) ?? 0;
  if (before === 0) before = d.status.replicas ?? 0;
  if (before === 0) return 0;
  // Upstream multiplies 32-bit numbers.
  const scaled = Math.imul(sizeOf(rs), wanted + maxSurge(d)) / before;
  return roundHalfAway(scaled) - sizeOf(rs);
}

function roundHalfAway(x: number): number {
  return x < 0 ? -Math.floor(-x + 0.5) : Math.floor(x + 0.5);
}

/** The sizes of all active ReplicaSets after a Deployment was scaled in the middle of a rollout. */
export function proportionalSizes(d: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const allowed = wantedReplicas(d) > 0 ? wantedReplicas(d) + maxSurge(d) : 0;
  const toAdd = allowed - sum(active, sizeOf);
  const sets = [...active].sort(toAdd > 0 ? bySizeNewer : toAdd < 0 ? bySizeOlder : () => 0);
  let added = 0;
  const sizes = sets.map((rs) => {
    const left = toAdd - added;
    if (left === 0) return sizeOf(rs);
    const share = fraction(d, rs);
    const part = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    added += part;
    return sizeOf(rs) + part;
  });
  // What rounding has left over goes to the largest.
  if (sizes.length > 0) sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added);
  return sets.map((replicaSet, i) => ({ replicaSet, to: sizes[i] ?? 0 }));
}
