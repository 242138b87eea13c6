/**
 * The schema of a custom resource in the form that decoding, patching and managedFields read:
 * typed metadata, the rest as it was written.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema/pruning, pkg/controller/openapi/builder
 *         (v1.36)
 */
import type { DefinitionSchema, FieldSchema, SchemaType } from '../meta/schema.ts';
import { additionalOf, itemsOf, type Props, propertiesOf, propertyOf } from './json-schema.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const OWN: Readonly<Record<string, FieldSchema>> = {
  apiVersion: { t: 'string' },
  kind: { t: 'string' },
  metadata: { r: META, s: 1 },
};

/** |schema| undefined = nothing is declared: everything is kept. */
export function definitionSchema(schema: Props | undefined): DefinitionSchema {
  if (!schema) return { p: OWN, u: 1, pu: 1, g: 1 };
  return { ...definition(schema, true), g: 1 };
}

function definition(schema: Props, isResource: boolean): DefinitionSchema {
  const p: Record<string, FieldSchema> = {};
  for (const [name, property] of propertiesOf(schema)) p[name] = field(property);
  return {
    p: isResource ? { ...p, ...OWN } : p,
    u: 1,
    ...(schema['x-kubernetes-preserve-unknown-fields'] ? { pu: 1 } : {}),
    ...(schema['x-kubernetes-map-type'] === 'atomic' ? { mt: 'atomic' } : {}),
  };
}

function field(schema: Props): FieldSchema {
  const items = itemsOf(schema);
  if (schema.type === 'array') {
    const keys = schema['x-kubernetes-list-map-keys'];
    return {
      t: 'array',
      i: items ? withKeyDefaults(field(items), items, keys) : { t: 'any' },
      // Lists are atomic unless the definition says otherwise.
      lt: schema['x-kubernetes-list-type'] ?? 'atomic',
      ...(keys ? { lk: keys } : {}),
    };
  }
  const mapType = schema['x-kubernetes-map-type'];
  const mt = mapType === 'atomic' ? { mt: mapType } : {};
  if (propertiesOf(schema).length > 0 || schema['x-kubernetes-embedded-resource']) {
    const embedded = schema['x-kubernetes-embedded-resource'] === true;
    return { r: definition(schema, embedded), ...mt };
  }
  const additional = additionalOf(schema);
  if (additional) return { t: 'map', i: field(additional), ...mt };
  if (schema['x-kubernetes-preserve-unknown-fields']) {
    return schema.type === 'object' ? { r: { p: {}, u: 1, pu: 1 }, ...mt } : { t: 'any' };
  }
  if (schema.type === 'object') {
    const any = (schema as { additionalProperties?: unknown }).additionalProperties === true;
    return any ? { t: 'map', i: { t: 'any' }, ...mt } : { r: { p: {}, u: 1 }, ...mt };
  }
  return { t: SCALARS[schema['x-kubernetes-int-or-string'] ? '' : (schema.type ?? '')] ?? 'any' };
}

const SCALARS: Readonly<Record<string, SchemaType>> = {
  string: 'string',
  integer: 'int64',
  number: 'number',
  boolean: 'boolean',
};

/** Items may leave out keys that have a default. */
function withKeyDefaults(
  item: FieldSchema,
  items: Props,
  keys: readonly string[] | undefined,
): FieldSchema {
  if (!keys || typeof item.r !== 'object') return item;
  const p: Record<string, FieldSchema> = { ...item.r.p };
  for (const key of keys) {
    const { default: value } = propertyOf(items, key) ?? {};
    const old = p[key];
    if (
      old &&
      (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    ) {
      p[key] = { ...old, d: value };
    }
  }
  return { ...item, r: { ...item.r, p } };
}
