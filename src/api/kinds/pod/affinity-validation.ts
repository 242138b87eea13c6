/**
 * Validation of where a Pod wants to run: affinity, tolerations, topology spread.
 *
 * Models: pkg/apis/core/validation validation.go, validateAffinity, ValidateTolerations,
 *         validateTopologySpreadConstraints (v1.36)
 */
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkPositive,
  checkSupported,
  complain,
} from '../../meta/field-checks.ts';
import { goQuote } from '../../meta/go-text.ts';
import { validateLabelName } from '../../meta/labels.ts';
import { isLabelValue } from '../../meta/names.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { validateLegacyMatchLabelKeys, validateMatchLabelKeys } from './match-label-keys.ts';
import type { PodValidationOptions } from './options.ts';

const WEIGHT_ERROR = 'must be in the range 1-100';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(
  affinity: Affinity | undefined,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (affinity === undefined) return;
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity !== undefined) {
    const at = path.child('nodeAffinity');
    const required = nodeAffinity[REQUIRED];
    if (required !== undefined) {
      const allow = options.allowInvalidNodeAffinityValues;
      validateNodeSelector(required, at.child(REQUIRED), allow, errors);
    }
    nodeAffinity[PREFERRED]?.forEach(({ weight, preference }, i) => {
      const termAt = at.child(PREFERRED).index(i);
      if (weight <= 0 || weight > 100) errors.invalid(termAt.child('weight'), weight, WEIGHT_ERROR);
      // A preference may name values that no label can have.
      validateNodeSelectorTerm(preference, termAt.child('preference'), true, errors);
    });
  }
  const allowValues = options.allowInvalidSelectorValues;
  validatePodAffinity(podAffinity, path.child('podAffinity'), allowValues, errors);
  validatePodAffinity(podAntiAffinity, path.child('podAntiAffinity'), allowValues, errors);
}

/** Upstream ValidateNodeSelector; volumes use it too. */
export function validateNodeSelector(
  selector: NodeSelector,
  path: FieldPath,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  const at = path.child('nodeSelectorTerms');
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) errors.required(at, 'must have at least one node selector term');
  terms.forEach((term, i) => {
    validateNodeSelectorTerm(term, at.index(i), allowInvalidValues, errors);
  });
}

export function validateNodeSelectorTerm(
  term: NodeSelectorTerm,
  path: FieldPath,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  term.matchExpressions?.forEach((requirement, i) => {
    const at = path.child('matchExpressions').index(i);
    validateRequirement(requirement, at, allowInvalidValues, errors);
  });
  term.matchFields?.forEach((requirement, i) => {
    validateFieldRequirement(requirement, path.child('matchFields').index(i), errors);
  });
}

function validateRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: FieldPath,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  const at = path.child('values');
  switch (operator as string) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.required(at, "must be specified when `operator` is 'In' or 'NotIn'");
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
      break;
    default:
      errors.invalid(path.child('operator'), operator, 'not a valid selector operator');
  }
  validateLabelName(key, path.child('key'), errors);
  if (allowInvalidValues) return;
  values.forEach((value, i) => complain(isLabelValue(value), value, at.index(i), errors));
}

function validateFieldRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) {
      const text =
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.required(path.child('values'), text);
    }
  } else errors.invalid(path.child('operator'), operator, 'not a valid selector operator');
  if (key !== 'metadata.name') {
    errors.invalid(path.child('key'), key, 'not a valid field selector key');
    return;
  }
  values.forEach((value, i) => checkDnsSubdomain(value, path.child('values').index(i), errors));
}

function validatePodAffinity(
  affinity: PodAffinity | undefined,
  path: FieldPath,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  if (affinity === undefined) return;
  affinity[REQUIRED]?.forEach((term, i) => {
    validatePodAffinityTerm(term, path.child(REQUIRED).index(i), allowInvalidValues, errors);
  });
  affinity[PREFERRED]?.forEach(({ weight, podAffinityTerm }, i) => {
    const at = path.child(PREFERRED).index(i);
    if (weight <= 0 || weight > 100) errors.invalid(at.child('weight'), weight, WEIGHT_ERROR);
    const termAt = at.child('podAffinityTerm');
    validatePodAffinityTerm(podAffinityTerm, termAt, allowInvalidValues, errors);
  });
}

