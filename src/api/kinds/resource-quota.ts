/**
 * ResourceQuota: how much of everything a namespace may hold, and how much it holds.
 *
 * Models: pkg/registry/core/resourcequota strategy.go, pkg/apis/core/validation
 *         ValidateResourceQuota*, pkg/apis/core/helper helpers.go (v1.36)
 */
import type { ResourceQuota as ResourceQuotaType, ResourceQuotaSpec } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { compareText } from '../meta/go-text.ts';
import { keepPart } from '../meta/kind-parts.ts';
import { compareQuantity } from '../meta/quantity.ts';
import { checkResourceName, validateResourceQuantity } from './pod/resource-validation.ts';
import { roundResourceList } from './pod/resources.ts';

export type ResourceQuota = ResourceQuotaType;

type List = Readonly<Record<string, string>>;

/** helpers.go standardQuotaResources. */
const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

const COMPUTE = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const OF_PODS: ReadonlySet<string> = new Set(['pods', ...COMPUTE]);
const OF_BEST_EFFORT: ReadonlySet<string> = new Set(['pods']);
const OF_CLAIMS: ReadonlySet<string> = new Set(['persistentvolumeclaims', 'requests.storage']);

/** The standard resources that each scope may limit: helpers.go IsResourceQuotaScopeValidForResource. */
const SCOPES: Readonly<Record<string, ReadonlySet<string>>> = {
  Terminating: OF_PODS,
  NotTerminating: OF_PODS,
  NotBestEffort: OF_PODS,
  PriorityClass: OF_PODS,
  CrossNamespacePodAffinity: OF_PODS,
  BestEffort: OF_BEST_EFFORT,
  VolumeAttributesClass: OF_CLAIMS,
};

const EXISTS_ONLY: ReadonlySet<string> = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
]);

const CONFLICTING = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function isQuotaResource(name: string): boolean {
  return (
    QUOTA_RESOURCES.has(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('requests.hugepages-')
  );
}

function names(list: List | undefined): string[] {
  return Object.keys(list ?? {}).sort(compareText);
}

function checkList(list: List | undefined, path: string, errors: FieldErrors): void {
  for (const name of names(list)) {
    const at = FieldPath.of(path).key(name);
    checkResourceName(name, at, errors);
    if (!name.includes('/') && !isQuotaResource(name)) {
      errors.invalid(at, name, 'must be a standard resource for quota');
    }
    validateResourceQuantity(name, list?.[name] ?? '0', at, errors);
  }
}

/** The resources in |spec| that |scope| does not know, one for each. */
function unsupported(spec: ResourceQuotaSpec, scope: string): string[] {
  const known = SCOPES[scope];
  if (known === undefined) return [];
  return names(spec.hard).filter((name) => isQuotaResource(name) && !known.has(name));
}

function checkConflicts(
  seen: ReadonlySet<string>,
  spec: ResourceQuotaSpec,
  path: string,
  errors: FieldErrors,
): void {
  for (const [a, b] of CONFLICTING) {
    if (seen.has(a) && seen.has(b)) errors.invalid(path, spec.scopes, 'conflicting scopes');
  }
}

function checkScopes(spec: ResourceQuotaSpec, errors: FieldErrors): void {
  const path = 'spec.scopes';
  for (const scope of spec.scopes ?? []) {
    if (SCOPES[scope] === undefined) errors.invalid(path, spec.scopes, 'unsupported scope');
    for (const _ of unsupported(spec, scope)) {
      errors.invalid(path, spec.scopes, 'unsupported scope applied to resource');
    }
  }
  checkConflicts(new Set(spec.scopes), spec, path, errors);
}

/** How upstream's internal type is marshalled. */
function internalSelector(selector: NonNullable<ResourceQuotaSpec['scopeSelector']>): unknown {
  return {
    MatchExpressions: (selector.matchExpressions ?? []).map((r) => ({
      ScopeName: r.scopeName,
      Operator: r.operator,
      Values: r.values ?? null,
    })),
  };
}

function checkScopeSelector(spec: ResourceQuotaSpec, errors: FieldErrors): void {
  const { scopeSelector } = spec;
  if (scopeSelector === undefined) return;
  const path = 'spec.scopeSelector.matchExpressions';
  const seen = new Set<string>();
  for (const { scopeName, operator, values = [] } of scopeSelector.matchExpressions ?? []) {
    if (SCOPES[scopeName] === undefined) {
      errors.invalid(`${path}.scopeName`, scopeName, 'unsupported scope');
    }
    for (const _ of unsupported(spec, scopeName)) {
      const text = 'unsupported scope applied to resource';
      errors.invalid(path, internalSelector(scopeSelector), text);
    }
    if (EXISTS_ONLY.has(scopeName) && operator !== 'Exists') {
      const text =
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, " +
        'ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ' +
        'ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';
      errors.invalid(`${path}.operator`, operator, text);
    }
    checkOperator(operator, values, path, errors);
    seen.add(scopeName);
  }
  checkConflicts(seen, spec, path, errors);
}

function checkOperator(
  operator: string,
  values: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return;
    const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    errors.required(`${path}.values`, text);
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return;
    const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    errors.invalid(`${path}.values`, values, text);
  } else {
    errors.invalid(`${path}.operator`, operator, 'not a valid selector operator');
  }
}

