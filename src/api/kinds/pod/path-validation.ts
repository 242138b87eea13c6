/**
 * Rules for file paths inside volumes and on the node.
 *
 * Models: pkg/apis/core/validation validation.go, validateLocalDescendingPath and siblings (v1.36)
 */
import type { KeyToPath } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath, FieldRef } from '../../meta/field-path.ts';

/** No part of the path is `..`. */
export function validateNoBacksteps(target: string, path: FieldRef, errors: FieldErrors): void {
  if (hasBacksteps(target)) errors.invalid(path, target, "must not contain '..'");
}

export function hasBacksteps(target: string): boolean {
  return target.includes('..') && target.split('/').includes('..');
}

/** A relative path that does not climb. */
export function validateDescendingPath(target: string, path: FieldRef, errors: FieldErrors): void {
  if (target.startsWith('/')) errors.invalid(path, target, 'must be a relative path');
  validateNoBacksteps(target, path, errors);
}

/** The same, and it does not start with `..`, which the kubelet uses for itself. */
export function validateNonReservedPath(target: string, path: FieldRef, errors: FieldErrors): void {
  validateDescendingPath(target, path, errors);
  // `../` has been reported as a backstep already; upstream lets a lone `..` be reported twice.
  if (target.startsWith('..') && !target.startsWith('../')) {
    errors.invalid(path, target, "must not start with '..'");
  }
}

const FILE_MODE_MAX = 0o777;

export function validateFileMode(
  mode: number | undefined,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (mode === undefined || (mode >= 0 && mode <= FILE_MODE_MAX)) return;
  errors.invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive');
}

export function validateKeyToPath(item: KeyToPath, path: FieldPath, errors: FieldErrors): void {
  if (item.key === '') errors.required(path.child('key'));
  if (item.path === '') errors.required(path.child('path'));
  validateNonReservedPath(item.path, path.child('path'), errors);
  validateFileMode(item.mode, path.child('mode'), errors);
}
