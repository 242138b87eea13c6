/**
 * How long a Job waits before it replaces failed Pods: ten seconds, doubling, until one succeeds.
 *
 * Models: kubernetes pkg/controller/job/backoff_utils.go (v1.36)
 */
import type { ContainerStatus, Pod } from '../../../api/generated/types.ts';
import { podCondition } from '../../../api/meta/pod-state.ts';
import { parseTime } from '../../../api/meta/time.ts';

const FIRST_MS = 10_000; // DefaultJobPodFailureBackOff
const MAX_MS = 10 * 60_000; // MaxJobPodFailureBackOff
const MS_PER_SECOND = 1_000;

export interface BackoffRecord {
  readonly failures: number;
  readonly lastFailureMs: number;
}

const NONE: BackoffRecord = { failures: 0, lastFailureMs: 0 };

/** The record after Pods that have newly ended. */
export function nextRecord(
  old: BackoffRecord = NONE,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): BackoffRecord {
  const failedMs = failed.map(finishedMs).sort((a, b) => a - b);
  if (succeeded.length === 0) {
    const last = failedMs.at(-1);
    if (last === undefined) return old;
    return { failures: old.failures + failedMs.length, lastFailureMs: last };
  }
  const lastSuccess = Math.max(...succeeded.map(finishedMs));
  const since = failedMs.filter((ms) => ms > lastSuccess);
  const last = since.at(-1);
  return last === undefined ? NONE : { failures: since.length, lastFailureMs: last };
}

/** Milliseconds still to wait. */
export function remainingMs({ failures, lastFailureMs }: BackoffRecord, nowMs: number): number {
  if (failures === 0) return 0;
  const wait = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 30), MAX_MS);
  return Math.max(0, wait - (nowMs - lastFailureMs));
}

/** When a Pod ended, as well as it can be told. */
export function finishedMs(pod: Pod): number {
  const fromContainers = containersFinishedMs(pod);
  if (fromContainers !== undefined) return fromContainers;
  const ready = podCondition(pod, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined) {
    return parseTime(ready.lastTransitionTime);
  }
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined) {
    return parseTime(deletionTimestamp) - deletionGracePeriodSeconds * MS_PER_SECOND;
  }
  return parseTime(creationTimestamp);
}

function containersFinishedMs(pod: Pod): number | undefined {
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
  );
  const statuses: readonly ContainerStatus[] = [
    ...(pod.status.containerStatuses ?? []),
    ...(pod.status.initContainerStatuses ?? []).filter((s) => sidecars.has(s.name)),
  ];
  let latest: number | undefined;
  for (const { state } of statuses) {
    const at = state?.terminated?.finishedAt;
    if (at === undefined || at === null) return undefined;
    const ms = parseTime(at);
    if (latest === undefined || ms > latest) latest = ms;
  }
  return latest;
}
