/**
 * The status of a StatefulSet: counts of its Pods by readiness and revision.
 *
 * Models: kubernetes pkg/controller/statefulset/stateful_set_control.go, stateful_set_utils.go (v1.36)
 */
import type { Pod, StatefulSet, StatefulSetStatus } from '../../../api/generated/types.ts';
import { isPodAvailable } from '../../../api/meta/pod-state.ts';
import { isRunningAndReady, replicasOf, revisionOf } from './identity.ts';

export interface Counts {
  replicas: number;
  ready: number;
  available: number;
  current: number;
  updated: number;
}

/** Names of the revisions that Pods are counted by. */
export interface Revisions {
  readonly current: string;
  readonly update: string;
}

export function countPods(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: Revisions,
  nowMs: number,
): Counts {
  const minReady = set.spec.minReadySeconds ?? 0;
  const counts: Counts = { replicas: 0, ready: 0, available: 0, current: 0, updated: 0 };
  for (const pod of pods) {
    counts.replicas++;
    if (isRunningAndReady(pod)) {
      counts.ready++;
      if (isPodAvailable(pod, minReady, nowMs)) counts.available++;
    }
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const revision = revisionOf(pod);
    if (revision === revisions.current) counts.current++;
    if (revision === revisions.update) counts.updated++;
  }
  return counts;
}

/** Counts that are zero are not written, as the server would not show them. */
export function statefulSetStatus(
  set: StatefulSet,
  counts: Counts,
  revisions: Revisions,
  collisionCount: number,
): StatefulSetStatus {
  const wanted = replicasOf(set);
  const complete =
    set.spec.updateStrategy.type === 'RollingUpdate' &&
    counts.updated === wanted &&
    counts.ready === wanted &&
    counts.replicas === wanted;
  const current = complete ? counts.updated : counts.current;
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: counts.replicas,
    ...(counts.ready ? { readyReplicas: counts.ready } : {}),
    ...(current ? { currentReplicas: current } : {}),
    ...(counts.updated ? { updatedReplicas: counts.updated } : {}),
    currentRevision: complete ? revisions.update : revisions.current,
    updateRevision: revisions.update,
    collisionCount,
    availableReplicas: counts.available,
  };
}

/** Upstream inconsistentStatus. */
export function needsWrite(old: StatefulSetStatus, next: StatefulSetStatus): boolean {
  const differs = (field: keyof StatefulSetStatus): boolean =>
    (old[field] ?? 0) !== (next[field] ?? 0);
  return (
    (next.observedGeneration ?? 0) > (old.observedGeneration ?? 0) ||
    differs('replicas') ||
    differs('currentReplicas') ||
    differs('readyReplicas') ||
    differs('updatedReplicas') ||
    differs('availableReplicas') ||
    (old.currentRevision ?? '') !== next.currentRevision ||
    (old.updateRevision ?? '') !== next.updateRevision
  );
}
