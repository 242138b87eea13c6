/**
 * The status of a Deployment: counts, and the conditions Available, Progressing and ReplicaFailure
 * with upstream's reasons and words.
 *
 * Models: kubernetes pkg/controller/deployment/progress.go, sync.go (calculateStatus,
 *         checkPausedConditions), util/deployment_util.go (v1.36)
 */
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '../../../api/generated/types.ts';
import { parseTime, rfc3339 } from '../../../api/meta/time.ts';
import { available, maxUnavailable, sizeOf, sum, wantedReplicas } from './limits.ts';

const MAX_INT32 = 2_147_483_647;
const MS_PER_SECOND = 1_000;

type Conditions = readonly DeploymentCondition[];

export function hasProgressDeadline(d: Deployment): boolean {
  const seconds = d.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== MAX_INT32;
}

export function conditionOf(
  status: { readonly conditions?: Conditions },
  type: string,
): DeploymentCondition | undefined {
  return status.conditions?.find((c) => c.type === type);
}

export function newCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = rfc3339(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** Upstream SetDeploymentCondition: nothing changes when status and reason stay; else it moves to the end. */
export function setCondition(conditions: Conditions, next: DeploymentCondition): Conditions {
  const old = conditions.find((c) => c.type === next.type);
  if (old && old.status === next.status && old.reason === next.reason) return conditions;
  const since = old?.status === next.status ? old.lastTransitionTime : undefined;
  const condition = since === undefined ? next : { ...next, lastTransitionTime: since };
  return [...without(conditions, next.type), condition];
}

function without(conditions: Conditions, type: string): Conditions {
  return conditions.some((c) => c.type === type)
    ? conditions.filter((c) => c.type !== type)
    : conditions;
}

/** Upstream calculateStatus, as the server writes it: no zero counts but terminatingReplicas. */
export function deploymentStatus(
  d: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  nowMs: number,
): DeploymentStatus {
  const ready = sum(all, (rs) => rs.status.readyReplicas ?? 0);
  const up = sum(all, available);
  const enough = up >= wantedReplicas(d) - maxUnavailable(d);
  const condition = enough
    ? newCondition(
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
        nowMs,
      )
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        nowMs,
      );
  return {
    ...count('observedGeneration', d.metadata.generation ?? 0),
    ...count(
      'replicas',
      sum(all, (rs) => rs.status.replicas),
    ),
    ...count('updatedReplicas', newSet?.status.replicas ?? 0),
    ...count('readyReplicas', ready),
    ...count('availableReplicas', up),
    ...count('unavailableReplicas', Math.max(0, sum(all, sizeOf) - up)),
    ...terminating(all),
    conditions: setCondition(d.status.conditions ?? [], condition),
    ...(d.status.collisionCount === undefined ? {} : { collisionCount: d.status.collisionCount }),
  };
}

function count<K extends string>(key: K, value: number): { [P in K]?: number } {
  return (value === 0 ? {} : { [key]: value }) as { [P in K]?: number };
}

/** Unknown as soon as one ReplicaSet that has been synced does not report its own. */
function terminating(all: readonly ReplicaSet[]): { terminatingReplicas?: number } {
  let total = 0;
  for (const { status } of all) {
    if (status.terminatingReplicas !== undefined) total += status.terminatingReplicas;
    else if ((status.observedGeneration ?? 0) !== 0) return {};
  }
  return { terminatingReplicas: total };
}

/** Upstream DeploymentComplete. */
export function isComplete(d: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(d);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (d.metadata.generation ?? 0)
  );
}

