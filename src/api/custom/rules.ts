/** CEL rules of custom resources: see src/api/cel. */
import type { FieldErrors } from '../meta/field-errors.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Props } from './json-schema.ts';

export function validateRules(
  _object: KubeObject,
  _old: KubeObject | null,
  _schema: Props,
  _errors: FieldErrors,
): void {
  // Filled in with the CEL room.
}
