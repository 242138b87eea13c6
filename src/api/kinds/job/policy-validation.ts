/**
 * Validation of what a Job makes of failed Pods and of early success.
 *
 * Models: pkg/apis/batch/validation validation.go, validatePodFailurePolicy*,
 *         validatePodReplacementPolicy, validateSuccessPolicy* (v1.36)
 */
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicy,
  SuccessPolicyRule,
} from '../../generated/types.ts';
import { checkNonNegative, checkQualifiedName, checkSupported } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { byteLength, goQuote } from '../../meta/go-text.ts';
import { countIndexes } from './indexes.ts';

const MAX_RULES = 20; // maxPodFailurePolicyRules, maxSuccessPolicyRule
const MAX_EXIT_CODES = 255; // maxPodFailurePolicyOnExitCodesValues
const MAX_PATTERNS = 20; // maxPodFailurePolicyOnPodConditionsPatterns
const MAX_INDEXES_BYTES = 64 * 1024; // maxJobSuccessPolicySucceededIndexesLimit
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed'];

/** Go's %q of a list. */
function validValues(values: readonly string[]): string {
  return `valid values: [${values.map(goQuote).join(' ')}]`;
}

/** An error without the value in it. */
export function invalidWhole(path: FieldPath, detail: string, errors: FieldErrors): void {
  errors.add('FieldValueInvalid', path, `Invalid value: ${detail}`);
}

export function validateFailurePolicy(
  spec: JobSpec,
  { rules }: PodFailurePolicy,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const rulesAt = path.child('rules');
  const list = rules ?? [];
  if (list.length > MAX_RULES) errors.tooMany(rulesAt, list.length, MAX_RULES);
  const { containers, initContainers } = spec.template.spec;
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map((c) => c.name));
  list.forEach((rule, i) => validateFailureRule(spec, rule, rulesAt.index(i), names, errors));
}

function validateFailureRule(
  spec: JobSpec,
  { action: wanted, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  path: FieldPath,
  containerNames: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  const action: string = wanted ?? '';
  const actionAt = path.child('action');
  if (action === '') errors.required(actionAt, validValues(ACTIONS));
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.invalid(actionAt, action, 'requires the backoffLimitPerIndex to be set');
    }
  } else checkSupported(action, ACTIONS, actionAt, errors);
  if (onExitCodes !== undefined) {
    validateExitCodes(onExitCodes, path.child('onExitCodes'), containerNames, errors);
  }
  const conditionsAt = path.child('onPodConditions');
  if (onPodConditions.length > 0) validatePatterns(onPodConditions, conditionsAt, errors);
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    const detail = 'specifying both OnExitCodes and OnPodConditions is not supported';
    invalidWhole(path, detail, errors);
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    const detail = 'specifying one of OnExitCodes and OnPodConditions is required';
    invalidWhole(path, detail, errors);
  }
}

function validatePatterns(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (patterns.length > MAX_PATTERNS) errors.tooMany(path, patterns.length, MAX_PATTERNS);
  patterns.forEach(({ type, status = '' }, i) => {
    const at = path.index(i);
    checkQualifiedName(type ?? '', at.child('type'), errors);
    if (status === '') errors.required(at.child('status'), validValues(STATUSES));
    else checkSupported(status, STATUSES, at.child('status'), errors);
  });
}

function validateExitCodes(
  requirement: PodFailurePolicyOnExitCodesRequirement,
  path: FieldPath,
  containerNames: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  const operator: string = requirement.operator ?? '';
  const operatorAt = path.child('operator');
  if (operator === '') errors.required(operatorAt, validValues(OPERATORS));
  else checkSupported(operator, OPERATORS, operatorAt, errors);
  const { containerName } = requirement;
  if (containerName !== undefined && !containerNames.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.invalid(path.child('containerName'), containerName, detail);
  }
  const valuesAt = path.child('values');
  const values = requirement.values ?? [];
  if (values.length === 0) {
    errors.invalid(valuesAt, requirement.values, 'at least one value is required');
  } else if (values.length > MAX_EXIT_CODES) {
    errors.tooMany(valuesAt, values.length, MAX_EXIT_CODES);
  }
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0) {
      errors.invalid(valuesAt.index(i), value, 'must not be 0 for the In operator');
    }
    if (seen.has(value)) errors.duplicate(valuesAt.index(i), value);
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value)) {
    errors.invalid(valuesAt, values, 'must be ordered');
  }
}

export function validateReplacementPolicy(
  { podReplacementPolicy: policy, podFailurePolicy }: JobSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (policy === undefined) return;
  const supported = podFailurePolicy === undefined ? REPLACEMENTS : ['Failed'];
  checkSupported(policy, supported, path, errors);
}

export function validateSuccessPolicy(
  { rules }: SuccessPolicy,
  completions: number,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const rulesAt = path.child('rules');
  const list = rules ?? [];
  if (list.length === 0) {
    const detail = 'at least one rules must be specified when the successPolicy is specified';
    errors.required(rulesAt, detail);
  }
  if (list.length > MAX_RULES) errors.tooMany(rulesAt, list.length, MAX_RULES);
  list.forEach((rule, i) => validateSuccessRule(rule, completions, rulesAt.index(i), errors));
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (count === undefined && indexes === undefined) {
    const detail = 'at least one of succeededCount or succeededIndexes must be specified';
    errors.required(path, detail);
  }
  let total = 0;
  if (indexes !== undefined) {
    const at = path.child('succeededIndexes');
    if (byteLength(indexes) > MAX_INDEXES_BYTES) errors.tooLong(at, MAX_INDEXES_BYTES);
    const counted = countIndexes(indexes, completions);
    if ('value' in counted) total = counted.value;
    else errors.invalid(at, indexes, `error parsing succeededIndexes: ${counted.error}`);
  }
  if (count === undefined) return;
  const at = path.child('succeededCount');
  checkNonNegative(count, at, errors);
  const complain = (limit: number, of: string): void => {
    errors.invalid(at, count, `must be less than or equal to ${limit} (the number of ${of})`);
  };
  if (count > completions) complain(completions, 'specified completions');
  if (indexes !== undefined && count > total) {
    complain(total, 'indexes in the specified succeededIndexes field');
  }
}
