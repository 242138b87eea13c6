/**
 * DeviceClass: a kind of devices that claims can ask for.
 *
 * Models: pkg/registry/resource/deviceclass strategy.go, pkg/apis/resource/validation (v1.36)
 */
import type { DeviceClass as DeviceClassType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { MAX_CONFIGS } from './dynamic-resources/claim-spec.ts';
import { validateConfiguration, validateSelectors } from './dynamic-resources/configuration.ts';
import { checkSlice, RESOURCE_GROUP } from './dynamic-resources/lists.ts';
import { isExtendedResource } from './pod/resources.ts';

export type DeviceClass = DeviceClassType;

function validate({ spec }: DeviceClass, errors: FieldErrors): void {
  const path = FieldPath.of('spec');
  validateSelectors(spec.selectors, path.child('selectors'), errors);
  checkSlice(spec.config, MAX_CONFIGS, path.child('config'), errors, (config, at) => {
    validateConfiguration(config, at, errors);
  });
  const { extendedResourceName: name } = spec;
  if (name === undefined || isExtendedResource(name)) return;
  const text = 'must be a valid extended resource name';
  errors.invalid(path.child('extendedResourceName'), name, text);
}

export const DeviceClass = defineKind<DeviceClass>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  schema: 'io.k8s.api.resource.v1.DeviceClass',
  deleteReturnsObject: true,
  defaults(deviceClass) {
    deviceClass.spec ??= {};
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate,
  columns: [NAME_COLUMN, AGE_COLUMN],
});
