/**
 * ConfigMap: configuration as keys and values.
 *
 * Models: pkg/registry/core/configmap strategy.go, pkg/apis/core/validation ValidateConfigMap*
 *         (v1.36)
 */
import type { ConfigMap as ConfigMapType } from '../generated/types.ts';
import { base64Size } from '../meta/base64.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { complain } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { byteLength } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { isConfigMapKey } from '../meta/names.ts';

export type ConfigMap = ConfigMapType;

const MAX_BYTES = 1024 * 1024; // core.MaxSecretSize, for ConfigMaps too
const IMMUTABLE = 'field is immutable when `immutable` is set';

function validate({ data = {}, binaryData = {} }: ConfigMap, errors: FieldErrors): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    const path = `data[${key}]`;
    complain(isConfigMapKey(key), key, path, errors);
    if (Object.hasOwn(binaryData, key)) {
      errors.invalid(path, key, 'duplicate of key present in binaryData');
    }
    bytes += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    complain(isConfigMapKey(key), key, `binaryData[${key}]`, errors);
    bytes += base64Size(value);
  }
  // Upstream means the whole object, and its path of no names reads so.
  if (bytes > MAX_BYTES) errors.tooLong('[]', MAX_BYTES);
}

function validateUpdate(next: ConfigMap, old: ConfigMap, errors: FieldErrors): void {
  if (old.immutable) {
    if (!next.immutable) errors.forbidden('immutable', IMMUTABLE);
    if (!equalJson(next.data, old.data)) errors.forbidden('data', IMMUTABLE);
    if (!equalJson(next.binaryData, old.binaryData)) errors.forbidden('binaryData', IMMUTABLE);
  }
  validate(next, errors);
}

export const ConfigMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  metaOnUpdate: 'both',
  validate,
  validateUpdate,
  columns: [
    NAME_COLUMN,
    {
      name: 'Data',
      type: 'string',
      description:
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', " +
        "'_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys " +
        'stored in Data must not overlap with the keys in the BinaryData field, this is enforced ' +
        'during validation process.',
      cell: ({ data = {}, binaryData = {} }) =>
        Object.keys(data).length + Object.keys(binaryData).length,
    },
    AGE_COLUMN,
  ],
});
