/**
 * Schemas inside of `items` and `additionalProperties` as Go keeps them: what is zero is left out,
 * what Go does not know is dropped. The decoder stops there, because such a field may also hold a
 * list or a boolean.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1 marshal.go (v1.36)
 */
import { decodeObject } from '../meta/decode.ts';
import type { Draft } from '../meta/object.ts';
import { isSchema, type Props } from './json-schema.ts';

const SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

/** Brings |schema| and all below it into that form, in place. */
export function normalize(schema: Draft<Props> | undefined): void {
  if (!schema) return;
  const any = schema as unknown as Record<string, unknown>;
  for (const name of ['items', 'additionalProperties', 'additionalItems']) {
    const value = any[name];
    if (Array.isArray(value)) any[name] = value.map((item) => decoded(item));
    else if (isSchema(value)) any[name] = decoded(value);
  }
  const { properties, allOf, anyOf, oneOf, not } = schema;
  for (const below of Object.values(properties ?? {})) normalize(below);
  for (const list of [allOf, anyOf, oneOf]) for (const below of list ?? []) normalize(below);
  normalize(not);
}

function decoded(value: unknown): unknown {
  const { object } = decodeObject(SCHEMA, value, { validation: 'Ignore' });
  normalize(object as unknown as Draft<Props>);
  return object;
}
