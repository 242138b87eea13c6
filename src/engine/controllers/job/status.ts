/**
 * Parts of a Job's status: its conditions, and the Pods that have ended but are not yet counted.
 *
 * Models: kubernetes pkg/controller/job/job_controller.go (v1.36)
 */
import type { Job, JobCondition, JobStatus, Pod } from '../../../api/generated/types.ts';
import { rfc3339 } from '../../../api/meta/time.ts';

export function newCondition(
  type: JobCondition['type'],
  status: JobCondition['status'],
  reason: string,
  message: string,
  nowMs: number,
): JobCondition {
  const now = rfc3339(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/** Upstream ensureJobConditionStatus: the conditions with |next| in place, or undefined if it is there. */
export function withCondition(
  conditions: readonly JobCondition[],
  next: JobCondition,
): readonly JobCondition[] | undefined {
  const old = conditions.find((c) => c.type === next.type);
  if (!old) return next.status === 'False' ? undefined : [...conditions, next];
  const same =
    old.status === next.status &&
    (old.reason ?? '') === next.reason &&
    (old.message ?? '') === next.message;
  return same ? undefined : conditions.map((c) => (c === old ? next : c));
}

export function trueCondition(job: Job, type: string): JobCondition | undefined {
  return job.status.conditions?.find((c) => c.type === type && c.status === 'True');
}

export function isFinished(job: Job): boolean {
  return !!trueCondition(job, 'Complete') || !!trueCondition(job, 'Failed');
}

export interface Uncounted {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
}

export function uncountedOf({ uncountedTerminatedPods: u }: JobStatus): Uncounted {
  return { succeeded: u?.succeeded ?? [], failed: u?.failed ?? [] };
}

/** Zero counts and empty lists are not written, as the server would not show them. */
export function withUncounted(status: JobStatus, { succeeded, failed }: Uncounted): JobStatus {
  return {
    ...status,
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 ? { succeeded } : {}),
      ...(failed.length > 0 ? { failed } : {}),
    },
  };
}

export function withCount(
  status: JobStatus,
  field: 'active' | 'succeeded' | 'failed',
  count: number,
): JobStatus {
  const { [field]: _old, ...rest } = status;
  return count === 0 ? rest : { ...rest, [field]: count };
}

/** Upstream cleanUncountedPodsWithoutFinalizers: Pods that have lost their finalizer are counted. */
export function countUntracked(
  status: JobStatus,
  tracked: ReadonlySet<string>,
): JobStatus | undefined {
  const { succeeded, failed } = uncountedOf(status);
  const succeededLeft = succeeded.filter((uid) => tracked.has(uid));
  const failedLeft = failed.filter((uid) => tracked.has(uid));
  const newSucceeded = succeeded.length - succeededLeft.length;
  const newFailed = failed.length - failedLeft.length;
  if (newSucceeded === 0 && newFailed === 0) return undefined;
  let next = withUncounted(status, { succeeded: succeededLeft, failed: failedLeft });
  next = withCount(next, 'succeeded', (status.succeeded ?? 0) + newSucceeded);
  return withCount(next, 'failed', (status.failed ?? 0) + newFailed);
}

/** restartPolicy OnFailure: restarts count towards the limit. */
export function isPastRestartLimit(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status.phase !== 'Running' && status.phase !== 'Pending') continue;
    for (const s of status.initContainerStatuses ?? []) restarts += s.restartCount;
    for (const s of status.containerStatuses ?? []) restarts += s.restartCount;
  }
  const limit = job.spec.backoffLimit ?? 0;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
