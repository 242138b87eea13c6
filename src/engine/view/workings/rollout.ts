/**
 * A Deployment's rollout: its ReplicaSets, the bounds that maxSurge and maxUnavailable set, and why the
 * next step waits. The arithmetic is the controller's own.
 */
import type { Deployment, Pod, ReplicaSet } from '../../../api/generated/types.ts';
import { isPodReady, msUntilAvailable } from '../../../api/meta/pod-state.ts';
import { objectRef } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import type { RolloutSet, RolloutWorkings } from '../../../port/protocol-workings.ts';
import {
  available,
  isRollingUpdate,
  maxSurge,
  maxUnavailable,
  newReplicaSetSize,
  planScaleDown,
  sizeOf,
  sum,
  wantedReplicas,
} from '../../controllers/deployment/limits.ts';
import {
  REVISION,
  revisionOf,
  splitReplicaSets,
} from '../../controllers/deployment/replica-sets.ts';
import { hasProgressDeadline, isComplete } from '../../controllers/deployment/status.ts';
import { conditionsOf, type Definition, keepsOwned, msOf, type World } from './world.ts';

/** ReplicaSets that are told; older ones have no Pods any more. */
const MAX_SETS = 10;
const MS_PER_SECOND = 1_000;

export const rollout: Definition = {
  kinds: ['ReplicaSet', 'Pod'],
  namespaced: true,
  keeps: keepsOwned,
  look: lookAtRollout,
};

export function lookAtRollout(world: World): RolloutWorkings {
  const d = world.subject as unknown as Deployment;
  const sets = world.all('ReplicaSet') as unknown as readonly ReplicaSet[];
  const { newSet, oldSets } = splitReplicaSets(d, sets);
  const all = newSet ? [newSet, ...oldSets] : oldSets;
  const fresh = freshPods(world, newSet);
  const desired = wantedReplicas(d);
  const grow = newSet ? newReplicaSetSize(d, all, sizeOf(newSet)) - sizeOf(newSet) : 0;
  const rolling = d.spec.strategy.rollingUpdate;
  const step = {
    grow: Math.max(0, grow),
    shrink: newSet && isRollingUpdate(d) ? shrinkOf(d, all, oldSets, newSet) : 0,
  };
  const progress = deadlineOf(d);
  return {
    type: 'rollout',
    ref: objectRef(world.subject),
    strategy: d.spec.strategy.type ?? 'RollingUpdate',
    paused: d.spec.paused === true,
    revision: d.metadata.annotations?.[REVISION] ?? '',
    desired,
    surgeText: String(rolling?.maxSurge ?? ''),
    surge: maxSurge(d),
    unavailableText: String(rolling?.maxUnavailable ?? ''),
    unavailable: maxUnavailable(d),
    most: desired + maxSurge(d),
    least: desired - maxUnavailable(d),
    total: sum(all, sizeOf),
    available: sum(all, available),
    sets: all
      .map((rs) => setOf(rs, rs === newSet))
      .sort((a, b) => b.revision - a.revision)
      .filter((set, i) => i < MAX_SETS || set.size > 0 || set.pods > 0),
    state: stateOf(d, step, oldSets),
    ...step,
    unready: fresh.filter((pod) => !isPodReady(pod)).length,
    ...soakOf(d, fresh, world.nowMs),
    minReadySeconds: d.spec.minReadySeconds ?? 0,
    deadlineSeconds: hasProgressDeadline(d) ? (d.spec.progressDeadlineSeconds ?? null) : null,
    deadlineMs: progress,
    conditions: conditionsOf(d.status.conditions),
  };
}

function shrinkOf(
  d: Deployment,
  all: readonly ReplicaSet[],
  old: readonly ReplicaSet[],
  newSet: ReplicaSet,
): number {
  // A ReplicaSet may be planned twice: the last size is the one it gets.
  const to = new Map(planScaleDown(d, all, old, newSet).map((r) => [r.replicaSet, r.to]));
  return [...to].reduce((n, [rs, size]) => n + sizeOf(rs) - size, 0);
}

function setOf(rs: ReplicaSet, isNew: boolean): RolloutSet {
  return {
    ref: objectRef(rs),
    revision: Number(revisionOf(rs) ?? 0n),
    isNew,
    images: (rs.spec.template.spec?.containers ?? []).map((c) => c.image ?? '').join(', '),
    size: sizeOf(rs),
    pods: rs.status.replicas,
    ready: rs.status.readyReplicas ?? 0,
    available: available(rs),
    terminating: rs.status.terminatingReplicas ?? 0,
  };
}

function stateOf(
  d: Deployment,
  step: { readonly grow: number; readonly shrink: number },
  old: readonly ReplicaSet[],
): RolloutWorkings['state'] {
  if (isComplete(d, d.status)) return 'complete';
  if (d.spec.paused === true) return 'paused';
  const late = d.status.conditions?.some((c) => c.reason === 'ProgressDeadlineExceeded');
  if (late === true) return 'late';
  if (!isRollingUpdate(d))
    return sum(old, (rs) => rs.status.replicas) > 0 ? 'recreating' : 'waiting';
  return step.grow > 0 || step.shrink > 0 ? 'moving' : 'waiting';
}

function freshPods(world: World, newSet: ReplicaSet | undefined): readonly Pod[] {
  if (!newSet) return [];
  return (world.all('Pod') as unknown as readonly Pod[]).filter(
    (pod) =>
      controllerOf(pod)?.uid === newSet.metadata.uid &&
      pod.metadata.deletionTimestamp === undefined,
  );
}

/** Pods that are ready and have not been for minReadySeconds. */
function soakOf(
  d: Deployment,
  pods: readonly Pod[],
  nowMs: number,
): { readonly soaking: number; readonly soakedMs: number | null } {
  const seconds = d.spec.minReadySeconds ?? 0;
  let soaking = 0;
  let first: number | null = null;
  for (const pod of pods) {
    const left = seconds > 0 && isPodReady(pod) ? (msUntilAvailable(pod, seconds, nowMs) ?? 0) : 0;
    if (left <= 0) continue;
    soaking++;
    first = Math.min(first ?? Infinity, nowMs + left);
  }
  return { soaking, soakedMs: first };
}

/** When the rollout counts as stuck, unless it moves before. */
function deadlineOf(d: Deployment): number | null {
  if (!hasProgressDeadline(d) || d.spec.paused === true) return null;
  const progressing = d.status.conditions?.find((c) => c.type === 'Progressing');
  const since = msOf(progressing?.lastUpdateTime);
  if (since === null || progressing?.reason === 'NewReplicaSetAvailable') return null;
  return since + (d.spec.progressDeadlineSeconds ?? 0) * MS_PER_SECOND;
}