function validatePodAffinityTerm(
  term: PodAffinityTerm,
  path: FieldPath,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  const options = { allowInvalidValues };
  const { labelSelector, namespaceSelector, topologyKey } = term;
  validateLabelSelector(labelSelector, path.child('labelSelector'), errors, options);
  validateLabelSelector(namespaceSelector, path.child('namespaceSelector'), errors, options);
  for (const name of term.namespaces ?? []) checkDnsLabel(name, path.child('namespace'), errors);
  validateMatchLabelKeys(path, term.matchLabelKeys, term.mismatchLabelKeys, labelSelector, errors);
  if (topologyKey === '') errors.required(path.child('topologyKey'), 'can not be empty');
  validateLabelName(topologyKey, path.child('topologyKey'), errors);
}

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const DECIMAL_INTEGER = /^(0|-?[1-9][0-9]*)$/;
const MAX_INT64 = 9_223_372_036_854_775_807n;

export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (tolerations === undefined) return;
  for (let i = 0; i < tolerations.length; i++) {
    const toleration = tolerations[i] as Toleration;
    const at = path.index(i);
    const { key = '', effect = '', operator = '' } = toleration;
    if (key !== '') validateLabelName(key, at.child('key'), errors);
    else if (operator !== 'Exists') {
      const text =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.invalid(at.child('operator'), operator, text);
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.invalid(at.child('effect'), effect, text);
    }
    validateTolerationValue(toleration, at, options, errors);
    if (effect !== '') checkSupported(effect, TAINT_EFFECTS, at.child('effect'), errors);
  }
}

function validateTolerationValue(
  { operator, value = '' }: Toleration,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const at = path.child('operator');
  switch ((operator as string | undefined) ?? '') {
    case 'Equal':
    case '': {
      const complaints = isLabelValue(value);
      if (complaints.length > 0) errors.invalid(at, value, complaints.join(';'));
      return;
    }
    case 'Exists':
      if (value === '') return;
      errors.invalid(at, value, "value must be empty when `operator` is 'Exists'");
      return;
    case 'Lt':
    case 'Gt':
      if (!options.allowNumericTolerations) {
        errors.notSupported(at, operator, ['Equal', 'Exists', 'Lt', 'Gt']);
        return;
      }
      complain(integerComplaints(value), value, path.child('value'), errors);
      return;
    default:
      errors.notSupported(at, operator, ['Equal', 'Exists']);
  }
}

function integerComplaints(value: string): readonly string[] {
  const parsing = `strconv.ParseInt: parsing ${goQuote(value)}`;
  if (value === '') return ['must be non-empty', `${parsing}: invalid syntax`];
  const form = DECIMAL_INTEGER.test(value)
    ? []
    : ['must be a valid decimal integer in canonical form'];
  if (!/^[+-]?[0-9]+$/.test(value)) return [...form, `${parsing}: invalid syntax`];
  const number = BigInt(value);
  const fits = number <= MAX_INT64 && number >= -MAX_INT64 - 1n;
  return fits ? form : [...form, `${parsing}: value out of range`];
}

const UNSATISFIABLE_ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const NODE_POLICIES = ['Honor', 'Ignore'];

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  constraints?.forEach((constraint, i) => {
    const at = path.index(i);
    const { topologyKey, whenUnsatisfiable, minDomains, labelSelector } = constraint;
    checkPositive(constraint.maxSkew, at.child('maxSkew'), errors);
    if (topologyKey === '') errors.required(at.child('topologyKey'), 'can not be empty');
    checkSupported(whenUnsatisfiable, UNSATISFIABLE_ACTIONS, at.child('whenUnsatisfiable'), errors);
    const repeated = constraints
      .slice(i + 1)
      .some((c) => c.topologyKey === topologyKey && c.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated) {
      const field = at.child('{topologyKey, whenUnsatisfiable}');
      errors.duplicate(field, `{${topologyKey}, ${whenUnsatisfiable}}`);
    }
    if (minDomains !== undefined) {
      checkPositive(minDomains, at.child('minDomains'), errors);
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        errors.invalid(at.child('minDomains'), minDomains, text);
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field];
      if (policy !== undefined) checkSupported(policy, NODE_POLICIES, at.child(field), errors);
    }
    const keys = constraint.matchLabelKeys;
    if (options.allowInvalidMatchLabelKeys) {
      validateLegacyMatchLabelKeys(at.child('matchLabelKeys'), keys, labelSelector, errors);
    } else {
      validateMatchLabelKeys(at, keys, undefined, labelSelector, errors);
    }
    if (!options.allowInvalidSpreadSelectors) {
      validateLabelSelector(labelSelector, at.child('labelSelector'), errors);
    }
  });
}
