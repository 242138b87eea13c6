/**
 * Validation of resource requirements: of containers, of overhead and of whole pods.
 *
 * Models: pkg/apis/core/validation validation.go, validateResourceRequirements,
 *         validatePodResources (v1.36)
 */
import type { PodSpec, ResourceClaim, ResourceRequirements } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkDnsLabel, NEGATIVE_ERROR } from '../../meta/field-checks.ts';
import { compareText } from '../../meta/go-text.ts';
import { isQualifiedName } from '../../meta/names.ts';
import { compareQuantity, milliCpu, quantitySign } from '../../meta/quantity.ts';
import type { PodValidationOptions } from './options.ts';
import {
  aggregateContainerLimits,
  aggregateContainerRequests,
  isExtendedResource,
  isHugePageResource,
  isIntegerResource,
  isNativeResource,
  isOvercommitAllowed,
  isPodLevelResource,
  isStandardContainerResource,
  isStandardResource,
  isWholeHugePages,
} from './resources.ts';

type List = Readonly<Record<string, string>>;
type NameCheck = (name: string, path: FieldPath, errors: FieldErrors) => void;

const EMPTY: List = {};

/** In the order of names: Go's is random. */
function names(list: List): string[] {
  const keys = Object.keys(list);
  return keys.length > 1 ? keys.sort(compareText) : keys;
}

export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  claims: ReadonlySet<string>,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (resources === undefined) return;
  validateRequirements(resources, checkContainerResourceName, claims, path, options, errors);
}

/** Upstream reuses the rules of limits. */
export function validateOverhead(
  overhead: List | undefined,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (overhead === undefined) return;
  const resources = { limits: overhead };
  validateRequirements(resources, checkContainerResourceName, new Set(), path, options, errors);
}

function validateRequirements(
  resources: ResourceRequirements,
  checkName: NameCheck,
  claims: ReadonlySet<string>,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const limits = resources.limits ?? EMPTY;
  const requests = resources.requests ?? EMPTY;
  let hasCompute = false;
  let hasHugePages = false;
  const look = (name: string, value: string, at: FieldPath): void => {
    checkName(name, at, errors);
    validateResourceQuantity(name, value, at, errors);
    hasCompute ||= name === 'cpu' || name === 'memory';
  };
  const lookHugePages = (name: string, value: string, at: FieldPath): void => {
    if (!isHugePageResource(name)) return;
    hasHugePages = true;
    if (options.allowIndivisibleHugePages || isWholeHugePages(name, value)) return;
    errors.invalid(at, value, `${value} is not positive integer multiple of ${name}`);
  };
  for (const name of names(limits)) {
    const value = limits[name] ?? '0';
    const at = path.child('limits').key(name);
    look(name, value, at);
    lookHugePages(name, value, at);
  }
  for (const name of names(requests)) {
    const value = requests[name] ?? '0';
    const at = path.child('requests').key(name);
    look(name, value, at);
    compareWithLimit(name, value, amountOf(limits, name), path, errors);
    lookHugePages(name, value, at);
  }
  if (hasHugePages && !hasCompute) errors.forbidden(path, 'HugePages require cpu or memory');
  if (resources.claims !== undefined) {
    validateClaims(resources.claims, claims, path.child('claims'), errors);
  }
}

/** Users may call a resource `constructor`, which every object has. */
function amountOf(amounts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(amounts, name) ? amounts[name] : undefined;
}

function compareWithLimit(
  name: string,
  request: string,
  limit: string | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (limit === undefined) {
    if (isOvercommitAllowed(name)) return;
    const text = 'Limit must be set for non overcommitable resources';
    errors.required(path.child('limits'), text);
    return;
  }
  const order = compareQuantity(request, limit);
  if (order === 0) return;
  if (!isOvercommitAllowed(name)) {
    const text = `must be equal to ${name} limit of ${limit}`;
    errors.invalid(path.child('requests'), request, text);
  } else if (order > 0) {
    const text = `must be less than or equal to ${name} limit of ${limit}`;
    errors.invalid(path.child('requests'), request, text);
  }
}

