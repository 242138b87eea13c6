/**
 * Validation of the metrics of an autoscaler.
 *
 * Models: pkg/apis/autoscaling/validation validation.go, validateMetric* (v1.36)
 */
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../../generated/types.ts';
import { checkDnsLabel, complain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { nameErrors } from '../../meta/object-meta-validation.ts';
import { canonicalQuantity, quantitySign } from '../../meta/quantity.ts';
import { checkContainerResourceName } from '../pod/resource-validation.ts';

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

/** The sources in the order in which upstream looks at them, and the type that goes with each. */
const SOURCES = {
  object: 'Object',
  external: 'External',
  pods: 'Pods',
  resource: 'Resource',
  containerResource: 'ContainerResource',
} as const;
type Source = keyof typeof SOURCES;
const SOURCE_NAMES = Object.keys(SOURCES) as readonly Source[];

export interface ReferenceOptions {
  readonly allowEmptyGroup: boolean;
  readonly allowInvalidVersion: boolean;
}

/** Upstream ValidateAPIVersion. */
export function apiVersionError(
  { apiVersion = '' }: CrossVersionObjectReference,
  options: ReferenceOptions,
): string | undefined {
  if (options.allowInvalidVersion) return undefined;
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const group = parts.length === 2 ? parts[0] : '';
  if (group !== '' || options.allowEmptyGroup) return undefined;
  return 'apiVersion must specify API group';
}

export function validateReference(
  reference: CrossVersionObjectReference,
  path: FieldPath,
  options: ReferenceOptions,
  errors: FieldErrors,
): void {
  for (const field of ['kind', 'name'] as const) {
    const value = reference[field] ?? '';
    const at = path.child(field);
    if (value === '') errors.required(at);
    else complain(nameErrors('pathSegment', value), value, at, errors);
  }
  const wrong = apiVersionError(reference, options);
  if (wrong !== undefined) {
    errors.invalid(path.child('apiVersion'), reference.apiVersion ?? '', wrong);
  }
}

export function validateMetrics(
  metrics: readonly MetricSpec[],
  minReplicas: number | undefined,
  path: FieldPath,
  options: ReferenceOptions,
  errors: FieldErrors,
): void {
  metrics.forEach((metric, i) => validateMetric(metric, path.index(i), options, errors));
  // A load that Pods do not report is the only one that is there without Pods.
  const fromOutside = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !fromOutside) {
    const detail = 'must specify at least one Object or External metric';
    errors.forbidden(path, `${detail} to support scaling to zero replicas`);
  }
}

function validateMetric(
  metric: MetricSpec,
  path: FieldPath,
  options: ReferenceOptions,
  errors: FieldErrors,
): void {
  const type = metric.type ?? '';
  const typeAt = path.child('type');
  if (type === '') errors.required(typeAt, 'must specify a metric source type');
  if (!TYPES.includes(type)) errors.notSupported(typeAt, type, TYPES);
  const present = SOURCE_NAMES.filter((source) => metric[source] !== undefined);
  const first = present[0];
  if (first !== undefined) validateSource(metric, first, path.child(first), options, errors);
  const expected = SOURCE_NAMES.find((source) => SOURCES[source] === type);
  if (expected === undefined) errors.notSupported(typeAt, type, TYPES);
  else if (metric[expected] === undefined) {
    const detail = 'must populate information for the given metric source';
    errors.required(path.child(expected), detail);
  }
  if (present.length === 1) return;
  for (const source of present) {
    if (source === expected) continue;
    errors.forbidden(path.child(source), 'must populate the given metric source only');
  }
}

function validateSource(
  metric: MetricSpec,
  source: Source,
  path: FieldPath,
  options: ReferenceOptions,
  errors: FieldErrors,
): void {
  switch (source) {
    case 'object':
      return validateObject(metric.object as ObjectMetricSource, path, options, errors);
    case 'external':
      return validateExternal(metric.external as ExternalMetricSource, path, errors);
    case 'pods':
      return validatePods(metric.pods as PodsMetricSource, path, errors);
    case 'resource':
      return validateResource(metric.resource as ResourceMetricSource, path, errors);
    case 'containerResource':
      return validateContainer(
        metric.containerResource as ContainerResourceMetricSource,
        path,
        errors,
      );
  }
}

