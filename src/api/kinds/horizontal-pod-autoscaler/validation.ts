/**
 * Validation of autoscalers.
 *
 * Models: pkg/apis/autoscaling/validation validation.go, ValidateHorizontalPodAutoscaler*;
 *         pkg/registry/autoscaling/horizontalpodautoscaler strategy.go,
 *         validationOptionsForHorizontalPodAutoscaler (v1.36)
 */
import type {
  AutoscalingV2HorizontalPodAutoscaler as Autoscaler,
  HPAScalingPolicy,
  HPAScalingRules,
} from '../../generated/types.ts';
import { checkNonNegative, checkSupported, NEGATIVE_ERROR } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { canonicalQuantity, quantitySign } from '../../meta/quantity.ts';
import {
  apiVersionError,
  type ReferenceOptions,
  validateMetrics,
  validateReference,
} from './metrics.ts';

const MAX_PERIOD_SECONDS = 1800; // MaxPeriodSeconds
const MAX_WINDOW_SECONDS = 3600; // MaxStabilizationWindowSeconds
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];
const SPEC = FieldPath.of('spec');
const METRIC_REFERENCE: ReferenceOptions = { allowEmptyGroup: true, allowInvalidVersion: false };

/** |old| is the stored autoscaler on update. */
export function validateAutoscaler(
  { spec }: Autoscaler,
  old: Autoscaler | undefined,
  errors: FieldErrors,
): void {
  const { minReplicas, maxReplicas = 0 } = spec;
  // Zero is behind the gate HPAScaleToZero; what is stored stays.
  const lowest = old?.spec.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < lowest) {
    const detail = `must be greater than or equal to ${lowest}`;
    errors.invalid(SPEC.child('minReplicas'), minReplicas, detail);
  }
  const maxAt = SPEC.child('maxReplicas');
  if (maxReplicas === 0) errors.required(maxAt, 'must be set and greater than 0');
  else if (maxReplicas < 0) {
    errors.invalid(maxAt, maxReplicas, 'must be greater than or equal to 1');
  }
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.invalid(maxAt, maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  const target = spec.scaleTargetRef;
  const before = old?.spec.scaleTargetRef;
  const options: ReferenceOptions = {
    // The only kind of the core group that can be scaled.
    allowEmptyGroup: target.kind === 'ReplicationController',
    allowInvalidVersion:
      before !== undefined &&
      before.apiVersion === target.apiVersion &&
      before.kind === target.kind,
  };
  validateReference(target, SPEC.child('scaleTargetRef'), options, errors);
  const metricOptions = { ...METRIC_REFERENCE, allowInvalidVersion: hasInvalidObject(old) };
  validateMetrics(spec.metrics ?? [], minReplicas, SPEC.child('metrics'), metricOptions, errors);
  for (const field of ['scaleUp', 'scaleDown'] as const) {
    const rules = spec.behavior?.[field];
    if (rules !== undefined) validateRules(rules, SPEC.child('behavior').child(field), errors);
  }
}

function hasInvalidObject(old: Autoscaler | undefined): boolean {
  return (old?.spec.metrics ?? []).some(({ type, object }) => {
    if (type !== 'Object' || object === undefined) return false;
    return apiVersionError(object.describedObject, METRIC_REFERENCE) !== undefined;
  });
}

function validateRules(rules: HPAScalingRules, path: FieldPath, errors: FieldErrors): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const windowAt = path.child('stabilizationWindowSeconds');
  if (window !== undefined && window < 0) {
    errors.invalid(windowAt, window, 'must be greater than or equal to zero');
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    errors.invalid(windowAt, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`);
  }
  if (selectPolicy !== undefined) {
    checkSupported(selectPolicy, SELECT_POLICIES, path.child('selectPolicy'), errors);
  }
  const policiesAt = path.child('policies');
  if (policies.length === 0) errors.required(policiesAt, 'must specify at least one Policy');
  policies.forEach((policy, i) => validatePolicy(policy, policiesAt.index(i), errors));
  if (tolerance !== undefined && quantitySign(tolerance) < 0) {
    errors.invalid(path.child('tolerance'), canonicalQuantity(tolerance), NEGATIVE_ERROR);
  }
}

function validatePolicy(
  { type = '', value = 0, periodSeconds = 0 }: HPAScalingPolicy,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkSupported(type, POLICY_TYPES, path.child('type'), errors);
  if (value <= 0) errors.invalid(path.child('value'), value, 'must be greater than zero');
  const periodAt = path.child('periodSeconds');
  if (periodSeconds <= 0) errors.invalid(periodAt, periodSeconds, 'must be greater than zero');
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    const detail = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
    errors.invalid(periodAt, periodSeconds, detail);
  }
}

export function validateAutoscalerStatus({ status }: Autoscaler, errors: FieldErrors): void {
  checkNonNegative(status.currentReplicas, 'status.currentReplicas', errors);
  checkNonNegative(status.desiredReplicas, 'status.desiredReplicas', errors);
}