/** Upstream ValidateResourceQuantityValue. */
export function validateResourceQuantity(
  name: string,
  value: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (quantitySign(value) < 0) errors.invalid(path, value, NEGATIVE_ERROR);
  if (isIntegerResource(name) && milliCpu(value) % 1000 !== 0) {
    errors.invalid(path, value, 'must be an integer');
  }
}

/** Upstream validateResourceName; true when the name is fine. */
export function checkResourceName(name: string, path: FieldPath, errors: FieldErrors): boolean {
  const complaints = isQualifiedName(name);
  for (const message of complaints) errors.invalid(path, name, message);
  if (complaints.length > 0) return false;
  if (name.includes('/') || isStandardResource(name)) return true;
  errors.invalid(path, name, 'must be a standard resource type or fully qualified');
  return false;
}

export const checkContainerResourceName: NameCheck = (name, path, errors) => {
  if (name === 'cpu' || name === 'memory') return;
  checkResourceName(name, path, errors);
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name)) {
      errors.invalid(path, name, 'must be a standard resource for containers');
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.invalid(path, name, "doesn't follow extended resource name standard");
  }
};

const checkPodResourceName: NameCheck = (name, path, errors) => {
  if (!checkResourceName(name, path, errors) || isPodLevelResource(name)) return;
  errors.notSupported(path, name, ['cpu', 'hugepages-', 'memory']);
};

function validateClaims(
  claims: readonly ResourceClaim[],
  podClaims: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  (claims as readonly { name: string; request?: string }[]).forEach(({ name, request }, i) => {
    const at = path.index(i);
    if (name === '') {
      errors.required(at);
      return;
    }
    if (seen.has(name)) {
      // All requests of that claim are in use already.
      errors.duplicate(at, name);
    } else {
      const all = (request ?? '') === '';
      if (!all) checkDnsLabel(request ?? '', at.child('request'), errors);
      const key = all ? name : `${name}/${request}`;
      if (seen.has(key)) errors.duplicate(at, key);
      else if (all) {
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.duplicate(at, name);
      }
      seen.add(key);
    }
    if (podClaims.has(name)) return;
    const known = [...podClaims].sort(compareText).join(', ');
    const list = podClaims.size === 0 ? ' which is empty' : `: ${known}`;
    const text = `must be one of the names in pod.spec.resourceClaims${list}`;
    errors.add('FieldValueNotFound', at, `Not found: ${JSON.stringify(name)}: ${text}`);
  });
}

/** Upstream validatePodResources: pod-level requests and limits against those of the containers. */
export function validatePodLevelResources(
  spec: PodSpec,
  claims: ReadonlySet<string>,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const at = path.child('resources');
  if (spec.os?.name === 'windows') {
    errors.forbidden(at, 'may not be set for a windows pod');
    return;
  }
  if (resources.claims !== undefined) {
    errors.forbidden(at.child('claims'), 'claims may not be set for Resources at pod-level');
  }
  validateRequirements(resources, checkPodResourceName, claims, at, options, errors);
  const requests = resources.requests ?? EMPTY;
  const limits = resources.limits ?? EMPTY;
  const together = aggregateContainerRequests(spec);
  for (const name of names(together)) {
    const most = amountOf(requests, name);
    const sum = together[name] ?? '0';
    if (most === undefined || compareQuantity(sum, most) <= 0) continue;
    const text = `must be greater than or equal to aggregate container requests of ${sum}`;
    errors.invalid(at.child('requests').key(name), most, text);
  }
  const limited = aggregateContainerLimits(spec);
  for (const name of names(limited)) {
    const most = amountOf(limits, name);
    const sum = limited[name] ?? '0';
    if (!isHugePageResource(name) || most === undefined || compareQuantity(sum, most) <= 0)
      continue;
    const text = `must be greater than or equal to aggregate container limits of ${sum}`;
    errors.invalid(at.child('limits').key(name), most, text);
  }
  (spec.containers ?? []).forEach((container, i) => {
    const own = container.resources?.limits ?? EMPTY;
    for (const name of names(own)) {
      const most = amountOf(limits, name);
      const limit = own[name] ?? '0';
      if (most === undefined || compareQuantity(limit, most) <= 0) continue;
      const field = at.child('containers').index(i).key(name).child('limits');
      errors.invalid(field, limit, `must be less than or equal to pod limits of ${most}`);
    }
  });
}
