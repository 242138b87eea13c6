/**
 * The CEL type that a schema gives to its values, with the sizes that the cost estimate multiplies by.
 *
 * Models: k8s.io/apiserver pkg/cel/common/schemas.go (SchemaDeclType) and pkg/cel/types.go (v1.36)
 */
import type { JSONSchemaProps } from '../generated/types.ts';
import type { SchemaRef } from '../meta/schema.ts';
import { escapeName } from './escaping.ts';
import {
  schemaOfDefinition,
  schemaOfProps,
  withTypeAndObjectMeta,
  type CelSchema,
} from './schema.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  STRING,
  TIMESTAMP,
  listOf,
  mapOf,
  structOf,
  type CelType,
} from './types.ts';
import { encodeUtf8 } from '../meta/utf8.ts';

/** pkg/apis/cel/config.go: MaxRequestSizeBytes */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** pkg/cel/limits.go */
const MAX_TIME_BYTES = 32;
const DATE_BYTES = 12;
const MIN_DURATION_BYTES = 3;
const MIN_DATE_TIME_BYTES = 21;
const MIN_STRING_BYTES = 2;
const MIN_BOOL_BYTES = 4;
const MIN_NUMBER_BYTES = 1;
const MAX_BYTES_PER_CHARACTER = 4;

const sized = (type: CelType, minSerializedBytes: number, maxElements?: number): CelType => ({
  ...type,
  minSerializedBytes,
  ...(maxElements === undefined ? {} : { maxElements }),
});

const minBytes = (type: CelType): number => type.minSerializedBytes ?? 0;

/** Characters of a string that fill a whole request. */
const MAX_STRING = MAX_REQUEST_BYTES - MIN_STRING_BYTES;

function stringType(schema: CelSchema): CelType {
  const { maxLength } = schema;
  switch (schema.format) {
    case 'byte':
      return sized(BYTES, MIN_STRING_BYTES, Math.max(0, maxLength ?? MAX_STRING));
    case 'duration':
      return sized(DURATION, MIN_DURATION_BYTES, MAX_TIME_BYTES);
    case 'date':
      return sized(TIMESTAMP, DATE_BYTES, DATE_BYTES);
    case 'date-time':
      return sized(TIMESTAMP, MIN_DATE_TIME_BYTES, MAX_TIME_BYTES);
    default:
  }
  if (maxLength !== undefined) {
    return sized(STRING, MIN_STRING_BYTES, Math.max(0, maxLength) * MAX_BYTES_PER_CHARACTER);
  }
  if (schema.enum.length === 0) return sized(STRING, MIN_STRING_BYTES, MAX_STRING);
  const lengths = schema.enum.map((v) => (typeof v === 'string' ? encodeUtf8(v).length : 0));
  return sized(STRING, MIN_STRING_BYTES, Math.max(...lengths));
}

function listType(schema: CelSchema, name: string): CelType | undefined {
  const { items } = schema;
  const elem = items && declare(items, items.embedded, `${name}.@idx`);
  if (elem === undefined) return undefined;
  // Brackets around, a comma after each.
  const fits = Math.floor((MAX_REQUEST_BYTES - 2) / (minBytes(elem) + 1));
  return sized(listOf(elem), 2, Math.max(0, schema.maxItems ?? fits));
}

function mapType(additional: CelSchema, schema: CelSchema, name: string): CelType | undefined {
  const value = declare(additional, additional.embedded, `${name}.@elem`);
  if (value === undefined) return undefined;
  // Two bytes of key, quotes, colon and comma for each.
  const fits = Math.floor((MAX_REQUEST_BYTES - 2) / (minBytes(value) + 6));
  const key = sized(STRING, MIN_STRING_BYTES);
  return sized(mapOf(key, value), 2, Math.max(0, schema.maxProperties ?? fits));
}

/** Schemas whose type is being made: a definition that refers to itself ends there. */
const making = new Set<CelSchema>();

function objectMinBytes(schema: CelSchema): number {
  if (making.has(schema)) return 2;
  making.add(schema);
  let total = 2;
  for (const name of schema.required) {
    const property = schema.property(name);
    if (property === undefined || property.hasDefault) continue;
    const type = declare(property, property.embedded, '');
    if (type !== undefined) total += encodeUtf8(name).length + minBytes(type) + 4;
  }
  making.delete(schema);
  return total;
}

function objectType(schema: CelSchema, name: string): CelType {
  const known = new Map<string, CelType | undefined>();
  const byIdentifier = new Map<string, string>();
  for (const property of schema.propertyNames ?? []) {
    const identifier = escapeName(property);
    if (identifier !== undefined) byIdentifier.set(identifier, property);
  }
  const type = structOf(name, (field) => {
    if (known.has(field)) return known.get(field);
    const property = schema.property(byIdentifier.get(field) ?? '');
    const made = property && declare(property, property.embedded, `${name}.${field}`);
    known.set(field, made);
    return made;
  });
  return sized(type, objectMinBytes(schema));
}

function declare(given: CelSchema, isResourceRoot: boolean, name: string): CelType | undefined {
  if (given.intOrString) {
    const { maxLength } = given;
    const max =
      maxLength === undefined ? MAX_STRING : Math.max(0, maxLength) * MAX_BYTES_PER_CHARACTER;
    return sized(DYN, MIN_NUMBER_BYTES, max);
  }
  const schema = isResourceRoot ? withTypeAndObjectMeta(given) : given;
  switch (schema.type) {
    case 'array':
      return listType(schema, name);
    case 'object':
      if (schema.additional !== undefined) return mapType(schema.additional, schema, name);
      return objectType(schema, name);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return sized(BOOL, MIN_BOOL_BYTES);
    case 'number':
      return sized(DOUBLE, MIN_NUMBER_BYTES);
    case 'integer':
      return sized(INT, MIN_NUMBER_BYTES);
    default:
      return undefined;
  }
}

/**
 * The type of what |schema| describes; undefined when it is not exposed to expressions.
 * |isResourceRoot|: the root of a custom resource or of an embedded one.
 */
export function typeOfSchema(
  schema: CelSchema,
  isResourceRoot: boolean,
  name = 'selfType',
): CelType | undefined {
  return declare(schema, isResourceRoot, name);
}

/** The type for the schema of a CustomResourceDefinition. */
export function typeOfProps(props: JSONSchemaProps, isResourceRoot: boolean): CelType | undefined {
  return typeOfSchema(schemaOfProps(props), isResourceRoot);
}

/** The type of a built-in kind. */
export function typeOfDefinition(ref: SchemaRef, name: string): CelType | undefined {
  return typeOfSchema(schemaOfDefinition(ref), true, name);
}

/** How often a value can occur in one request: upstream's maxCardinality. */
export function maxCardinality(type: CelType): number {
  return Math.floor(MAX_REQUEST_BYTES / (minBytes(type) + 1));
}