function validateSpec({ spec }: ResourceQuota, errors: FieldErrors): void {
  checkList(spec.hard, 'spec.hard', errors);
  checkScopes(spec, errors);
  checkScopeSelector(spec, errors);
}

function validateUpdate(next: ResourceQuota, old: ResourceQuota, errors: FieldErrors): void {
  validateSpec(next, errors);
  const before = new Set<string>(old.spec.scopes);
  const after = new Set<string>(next.spec.scopes);
  if (before.size === after.size && [...before].every((scope) => after.has(scope))) return;
  errors.invalid('spec.scopes', next.spec.scopes, IMMUTABLE_ERROR);
}

/** Requests that are larger than the limits make the larger part of the quota useless. */
function warnings({ spec }: ResourceQuota, old: ResourceQuota | null): readonly string[] {
  if (old !== null) return [];
  const { hard = {} } = spec;
  const texts: string[] = [];
  for (const resource of ['cpu', 'memory', 'storage', 'ephemeral-storage']) {
    const isBare = resource === 'cpu' || resource === 'memory';
    const asked = `requests.${resource}`;
    const name = hard[asked] === undefined && isBare ? resource : asked;
    const request = hard[name];
    const limit = hard[`limits.${resource}`];
    if (request === undefined || limit === undefined) continue;
    if (compareQuantity(request, limit) <= 0) continue;
    const than = `limits.${resource} (${limit})`;
    texts.push(`ResourceQuota ${name} (${request}) should be less than ${than}`);
  }
  return texts;
}

/** `cpu: 1/2, …` of the resources whose names pass |wanted|. */
function usage({ status }: ResourceQuota, wanted: (name: string) => boolean): string {
  const { hard = {}, used = {} } = status;
  return names(hard)
    .filter(wanted)
    .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
    .join(', ');
}

const isLimit = (name: string): boolean => name.startsWith('limits');

const COLUMNS: readonly Column<ResourceQuota>[] = [
  NAME_COLUMN,
  {
    name: 'Request',
    type: 'string',
    description: 'Request represents a minimum amount of cpu/memory that a container may consume.',
    cell: (quota) => usage(quota, (name) => !isLimit(name)),
  },
  {
    name: 'Limit',
    type: 'string',
    description:
      'Limits control the maximum amount of cpu/memory that a container may use independent ' +
      'of contention on the node.',
    cell: (quota) => usage(quota, isLimit),
  },
  AGE_COLUMN,
];

export const ResourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  deleteReturnsObject: true,
  defaults(quota) {
    quota.spec ??= {};
    quota.status ??= {};
    for (const list of [quota.spec.hard, quota.status.hard, quota.status.used]) {
      if (list !== undefined) roundResourceList(list);
    }
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate: validateSpec,
  validateUpdate,
  warnings,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate(next, _old, errors) {
      checkList(next.status.hard, 'status.hard', errors);
      checkList(next.status.used, 'status.used', errors);
    },
  },
  columns: COLUMNS,
});
