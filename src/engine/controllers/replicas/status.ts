/**
 * The status of a ReplicaSet from counts of its Pods.
 *
 * Models: kubernetes pkg/controller/replicaset/replica_set_utils.go (v1.36)
 */
import type {
  ReplicaSet,
  ReplicaSetCondition,
  ReplicaSetStatus,
} from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { rfc3339 } from '../../../api/meta/time.ts';

/** What the status says of a ReplicaSet's Pods. */
export interface PodCounts {
  readonly active: number;
  readonly fullyLabeled: number;
  readonly ready: number;
  readonly available: number;
  readonly terminating: number;
}

/** The status as the server writes it: of the counts only replicas and terminatingReplicas may be zero. */
export function replicaSetStatus(
  rs: ReplicaSet,
  pods: PodCounts,
  failure: string | undefined,
  nowMs: number,
): ReplicaSetStatus {
  const generation = rs.status.observedGeneration ?? 0;
  const conditions = failureConditions(rs, pods.active, failure, nowMs);
  return {
    replicas: pods.active,
    ...(pods.fullyLabeled === 0 ? {} : { fullyLabeledReplicas: pods.fullyLabeled }),
    ...(pods.ready === 0 ? {} : { readyReplicas: pods.ready }),
    ...(pods.available === 0 ? {} : { availableReplicas: pods.available }),
    terminatingReplicas: pods.terminating,
    ...(generation === 0 ? {} : { observedGeneration: generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** The first failure is kept until a sync passes without one. */
function failureConditions(
  rs: ReplicaSet,
  active: number,
  failure: string | undefined,
  nowMs: number,
): readonly ReplicaSetCondition[] {
  const old = rs.status.conditions ?? [];
  const failed = old.some((c) => c.type === 'ReplicaFailure');
  if (failure !== undefined && !failed) {
    const diff = active - (rs.spec.replicas ?? 1);
    return [
      ...old,
      {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: rfc3339(nowMs),
        ...(diff < 0 ? { reason: 'FailedCreate' } : diff > 0 ? { reason: 'FailedDelete' } : {}),
        message: failure,
      },
    ];
  }
  if (failure === undefined && failed) return old.filter((c) => c.type !== 'ReplicaFailure');
  return old;
}

/** Nothing to write: the same counts and conditions, and this generation has been observed. */
export function isSettled(rs: ReplicaSet, next: ReplicaSetStatus): boolean {
  return (
    (rs.metadata.generation ?? 0) === (rs.status.observedGeneration ?? 0) &&
    equalJson(rs.status, next)
  );
}
