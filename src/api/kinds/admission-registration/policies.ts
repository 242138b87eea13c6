/**
 * What validating and mutating admission policies and their bindings have in common.
 *
 * Models: pkg/apis/admissionregistration validation validateParamKind, validateParamRef (v1.36)
 */
import type { LabelSelector, MatchResources, ParamKind, ParamRef } from '../../generated/types.ts';
import { checkDnsSubdomain, checkSupported, complain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { sortedByKey } from '../../meta/go-text.ts';
import { isDNS1035Label, isDNS1123Subdomain } from '../../meta/names.ts';
import { nameErrors } from '../../meta/object-meta-validation.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { FAILURE_POLICIES, validateMatchResources } from './rules.ts';

const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];

export interface PolicySpec {
  readonly failurePolicy?: string;
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
}

/** The head of both policies' specs. */
export function validatePolicyHead(spec: PolicySpec, errors: FieldErrors): void {
  const { failurePolicy = '', paramKind, matchConstraints } = spec;
  checkSupported(failurePolicy, FAILURE_POLICIES, 'spec.failurePolicy', errors);
  if (paramKind !== undefined) validateParamKind(paramKind, 'spec.paramKind', errors);
  const path = FieldPath.of('spec.matchConstraints');
  if (matchConstraints === undefined) errors.required(path);
  else {
    validateMatchResources(matchConstraints, path, errors);
    if (!matchConstraints.resourceRules?.length) errors.required(path.child('resourceRules'));
  }
}

function validateParamKind(
  { apiVersion = '', kind = '' }: ParamKind,
  path: string,
  errors: FieldErrors,
): void {
  const versionPath = `${path}.apiVersion`;
  const parts = apiVersion === '/' ? ['', ''] : apiVersion.split('/');
  const [group = '', version = ''] = parts.length === 1 ? ['', apiVersion] : parts;
  const joined = (value: string, complaints: readonly string[]): void => {
    if (complaints.length > 0) errors.invalid(versionPath, value, complaints.join(','));
  };
  if (apiVersion === '') errors.required(versionPath);
  else if (parts.length > 2) {
    errors.invalid(versionPath, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  } else {
    if (group !== '') joined(group, isDNS1123Subdomain(group));
    if (version === '') errors.invalid(versionPath, apiVersion, 'version must be specified');
    else joined(version, isDNS1035Label(version));
  }
  const kindPath = `${path}.kind`;
  const complaints = isDNS1035Label(kind.toLowerCase());
  if (kind === '') errors.required(kindPath);
  else if (complaints.length > 0) {
    const text = `may have mixed case, but should otherwise match: ${complaints.join(',')}`;
    errors.invalid(kindPath, kind, text);
  }
}

export interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

export function validateBindingSpec(spec: BindingSpec, errors: FieldErrors): void {
  const { policyName = '' } = spec;
  if (policyName === '') errors.required('spec.policyName');
  else checkDnsSubdomain(policyName, 'spec.policyName', errors);
  if (spec.paramRef !== undefined) validateParamRef(spec.paramRef, 'spec.paramRef', errors);
  validateMatchResources(spec.matchResources, FieldPath.of('spec.matchResources'), errors);
}

function validateParamRef(ref: ParamRef, path: string, errors: FieldErrors): void {
  const { name = '', selector, parameterNotFoundAction: action = '' } = ref;
  const both = 'name and selector are mutually exclusive';
  if (name !== '') {
    complain(nameErrors('pathSegment', name), name, `${path}.name`, errors);
    if (selector !== undefined) errors.forbidden(`${path}.name`, both);
  }
  if (selector !== undefined) {
    validateLabelSelector(selector, `${path}.selector`, errors);
    if (name !== '') errors.forbidden(`${path}.selector`, both);
  }
  if (name === '' && selector === undefined) {
    errors.required(path, 'one of name or selector must be specified');
  }
  const actionPath = `${path}.parameterNotFoundAction`;
  if (action === '') errors.required(actionPath);
  else checkSupported(action, NOT_FOUND_ACTIONS, actionPath, errors);
}

/** The column ParamKind. */
export function paramKindText({ paramKind }: PolicySpec): string {
  if (paramKind === undefined) return '<unset>';
  return `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}`;
}

/** The column ParamRef. A selector is shown as its Go struct is. */
export function paramRefText({ paramRef }: BindingSpec): string {
  if (paramRef === undefined) return '<unset>';
  const { name = '', namespace = '', selector } = paramRef;
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? '<unset>' : goSelector(selector);
}

/** Upstream LabelSelector.String(). */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(sortedByKey(matchLabels)).map(
    ([key, value]) => `${key}: ${value},`,
  );
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
  );
}
