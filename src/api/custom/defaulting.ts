/**
 * Defaults of schemas, filled into values, and nulls that mean nothing taken away before.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema/defaulting algorithm.go, prune.go
 *         (v1.36)
 */
import { cloneJson } from '../meta/json.ts';
import {
  additionalOf,
  isMap,
  itemsOf,
  type Props,
  propertiesOf,
  propertyOf,
} from './json-schema.ts';

/** Nulls where the schema has neither `nullable` nor a default are as if they were not there. */
export function dropNulls(value: unknown, schema: Props): void {
  if (isMap(value)) {
    for (const name of Object.keys(value)) {
      const below = propertyOf(schema, name) ?? additionalOf(schema);
      if (!below) continue;
      if (value[name] === null && !below.nullable && below.default === undefined) {
        delete value[name];
      } else dropNulls(value[name], below);
    }
  } else if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items) for (const item of value) dropNulls(item, items);
  }
}

export function applyDefaults(value: unknown, schema: Props): void {
  if (isMap(value)) {
    for (const [name, property] of propertiesOf(schema)) {
      if (property.default === undefined) continue;
      const isMissing = !Object.hasOwn(value, name) || (value[name] === null && !property.nullable);
      if (isMissing) value[name] = cloneJson(property.default);
    }
    for (const name of Object.keys(value)) {
      const below = propertyOf(schema, name) ?? additionalOf(schema);
      if (below) applyDefaults(value[name], below);
    }
  } else if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return;
    value.forEach((item, i) => {
      if (item === null && !items.nullable && items.default !== undefined) {
        value[i] = cloneJson(items.default);
      }
      applyDefaults(value[i], items);
    });
  }
}
