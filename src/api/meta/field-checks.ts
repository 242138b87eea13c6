/**
 * Small checks that many kinds make, with upstream's words.
 *
 * Models: k8s.io/apimachinery/pkg/api/validation generic.go, objectmeta.go; pkg/apis/core/validation
 *         (v1.36)
 */
import type { FieldErrors } from './field-errors.ts';
import type { FieldRef } from './field-path.ts';
import { equalJson } from './json.ts';
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName } from './names.ts';

export const NEGATIVE_ERROR = 'must be greater than or equal to 0';
export const IMMUTABLE_ERROR = 'field is immutable';
const NOT_POSITIVE_ERROR = 'must be greater than zero';

export function checkNonNegative(
  value: number | undefined,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (value !== undefined && value < 0) errors.invalid(path, value, NEGATIVE_ERROR);
}

export function checkPositive(value: number, path: FieldRef, errors: FieldErrors): void {
  if (value <= 0) errors.invalid(path, value, NOT_POSITIVE_ERROR);
}

export function checkImmutable(
  next: unknown,
  old: unknown,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (!equalJson(next, old)) errors.invalid(path, next, IMMUTABLE_ERROR);
}

/** Adds one error for each of |complaints| about |value|. */
export function complain(
  complaints: readonly string[],
  value: unknown,
  path: FieldRef,
  errors: FieldErrors,
): void {
  for (const message of complaints) errors.invalid(path, value, message);
}

export function checkDnsLabel(value: string, path: FieldRef, errors: FieldErrors): void {
  complain(isDNS1123Label(value), value, path, errors);
}

export function checkDnsSubdomain(value: string, path: FieldRef, errors: FieldErrors): void {
  complain(isDNS1123Subdomain(value), value, path, errors);
}

export function checkQualifiedName(value: string, path: FieldRef, errors: FieldErrors): void {
  complain(isQualifiedName(value), value, path, errors);
}

/** An enumerated field; what is not listed is answered with the list in the given order. */
export function checkSupported(
  value: string,
  supported: readonly string[],
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (!supported.includes(value)) errors.notSupported(path, value, supported);
}
