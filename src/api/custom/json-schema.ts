/**
 * OpenAPI v3 schemas of custom resources, as they stand in a CustomResourceDefinition, and how to
 * walk them.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1 types_jsonschema.go (v1.36)
 */
import type { JSONSchemaProps } from '../generated/types.ts';

export type Props = JSONSchemaProps;

/** The schema of list items; undefined when there is none, or one for each place. */
export function itemsOf(schema: Props): Props | undefined {
  const { items } = schema as { items?: unknown };
  return isSchema(items) ? items : undefined;
}

/** The schema of values whose names are not declared. */
export function additionalOf(schema: Props): Props | undefined {
  const { additionalProperties } = schema as { additionalProperties?: unknown };
  return isSchema(additionalProperties) ? additionalProperties : undefined;
}

export function isSchema(value: unknown): value is Props {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Properties in the order of their names: Go's order is random, ours must not be. */
export function propertiesOf(schema: Props): readonly (readonly [string, Props])[] {
  const { properties } = schema;
  if (!properties) return [];
  return Object.keys(properties)
    .sort()
    .map((name) => [name, properties[name] as Props]);
}

export function propertyOf(schema: Props, name: string): Props | undefined {
  const { properties } = schema;
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** A value in an object, with what the schema says of it. */
export interface ValueBelow {
  readonly name: string;
  readonly value: unknown;
  readonly schema: Props;
  readonly path: string;
}

/** The values of an object that the schema knows, in the order of their names. */
export function* valuesBelow(
  value: Readonly<Record<string, unknown>>,
  schema: Props,
  path: string,
): Generator<ValueBelow> {
  for (const name of Object.keys(value).sort()) {
    const declared = propertyOf(schema, name);
    const below = declared ?? additionalOf(schema);
    if (!below) continue;
    const at = declared ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
    yield { name, value: value[name], schema: below, path: at };
  }
}

/** Whether |test| holds for the schema or anything in it. */
export function schemaHas(schema: Props | undefined, test: (schema: Props) => boolean): boolean {
  if (!schema) return false;
  if (test(schema)) return true;
  return childrenOf(schema).some((child) => schemaHas(child, test));
}

function childrenOf(schema: Props): readonly Props[] {
  const list: (Props | undefined)[] = [itemsOf(schema), additionalOf(schema), schema.not];
  list.push(...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []));
  for (const [, property] of propertiesOf(schema)) list.push(property);
  return list.filter((s) => s !== undefined);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
