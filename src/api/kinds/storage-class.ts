/**
 * StorageClass: how storage is made for claims that ask for this class.
 *
 * Models: pkg/registry/storage/storageclass strategy.go, pkg/apis/storage/v1 defaults.go,
 *         pkg/apis/storage/validation ValidateStorageClass* (v1.36)
 */
import type { StorageClass as StorageClassType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkImmutable, checkSupported } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import type { KubeObject } from '../meta/object.ts';
import { DEPRECATED_NODE_LABELS } from './pod/warnings.ts';
import { validateParameters, validateProvisioner } from './storage/validation.ts';
import { validateTopologies } from './storage/topology.ts';

export type StorageClass = StorageClassType;

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

export function isDefaultStorageClass({ metadata }: KubeObject): boolean {
  return DEFAULT_ANNOTATIONS.some((key) => metadata.annotations?.[key] === 'true');
}

function validate(storageClass: StorageClass, errors: FieldErrors): void {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode } = storageClass;
  validateProvisioner(provisioner, 'provisioner', errors);
  validateParameters(parameters, 'parameters', errors);
  if (reclaimPolicy) checkSupported(reclaimPolicy, RECLAIM_POLICIES, 'reclaimPolicy', errors);
  if (volumeBindingMode === undefined) errors.required('volumeBindingMode');
  else checkSupported(volumeBindingMode, BINDING_MODES, 'volumeBindingMode', errors);
  validateTopologies(storageClass.allowedTopologies ?? [], 'allowedTopologies', errors);
}

const IMMUTABLE_FIELDS = [
  'parameters',
  'provisioner',
  'reclaimPolicy',
  'volumeBindingMode',
] as const;

function warnings({ allowedTopologies = [] }: StorageClass): readonly string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
    matchLabelExpressions.flatMap(({ key }, j) => {
      const text = DEPRECATED_NODE_LABELS[key];
      const path = `allowedTopologies[${i}].matchLabelExpressions[${j}].key`;
      return text === undefined ? [] : [`${path}: ${text}`];
    }),
  );
}

const COLUMNS: readonly Column<StorageClass>[] = [
  {
    ...NAME_COLUMN,
    cell: (object) => `${object.metadata.name}${isDefaultStorageClass(object) ? ' (default)' : ''}`,
  },
  {
    name: 'Provisioner',
    type: 'string',
    description: 'provisioner indicates the type of the provisioner.',
    cell: ({ provisioner }) => provisioner,
  },
  {
    name: 'ReclaimPolicy',
    type: 'string',
    description:
      'reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of ' +
      'this storage class. Defaults to Delete.',
    cell: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
  },
  {
    name: 'VolumeBindingMode',
    type: 'string',
    description:
      'volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.  ' +
      'When unset, VolumeBindingImmediate is used. This field is only honored by servers that ' +
      'enable the VolumeScheduling feature.',
    cell: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
  },
  {
    name: 'AllowVolumeExpansion',
    type: 'string',
    description: 'allowVolumeExpansion shows whether the storage class allow volume expand.',
    cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
  },
  AGE_COLUMN,
];

export const StorageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.StorageClass',
  metaOnUpdate: 'wholeFirst',

  defaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate,
  validateUpdate(next, old, errors) {
    validate(next, errors);
    for (const field of IMMUTABLE_FIELDS) checkImmutable(next[field], old[field], field, errors);
  },
  warnings,
  deleteReturnsObject: true,
  columns: COLUMNS,
});
