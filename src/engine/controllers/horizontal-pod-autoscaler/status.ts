/**
 * The status of a HorizontalPodAutoscaler and its conditions.
 *
 * Models: kubernetes pkg/controller/podautoscaler/horizontal.go, setStatus and setCondition (v1.36)
 */
import type {
  AutoscalingV2HorizontalPodAutoscalerStatus as Status,
  HorizontalPodAutoscalerCondition as Condition,
  MetricStatus,
} from '../../../api/generated/types.ts';
import { rfc3339 } from '../../../api/meta/time.ts';

/** Upstream setCondition: the time is that of the last change of |status|. */
export function withCondition(
  conditions: readonly Condition[],
  type: Condition['type'],
  status: Condition['status'],
  reason: string,
  message: string,
  nowMs: number,
): readonly Condition[] {
  const old = conditions.find((c) => c.type === type);
  const since = old?.status === status ? old.lastTransitionTime : undefined;
  const lastTransitionTime = since ?? rfc3339(nowMs);
  const next: Condition = { type, status, lastTransitionTime, reason, message };
  return old ? conditions.map((c) => (c === old ? next : c)) : [...conditions, next];
}

/** The place of a metric that could not be had. */
export const NO_METRIC = { type: '' } as MetricStatus;

/** As the server writes it: no current replicas are not shown, no metrics are null. */
export function newStatus(
  old: Status,
  counts: { readonly current: number; readonly desired: number },
  metrics: readonly MetricStatus[] | null,
  conditions: readonly Condition[],
): Status {
  const { lastScaleTime } = old;
  return {
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...(counts.current === 0 ? {} : { currentReplicas: counts.current }),
    desiredReplicas: counts.desired,
    currentMetrics: metrics && metrics.length > 0 ? metrics : null,
    conditions,
  } as unknown as Status;
}
