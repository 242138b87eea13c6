/**
 * JSON as CEL values, converted only where an expression looks. With a schema, strings become times, bytes
 * or durations, and fields that the schema does not declare cannot be seen.
 *
 * Models: k8s.io/apiserver pkg/cel/common/valuesunstructured.go, cel-go's native type adapter (v1.36)
 */
import { escapeName, unescapeName } from './escaping.ts';
import { withTypeAndObjectMeta, type CelSchema } from './schema.ts';
import { durationText, parseDuration, parseTimestamp, timestampText } from './time-values.ts';
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelStruct,
  CelTimestamp,
  CelUint,
  type CelValue,
} from './values.ts';
import { decodeBase64Bytes, encodeBase64Bytes } from '../meta/utf8.ts';

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** Go's name of the type of a decoded JSON value. */
function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON without a schema: whole numbers are ints. */
export function fromJson(value: Json): CelValue {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value;
    case 'bigint':
      return value;
    default:
      break;
  }
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? new JsonList(value) : new JsonMap(value as JsonObject);
}

/** JSON that |schema| describes. */
export function fromTypedJson(value: Json, schema: CelSchema): CelValue {
  if (value === null || value === undefined) {
    return schema.nullable
      ? null
      : new CelError('invalid data, got null for schema with nullable=false');
  }
  if (schema.intOrString) {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    return new CelError(
      'invalid data, expected XIntOrString value to be either a string or integer',
    );
  }
  switch (schema.type) {
    case 'object':
      if (isObject(value)) return new TypedMap(value, schema);
      return new CelError('invalid data, expected a map for the provided schema with type=object');
    case 'array':
      return typedList(value, schema);
    case 'string':
      return typedString(value, schema.format);
    default:
      return typedScalar(value, schema);
  }
}

function typedScalar(value: Json, schema: CelSchema): CelValue {
  switch (schema.type) {
    case 'number':
      if (typeof value === 'number') return value;
      return new CelError(`invalid data, expected float, got ${goType(value)}`);
    case 'integer':
      if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
      return new CelError(`invalid data, expected int, got ${goType(value)}`);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return new CelError(`invalid data, expected bool, got ${goType(value)}`);
    default:
      if (schema.preserveUnknown) return fromJson(value);
      return new CelError(
        'invalid type, expected object, array, number, integer, boolean or string, or no type with ' +
          'x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ' +
          schema.type,
      );
  }
}

function typedString(value: Json, format: string): CelValue {
  if (typeof value !== 'string') {
    return new CelError(`invalid data, expected string, got ${goType(value)}`);
  }
  switch (format) {
    case 'duration':
      return (
        parseDuration(value) ??
        new CelError(`Invalid duration ${value}: unable to parse ${value} as duration`)
      );
    case 'date':
      return (
        parseTimestamp(`${value}T00:00:00Z`) ??
        new CelError(`Invalid date formatted string ${value}: parsing time "${value}"`)
      );
    case 'date-time':
      return (
        parseTimestamp(value) ??
        new CelError(`Invalid date-time formatted string ${value}: parsing time "${value}"`)
      );
    case 'byte':
      return /^[A-Za-z0-9+/]*={0,2}$/.test(value)
        ? decodeBase64Bytes(value)
        : new CelError(`Invalid byte formatted string ${value}: illegal base64 data`);
    default:
      return value;
  }
}

function typedList(value: Json, schema: CelSchema): CelValue {
  if (!Array.isArray(value)) {
    return new CelError('invalid data, expected an array for the provided schema with type=array');
  }
  if (schema.items === undefined) {
    return new CelError('invalid array type, expected Items with a non-empty Schema');
  }
  return new JsonList(value, schema.items, schema);
}

class JsonList extends CelList {
  override readonly listType: 'atomic' | 'set' | 'map';
  override readonly mapKeys: readonly string[];
  private readonly items: readonly Json[];
  private readonly schema: CelSchema | undefined;
  constructor(items: readonly Json[], itemSchema?: CelSchema, listSchema?: CelSchema) {
    super();
    this.items = items;
    this.schema = itemSchema;
    const type = listSchema?.listType;
    this.listType = type === 'set' || type === 'map' ? type : 'atomic';
    this.mapKeys = (listSchema?.listMapKeys ?? []).map((key) => escapeName(key) ?? key);
  }
  get size(): number {
    return this.items.length;
  }
  at(index: number): CelValue {
    const item = this.items[index];
    return this.schema === undefined ? fromJson(item) : fromTypedJson(item, this.schema);
  }
}

/** An object without a schema: any key, null included. */
class JsonMap extends CelMap {
  private readonly object: JsonObject;
  constructor(object: JsonObject) {
    super();
    this.object = object;
  }
  get size(): number {
    return Object.keys(this.object).length;
  }
  find(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.object, key)) return undefined;
    return fromJson(this.object[key]);
  }
  keys(): readonly CelValue[] {
    return Object.keys(this.object);
  }
}

/** An object with a schema. Of one with properties, null counts as absent. */
class TypedMap extends CelMap {
  private readonly object: JsonObject;
  private readonly schema: CelSchema;
  private readonly hasProperties: boolean;
  constructor(object: JsonObject, schema: CelSchema) {
    super();
    this.object = object;
    this.schema = schema.embedded ? withTypeAndObjectMeta(schema) : schema;
    this.hasProperties = this.schema.propertyNames !== undefined;
  }
  get size(): number {
    return Object.keys(this.object).length;
  }
  private schemaOf(name: string): CelSchema | undefined {
    return this.hasProperties ? this.schema.property(name) : this.schema.additional;
  }
  find(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') return new CelError('no such overload');
    const name = this.hasProperties ? unescapeName(key) : key;
    if (name === undefined || !Object.hasOwn(this.object, name)) return undefined;
    const value = this.object[name];
    if (this.hasProperties && (value === null || value === undefined)) return undefined;
    const schema = this.schemaOf(name);
    return schema === undefined ? undefined : fromTypedJson(value, schema);
  }
  keys(): readonly CelValue[] {
    const visible = Object.keys(this.object).filter((name) => this.schemaOf(name) !== undefined);
    if (!this.hasProperties) return visible;
    return visible.map((name) => escapeName(name) ?? name);
  }
}

/** The JSON of a value; a text where JSON has no form for it. */
export function toJson(value: CelValue): Json {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof CelList) return [...value].map(toJson);
  if (value instanceof CelMap) {
    return Object.fromEntries(
      value.keys().map((key) => [String(toJson(key)), toJson(value.find(key) ?? null)]),
    );
  }
  if (value instanceof CelStruct) {
    return Object.fromEntries([...value.fields].map(([name, field]) => [name, toJson(field)]));
  }
  if (value instanceof Uint8Array) return encodeBase64Bytes(value);
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelOptional) return value.value === undefined ? null : toJson(value.value);
  return value;
}
