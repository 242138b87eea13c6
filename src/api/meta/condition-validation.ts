/**
 * Validation of metav1.Condition, which the status of the newer kinds is made of.
 *
 * Models: k8s.io/apimachinery/pkg/apis/meta/v1/validation validation.go, ValidateConditions (v1.36)
 */
import type { Condition } from '../generated/types.ts';
import { checkSupported } from './field-checks.ts';
import type { FieldErrors } from './field-errors.ts';
import { FieldPath, type FieldRef } from './field-path.ts';
import { byteLength } from './go-text.ts';
import { validateLabelName } from './labels.ts';
import { regexError } from './names.ts';

const MAX_REASON_BYTES = 1024; // maxReasonLen
const MAX_MESSAGE_BYTES = 32 * 1024; // maxMessageLen
const STATUSES = ['False', 'True', 'Unknown'];
const REASON_FMT = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON = new RegExp(`^${REASON_FMT}$`);
const REASON_TEXT =
  'a condition reason must start with alphabetic character, optionally followed by a string of ' +
  "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const REASON_EXAMPLES = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'];

export function validateConditions(
  conditions: readonly Condition[] | undefined,
  path: FieldRef,
  errors: FieldErrors,
): void {
  const at = FieldPath.of(path);
  const types = new Set<string>();
  conditions?.forEach((condition, i) => {
    const type = condition.type ?? '';
    if (types.has(type)) errors.duplicate(at.index(i).child('type'), type);
    types.add(type);
    validateCondition(condition, at.index(i), errors);
  });
}

function validateCondition(condition: Condition, path: FieldPath, errors: FieldErrors): void {
  const { type = '', status, observedGeneration = 0, reason = '', message = '' } = condition;
  validateLabelName(type, path.child('type'), errors);
  checkSupported(status ?? '', STATUSES, path.child('status'), errors);
  if (observedGeneration < 0) {
    const detail = 'must be greater than or equal to zero';
    errors.invalid(path.child('observedGeneration'), observedGeneration, detail);
  }
  if (!condition.lastTransitionTime) errors.required(path.child('lastTransitionTime'));
  const reasonAt = path.child('reason');
  if (reason === '') errors.required(reasonAt);
  else {
    if (!REASON.test(reason)) {
      errors.invalid(reasonAt, reason, regexError(REASON_TEXT, REASON_FMT, ...REASON_EXAMPLES));
    }
    if (byteLength(reason) > MAX_REASON_BYTES) errors.tooLong(reasonAt, MAX_REASON_BYTES);
  }
  if (byteLength(message) > MAX_MESSAGE_BYTES) {
    errors.tooLong(path.child('message'), MAX_MESSAGE_BYTES);
  }
}