function validateObject(
  { describedObject, metric, target }: ObjectMetricSource,
  path: FieldPath,
  options: ReferenceOptions,
  errors: FieldErrors,
): void {
  validateReference(describedObject, path.child('describedObject'), options, errors);
  validateIdentifier(metric, path.child('metric'), errors);
  const at = path.child('target');
  validateTarget(target, at, errors);
  if (target.value === undefined && target.averageValue === undefined) {
    const detail = 'must set either a target value or averageValue';
    errors.required(at.child('averageValue'), detail);
  }
}

function validateExternal(
  { metric, target }: ExternalMetricSource,
  path: FieldPath,
  errors: FieldErrors,
): void {
  validateIdentifier(metric, path.child('metric'), errors);
  const at = path.child('target');
  validateTarget(target, at, errors);
  const { value, averageValue } = target;
  if (value === undefined && averageValue === undefined) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.required(at.child('averageValue'), detail);
  }
  if (value !== undefined && averageValue !== undefined) {
    const detail = 'may not set both a target value for metric and a per-pod target';
    errors.forbidden(at.child('value'), detail);
  }
}

function validatePods(
  { metric, target }: PodsMetricSource,
  path: FieldPath,
  errors: FieldErrors,
): void {
  validateIdentifier(metric, path.child('metric'), errors);
  const at = path.child('target');
  validateTarget(target, at, errors);
  if (target.averageValue === undefined) {
    errors.required(at.child('averageValue'), 'must specify a positive target averageValue');
  }
}

function validateResource(
  { name, target }: ResourceMetricSource,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if ((name ?? '') === '') errors.required(path.child('name'), 'must specify a resource name');
  validateResourceTarget(target, path.child('target'), errors);
}

function validateContainer(
  { name, container, target }: ContainerResourceMetricSource,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if ((name ?? '') === '') errors.required(path.child('name'), 'must specify a resource name');
  else checkContainerResourceName(name, path.child('name'), errors);
  const containerAt = path.child('container');
  if ((container ?? '') === '') errors.required(containerAt, 'must specify a container');
  else checkDnsLabel(container, containerAt, errors);
  validateResourceTarget(target, path.child('target'), errors);
}

function validateResourceTarget(target: MetricTarget, path: FieldPath, errors: FieldErrors): void {
  validateTarget(target, path, errors);
  const { averageUtilization: utilization, averageValue: value } = target;
  if (utilization === undefined && value === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.required(path.child('averageUtilization'), detail);
  }
  if (utilization !== undefined && value !== undefined) {
    const detail = 'may not set both a target raw value and a target utilization';
    errors.forbidden(path.child('averageValue'), detail);
  }
}

function validateTarget(target: MetricTarget, path: FieldPath, errors: FieldErrors): void {
  const type = target.type ?? '';
  if (type === '') errors.required(path.child('type'), 'must specify a metric target type');
  if (!TARGET_TYPES.includes(type)) {
    const detail = 'must be either Utilization, Value, or AverageValue';
    errors.invalid(path.child('type'), type, detail);
  }
  for (const field of ['value', 'averageValue'] as const) {
    const value = target[field];
    if (value === undefined || quantitySign(value) > 0) continue;
    errors.invalid(path.child(field), canonicalQuantity(value), 'must be positive');
  }
  const { averageUtilization } = target;
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.invalid(path.child('averageUtilization'), averageUtilization, 'must be greater than 0');
  }
}

function validateIdentifier(
  { name = '' }: MetricIdentifier,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('name');
  if (name === '') errors.required(at, 'must specify a metric name');
  else complain(nameErrors('pathSegment', name), name, at, errors);
}
