/**
 * Which requests an admission webhook or policy looks at.
 *
 * Models: pkg/apis/admissionregistration validation validateRule*, validateMatchResources, v1
 *         defaults.go (v1.36)
 */
import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../generated/types.ts';
import { checkSupported, complain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { nameErrors } from '../../meta/object-meta-validation.ts';
import type { Draft } from '../../meta/object.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';

export const ADMISSION_GROUP = 'admissionregistration.k8s.io';
export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const MUTATING_OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const STATIC_SUFFIX = '.static.k8s.io'; // static_suffix.go

/** Upstream WarningsForStaticSuffix. */
export function staticSuffixWarnings({
  metadata,
}: {
  readonly metadata: { readonly name: string };
}): readonly string[] {
  if (!metadata.name.endsWith(STATIC_SUFFIX)) return [];
  const why = 'are reserved for static manifest-based configurations';
  return [
    `metadata.name: names ending with "${STATIC_SUFFIX}" ${why} and cannot be managed via the API`,
  ];
}

export function defaultRule(rule: Draft<RuleWithOperations>): void {
  rule.scope ??= '*';
}

export function defaultMatchResources(match: Draft<MatchResources> | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of match.resourceRules ?? []) defaultRule(rule);
  for (const rule of match.excludeResourceRules ?? []) defaultRule(rule);
}

export function validateRule(rule: RuleWithOperations, path: FieldPath, errors: FieldErrors): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const list = (values: readonly string[], field: string, others: string): void => {
    const at = path.child(field);
    if (values.length === 0) errors.required(at);
    if (values.length > 1 && values.includes('*')) {
      errors.invalid(at, values, `if '*' is present, must not specify other ${others}`);
    }
  };
  list(operations, 'operations', 'operations');
  operations.forEach((operation, i) => {
    checkSupported(operation, OPERATIONS, path.child('operations').index(i), errors);
  });
  list(apiGroups, 'apiGroups', 'API groups');
  list(apiVersions, 'apiVersions', 'API versions');
  apiVersions.forEach((version, i) => {
    if (version === '') errors.required(path.child('apiVersions').index(i));
  });
  validateResources(resources, path.child('resources'), errors);
  if (scope !== undefined) checkSupported(scope, SCOPES, path.child('scope'), errors);
}

function validateResources(
  resources: readonly string[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (resources.length === 0) errors.required(path);
  const allSubresourcesOf = new Set<string>();
  const subresourceOfAll = new Set<string>();
  let plainResource = false;
  resources.forEach((name, i) => {
    const at = path.index(i);
    if (name === '') {
      errors.required(at);
      return;
    }
    const slash = name.indexOf('/');
    if (slash < 0) {
      // The last one counts.
      plainResource = name !== '*';
      return;
    }
    const resource = name.slice(0, slash);
    const subresource = name.slice(slash + 1);
    if (allSubresourcesOf.has(resource)) {
      errors.invalid(at, name, `if '${resource}/*' is present, must not specify ${name}`);
    }
    if (subresourceOfAll.has(subresource)) {
      errors.invalid(at, name, `if '*/${subresource}' is present, must not specify ${name}`);
    }
    if (subresource === '*') allSubresourcesOf.add(resource);
    if (resource === '*') subresourceOfAll.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*')) {
    const text = "if '*/*' is present, must not specify other resources";
    errors.invalid(path, resources, text);
  }
  if (resources.includes('*') && plainResource) {
    const text = "if '*' is present, must not specify other resources without subresources";
    errors.invalid(path, resources, text);
  }
}

function validateNamedRule(
  rule: NamedRuleWithOperations,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  rule.resourceNames?.forEach((name, i) => {
    const at = path.child('resourceNames').index(i);
    complain(nameErrors('pathSegment', name), name, at, errors);
    if (seen.has(name)) errors.duplicate(at, name);
    seen.add(name);
  });
  validateRule(rule, path, errors);
}

export function validateMatchResources(
  match: MatchResources | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (match === undefined) return;
  checkSupported(match.matchPolicy ?? '', MATCH_POLICIES, path.child('matchPolicy'), errors);
  validateLabelSelector(match.namespaceSelector, path.child('namespaceSelector'), errors);
  validateLabelSelector(match.objectSelector, path.child('objectSelector'), errors);
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    match[field]?.forEach((rule, i) => {
      validateNamedRule(rule, path.child(field).index(i), errors);
    });
  }
}

/** What mutates cannot look at deletions. */
export function validateMutatingOperations(
  match: MatchResources | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  for (const { operations = [] } of match?.resourceRules ?? []) {
    for (const operation of operations) {
      const at = path.child('resourceRules').child('operations');
      checkSupported(operation, MUTATING_OPERATIONS, at, errors);
    }
  }
}
