/**
 * Rules of flow schemas: whose requests, and which.
 *
 * Models: pkg/apis/flowcontrol/validation validation.go (v1.36)
 */
import type { PolicyRulesWithSubjects, Subject } from '../../generated/types.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { listOf } from '../../meta/kind-parts.ts';
import { isDNS1123Label } from '../../meta/names.ts';

const VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];
const KINDS = ['Group', 'ServiceAccount', 'User'];
const FIELDS = ['serviceAccount', 'user', 'group'] as const;
const FIELD_OF: Readonly<Record<string, (typeof FIELDS)[number]>> = {
  ServiceAccount: 'serviceAccount',
  User: 'user',
  Group: 'group',
};
const NAMESPACE_TEXT = "each member of this list must be '*' or a DNS-1123 label; ";

export function validateFlowRule(
  rule: PolicyRulesWithSubjects,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rule;
  if (!subjects?.length) {
    errors.required(path.child('subjects'), 'subjects must contain at least one value');
  }
  subjects?.forEach((s, i) => validateSubject(s, path.child('subjects').index(i), errors));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    const text = 'at least one of resourceRules and nonResourceRules has to be non-empty';
    errors.required(path, text);
  }
  resourceRules.forEach((r, i) => {
    validateResourceRule(r, path.child('resourceRules').index(i), errors);
  });
  nonResourceRules.forEach((r, i) => {
    const at = path.child('nonResourceRules').index(i);
    validateVerbs(r.verbs, at, errors);
    validateUrls(r.nonResourceURLs, at.child('nonResourceURLs'), errors);
  });
}

function validateSubject(subject: Subject, path: FieldPath, errors: FieldErrors): void {
  const own = FIELD_OF[subject.kind];
  if (own === undefined) {
    errors.notSupported(path.child('kind'), subject.kind ?? '', KINDS);
    return;
  }
  const value = subject[own];
  const at = path.child(own);
  if (value === undefined) {
    errors.required(at, `${own} is required when subject kind is '${subject.kind}'`);
  } else if (!value.name) errors.required(at.child('name'));
  else if (own === 'serviceAccount' && value.name !== '*') {
    checkDnsSubdomain(value.name, at.child('name'), errors);
  }
  if (own === 'serviceAccount' && value !== undefined) {
    const namespace = subject.serviceAccount?.namespace ?? '';
    if (namespace !== '') checkDnsLabel(namespace, at.child('namespace'), errors);
    else errors.required(at.child('namespace'), 'must specify namespace for service account');
  }
  // In upstream's order the other two follow: the service account before the user before the group.
  for (const other of FIELDS) {
    if (other === own || subject[other] === undefined) continue;
    const kind = KINDS.find((k) => FIELD_OF[k] === other);
    const text = `${other} is forbidden when subject kind is not '${kind}'`;
    errors.forbidden(path.child(other), text);
  }
}

function validateVerbs(
  verbs: readonly string[] | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('verbs');
  if (!verbs?.length) {
    errors.required(at, 'verbs must contain at least one value');
  } else if (verbs.includes('*')) {
    if (verbs.length > 1) {
      errors.invalid(at, verbs, "if '*' is present, must not specify other verbs");
    }
  } else if (!verbs.every((verb) => VERBS.includes(verb))) errors.notSupported(at, verbs, VERBS);
}

function validateResourceRule(
  rule: NonNullable<PolicyRulesWithSubjects['resourceRules']>[number],
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { verbs, apiGroups, resources, clusterScope = false } = rule;
  const namespaces = listOf(rule.namespaces);
  validateVerbs(verbs, path, errors);
  const check = (
    given: readonly string[] | null | undefined,
    field: string,
    one: string,
    many: string,
  ): void => {
    const at = path.child(field);
    const values = listOf(given);
    if (values.length === 0) errors.required(at, `resource rules must supply at least one ${one}`);
    else if (values.length > 1 && values.includes('*')) {
      errors.invalid(at, values, `if '*' is present, must not specify other ${many}`);
    }
  };
  check(apiGroups, 'apiGroups', 'api group', 'api groups');
  check(resources, 'resources', 'resource', 'resources');
  const at = path.child('namespaces');
  if (namespaces.length === 0 && !clusterScope) {
    const text = 'resource rules that are not cluster scoped must supply at least one namespace';
    errors.required(at, text);
  } else if (namespaces.includes('*')) {
    if (namespaces.length > 1) {
      errors.invalid(at, namespaces, "if '*' is present, must not specify other namespaces");
    }
  } else {
    namespaces.forEach((namespace, i) => {
      for (const message of isDNS1123Label(namespace)) {
        errors.invalid(at.index(i), namespace, NAMESPACE_TEXT + message);
      }
    });
  }
}

function validateUrls(
  urls: readonly string[] | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (!urls?.length) {
    errors.required(path, 'nonResourceURLs must contain at least one value');
  } else if (urls.includes('*')) {
    if (urls.length === 1) return;
    errors.invalid(path, urls, "if '*' is present, must not specify other non-resource URLs");
  } else {
    urls.forEach((url, i) => {
      const complaint = urlComplaint(url);
      if (complaint !== '') errors.invalid(path.index(i), url, complaint);
    });
  }
}

function urlComplaint(url: string): string {
  if (url === '') return 'must not be empty';
  if (url === '/') return '';
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const star = url.indexOf('*');
  if (star >= 0 && (star !== url.length - 1 || !url.endsWith('/*'))) {
    return 'wildcard can only do suffix matching';
  }
  return '';
}

/** Conditions of flow schemas and priority levels. */
export function validateConditions(
  conditions: readonly { readonly type?: string }[] | undefined,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  conditions?.forEach(({ type = '' }, i) => {
    const path = `status.conditions[${i}].type`;
    if (seen.has(type)) errors.duplicate(path, type);
    seen.add(type);
    if (type === '') errors.required(path);
  });
}
