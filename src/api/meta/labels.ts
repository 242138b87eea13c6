/**
 * Validation of label and annotation maps, shared by metadata, templates and selectors.
 *
 * Models: k8s.io/apimachinery pkg/apis/meta/v1/validation, pkg/api/validation objectmeta.go (v1.36)
 */
import { FieldPath, type FieldRef } from './field-path.ts';
import type { FieldErrors } from './field-errors.ts';
import { byteLength, compareText } from './go-text.ts';
import { isLabelValue, isQualifiedName } from './names.ts';

type StringMap = Readonly<Record<string, string>>;

/** TotalAnnotationSizeLimitB, objectmeta.go. */
export const ANNOTATIONS_MAX_BYTES = 256 * 1024;

export function validateLabelName(name: string, path: FieldRef, errors: FieldErrors): void {
  for (const message of isQualifiedName(name)) errors.invalid(path, name, message);
}

const fineLabels = new WeakSet<object>();

/** Go walks maps in random order; ours is the order of keys, so that answers are the same each time. */
export function validateLabels(
  labels: StringMap | undefined,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (labels === undefined || fineLabels.has(labels)) return;
  const before = errors.list.length;
  for (const key of Object.keys(labels).sort(compareText)) {
    validateLabelName(key, path, errors);
    const value = labels[key] ?? '';
    for (const message of isLabelValue(value)) errors.invalid(path, value, message);
  }
  if (errors.list.length === before && Object.isFrozen(labels)) fineLabels.add(labels);
}

export function validateAnnotations(
  annotations: StringMap | undefined,
  path: FieldRef,
  errors: FieldErrors,
): void {
  if (annotations === undefined) return;
  let bytes = 0;
  for (const key of Object.keys(annotations).sort(compareText)) {
    // The rule is that of label keys, except that case does not matter.
    for (const message of isQualifiedName(key.toLowerCase())) errors.invalid(path, key, message);
    bytes += byteLength(key) + byteLength(annotations[key] ?? '');
  }
  if (bytes > ANNOTATIONS_MAX_BYTES) {
    errors.tooLong(FieldPath.of(path), ANNOTATIONS_MAX_BYTES);
  }
}
