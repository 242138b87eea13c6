/**
 * What `kubectl get hpa` shows.
 *
 * Models: pkg/printers/internalversion printers.go, printHorizontalPodAutoscaler,
 *         formatHPAMetrics (v1.36)
 */
import type {
  AutoscalingV2HorizontalPodAutoscaler as Autoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../../meta/columns.ts';
import type { Column } from '../../meta/define-kind.ts';

const SHOWN = 2;
const UNKNOWN = '<unknown>';
const NIL = '<nil>'; // how Go prints a quantity that is not there

/** Current over wanted of an object or external metric. */
function outsideText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) {
    return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  }
  const value = current === undefined ? UNKNOWN : (current.value ?? NIL);
  return `${value}/${target.value ?? NIL}`;
}

function resourceText(
  name: string,
  target: MetricTarget,
  current: MetricValueStatus | undefined,
): string {
  if (target.averageValue !== undefined) {
    const value = current === undefined ? UNKNOWN : (current.averageValue ?? NIL);
    return `${name}: ${value}/${target.averageValue}`;
  }
  const percent = (value: number | undefined, absent: string): string =>
    value === undefined ? absent : `${value}%`;
  const now = percent(current?.averageUtilization, UNKNOWN);
  return `${name}: ${now}/${percent(target.averageUtilization, '<auto>')}`;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  const { type, external, pods, object, resource, containerResource } = spec;
  if (type === 'External' && external !== undefined) {
    return outsideText(external.target, status?.external?.current);
  }
  if (type === 'Object' && object !== undefined) {
    return outsideText(object.target, status?.object?.current);
  }
  if (type === 'Pods' && pods !== undefined) {
    const value = status?.pods === undefined ? UNKNOWN : (status.pods.current.averageValue ?? NIL);
    return `${value}/${pods.target.averageValue ?? NIL}`;
  }
  if (type === 'Resource' && resource !== undefined) {
    return resourceText(resource.name, resource.target, status?.resource?.current);
  }
  if (type === 'ContainerResource' && containerResource !== undefined) {
    const { name, target } = containerResource;
    return resourceText(name, target, status?.containerResource?.current);
  }
  return '<unknown type>';
}

function targetsText({ spec, status }: Autoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, i) => metricText(metric, status.currentMetrics?.[i]));
  const shown = texts.slice(0, SHOWN).join(', ');
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}

export const AUTOSCALER_COLUMNS: readonly Column<Autoscaler>[] = [
  NAME_COLUMN,
  {
    name: 'Reference',
    type: 'string',
    description:
      'scaleTargetRef points to the target resource to scale, and is used to the pods for ' +
      'which metrics should be collected, as well as to actually change the replica count.',
    cell: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
  },
  {
    name: 'Targets',
    type: 'string',
    description:
      'metrics contains the specifications for which to use to calculate the desired replica ' +
      'count (the maximum replica count across all metrics will be used).  The desired ' +
      'replica count is calculated multiplying the ratio between the target value and the ' +
      'current value by the current number of pods.  Ergo, metrics used must decrease as the ' +
      'pod count is increased, and vice-versa.  See the individual metric source types for ' +
      'more information about how each type of metric must respond. If not set, the default ' +
      'metric will be set to 80% average CPU utilization.',
    cell: targetsText,
  },
  {
    name: 'MinPods',
    type: 'string',
    description:
      'minReplicas is the lower limit for the number of replicas to which the autoscaler can ' +
      'scale down.  It defaults to 1 pod.  minReplicas is allowed to be 0 if the alpha ' +
      'feature gate HPAScaleToZero is enabled and at least one Object or External metric is ' +
      'configured.  Scaling is active as long as at least one metric value is available.',
    cell: ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)),
  },
  {
    name: 'MaxPods',
    type: 'string',
    description:
      'maxReplicas is the upper limit for the number of replicas to which the autoscaler can ' +
      'scale up. It cannot be less that minReplicas.',
    cell: ({ spec }) => spec.maxReplicas,
  },
  {
    name: 'Replicas',
    type: 'string',
    description:
      'currentReplicas is current number of replicas of pods managed by this autoscaler, as ' +
      'last seen by the autoscaler.',
    cell: ({ status }) => status.currentReplicas ?? 0,
  },
  AGE_COLUMN,
];
