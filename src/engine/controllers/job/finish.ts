/**
 * Whether a Job has come to its end, and how: limits, deadlines, policies.
 *
 * Models: kubernetes pkg/controller/job/job_controller.go syncJob (v1.36)
 */
import type { Job, JobCondition, Pod } from '../../../api/generated/types.ts';
import { isPodActive } from '../../../api/meta/pod-state.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { finishedMs } from './backoff.ts';
import {
  type Indexes,
  failureCount,
  ignoredFailureCount,
  indexesOf,
  parseIndexes,
  validIndexOf,
} from './indexes.ts';
import { isFailed, isTracked } from './pods.ts';
import { failureVerdict, successMessage } from './policies.ts';
import { isPastRestartLimit, newCondition, trueCondition } from './status.ts';

const MS_PER_SECOND = 1_000;

export interface IndexState {
  readonly previous: Indexes;
  readonly succeeded: Indexes;
  readonly failed: Indexes | undefined;
  /** Of indexes that wait for their next Pod: the last one that failed. */
  readonly waiting: ReadonlyMap<number, Pod>;
}

/** Which indexes have succeeded, failed, or wait for another attempt. */
export function indexState(
  job: Job,
  pods: readonly Pod[],
  expectedUntracked: ReadonlySet<string>,
): IndexState {
  const completions = job.spec.completions ?? 0;
  const previous = parseIndexes(job.status.completedIndexes ?? '', completions);
  const succeeded = new Set(previous);
  for (const pod of pods) {
    const index = validIndexOf(pod, job);
    if (index === undefined || !isTracked(pod)) continue;
    if (pod.status.phase === 'Succeeded') succeeded.add(index);
  }
  const waiting = new Map<number, Pod>();
  if (job.spec.backoffLimitPerIndex === undefined) {
    return { previous, succeeded, failed: undefined, waiting };
  }
  const failed = parseIndexes(job.status.failedIndexes ?? '', completions);
  for (const pod of pods) {
    const index = validIndexOf(pod, job);
    if (index !== undefined && isTracked(pod) && isIndexFailed(job, pod)) failed.add(index);
  }
  const active = indexesOf(pods.filter(isPodActive));
  for (const pod of pods) {
    const index = validIndexOf(pod, job);
    if (index === undefined || !isTracked(pod) || expectedUntracked.has(pod.metadata.uid)) continue;
    if (!isFailed(pod, job)) continue;
    if (succeeded.has(index) || failed.has(index) || active.has(index)) continue;
    const last = waiting.get(index);
    if (!last || isLater(pod, last)) waiting.set(index, pod);
  }
  return { previous, succeeded, failed, waiting };
}

function isLater(pod: Pod, last: Pod): boolean {
  const count = (p: Pod): number => failureCount(p) + ignoredFailureCount(p);
  return count(last) <= count(pod) && finishedMs(pod) >= finishedMs(last);
}

function isIndexFailed(job: Job, pod: Pod): boolean {
  if (!isFailed(pod, job)) return false;
  const { action, counts } = failureVerdict(job, pod);
  if (action === 'FailIndex') return true;
  return counts && failureCount(pod) >= (job.spec.backoffLimitPerIndex ?? 0);
}

/** What the sync has found out so far. */
export interface Findings {
  readonly pods: readonly Pod[];
  readonly failed: number;
  readonly startTime: string | undefined;
  readonly indexes: IndexState | undefined;
}

function failing(reason: string, message: string, nowMs: number): JobCondition {
  return newCondition('FailureTarget', 'True', reason, message, nowMs);
}

/** The condition that ends the Job; undefined: it goes on. */
export function finishedCondition(
  job: Job,
  found: Findings,
  nowMs: number,
): JobCondition | undefined {
  const met = trueCondition(job, 'SuccessCriteriaMet');
  if (met) return met;
  const target = trueCondition(job, 'FailureTarget');
  if (target) {
    return newCondition('Failed', 'True', target.reason ?? '', target.message ?? '', nowMs);
  }
  return (
    byPolicy(job, found.pods, nowMs) ??
    byLimit(job, found, nowMs) ??
    (found.indexes ? byIndexes(job, found.indexes, nowMs) : undefined)
  );
}

function byPolicy(job: Job, pods: readonly Pod[], nowMs: number): JobCondition | undefined {
  if (job.spec.podFailurePolicy === undefined) return undefined;
  for (const pod of pods) {
    const message = isFailed(pod, job) ? failureVerdict(job, pod).message : undefined;
    if (message !== undefined) return failing('PodFailurePolicy', message, nowMs);
  }
  return undefined;
}

function byLimit(job: Job, found: Findings, nowMs: number): JobCondition | undefined {
  const { backoffLimit = Number.MAX_SAFE_INTEGER } = job.spec;
  if (found.failed > backoffLimit || isPastRestartLimit(job, found.pods)) {
    const message = 'Job has reached the specified backoff limit';
    return failing('BackoffLimitExceeded', message, nowMs);
  }
  const left = msToDeadline(job, found.startTime, nowMs);
  if (left === undefined || left > 0) return undefined;
  return failing('DeadlineExceeded', 'Job was active longer than specified deadline', nowMs);
}

/** Milliseconds until activeDeadlineSeconds are over; undefined when nothing counts down. */
export function msToDeadline(
  job: Job,
  startTime: string | undefined,
  nowMs: number,
): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec;
  if (activeDeadlineSeconds === undefined || startTime === undefined || suspend) return undefined;
  return parseTime(startTime) + activeDeadlineSeconds * MS_PER_SECOND - nowMs;
}

function byIndexes(job: Job, indexes: IndexState, nowMs: number): JobCondition | undefined {
  const { succeeded, failed } = indexes;
  const { maxFailedIndexes, completions = 0 } = job.spec;
  const count = failed?.size ?? 0;
  if (maxFailedIndexes !== undefined && count > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return failing('MaxFailedIndexesExceeded', message, nowMs);
  }
  if (count > 0 && count + succeeded.size >= completions) {
    return failing('FailedIndexes', 'Job has failed indexes', nowMs);
  }
  const message = successMessage(job, succeeded);
  if (message === undefined) return undefined;
  return newCondition('SuccessCriteriaMet', 'True', 'SuccessPolicy', message, nowMs);
}
