/**
 * Autoscalers between autoscaling/v1 and autoscaling/v2.
 *
 * Models:     pkg/apis/autoscaling/v1 conversion.go (v1.36)
 * Simplified: an annotation that cannot be read is ignored as upstream does; one that can be read
 *             but has a value of the wrong type inside is taken as it is
 */
import type {
  AutoscalingV2HorizontalPodAutoscaler as V2,
  HorizontalPodAutoscaler as V1,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HPAScalingRules,
  MetricSpec,
} from '../../generated/types.ts';
import { goJson, sortedByKey } from '../../meta/go-text.ts';
import type { Draft } from '../../meta/object.ts';
import {
  BEHAVIOR,
  CONDITIONS,
  CURRENT_METRICS,
  METRICS,
  dropRoundTrip,
  withoutRoundTrip,
} from './annotations.ts';
import { defaultMetrics } from './defaults.ts';
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from './v1-metrics.ts';

/** The metric that v1 has a field for. */
function cpuPercent({ type, resource }: MetricSpec): number | undefined {
  if (type !== 'Resource' || resource?.name !== 'cpu') return undefined;
  return resource.target.averageUtilization;
}

export function fromV2(hpa: V2): V1 {
  const { spec, status, metadata } = hpa;
  const percents = (spec.metrics ?? []).map(cpuPercent);
  const percent = percents.find((p) => p !== undefined);
  const currents = (status.currentMetrics ?? []).flatMap(({ type, resource }) =>
    type === 'Resource' && resource?.name === 'cpu'
      ? (resource.current.averageUtilization ?? [])
      : [],
  );
  const current = currents.at(-1);
  const annotations = annotationsOf(hpa);
  const { annotations: _annotations, ...meta } = metadata;
  return {
    kind: hpa.kind,
    apiVersion: 'autoscaling/v1',
    metadata: annotations === undefined ? meta : { ...meta, annotations },
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }),
    },
    status: {
      ...sharedStatus(status),
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  };
}

function sharedStatus({
  observedGeneration,
  lastScaleTime,
}: V1['status'] | V2['status']): Pick<V1['status'], 'observedGeneration' | 'lastScaleTime'> {
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
  };
}

/** The annotations with those for what v1 cannot say otherwise. */
function annotationsOf({ metadata, spec, status }: V2): V1['metadata']['annotations'] {
  const own = withoutRoundTrip(metadata.annotations);
  const added: Record<string, string> = {};
  const others = (spec.metrics ?? []).filter((metric) => cpuPercent(metric) === undefined);
  if (others.length > 0) added[METRICS] = goJson(others.map(metricToV1));
  const current = status.currentMetrics ?? [];
  if (current.length > 0) added[CURRENT_METRICS] = goJson(current.map(statusToV1));
  if (spec.behavior !== undefined) added[BEHAVIOR] = goJson(internalBehavior(spec.behavior));
  const conditions = status.conditions ?? [];
  if (conditions.length > 0) added[CONDITIONS] = goJson(conditions.map(orderedCondition));
  return Object.keys(added).length === 0 ? own : sortedByKey({ ...own, ...added });
}

/** Upstream writes its internal type here, which has no JSON names. */
function internalBehavior({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): unknown {
  return { ScaleUp: internalRules(scaleUp), ScaleDown: internalRules(scaleDown) };
}

function internalRules(rules: HPAScalingRules | undefined): unknown {
  if (rules === undefined) return null;
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies:
      rules.policies?.map(({ type, value, periodSeconds }) => ({
        Type: type,
        Value: value,
        PeriodSeconds: periodSeconds,
      })) ?? null,
    Tolerance: rules.tolerance ?? null,
  };
}

function orderedCondition(condition: HorizontalPodAutoscalerCondition): unknown {
  const { type, status, lastTransitionTime, reason = '', message = '' } = condition;
  return {
    type,
    status,
    lastTransitionTime: lastTransitionTime ?? null,
    ...(reason === '' ? {} : { reason }),
    ...(message === '' ? {} : { message }),
  };
}

export function toV2(hpa: Draft<V1>): Draft<V2> {
  const { spec, status, metadata } = hpa;
  const annotations = metadata.annotations;
  const metrics: MetricSpec[] = (readList(annotations?.[METRICS]) ?? []).map(metricFromV1);
  const percent = spec.targetCPUUtilizationPercentage;
  if (percent !== undefined) {
    const target = { type: 'Utilization', averageUtilization: percent };
    metrics.push({ type: 'Resource', resource: { name: 'cpu', target } });
  }
  const behavior = readBehavior(annotations?.[BEHAVIOR]);
  dropRoundTrip(metadata);
  return {
    kind: hpa.kind,
    apiVersion: 'autoscaling/v2',
    metadata,
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      metrics: metrics.length === 0 ? defaultMetrics() : (metrics as Draft<MetricSpec>[]),
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      ...sharedStatus(status),
      ...(status.currentReplicas ? { currentReplicas: status.currentReplicas } : {}),
      desiredReplicas: status.desiredReplicas ?? 0,
      currentMetrics: currentMetricsOf(status, annotations?.[CURRENT_METRICS]),
      ...conditionsOf(annotations?.[CONDITIONS]),
    },
  };
}

type V2Status = Draft<V2>['status'];

function currentMetricsOf(
  { currentCPUUtilizationPercentage: percent }: Draft<V1>['status'],
  text: string | undefined,
): NonNullable<V2Status['currentMetrics']> {
  const carried = readList(text);
  if (carried !== undefined)
    return carried.map(statusFromV1) as Draft<V2Status['currentMetrics']> & [];
  if (percent === undefined) return null as never;
  return [
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percent } } },
  ];
}

function conditionsOf(text: string | undefined): Pick<V2Status, 'conditions'> {
  const list = readList(text);
  return list === undefined ? {} : { conditions: list as NonNullable<V2Status['conditions']> };
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of objects; undefined when |text| is none. */
function readList(text: string | undefined): readonly { readonly type: string }[] | undefined {
  const value = readJson(text);
  if (!Array.isArray(value) || !value.every(isObject)) return undefined;
  return value as unknown as readonly { readonly type: string }[];
}

/** Go reads names without regard to case: the internal ones here are those of v2 with a capital. */
function withSmallNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSmallNames);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key.slice(0, 1).toLowerCase() + key.slice(1),
      withSmallNames(item),
    ]),
  );
}

function readBehavior(
  text: string | undefined,
): Draft<HorizontalPodAutoscalerBehavior> | undefined {
  const value = withSmallNames(readJson(text));
  if (!isObject(value)) return undefined;
  const { scaleUp, scaleDown } = value as Draft<HorizontalPodAutoscalerBehavior>;
  if (scaleUp === undefined && scaleDown === undefined) return undefined;
  return {
    ...(scaleUp === undefined ? {} : { scaleUp }),
    ...(scaleDown === undefined ? {} : { scaleDown }),
  };
}