/** Upstream DeploymentProgressing: more new Pods, fewer old ones, or more of them ready or available. */
export function isProgressing(old: DeploymentStatus, next: DeploymentStatus): boolean {
  const oldSets = (s: DeploymentStatus): number => (s.replicas ?? 0) - (s.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    oldSets(next) < oldSets(old) ||
    (next.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

export function hasTimedOut(d: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const condition = conditionOf(status, 'Progressing');
  if (!hasProgressDeadline(d) || condition === undefined) return false;
  if (condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineMs(d, condition) < nowMs;
}

function deadlineMs(d: Deployment, condition: DeploymentCondition): number {
  const since = parseTime(condition.lastUpdateTime ?? '1970-01-01T00:00:00Z');
  return since + (d.spec.progressDeadlineSeconds ?? 0) * MS_PER_SECOND;
}

/** Upstream syncRolloutStatus: counts, then Progressing, then the ReplicaSets' failures. */
export function rolloutStatus(
  d: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  nowMs: number,
): DeploymentStatus {
  const status = deploymentStatus(d, all, newSet, nowMs);
  let conditions: Conditions = status.conditions ?? [];
  if (!hasProgressDeadline(d)) conditions = without(conditions, 'Progressing');
  else conditions = progressConditions(d, status, newSet, nowMs);
  const failure = replicaFailure(all, newSet);
  conditions = failure ? setCondition(conditions, failure) : without(conditions, 'ReplicaFailure');
  return { ...status, conditions };
}

function progressConditions(
  d: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  nowMs: number,
): Conditions {
  const conditions = status.conditions ?? [];
  const old = conditionOf(d.status, 'Progressing');
  const rolledOut = (status.replicas ?? 0) === (status.updatedReplicas ?? 0);
  if (rolledOut && old?.reason === 'NewReplicaSetAvailable') return conditions;
  const who = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${d.metadata.name}"`;
  const progress = (state: string, reason: string, words: string): DeploymentCondition =>
    newCondition('Progressing', state, reason, `${who} ${words}`, nowMs);

  if (isComplete(d, status)) {
    const done = progress('True', 'NewReplicaSetAvailable', 'has successfully progressed.');
    return setCondition(conditions, done);
  }
  if (isProgressing(d.status, status)) {
    // Every progress moves lastUpdateTime, from which the deadline is counted.
    const next = progress('True', 'ReplicaSetUpdated', 'is progressing.');
    const since = old?.status === 'True' ? old.lastTransitionTime : undefined;
    const kept = since === undefined ? next : { ...next, lastTransitionTime: since };
    return [...without(conditions, 'Progressing'), kept];
  }
  if (hasTimedOut(d, status, nowMs)) {
    const late = progress('False', 'ProgressDeadlineExceeded', 'has timed out progressing.');
    return setCondition(conditions, late);
  }
  return conditions;
}

/** The ReplicaFailure of the new ReplicaSet, else the first of the others. */
function replicaFailure(
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): DeploymentCondition | undefined {
  for (const rs of newSet ? [newSet, ...all] : all) {
    const failure = rs.status.conditions?.find((c) => c.type === 'ReplicaFailure');
    if (failure === undefined) continue;
    const time = failure.lastTransitionTime;
    return {
      type: failure.type,
      status: failure.status,
      ...(time === undefined ? {} : { lastUpdateTime: time, lastTransitionTime: time }),
      reason: failure.reason ?? '',
      message: failure.message ?? '',
    };
  }
  return undefined;
}

/** Upstream checkPausedConditions: the condition to record on pause or resume, if any. */
export function pauseCondition(d: Deployment, nowMs: number): DeploymentCondition | undefined {
  if (!hasProgressDeadline(d)) return undefined;
  const old = conditionOf(d.status, 'Progressing');
  if (old?.reason === 'ProgressDeadlineExceeded') return undefined;
  const recorded = old?.reason === 'DeploymentPaused';
  const paused = d.spec.paused === true;
  if (paused === recorded) return undefined;
  const [reason, message] = paused
    ? (['DeploymentPaused', 'Deployment is paused'] as const)
    : (['DeploymentResumed', 'Deployment is resumed'] as const);
  return newCondition('Progressing', 'Unknown', reason, message, nowMs);
}

/**
 * Upstream requeueStuckDeployment: milliseconds until the progress deadline has to be checked;
 * undefined when there is nothing to wait for.
 */
export function msToProgressCheck(
  d: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const condition = conditionOf(d.status, 'Progressing');
  if (!hasProgressDeadline(d) || condition === undefined) return undefined;
  if (isComplete(d, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  return Math.max(0, deadlineMs(d, condition) - nowMs);
}
