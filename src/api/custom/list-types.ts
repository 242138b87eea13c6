/**
 * Items of sets and of lists with keys occur once.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema/listtype validation.go (v1.36)
 */
import type { FieldErrors } from '../meta/field-errors.ts';
import { canonicalJson } from '../meta/json.ts';
import { isMap, itemsOf, type Props, valuesBelow } from './json-schema.ts';

export function validateLists(
  value: unknown,
  schema: Props,
  path: string,
  errors: FieldErrors,
): void {
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type'];
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    if (type === 'set') duplicates(value, (item) => item, path, errors);
    if (type === 'map') {
      const stray = value.findIndex((item) => item !== null && !isMap(item));
      const detail = 'must be an object for an array of list-type map';
      if (stray >= 0) errors.invalid(`${path}[${stray}]`, value[stray], detail);
      else duplicates(value, (item) => keyOf(item, keys), path, errors);
    }
    const items = itemsOf(schema);
    if (items) value.forEach((item, i) => validateLists(item, items, `${path}[${i}]`, errors));
    return;
  }
  if (!isMap(value)) return;
  for (const below of valuesBelow(value, schema, path)) {
    validateLists(below.value, below.schema, below.path, errors);
  }
}

function keyOf(item: unknown, keys: readonly string[]): unknown {
  const map = isMap(item) ? item : {};
  const out: Record<string, unknown> = {};
  for (const key of keys) if (map[key] !== undefined) out[key] = map[key];
  return out;
}

function duplicates(
  items: readonly unknown[],
  key: (item: unknown) => unknown,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  const told = new Set<string>();
  items.forEach((item, i) => {
    const value = key(item);
    const text = canonicalJson(value);
    if (seen.has(text) && !told.has(text)) {
      errors.duplicate(`${path}[${i}]`, value);
      told.add(text);
    }
    seen.add(text);
  });
}
