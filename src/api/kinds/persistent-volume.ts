/**
 * PersistentVolume: a piece of storage of the cluster.
 *
 * Models: pkg/registry/core/persistentvolume strategy.go, pkg/apis/core/v1 defaults.go,
 *         pkg/api/persistentvolume util.go, pkg/printers/internalversion printPersistentVolume,
 *         plugin/pkg/admission/storage/storageobjectinuseprotection (v1.36)
 */
import type { PersistentVolume as PersistentVolumeType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { FieldPath } from '../meta/field-path.ts';
import { keepPart } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { addFinalizer } from './persistent-volume/protection.ts';
import { accessModesText, classOf } from './persistent-volume/parts.ts';
import { validateVolume, validateVolumeUpdate } from './persistent-volume/validation.ts';
import { roundResourceList } from './pod/resources.ts';
import { defaultNetworkVolume } from './pod/volume-defaults.ts';
import { termWarnings } from './pod/warnings.ts';

export type PersistentVolume = PersistentVolumeType;

function setDefaults(volume: Draft<PersistentVolume>): void {
  volume.spec ??= {};
  volume.status ??= {};
  volume.status.phase ??= 'Pending';
  const { spec } = volume;
  spec.persistentVolumeReclaimPolicy ??= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  if (spec.capacity !== undefined) roundResourceList(spec.capacity);
  if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
  // The sources with defaults have the same names and shapes in a Pod's volume.
  defaultNetworkVolume(spec as unknown as Parameters<typeof defaultNetworkVolume>[0]);
}

const DEPRECATED_ANNOTATIONS = [
  [
    'volume.beta.kubernetes.io/storage-class',
    'deprecated since v1.8; use "storageClassName" attribute instead',
  ],
  [
    'volume.beta.kubernetes.io/mount-options',
    'deprecated since v1.31; use "mountOptions" attribute instead',
  ],
] as const;

/** In the order in which upstream asks; the second is what messages call it. */
const DEPRECATED_SOURCES = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

function warnings({ metadata, spec }: PersistentVolume): readonly string[] {
  const out: string[] = [];
  for (const [key, text] of DEPRECATED_ANNOTATIONS) {
    if (metadata.annotations?.[key] === undefined) continue;
    out.push(`metadata.annotations[${key}]: ${text}`);
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const text = 'Instead, the recommended approach is to use dynamic provisioning.';
    const policy = 'The Recycle reclaim policy is deprecated';
    out.push(`spec.persistentVolumeReclaimPolicy: ${policy}. ${text}`);
  }
  const path = FieldPath.of('spec.nodeAffinity.required.nodeSelectorTerms');
  (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).forEach((term, i) => {
    termWarnings(term, false, path.index(i), (at, text) => {
      out.push(`${at.toString()}: ${text}`);
    });
  });
  for (const [field, name, text] of DEPRECATED_SOURCES) {
    if (spec[field] !== undefined) out.push(`spec.${name}: ${text}`);
  }
  return out;
}

const COLUMNS: readonly Column<PersistentVolume>[] = [
  NAME_COLUMN,
  {
    name: 'Capacity',
    type: 'string',
    description:
      "capacity is the description of the persistent volume's resources and capacity. More info: " +
      'https://kubernetes.io/docs/concepts/storage/persistent-volumes#capacity',
    cell: ({ spec }) => spec.capacity?.['storage'] ?? '0',
  },
  {
    name: 'Access Modes',
    type: 'string',
    description:
      'accessModes contains all ways the volume can be mounted. More info: ' +
      'https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes',
    cell: ({ spec }) => accessModesText(spec.accessModes),
  },
  {
    name: 'Reclaim Policy',
    type: 'string',
    description:
      'persistentVolumeReclaimPolicy defines what happens to a persistent volume when released ' +
      'from its claim. Valid options are Retain (default for manually created ' +
      'PersistentVolumes), Delete (default for dynamically provisioned PersistentVolumes), and ' +
      'Recycle (deprecated). Recycle must be supported by the volume plugin underlying this ' +
      'PersistentVolume. More info: ' +
      'https://kubernetes.io/docs/concepts/storage/persistent-volumes#reclaiming',
    cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
  },
  {
    name: 'Status',
    type: 'string',
    description:
      'phase indicates if a volume is available, bound to a claim, or released by a claim. More ' +
      'info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#phase',
    cell: ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
  },
  {
    name: 'Claim',
    type: 'string',
    description:
      'claimRef is part of a bi-directional binding between PersistentVolume and ' +
      'PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the ' +
      'authoritative bind between PV and PVC. More info: ' +
      'https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding',
    cell: ({ spec: { claimRef } }) =>
      claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`,
  },
  {
    name: 'StorageClass',
    type: 'string',
    description: 'StorageClass of the pv',
    cell: classOf,
  },
  {
    name: 'VolumeAttributesClass',
    type: 'string',
    description: 'VolumeAttributesClass of the pv',
    cell: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
  },
  {
    name: 'Reason',
    type: 'string',
    description:
      'reason is a brief CamelCase string that describes any failure and is meant for machine ' +
      'parsing and tidy display in the CLI.',
    cell: ({ status }) => status.reason ?? '',
  },
  AGE_COLUMN,
  {
    name: 'VolumeMode',
    type: 'string',
    priority: 1,
    description:
      'volumeMode defines if a volume is intended to be used with a formatted filesystem or to ' +
      'remain in raw block state. Value of Filesystem is implied when not included in spec.',
    cell: ({ spec }) => spec.volumeMode ?? '<unset>',
  },
];

export const PersistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  namespaced: false,
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  metaOnUpdate: 'whole',

  defaults: setDefaults,
  prepareForCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: now };
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate(volume, errors) {
    validateVolume(volume, undefined, errors);
  },
  validateUpdate: validateVolumeUpdate,
  warnings,
  status: {
    fillsFields: true,
    prepareForUpdate(next, old, { now }) {
      keepPart(next, old, 'spec');
      const { phase, lastPhaseTransitionTime: before } = old.status;
      const { status } = next;
      if (status.phase === phase) {
        if (before !== undefined) status.lastPhaseTransitionTime ??= before;
      } else if ((status.lastPhaseTransitionTime ?? before) === before) {
        status.lastPhaseTransitionTime = now;
      }
    },
  },
  admission: [addFinalizer('kubernetes.io/pv-protection')],
  selectableFields: ({ metadata }) => ({ name: metadata.name }),
  deleteReturnsObject: true,
  columns: COLUMNS,
});
