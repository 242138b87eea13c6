/**
 * The status of a HorizontalPodAutoscaler, and what it says of metrics nobody measures.
 *
 * Models: kubernetes pkg/controller/podautoscaler horizontal.go, replica_calculator.go,
 *         metrics/client.go (v1.36)
 */
import type {
  AutoscalingV2HorizontalPodAutoscalerStatus as Status,
  HorizontalPodAutoscalerCondition as Condition,
  LabelSelector,
  MetricSpec,
} from '../../../api/generated/types.ts';
import { rfc3339 } from '../../../api/meta/time.ts';

const NOT_SERVED = 'the server could not find the requested resource';

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

/** Why a metric cannot be had: the reason, what went wrong, and that in the words of the summary. */
export interface MetricFailure {
  readonly reason: string;
  readonly error: string;
  readonly summary: string;
}

/** No metrics API is served here: each kind of metric fails in its own words. */
export function metricFailure(spec: MetricSpec, namespace: string): MetricFailure {
  switch (spec.type) {
    case 'Resource': {
      const { name = '', target } = spec.resource ?? {};
      const error = resourceError(name, target?.averageValue !== undefined);
      const summary = `failed to get ${name} resource metric value: ${error}`;
      return { reason: 'FailedGetResourceMetric', error, summary };
    }
    case 'ContainerResource': {
      const { name = '', container = '', target } = spec.containerResource ?? {};
      const error = resourceError(name, target?.averageValue !== undefined);
      const summary = `failed to get ${container} container metric value: ${error}`;
      return { reason: 'FailedGetContainerResourceMetric', error, summary };
    }
    case 'Pods': {
      const error = `unable to get metric ${spec.pods?.metric.name ?? ''}: ${absent('custom')}`;
      const summary = `failed to get pods metric value: ${error}`;
      return { reason: 'FailedGetPodsMetric', error, summary };
    }
    case 'Object': {
      const { metric, describedObject } = spec.object ?? {};
      const { kind = '', name = '' } = describedObject ?? {};
      const where = `${kind} ${namespace}/${name}`;
      const error = `unable to get metric ${metric?.name ?? ''}: ${absent('custom')} on ${where}`;
      const perPod = spec.object?.target.type === 'AverageValue';
      const wrapped = perPod
        ? `failed to get ${metric?.name ?? ''} object metric: ${error}`
        : error;
      const summary = `failed to get object metric value: ${wrapped}`;
      return { reason: 'FailedGetObjectMetric', error, summary };
    }
    default:
      return externalFailure(spec, namespace);
  }
}

function externalFailure(spec: MetricSpec, namespace: string): MetricFailure {
  const { metric, target } = spec.external ?? {};
  const name = metric?.name ?? '';
  const which = `${namespace}/${name}/${selectorText(metric?.selector)}`;
  const error = `unable to get external metric ${which}: ${absent('external')}`;
  const perPod = target?.averageValue !== undefined;
  const wrapped = perPod
    ? `failed to get ${name} external metric: ${error}`
    : `failed to get external metric ${name}: ${error}`;
  const summary = `failed to get ${name} external metric value: ${wrapped}`;
  return { reason: 'FailedGetExternalMetric', error, summary };
}

/** How Go prints a *LabelSelector with %+v. */
function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).map(([k, v]) => `${k}: ${v},`);
  const map = `map[string]string{${labels.join('')}}`;
  return `&LabelSelector{MatchLabels:${map},MatchExpressions:[]LabelSelectorRequirement{},}`;
}

function resourceError(name: string, isValue: boolean): string {
  const what = isValue ? 'usage' : 'utilization';
  const why = `unable to fetch metrics from resource metrics API: ${NOT_SERVED}`;
  const api = '(get pods.metrics.k8s.io)';
  return `failed to get ${name} ${what}: unable to get metrics for resource ${name}: ${why} ${api}`;
}

function absent(api: 'custom' | 'external'): string {
  const none = `no ${api} metrics API (${api}.metrics.k8s.io) registered`;
  return `unable to fetch metrics from ${api} metrics API: ${none}`;
}

/** As the server writes it: no current replicas are not shown, no metrics are null. */
export function newStatus(
  old: Status,
  counts: { readonly current: number; readonly desired: number },
  metrics: number,
  conditions: readonly Condition[],
): Status {
  // Metrics that could not be had leave empty places.
  const places = Array.from({ length: metrics }, () => ({ type: '' }));
  const { lastScaleTime } = old;
  return {
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...(counts.current === 0 ? {} : { currentReplicas: counts.current }),
    desiredReplicas: counts.desired,
    currentMetrics: places.length > 0 ? places : null,
    conditions,
  } as unknown as Status;
}
