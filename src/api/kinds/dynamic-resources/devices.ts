/**
 * One device of a ResourceSlice: attributes, capacities, taints, counters it takes from.
 *
 * Models: pkg/apis/resource/validation validateDevice and what it calls (v1.36)
 */
import type {
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceCounterConsumption,
  DeviceTaint,
} from '../../generated/types.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { byteLength } from '../../meta/go-text.ts';
import { equalJson } from '../../meta/json.ts';
import { validateLabelName } from '../../meta/labels.ts';
import { DNS_LABEL_MAX_BYTES } from '../../meta/names.ts';
import { validateNodeSelector } from '../pod/affinity-validation.ts';
import { TAINT_EFFECTS, validateBindingConditions } from './configuration.ts';
import {
  checkAttributeName,
  checkLabelValue,
  checkMap,
  checkSet,
  checkSlice,
  MAX_KEY_BYTES,
} from './lists.ts';
import { validateRequestPolicy } from './request-policy.ts';

const MAX_ATTRIBUTES_AND_CAPACITIES = 32; // types.go
const MAX_VALUE_BYTES = 64; // types.go DeviceAttributeMaxValueLength
const MAX_TAINTS = 16; // types.go DeviceTaintsMaxLength
const MAX_COUNTER_CONSUMPTIONS = 2; // types.go
export const MAX_COUNTERS = 32; // types.go ResourceSliceMaxCountersPerCounterSet

/** semver.org 2.0.0 */
const SEMVER = (() => {
  const number = '(0|[1-9]\\d*)';
  const pre = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
  const build = '[0-9a-zA-Z-]+';
  return new RegExp(
    `^${number}\\.${number}\\.${number}(-${pre}(\\.${pre})*)?(\\+${build}(\\.${build})*)?$`,
  );
})();

export function validateDevice(
  device: Device,
  old: Device | undefined,
  perDevice: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { attributes = {}, capacity = {}, consumesCounters } = device;
  checkDnsLabel(device.name ?? '', path.child('name'), errors);
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > MAX_ATTRIBUTES_AND_CAPACITIES) {
    const text = 'the total number of attributes and capacities must not exceed';
    errors.invalid(path, count, `${text} ${MAX_ATTRIBUTES_AND_CAPACITIES}`);
  }
  const noLimit = Number.MAX_SAFE_INTEGER;
  const map = <T>(
    values: Readonly<Record<string, T>>,
    field: string,
    check: (value: T, at: FieldPath) => void,
  ): void => {
    const at = path.child(field);
    const checkKey = (key: string): void => checkAttributeName(key, at, errors);
    checkMap(values, noLimit, MAX_KEY_BYTES, at, errors, checkKey, check);
  };
  map(attributes, 'attributes', (value, at) => validateAttribute(value, at, errors));
  const shared = device.allowMultipleAllocations === true;
  map(capacity, 'capacity', (value, at) => validateCapacity(value, shared, at, errors));
  if (old === undefined || !equalJson(old.taints, device.taints)) {
    checkSlice(device.taints, MAX_TAINTS, path.child('taints'), errors, (taint, at) => {
      validateTaint(taint, at, errors);
    });
  }
  checkSet(
    consumesCounters,
    MAX_COUNTER_CONSUMPTIONS,
    path.child('consumesCounters'),
    errors,
    (consumption, at) => validateConsumption(consumption, at, errors),
    ({ counterSet = '' }) => counterSet,
  );
  validateNodes(device, perDevice, path, errors);
  validateBindingConditions(device, path, errors);
}

function validateAttribute(attribute: DeviceAttribute, path: FieldPath, errors: FieldErrors): void {
  const { bool, int, string, version } = attribute;
  if (string !== undefined && byteLength(string) > MAX_VALUE_BYTES) {
    errors.tooLong(path.child('string'), MAX_VALUE_BYTES);
  }
  if (version !== undefined) {
    const at = path.child('version');
    if (!SEMVER.test(version)) {
      errors.invalid(at, version, 'must be a string compatible with semver.org spec 2.0.0');
    }
    if (byteLength(version) > MAX_VALUE_BYTES) errors.tooLong(at, MAX_VALUE_BYTES);
  }
  const set = [bool, int, string, version].filter((value) => value !== undefined).length;
  if (set === 1) return;
  // The internal type has no JSON tags.
  const shown = {
    IntValue: int ?? null,
    BoolValue: bool ?? null,
    StringValue: string ?? null,
    VersionValue: version ?? null,
    IntValues: null,
    BoolValues: null,
    StringValues: null,
    VersionValues: null,
  };
  errors.invalid(path, set === 0 ? '' : shown, 'exactly one value must be specified');
}

function validateCapacity(
  { value, requestPolicy }: DeviceCapacity,
  shared: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (requestPolicy === undefined) return;
  const at = path.child('requestPolicy');
  if (shared) validateRequestPolicy(value, requestPolicy, at, errors);
  else errors.forbidden(at, 'allowMultipleAllocations must be true');
}

function validateTaint(taint: DeviceTaint, path: FieldPath, errors: FieldErrors): void {
  const { key = '', value = '', effect } = taint;
  validateLabelName(key, path.child('key'), errors);
  if (value !== '') checkLabelValue(value, path.child('value'), errors);
  const at = path.child('effect');
  if (!effect) errors.required(at);
  else if (!TAINT_EFFECTS.includes(effect)) errors.notSupported(at, effect, TAINT_EFFECTS);
}

function validateConsumption(
  { counterSet = '', counters = {} }: DeviceCounterConsumption,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (counterSet === '') errors.required(path.child('counterSet'));
  else checkDnsLabel(counterSet, path.child('counterSet'), errors);
  validateCounters(counters, path.child('counters'), errors);
}

export function validateCounters(
  counters: DeviceCounterConsumption['counters'],
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (Object.keys(counters).length === 0) {
    errors.required(path);
    return;
  }
  const checkKey = (key: string): void => checkDnsLabel(key, path, errors);
  checkMap(counters, MAX_COUNTERS, DNS_LABEL_MAX_BYTES, path, errors, checkKey, () => undefined);
}

function validateNodes(
  { nodeName, nodeSelector, allNodes }: Device,
  perDevice: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (!perDevice) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return;
    const text = '`nodeName`, `nodeSelector` and `allNodes` can only be set if';
    const why = '`perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    errors.invalid(path, undefined, `${text} ${why}`);
    return;
  }
  const set: string[] = [];
  if (nodeName === '') errors.invalid(path.child('nodeName'), '', 'must not be empty');
  else if (nodeName !== undefined) {
    set.push('`nodeName`');
    checkDnsSubdomain(nodeName, path.child('nodeName'), errors);
  }
  if (nodeSelector !== undefined) {
    set.push('`nodeSelector`');
    validateNodeSelector(nodeSelector, path.child('nodeSelector'), false, errors);
  }
  if (allNodes === true) set.push('`allNodes`');
  else if (allNodes === false) {
    errors.invalid(path.child('allNodes'), false, 'must be either unset or set to true');
  }
  const text =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when ' +
    '`perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (set.length === 0) errors.required(path, text);
  else if (set.length > 1) errors.invalid(path, `{${set.join(', ')}}`, text);
}
