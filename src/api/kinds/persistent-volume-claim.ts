/**
 * PersistentVolumeClaim: what someone wants of storage, and the volume that it got.
 *
 * Models: pkg/registry/core/persistentvolumeclaim strategy.go, pkg/api/persistentvolumeclaim util.go,
 *         pkg/apis/core/v1 defaults.go, pkg/printers/internalversion printPersistentVolumeClaim,
 *         plugin/pkg/admission/storage (v1.36)
 */
import type { PersistentVolumeClaim as PersistentVolumeClaimType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { goQuote } from '../meta/go-text.ts';
import { keepPart } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { milliCpu } from '../meta/quantity.ts';
import { accessModesText, classOf, STORAGE_CLASS_ANNOTATION } from './persistent-volume/parts.ts';
import { addFinalizer } from './persistent-volume/protection.ts';
import { defaultStorageClass, resizeAdmission } from './persistent-volume-claim/admission.ts';
import { normalizeDataSources } from './persistent-volume-claim/data-source.ts';
import {
  validateClaim,
  validateClaimStatus,
  validateClaimUpdate,
} from './persistent-volume-claim/validation.ts';
import { roundResourceList } from './pod/resources.ts';

export type PersistentVolumeClaim = PersistentVolumeClaimType;

function setDefaults(claim: Draft<PersistentVolumeClaim>): void {
  claim.spec ??= { resources: {} };
  claim.status ??= {};
  claim.status.phase ??= 'Pending';
  claim.spec.volumeMode ??= 'Filesystem';
  const { limits, requests } = claim.spec.resources;
  const { capacity, allocatedResources } = claim.status;
  for (const list of [limits, requests, capacity, allocatedResources]) {
    if (list !== undefined) roundResourceList(list);
  }
}

function warnings({ metadata, spec }: PersistentVolumeClaim): readonly string[] {
  const out: string[] = [];
  if (metadata.annotations?.[STORAGE_CLASS_ANNOTATION] !== undefined) {
    const text = 'deprecated since v1.8; use "storageClassName" attribute instead';
    out.push(`metadata.annotations[${STORAGE_CLASS_ANNOTATION}]: ${text}`);
  }
  for (const field of ['requests', 'limits'] as const) {
    const value = spec.resources[field]?.['storage'];
    if (value === undefined || milliCpu(value) % 1000 === 0) continue;
    const text = `fractional byte value ${goQuote(value)} is invalid, must be an integer`;
    out.push(`spec.resources.${field}[storage]: ${text}`);
  }
  return out;
}

const COLUMNS: readonly Column<PersistentVolumeClaim>[] = [
  NAME_COLUMN,
  {
    name: 'Status',
    type: 'string',
    description: 'phase represents the current phase of PersistentVolumeClaim.',
    cell: ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
  },
  {
    name: 'Volume',
    type: 'string',
    description: 'volumeName is the binding reference to the PersistentVolume backing this claim.',
    cell: ({ spec }) => spec.volumeName ?? '',
  },
  {
    name: 'Capacity',
    type: 'string',
    description: 'capacity represents the actual resources of the underlying volume.',
    cell: ({ spec, status }) => (spec.volumeName ? (status.capacity?.['storage'] ?? '0') : ''),
  },
  {
    name: 'Access Modes',
    type: 'string',
    description:
      'accessModes contains the actual access modes the volume backing the PVC has. More info: ' +
      'https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes-1',
    cell: ({ spec, status }) => (spec.volumeName ? accessModesText(status.accessModes) : ''),
  },
  {
    name: 'StorageClass',
    type: 'string',
    description: 'StorageClass of the pvc',
    cell: classOf,
  },
  {
    name: 'VolumeAttributesClass',
    type: 'string',
    description: 'VolumeAttributesClass of the pvc',
    cell: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
  },
  AGE_COLUMN,
  {
    name: 'VolumeMode',
    type: 'string',
    priority: 1,
    description:
      'volumeMode defines what type of volume is required by the claim. Value of Filesystem is ' +
      'implied when not included in claim spec.',
    cell: ({ spec }) => spec.volumeMode ?? '<unset>',
  },
];

export const PersistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  metaOnUpdate: 'both',

  defaults: setDefaults,
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    normalizeDataSources(claim.spec, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    normalizeDataSources(next.spec, old.spec);
  },
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  warnings,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate(next, _old, errors) {
      validateClaimStatus(next, errors);
    },
  },
  admission: [defaultStorageClass, resizeAdmission, addFinalizer('kubernetes.io/pvc-protection')],
  selectableFields: ({ metadata }) => ({ name: metadata.name }),
  deleteReturnsObject: true,
  columns: COLUMNS,
});
