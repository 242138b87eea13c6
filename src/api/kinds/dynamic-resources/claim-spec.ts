/**
 * The wish of a ResourceClaim or a template of one: requests for devices, constraints between them,
 * parameters for their drivers.
 *
 * Models: pkg/apis/resource/validation validateDeviceClaim and what it calls, v1 defaults.go (v1.36)
 */
import type {
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../generated/types.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import type { Draft } from '../../meta/object.ts';
import { validateConfiguration, validateSelectors, validateTolerations } from './configuration.ts';
import { checkFullAttributeName, checkSet, checkSlice, MAX_REQUESTS } from './lists.ts';

const MAX_CONSTRAINTS = 32; // types.go DeviceConstraintsMaxSize
export const MAX_CONFIGS = 32; // types.go DeviceConfigMaxSize
const MAX_SUBREQUESTS = 8; // types.go FirstAvailableDeviceRequestMaxSize
const NAME_OF_REQUEST =
  'must be the name of a request in the claim or the name of a request and a subrequest ' +
  "separated by '/'";

export function defaultClaimSpec(spec: Draft<ResourceClaimSpec>): void {
  spec.devices ??= {};
  for (const request of spec.devices.requests ?? []) {
    if (request.exactly !== undefined) defaultCount(request.exactly);
    for (const sub of request.firstAvailable ?? []) defaultCount(sub);
  }
}

function defaultCount(request: Draft<ExactDeviceRequest | DeviceSubRequest>): void {
  request.allocationMode ||= 'ExactCount';
  if (request.allocationMode === 'ExactCount') request.count ||= 1;
}

/** `request` and `request/subrequest`. */
export function requestNames({ devices }: ResourceClaimSpec): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, firstAvailable = [] } of devices.requests ?? []) {
    names.add(name);
    for (const sub of firstAvailable) names.add(`${name}/${sub.name}`);
  }
  return names;
}

export function validateClaimSpec(
  spec: ResourceClaimSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('devices');
  const { requests, constraints, config } = spec.devices;
  const names = requestNames(spec);
  const check = (r: DeviceRequest, p: FieldPath): void => validateRequest(r, p, errors);
  const nameOf = ({ name = '' }: { readonly name?: string }): string => name;
  checkSet(requests, MAX_REQUESTS, at.child('requests'), errors, check, nameOf);
  checkSlice(constraints, MAX_CONSTRAINTS, at.child('constraints'), errors, (constraint, p) => {
    validateConstraint(constraint, names, p, errors);
  });
  checkSlice(config, MAX_CONFIGS, at.child('config'), errors, (item, p) => {
    checkRequestRefs(item.requests, names, p.child('requests'), errors);
    validateConfiguration(item, p, errors);
  });
}

function validateRequest(request: DeviceRequest, path: FieldPath, errors: FieldErrors): void {
  const { name = '', exactly, firstAvailable = [] } = request;
  checkDnsLabel(name, path.child('name'), errors);
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  if (firstAvailable.length > 0 && exactly !== undefined) {
    errors.invalid(path, undefined, `${one}, but multiple fields are set`);
  } else if (exactly !== undefined) validateExact(exactly, path.child('exactly'), errors);
  else if (firstAvailable.length > 0) {
    const check = (sub: DeviceSubRequest, at: FieldPath): void => {
      checkDnsLabel(sub.name ?? '', at.child('name'), errors);
      validateExact(sub, at, errors);
    };
    const nameOf = (sub: DeviceSubRequest): string => sub.name ?? '';
    const at = path.child('firstAvailable');
    checkSet(firstAvailable, MAX_SUBREQUESTS, at, errors, check, nameOf);
  } else errors.required(path, one);
}

function validateExact(
  request: ExactDeviceRequest | DeviceSubRequest,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { deviceClassName = '', selectors, tolerations, allocationMode, count = 0 } = request;
  if (deviceClassName === '') errors.required(path.child('deviceClassName'));
  else checkDnsSubdomain(deviceClassName, path.child('deviceClassName'), errors);
  validateSelectors(selectors, path.child('selectors'), errors);
  const at = path.child('count');
  if (allocationMode === 'All') {
    if (count !== 0) {
      errors.invalid(at, count, "must not be specified when allocationMode is 'All'");
    }
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.invalid(at, count, 'must be greater than zero');
  } else {
    errors.notSupported(path.child('allocationMode'), allocationMode, ['All', 'ExactCount']);
  }
  validateTolerations(tolerations, path.child('tolerations'), errors);
}

function validateConstraint(
  { requests, matchAttribute, distinctAttribute }: DeviceConstraint,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkRequestRefs(requests, names, path.child('requests'), errors);
  if (matchAttribute !== undefined) {
    checkFullAttributeName(matchAttribute, path.child('matchAttribute'), errors);
  } else if (distinctAttribute !== undefined) {
    checkFullAttributeName(distinctAttribute, path.child('distinctAttribute'), errors);
  } else {
    const text = 'exactly one of "matchAttribute" or "distinctAttribute" is required';
    errors.required(path, `${text}, but multiple fields are set`);
  }
}

export function checkRequestRefs(
  requests: readonly string[] | undefined,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const check = (name: string, at: FieldPath): void => checkRequestRef(name, names, at, errors);
  checkSet(requests, MAX_REQUESTS, path, errors, check, (name) => name);
}

export function checkRequestRef(
  name: string,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const segments = name.split('/');
  if (segments.length <= 2) {
    for (const segment of segments) checkDnsLabel(segment, path, errors);
    if (names.has(name)) return;
  }
  errors.invalid(path, name, NAME_OF_REQUEST);
}
