/**
 * What became of a ResourceClaim: allocated devices, who uses them, what drivers say of them.
 *
 * Models: pkg/apis/resource/validation validateResourceClaimStatusUpdate and what it calls (v1.36)
 */
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceV1ResourceClaim,
} from '../../generated/types.ts';
import { validateConditionList } from '../../meta/conditions.ts';
import { checkDnsLabel, checkImmutable } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { byteLength } from '../../meta/go-text.ts';
import { canonicalJson } from '../../meta/json.ts';
import { listOf } from '../../meta/kind-parts.ts';
import { validateNodeSelector } from '../pod/affinity-validation.ts';
import { validateCsiDriverName } from '../pod/volume-source-validation.ts';
import { checkRequestRef, checkRequestRefs, MAX_CONFIGS, requestNames } from './claim-spec.ts';
import { validateBindingConditions, validateConfiguration, validateRaw } from './configuration.ts';
import { checkInterfaceAddress } from './interface-address.ts';
import { checkPoolName, checkSet, checkShareId, checkSlice, MAX_REQUESTS } from './lists.ts';

type Claim = ResourceV1ResourceClaim;

const MAX_CONSUMERS = 256; // types.go ResourceClaimReservedForMaxSize
const MAX_CONDITIONS = 8; // types.go AllocatedDeviceStatusMaxConditions
const MAX_DATA_BYTES = 10 * 1024; // types.go AllocatedDeviceStatusDataMaxLength
const MAX_INTERFACE_BYTES = 256; // types.go NetworkDeviceDataInterfaceNameMaxLength
const MAX_HARDWARE_BYTES = 128; // types.go NetworkDeviceDataHardwareAddressMaxLength
const MAX_IPS = 16; // types.go NetworkDeviceDataMaxIPs

interface DeviceId {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

function idOf({ driver, pool, device, shareID = '' }: DeviceId): string {
  return `${driver}/${pool}/${device}/${shareID}`;
}

/** How upstream's type of identities is marshalled. */
function shownId({ driver, pool, device, shareID = '' }: DeviceId): unknown {
  return { Driver: driver, Pool: pool, Device: device, ShareID: shareID };
}

export function validateClaimStatus(next: Claim, old: Claim, errors: FieldErrors): void {
  const path = FieldPath.of('status');
  const { allocation, reservedFor = [], devices } = next.status;
  const reservedPath = path.child('reservedFor');
  checkSet(
    reservedFor,
    MAX_CONSUMERS,
    reservedPath,
    errors,
    (consumer, at) => {
      for (const field of ['resource', 'name', 'uid'] as const) {
        if (!consumer[field]) errors.required(at.child(field));
      }
    },
    ({ uid = '' }) => uid,
  );
  const allocated = new Set((allocation?.devices.results ?? []).map(idOf));
  const noLimit = Number.MAX_SAFE_INTEGER;
  const check = (device: AllocatedDeviceStatus, at: FieldPath): void => {
    validateDeviceStatus(device, allocated, at, errors);
  };
  checkSet(devices, noLimit, path.child('devices'), errors, check, idOf, shownId);
  if (reservedFor.length > 0) {
    if (allocation === undefined) {
      errors.forbidden(reservedPath, 'may not be specified when `allocated` is not set');
    } else if (next.metadata.deletionTimestamp !== undefined) {
      const before = new Set((old.status.reservedFor ?? []).map(canonicalJson));
      if (reservedFor.some((consumer) => !before.has(canonicalJson(consumer)))) {
        const text =
          'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
        errors.forbidden(reservedPath, text);
      }
    }
  }
  if (allocation === undefined) return;
  const at = path.child('allocation');
  if (old.status.allocation !== undefined) {
    checkImmutable(allocation, old.status.allocation, at, errors);
  } else validateAllocation(allocation, requestNames(next.spec), at, errors);
}

function validateAllocation(
  { devices, nodeSelector }: AllocationResult,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('devices');
  checkSlice(devices?.results, MAX_REQUESTS, at.child('results'), errors, (result, p) => {
    validateResult(result, names, p, errors);
  });
  // Those of the class and those of the claim.
  checkSlice(devices?.config, 2 * MAX_CONFIGS, at.child('config'), errors, (config, p) => {
    validateConfig(config, names, p, errors);
  });
  if (nodeSelector === undefined) return;
  validateNodeSelector(nodeSelector, path.child('nodeSelector'), false, errors);
}

function validateResult(
  result: DeviceRequestAllocationResult,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkRequestRef(result.request ?? '', names, path.child('request'), errors);
  validateCsiDriverName(result.driver ?? '', path.child('driver'), errors);
  checkPoolName(result.pool ?? '', path.child('pool'), errors);
  checkDnsLabel(result.device ?? '', path.child('device'), errors);
  validateBindingConditions(result, path, errors);
  checkShareId(result.shareID, path.child('shareID'), errors);
}

function validateConfig(
  config: DeviceAllocationConfiguration,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('source');
  if (!config.source) errors.required(at);
  else if (config.source !== 'FromClaim' && config.source !== 'FromClass') {
    errors.notSupported(at, config.source, ['FromClaim', 'FromClass']);
  }
  checkRequestRefs(config.requests, names, path.child('requests'), errors);
  validateConfiguration(config, path, errors);
}

function validateDeviceStatus(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  validateCsiDriverName(device.driver ?? '', path.child('driver'), errors);
  checkPoolName(device.pool ?? '', path.child('pool'), errors);
  checkDnsLabel(device.device ?? '', path.child('device'), errors);
  checkShareId(device.shareID, path.child('shareID'), errors);
  if (!allocated.has(idOf(device))) {
    errors.invalid(path, shownId(device), 'must be an allocated device in the claim');
  }
  const { data, networkData } = device;
  const conditions = listOf(device.conditions);
  const at = path.child('conditions');
  if (conditions.length > MAX_CONDITIONS) errors.tooMany(at, conditions.length, MAX_CONDITIONS);
  validateConditionList(conditions, at, errors);
  if (data !== undefined) validateRaw(data, path.child('data'), MAX_DATA_BYTES, errors);
  if (networkData !== undefined) validateNetwork(networkData, path.child('networkData'), errors);
}

function validateNetwork(
  { interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (byteLength(interfaceName) > MAX_INTERFACE_BYTES) {
    errors.tooLong(path.child('interfaceName'), MAX_INTERFACE_BYTES);
  }
  if (byteLength(hardwareAddress) > MAX_HARDWARE_BYTES) {
    errors.tooLong(path.child('hardwareAddress'), MAX_HARDWARE_BYTES);
  }
  const check = (ip: string, at: FieldPath): void => checkInterfaceAddress(ip, at, errors);
  checkSet(ips, MAX_IPS, path.child('ips'), errors, check, (ip) => ip);
}
