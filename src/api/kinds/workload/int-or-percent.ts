/**
 * Numbers that may be percentages: how far a rollout or a disruption may go.
 *
 * Models: pkg/apis/apps/validation validation.go ValidatePositiveIntOrPercent,
 *         IsNotMoreThan100Percent, getIntOrPercentValue (v1.36)
 */
import type { IntOrString } from '../../generated/types.ts';
import { checkNonNegative } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldRef } from '../../meta/field-path.ts';
import { isPercent } from '../../meta/names.ts';

const INTEGER = /^[+-]?[0-9]+$/;

export function validateIntOrPercent(
  value: IntOrString,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (typeof value === 'number') checkNonNegative(value, path, errors);
  else for (const message of isPercent(value)) errors.invalid(path, value, message);
}

export function validateAtMost100Percent(
  value: IntOrString,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (typeof value === 'number' || isPercent(value).length > 0) return;
  if (Number(value.slice(0, -1)) > 100) {
    errors.invalid(path, value, 'must not be greater than 100%');
  }
}

/** The number, or the number before the percent sign. */
export function plainNumber(value: IntOrString): number {
  if (typeof value === 'number') return value;
  if (isPercent(value).length === 0) return Number(value.slice(0, -1));
  return INTEGER.test(value) ? Number(value) : 0;
}
