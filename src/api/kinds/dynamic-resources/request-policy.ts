/**
 * How much of a device's capacity one request may take.
 *
 * Models: pkg/apis/resource/validation validateRequestPolicy and what it calls (v1.36)
 */
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { addQuantity, bytes, compareQuantity } from '../../meta/quantity.ts';
import { checkSet } from './lists.ts';

const MAX_OPTIONS = 10; // types.go CapacityRequestPolicyDiscreteMaxOptions

export function validateRequestPolicy(
  most: string,
  policy: CapacityRequestPolicy,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { validValues = [], validRange, default: fallback } = policy;
  if (validValues.length > 0 && validRange !== undefined) {
    const text = 'cannot specify "validValues" and "validRange" at the same time';
    errors.forbidden(path, `exactly one policy can be specified, ${text}`);
    return;
  }
  const field = validValues.length > 0 ? 'validValues' : 'validRange';
  if (validValues.length === 0 && validRange === undefined) return;
  if (fallback === undefined) {
    errors.required(path.child('default'), `required when ${field} is defined`);
  } else if (validRange !== undefined) {
    validateRange(fallback, most, validRange, path.child(field), errors);
  } else validateValues(fallback, most, validValues, path.child(field), errors);
}

function validateValues(
  fallback: string,
  most: string,
  values: readonly string[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as string;
    if (compareQuantity(values[i - 1] as string, value) <= 0) continue;
    errors.invalid(path.index(i), value, 'values must be sorted in ascending order');
  }
  let found = false;
  const check = (value: string, at: FieldPath): void => {
    if (compareQuantity(value, most) > 0) {
      errors.invalid(at, value, `option is larger than capacity value: ${most}`);
    }
    found ||= compareQuantity(value, fallback) === 0;
  };
  checkSet(values, MAX_OPTIONS, path, errors, check, (value) => String(bytes(value)));
  if (found) return;
  errors.invalid(path, fallback, 'default value is not valid according to the requestPolicy');
}

function validateRange(
  fallback: string,
  most: string,
  { min, max, step }: CapacityRequestPolicyRange,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const minAt = path.child('min');
  if ((min as string | undefined) === undefined) {
    errors.required(minAt, 'required when validRange is defined');
    return;
  }
  const over = (a: string, b: string): boolean => compareQuantity(a, b) > 0;
  if (over(min, most)) errors.invalid(minAt, min, `min is larger than capacity value: ${most}`);
  if (over(min, fallback)) errors.invalid(minAt, fallback, `default is less than min: ${min}`);
  if (max !== undefined) {
    const at = path.child('max');
    if (over(min, max)) errors.invalid(at, min, `min is larger than max: ${max}`);
    if (over(max, most)) errors.invalid(at, max, `max is larger than capacity value: ${most}`);
    if (over(fallback, max)) errors.invalid(at, fallback, `default is more than max: ${max}`);
  }
  if (step === undefined) return;
  const at = path.child('step');
  const sum = addQuantity(min, step);
  if (over(sum, most)) {
    errors.invalid(at, step, `one step ${sum} is larger than capacity value: ${most}`);
  }
  for (const value of max === undefined ? [fallback] : [fallback, max]) {
    if ((bytes(value) - bytes(min)) % bytes(step) === 0) continue;
    errors.invalid(at, value, `value is not a multiple of a given step (${step}) from (${min})`);
  }
}
