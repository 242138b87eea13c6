/**
 * VolumeAttributesClass: properties of volumes that may change while they live, such as speed.
 *
 * Models: pkg/registry/storage/volumeattributesclass strategy.go, pkg/apis/storage/validation
 *         ValidateVolumeAttributesClass* (v1.36)
 */
import type { VolumeAttributesClass as VolumeAttributesClassType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { equalJson } from '../meta/json.ts';
import { addFinalizer } from './persistent-volume/protection.ts';
import { validateParameters, validateProvisioner } from './storage/validation.ts';

export type VolumeAttributesClass = VolumeAttributesClassType;

function validate({ driverName, parameters }: VolumeAttributesClass, errors: FieldErrors): void {
  validateProvisioner(driverName, 'driverName', errors);
  validateParameters(parameters, 'parameters', errors);
  if (Object.keys(parameters ?? {}).length === 0) {
    errors.required('parameters', 'must contain at least one key/value pair');
  }
}

export const VolumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  metaOnUpdate: 'both',
  validate,
  validateUpdate(next, old, errors) {
    for (const field of ['driverName', 'parameters'] as const) {
      if (equalJson(next[field], old[field])) continue;
      errors.forbidden(field, `updates to ${field} are forbidden.`);
    }
    validate(next, errors);
  },
  admission: [addFinalizer('kubernetes.io/vac-protection')],
  deleteReturnsObject: true,
  columns: [
    NAME_COLUMN,
    {
      name: 'DriverName',
      type: 'string',
      description: 'Name of the CSI driver This field is immutable.',
      cell: ({ driverName }) => driverName,
    },
    AGE_COLUMN,
  ],
});
