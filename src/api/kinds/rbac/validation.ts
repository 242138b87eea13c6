/**
 * What Role, ClusterRole and their bindings have in common.
 *
 * Models: pkg/apis/rbac validation, v1 defaults.go, helpers.go SubjectsStrings (v1.36)
 */
import type { PolicyRule, RbacV1Subject, RoleRef } from '../../generated/types.ts';
import type { Column } from '../../meta/define-kind.ts';
import { checkDnsSubdomain, checkSupported, complain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { equalJson } from '../../meta/json.ts';
import { nameErrors } from '../../meta/object-meta-validation.ts';
import type { Draft, KubeObject } from '../../meta/object.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

type RulesDraft = Draft<{ readonly rules?: readonly PolicyRule[] }>;

/** The field is written even when it was not set. */
export function defaultRules(role: RulesDraft): void {
  (role as { rules: unknown }).rules ??= null;
}

/** An empty list was set by somebody, but what is stored does not tell it from none. */
export function dropEmptyRules(role: RulesDraft): void {
  if (role.rules?.length === 0) (role as { rules: unknown }).rules = null;
}

export function validateRules(
  rules: readonly PolicyRule[] | null | undefined,
  namespaced: boolean,
  errors: FieldErrors,
): void {
  rules?.forEach((rule, i) => {
    validateRule(rule, namespaced, FieldPath.of('rules').index(i), errors);
  });
}

function validateRule(
  rule: PolicyRule,
  namespaced: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if (!rule.verbs?.length) {
    errors.required(path.child('verbs'), 'verbs must contain at least one value');
  }
  if (nonResourceURLs.length > 0) {
    const at = path.child('nonResourceURLs');
    if (namespaced) {
      const text = 'namespaced rules cannot apply to non-resource URLs';
      errors.invalid(at, nonResourceURLs, text);
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.invalid(at, nonResourceURLs, text);
    }
    return;
  }
  if (apiGroups.length === 0) {
    const text = 'resource rules must supply at least one api group';
    errors.required(path.child('apiGroups'), text);
  }
  if (resources.length === 0) {
    const text = 'resource rules must supply at least one resource';
    errors.required(path.child('resources'), text);
  }
}

export interface Binding extends KubeObject {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly RbacV1Subject[];
}

export function defaultBinding(binding: Draft<Binding>): void {
  binding.roleRef ??= { kind: '', name: '' };
  binding.roleRef.apiGroup ||= RBAC_GROUP;
  binding.roleRef.kind ??= '';
  binding.roleRef.name ??= '';
  for (const subject of binding.subjects ?? []) {
    subject.kind ??= '';
    subject.name ??= '';
    if (subject.apiGroup) continue;
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup = RBAC_GROUP;
    else delete subject.apiGroup;
  }
}

export function validateBinding(
  { roleRef, subjects }: Binding,
  namespaced: boolean,
  errors: FieldErrors,
): void {
  checkSupported(roleRef.apiGroup ?? '', [RBAC_GROUP], 'roleRef.apiGroup', errors);
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  checkSupported(roleRef.kind, kinds, 'roleRef.kind', errors);
  if (roleRef.name === '') errors.required('roleRef.name');
  else complain(nameErrors('pathSegment', roleRef.name), roleRef.name, 'roleRef.name', errors);
  subjects?.forEach((subject, i) => {
    validateSubject(subject, namespaced, FieldPath.of('subjects').index(i), errors);
  });
}

function validateSubject(
  { kind, name, namespace = '', apiGroup = '' }: RbacV1Subject,
  namespaced: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (name === '') errors.required(path.child('name'));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') checkDnsSubdomain(name, path.child('name'), errors);
      if (apiGroup !== '') errors.notSupported(path.child('apiGroup'), apiGroup, ['']);
      if (!namespaced && namespace === '') errors.required(path.child('namespace'));
      return;
    case 'User':
    case 'Group':
      checkSupported(apiGroup, [RBAC_GROUP], path.child('apiGroup'), errors);
      return;
    default:
      errors.notSupported(path.child('kind'), kind, SUBJECT_KINDS);
  }
}

export function validateRoleRefUpdate(next: Binding, old: Binding, errors: FieldErrors): void {
  if (equalJson(next.roleRef, old.roleRef)) return;
  const { apiGroup, kind, name } = next.roleRef;
  // The internal type has no JSON tags.
  const shown = { APIGroup: apiGroup, Kind: kind, Name: name };
  errors.invalid('roleRef', shown, 'cannot change roleRef');
}

function subjectsOf({ subjects = [] }: Binding, kind: string): string {
  const named = subjects.filter((s) => s.kind === kind);
  return named
    .map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');
}

/** The columns that show subjects; |what| is how upstream calls the binding there. */
export function subjectColumns(what: string): readonly Column<Binding>[] {
  const column = (name: string, kind: string): Column<Binding> => ({
    name,
    type: 'string',
    priority: 1,
    description: `${name} in the ${what}`,
    cell: (binding) => subjectsOf(binding, kind),
  });
  return [
    column('Users', 'User'),
    column('Groups', 'Group'),
    column('ServiceAccounts', 'ServiceAccount'),
  ];
}
