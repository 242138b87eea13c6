/**
 * Conditions of the common form (metav1.Condition).
 *
 * Models: k8s.io/apimachinery/pkg/apis/meta/v1/validation ValidateConditions (v1.36)
 */
import type { Condition } from '../generated/types.ts';
import { checkSupported } from './field-checks.ts';
import type { FieldErrors } from './field-errors.ts';
import { FieldPath, type FieldRef } from './field-path.ts';
import { byteLength } from './go-text.ts';
import { validateLabelName } from './labels.ts';
import { regexError } from './names.ts';

const STATUSES = ['False', 'True', 'Unknown'];
const REASON_FORMAT = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON = new RegExp(`^${REASON_FORMAT}$`);
const REASON_TEXT =
  'a condition reason must start with alphabetic character, optionally followed by a string of ' +
  "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const MAX_REASON_BYTES = 1024;
const MAX_MESSAGE_BYTES = 32 * 1024;

export function validateConditionList(
  conditions: readonly Condition[] | undefined,
  path: FieldRef,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  conditions?.forEach((condition, i) => {
    const at = FieldPath.of(path).index(i);
    if (seen.has(condition.type)) errors.duplicate(at.child('type'), condition.type);
    seen.add(condition.type);
    validateCondition(condition, at, errors);
  });
}

function validateCondition(condition: Condition, path: FieldPath, errors: FieldErrors): void {
  const { type = '', status = '', reason = '', message = '', observedGeneration = 0 } = condition;
  validateLabelName(type, path.child('type'), errors);
  checkSupported(status, STATUSES, path.child('status'), errors);
  if (observedGeneration < 0) {
    const at = path.child('observedGeneration');
    errors.invalid(at, observedGeneration, 'must be greater than or equal to zero');
  }
  if (!condition.lastTransitionTime) errors.required(path.child('lastTransitionTime'));
  const reasonPath = path.child('reason');
  if (reason === '') errors.required(reasonPath);
  else {
    if (!REASON.test(reason)) {
      const examples = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'];
      errors.invalid(reasonPath, reason, regexError(REASON_TEXT, REASON_FORMAT, ...examples));
    }
    if (byteLength(reason) > MAX_REASON_BYTES) errors.tooLong(reasonPath, MAX_REASON_BYTES);
  }
  if (byteLength(message) > MAX_MESSAGE_BYTES) {
    errors.tooLong(path.child('message'), MAX_MESSAGE_BYTES);
  }
}
