/**
 * A HorizontalPodAutoscaler's loop: the metric against its target, what follows from it, the rules that
 * hold it back, and what its status has said so far.
 *
 * Models: kubernetes pkg/controller/podautoscaler replica_calculator.go (the proposal of one metric)
 */
import type {
  AutoscalingV2HorizontalPodAutoscaler as Autoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../api/generated/types.ts';
import { milliCpu } from '../../../api/meta/quantity.ts';
import { type KubeObject, objectRef } from '../../../api/meta/object.ts';
import type {
  AutoscalerMetric,
  AutoscalerRules,
  AutoscalerSample,
  AutoscalerWorkings,
} from '../../../port/protocol-workings.ts';
import { conditionsOf, type Definition, msOf, type World } from './world.ts';

/** --horizontal-pod-autoscaler-tolerance. */
const TOLERANCE = 0.1;
const MILLI = 1_000;

export const autoscaler: Definition = {
  kinds: [],
  namespaced: true,
  keeps: () => () => false,
  look: lookAtAutoscaler,
};

export function lookAtAutoscaler(world: World): AutoscalerWorkings {
  const hpa = world.subject as unknown as Autoscaler;
  const { spec } = hpa;
  const { namespace = '' } = hpa.metadata;
  const current = hpa.status.currentReplicas ?? 0;
  const up = rulesOf(spec.behavior?.scaleUp, 0);
  const down = rulesOf(spec.behavior?.scaleDown, 300);
  const { kind, name } = spec.scaleTargetRef;
  return {
    type: 'autoscaler',
    ref: objectRef(world.subject),
    target: `${kind}/${namespace}/${name}`,
    min: spec.minReplicas ?? 1,
    max: spec.maxReplicas,
    current,
    desired: hpa.status.desiredReplicas,
    metrics: metricsOf(hpa).map((m) => proposed(m, current, up.tolerance, down.tolerance)),
    up,
    down,
    lastScaleMs: msOf(hpa.status.lastScaleTime),
    conditions: conditionsOf(hpa.status.conditions),
    samples: world.samples,
  };
}

/** What the status says at this moment, for the chart. */
export function sampleOf(object: KubeObject, at: number): AutoscalerSample {
  const hpa = object as unknown as Autoscaler;
  return {
    at,
    current: hpa.status?.currentReplicas ?? 0,
    desired: hpa.status?.desiredReplicas ?? 0,
    values: metricsOf(hpa).map((m) => m.value),
  };
}

type Metric = Omit<AutoscalerMetric, 'proposal' | 'tolerated'>;

/** The metrics of the spec, each with what the status says of it. */
function metricsOf(hpa: Autoscaler): readonly Metric[] {
  const known = (hpa.status?.currentMetrics ?? []).filter((m) => m.type !== '');
  return (hpa.spec.metrics ?? []).map((spec) => {
    const source = partOf(spec);
    const { name } = source;
    const status = known.find((m) => m.type === spec.type && partOf(m).name === name);
    const target = source.target as MetricTarget;
    const current = status ? (partOf(status).current as MetricValueStatus) : undefined;
    return {
      name,
      targetType: target.type,
      target: milliOf(target, target.type) ?? 0,
      targetText: textOf(target, target.type),
      value: current ? milliOf(current, target.type) : null,
      valueText: current ? textOf(current, target.type) : '',
    };
  });
}

interface Part {
  readonly name: string;
  readonly target?: MetricTarget;
  readonly current?: MetricValueStatus;
}

/** The one part of a metric that is filled, and what it measures. */
function partOf(m: MetricSpec | MetricStatus): Part {
  const { resource, containerResource, pods, object, external } = m;
  if (resource) return { ...resource, name: resource.name };
  if (containerResource) {
    const { container, name } = containerResource;
    return { ...containerResource, name: `${container}/${name}` };
  }
  const other = pods ?? object ?? external;
  return { ...other, name: other?.metric.name ?? m.type };
}

function milliOf(v: MetricTarget | MetricValueStatus, type: string): number | null {
  if (type === 'Utilization') {
    return v.averageUtilization === undefined ? null : v.averageUtilization * MILLI;
  }
  const text = type === 'AverageValue' ? v.averageValue : v.value;
  return text === undefined ? null : milliCpu(text);
}

function textOf(v: MetricTarget | MetricValueStatus, type: string): string {
  if (type === 'Utilization') {
    return v.averageUtilization === undefined ? '' : `${v.averageUtilization}%`;
  }
  return (type === 'AverageValue' ? v.averageValue : v.value) ?? '';
}

/**
 * ceil(current × value / target). All Pods are taken as measured and ready; where some are not, the
 * controller counts them apart, and its condition says what came of it.
 */
function proposed(metric: Metric, current: number, up: number, down: number): AutoscalerMetric {
  const { value, target } = metric;
  if (value === null || target === 0) return { ...metric, proposal: null, tolerated: false };
  const ratio = value / target;
  const tolerated = ratio >= 1 - down && ratio <= 1 + up;
  return { ...metric, tolerated, proposal: tolerated ? current : Math.ceil(current * ratio) };
}

function rulesOf(rules: HPAScalingRules | undefined, windowSeconds: number): AutoscalerRules {
  const fallback =
    windowSeconds === 0
      ? [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ]
      : [{ type: 'Percent', value: 100, periodSeconds: 15 }];
  return {
    windowSeconds: rules?.stabilizationWindowSeconds ?? windowSeconds,
    select: rules?.selectPolicy ?? 'Max',
    tolerance: rules?.tolerance === undefined ? TOLERANCE : milliCpu(rules.tolerance) / MILLI,
    policies: (rules?.policies ?? fallback).map(({ type, value, periodSeconds }) => ({
      type,
      value,
      periodSeconds,
    })),
  };
}
