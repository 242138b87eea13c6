/**
 * CSIDriver: what a storage driver of the cluster can do and what it needs.
 *
 * Models: pkg/registry/storage/csidriver strategy.go, pkg/apis/storage/v1 defaults.go,
 *         pkg/apis/storage/validation ValidateCSIDriver* (v1.36); VolumeLimitScaling is off
 */
import type {
  CSIDriver as CSIDriverType,
  CSIDriverSpec,
  StorageV1TokenRequest,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkImmutable, checkSupported } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { equalJson } from '../meta/json.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { CSI_DRIVER_COLUMNS } from './csi-driver/columns.ts';

export type CSIDriver = CSIDriverType;

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const MIN_UPDATE_PERIOD_SECONDS = 10;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

function setDefaults(driver: Draft<CSIDriver>): void {
  const spec = (driver.spec ??= {});
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

function validateSpec(spec: CSIDriverSpec, errors: FieldErrors): void {
  // Upstream's path.
  if (spec.attachRequired === undefined) errors.required('spec.attachedRequired');
  if (spec.podInfoOnMount === undefined) errors.required('spec.podInfoOnMount');
  if (spec.storageCapacity === undefined) errors.required('spec.storageCapacity');
  if (spec.fsGroupPolicy !== undefined) {
    checkSupported(spec.fsGroupPolicy, FS_GROUP_POLICIES, 'spec.fsGroupPolicy', errors);
  }
  validateTokenRequests(spec.tokenRequests ?? [], errors);
  for (const mode of spec.volumeLifecycleModes ?? []) {
    checkSupported(mode, LIFECYCLE_MODES, 'spec.volumeLifecycleModes', errors);
  }
  if (spec.seLinuxMount === undefined) errors.required('spec.seLinuxMount');
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < MIN_UPDATE_PERIOD_SECONDS) {
    const detail = 'must be greater than or equal to 10 seconds';
    errors.invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, detail);
  }
  const inSecrets = spec.serviceAccountTokenInSecrets;
  if (inSecrets !== undefined && (spec.tokenRequests ?? []).length === 0) {
    const detail = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
    errors.invalid('spec.serviceAccountTokenInSecrets', inSecrets, detail);
  }
}

function validateTokenRequests(
  requests: readonly StorageV1TokenRequest[],
  errors: FieldErrors,
): void {
  const audiences = new Set<string>();
  requests.forEach(({ audience, expirationSeconds }, i) => {
    const path = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) {
      errors.duplicate(`${path}.audience`, audience);
      return;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) return;
    const at = `${path}.expirationSeconds`;
    if (expirationSeconds < MIN_TOKEN_SECONDS) {
      const detail = 'may not specify a duration less than 10 minutes';
      errors.invalid(at, expirationSeconds, detail);
    }
    if (expirationSeconds > MAX_TOKEN_SECONDS) {
      const detail = 'may not specify a duration larger than 2^32 seconds';
      errors.invalid(at, expirationSeconds, detail);
    }
  });
}

function validateUpdate({ spec }: CSIDriver, { spec: old }: CSIDriver, errors: FieldErrors): void {
  validateSpec(spec, errors);
  checkImmutable(spec.attachRequired, old.attachRequired, 'spec.attachedRequired', errors);
  const path = 'spec.volumeLifecycleModes';
  checkImmutable(spec.volumeLifecycleModes, old.volumeLifecycleModes, path, errors);
}

function warnings({ spec }: CSIDriver, old: CSIDriver | null): readonly string[] {
  const { tokenRequests = [], serviceAccountTokenInSecrets } = spec;
  if (tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined) return [];
  if (old !== null && equalJson(old.spec.tokenRequests, tokenRequests)) return [];
  return [
    'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to ' +
      'prevent possible logging of tokens in volume attributes',
  ];
}

export const CSIDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  updateNeedsVersion: true,

  defaults: setDefaults,
  prepareForCreate({ spec }) {
    delete spec.preventPodSchedulingIfMissing;
  },
  prepareForUpdate(next, old) {
    if (old.spec.preventPodSchedulingIfMissing === undefined) {
      delete next.spec.preventPodSchedulingIfMissing;
    }
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate({ spec }, errors) {
    validateSpec(spec, errors);
  },
  validateUpdate,
  warnings,
  deleteReturnsObject: true,
  columns: [NAME_COLUMN, ...CSI_DRIVER_COLUMNS, AGE_COLUMN],
});
