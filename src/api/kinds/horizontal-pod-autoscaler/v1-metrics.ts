/**
 * Metrics in the form that autoscaling/v1 keeps in annotations, to and from that of v2.
 *
 * Models: k8s.io/api/autoscaling/v1 types.go, pkg/apis/autoscaling/v1 conversion.go (v1.36)
 */
import type {
  CrossVersionObjectReference,
  LabelSelector,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
} from '../../generated/types.ts';
import { quantitySign } from '../../meta/quantity.ts';

/** What any of the five sources may have; keys are written in the order of each Go struct. */
interface V1Source {
  readonly target?: CrossVersionObjectReference;
  readonly name?: string;
  readonly container?: string;
  readonly metricName?: string;
  readonly selector?: LabelSelector;
  readonly metricSelector?: LabelSelector;
  readonly targetValue?: string;
  readonly averageValue?: string;
  readonly targetAverageValue?: string;
  readonly targetAverageUtilization?: number;
  readonly currentValue?: string;
  readonly currentAverageValue?: string;
  readonly currentAverageUtilization?: number;
}

interface V1Metric {
  readonly type: string;
  readonly object?: V1Source;
  readonly pods?: V1Source;
  readonly resource?: V1Source;
  readonly containerResource?: V1Source;
  readonly external?: V1Source;
}

const ZERO = '0';

/** Without what is undefined: exact optional properties. */
function compact<T extends object>(object: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined)) as T;
}

function reference({ kind, name, apiVersion }: CrossVersionObjectReference): typeof out {
  const out: CrossVersionObjectReference = { kind, name };
  return (apiVersion ?? '') === '' ? out : { ...out, apiVersion: apiVersion as string };
}

export function metricToV1(metric: MetricSpec): V1Metric {
  const { type, object, pods, resource, containerResource, external } = metric;
  return compact<V1Metric>({
    type,
    object: object && objectToV1(object),
    pods:
      pods &&
      compact<V1Source>({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? ZERO,
        selector: pods.metric.selector,
      }),
    resource: resource && resourceToV1(resource.name, resource.target),
    containerResource:
      containerResource &&
      compact<V1Source>({
        ...resourceToV1(containerResource.name, containerResource.target),
        container: containerResource.container,
      }),
    external:
      external &&
      compact<V1Source>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

function objectToV1({ describedObject, metric, target }: ObjectMetricSource): V1Source {
  return compact<V1Source>({
    target: reference(describedObject),
    metricName: metric.name,
    targetValue: target.value ?? ZERO,
    selector: metric.selector,
    averageValue: target.averageValue,
  });
}

function resourceToV1(name: string, target: MetricTarget): V1Source {
  return compact<V1Source>({
    name,
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
  });
}

export function metricFromV1(metric: V1Metric): MetricSpec {
  const { type = '', object, pods, resource, containerResource, external } = metric;
  return compact<MetricSpec>({
    type,
    object: object && objectFromV1(object),
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue ?? ZERO },
    },
    resource: resource && { name: resource.name ?? '', target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      container: containerResource.container ?? '',
      target: resourceTarget(containerResource),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      target: compact<MetricTarget>({
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  });
}

function identifier(
  name: string | undefined,
  selector: LabelSelector | undefined,
): { readonly name: string; readonly selector?: LabelSelector } {
  return { name: name ?? '', ...(selector === undefined ? {} : { selector }) };
}

function objectFromV1(source: V1Source): ObjectMetricSource {
  const { targetValue = ZERO, averageValue } = source;
  // v1 cannot leave the value out: beside an average, zero means that there is none.
  const value = averageValue !== undefined && quantitySign(targetValue) === 0;
  return {
    describedObject: source.target ?? { kind: '', name: '' },
    metric: identifier(source.metricName, source.selector),
    target: compact<MetricTarget>({
      type: averageValue === undefined ? 'Value' : 'AverageValue',
      value: value ? undefined : targetValue,
      averageValue,
    }),
  };
}

function resourceTarget(source: V1Source): MetricTarget {
  const { targetAverageUtilization, targetAverageValue } = source;
  return compact<MetricTarget>({
    type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageValue: targetAverageValue,
    averageUtilization: targetAverageUtilization,
  });
}

export function statusToV1(status: MetricStatus): V1Metric {
  const { type, object, pods, resource, containerResource, external } = status;
  return compact<V1Metric>({
    type,
    object:
      object &&
      compact<V1Source>({
        target: reference(object.describedObject),
        metricName: object.metric.name,
        currentValue: object.current.value ?? ZERO,
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      compact<V1Source>({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? ZERO,
        selector: pods.metric.selector,
      }),
    resource: resource && currentToV1(resource.name, resource.current),
    containerResource: containerResource && {
      ...currentToV1(containerResource.name, containerResource.current),
      container: containerResource.container,
    },
    external:
      external &&
      compact<V1Source>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? ZERO,
        currentAverageValue: external.current.averageValue,
      }),
  });
}

function currentToV1(name: string, current: MetricValueStatus): V1Source {
  return compact<V1Source>({
    name,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? ZERO,
  });
}

export function statusFromV1(status: V1Metric): MetricStatus {
  const { type = '', object, pods, resource, containerResource, external } = status;
  return compact<MetricStatus>({
    type,
    object: object && {
      describedObject: object.target ?? { kind: '', name: '' },
      metric: identifier(object.metricName, object.selector),
      current: compact<MetricValueStatus>({
        value: object.currentValue ?? ZERO,
        averageValue: object.averageValue,
      }),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      current: { averageValue: pods.currentAverageValue ?? ZERO },
    },
    resource: resource && { name: resource.name ?? '', current: currentFromV1(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      container: containerResource.container ?? '',
      current: currentFromV1(containerResource),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      current: compact<MetricValueStatus>({
        value: external.currentValue ?? ZERO,
        averageValue: external.currentAverageValue,
      }),
    },
  });
}

function currentFromV1(source: V1Source): MetricValueStatus {
  return compact<MetricValueStatus>({
    averageValue: source.currentAverageValue ?? ZERO,
    averageUtilization: source.currentAverageUtilization,
  });
}
