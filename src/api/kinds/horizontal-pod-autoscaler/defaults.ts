/**
 * Defaults of autoscalers, in place.
 *
 * Models: pkg/apis/autoscaling/v2 defaults.go, conversion.go (v1.36)
 */
import type {
  AutoscalingV2HorizontalPodAutoscaler as Autoscaler,
  HPAScalingRules,
} from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';
import { dropRoundTrip } from './annotations.ts';

const DEFAULT_CPU_PERCENT = 80; // autoscaling DefaultCPUUtilization
const PERIOD_SECONDS = 15; // autoscaling/v2 defaults.go, scaleUpPeriod, scaleDownPeriod

type Rules = Draft<HPAScalingRules>;

const percentPolicy = { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS };
const podsPolicy = { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS };

function scaleUpRules(): Rules {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ ...podsPolicy }, { ...percentPolicy }],
  };
}

/** The window stays open: it is an option of the controller manager. */
function scaleDownRules(): Rules {
  return { selectPolicy: 'Max', policies: [{ ...percentPolicy }] };
}

/** What is used when a client names no metric. */
export function defaultMetrics(): NonNullable<Draft<Autoscaler>['spec']['metrics']> {
  const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU_PERCENT };
  return [{ type: 'Resource', resource: { name: 'cpu', target } }];
}

export function setDefaults(hpa: Draft<Autoscaler>): void {
  const spec = (hpa.spec ??= {} as Draft<Autoscaler>['spec']);
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) spec.metrics = defaultMetrics();
  const { behavior } = spec;
  if (behavior !== undefined) {
    behavior.scaleUp = { ...scaleUpRules(), ...behavior.scaleUp };
    behavior.scaleDown = { ...scaleDownRules(), ...behavior.scaleDown };
  }
  dropRoundTrip(hpa.metadata);
  // Always written, even as null, although the OpenAPI does not say so.
  hpa.status ??= emptyStatus();
  hpa.status.currentMetrics ??= null as never;
}

export function emptyStatus(): Draft<Autoscaler>['status'] {
  return { desiredReplicas: 0, currentMetrics: null as never };
}
