/** Whether the CEL rules of a schema compile. */
import type { FieldErrors } from '../meta/field-errors.ts';
import type { Props } from './json-schema.ts';

export function validateRuleExpressions(_schema: Props, _path: string, _errors: FieldErrors): void {
  // Filled in with the CEL room.
}
