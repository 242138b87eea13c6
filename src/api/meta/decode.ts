/**
 * Turns what a client sent into an object of a kind: types checked, unknown fields dropped, fields
 * in Go's order, zero values left out or written as the server does. Decoders are compiled once per
 * OpenAPI definition.
 *
 * Models: sigs.k8s.io/json (UnmarshalStrict) and the custom UnmarshalJSON of Quantity, IntOrString,
 *         Time, MicroTime; for strategic merge patches runtime.DefaultUnstructuredConverter (v1.36)
 * Simplified: a number written as 1.0 or 1e3 is taken for an integer (Go refuses it)
 */
import { canonicalBase64 } from './base64.ts';
import {
  DecodeError,
  DecodeState,
  jsonTypeName,
  type DecodeOptions,
  type GoFamily,
} from './decode-state.ts';
import { type OtherParts, readUnstructured } from './decode-unstructured.ts';
import { definitionOf, onceForEach } from './definitions.ts';
import { setOwn } from './json-text.ts';
import { quantityText, tryParseQuantity } from './quantity.ts';
import type { DefinitionSchema, FieldSchema, SchemaRef } from './schema.ts';
import { canonicalMicroTime, canonicalTime, type TimeText } from './time-text.ts';

export interface Decoded {
  /** Fresh and mutable; shares nothing with the body. */
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.foo"`, `duplicate field "data.k"`; empty when validation is Ignore. */
  readonly strictErrors: readonly string[];
}

const MAX_DEPTH = 2000;
const MAX_INT32 = 2 ** 31;
const MAX_INT64 = 2 ** 63;

export function decodeObject(
  schema: SchemaRef,
  body: unknown,
  options: DecodeOptions = {},
): Decoded {
  const state = new DecodeState(options);
  const object = structDecoder(schema).read(body, state) as Record<string, unknown>;
  if (state.saved !== null) throw new DecodeError(state.saved);
  if (options.converter) state.strictErrors.sort();
  return { object, strictErrors: state.strictErrors };
}

/** An object of the definition |schema| with nothing set: what the server writes of it. */
export function emptyObject(schema: SchemaRef): Record<string, unknown> {
  return structDecoder(schema).zero() as Record<string, unknown>;
}

/** The same to look at: lists and maps that the server would write as null are empty. */
export function zeroObject(schema: SchemaRef): Record<string, unknown> {
  const out = emptyObject(schema);
  for (const [name, field] of Object.entries(definitionOf(schema).p ?? {})) {
    if (!Object.hasOwn(out, name)) continue;
    if (field.t === 'array') out[name] = [];
    else if (field.t === 'map') out[name] = {};
    else if (field.r !== undefined && out[name] !== null) out[name] = zeroObject(field.r);
  }
  return out;
}

/** Reads values of one type. `null` has been dealt with by whoever holds the value. */
interface ValueDecoder {
  read(value: unknown, state: DecodeState): unknown;
  /** Go's zero value as JSON shows it when the field is not left out. */
  zero(): unknown;
  isZero(value: unknown): boolean;
}

const EMPTY_ANY: ValueDecoder = {
  read: (value) => copyJson(value),
  zero: () => null,
  isZero: (value) => value === null,
};

function scalarDecoder(
  goType: string,
  family: GoFamily,
  zero: string | number | boolean,
  fits: (value: unknown) => boolean,
): ValueDecoder {
  return {
    read(value, state) {
      if (fits(value)) return value;
      state.typeError(value, goType, family);
      return zero;
    },
    zero: () => zero,
    isZero: (value) => value === zero,
  };
}

function isInteger(value: unknown, limit: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit;
}

function bytesDecoder(): ValueDecoder {
  return {
    read(value, state) {
      if (typeof value !== 'string') {
        state.typeError(value, '[]uint8', 'slice');
        return '';
      }
      const result = canonicalBase64(value);
      if ('text' in result) return result.text;
      state.save(state.converter ? `error decoding from json: ${result.error}` : result.error);
      return '';
    },
    zero: () => '',
    isZero: (value) => value === '',
  };
}

/** The types with an UnmarshalJSON of their own fail at once, whatever came before. */
function timeDecoder(canonical: (text: string) => TimeText): ValueDecoder {
  return {
    read(value, state) {
      if (typeof value !== 'string') {
        throw new DecodeError(state.typeText(jsonTypeName(value), 'string'));
      }
      const result = canonical(value);
      if ('error' in result) throw new DecodeError(result.error);
      return result.text;
    },
    zero: () => null,
    isZero: (value) => value === null,
  };
}

const QUANTITY: ValueDecoder = {
  read(value) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const quantity = tryParseQuantity(text);
    if (typeof quantity === 'string') throw new DecodeError(quantity);
    return quantityText(quantity);
  },
  zero: () => '0',
  isZero: () => false,
};

const INT_OR_STRING: ValueDecoder = {
  read(value, state) {
    if (typeof value === 'string' || isInteger(value, MAX_INT32)) return value;
    const given = typeof value === 'number' ? `number ${value}` : jsonTypeName(value);
    throw new DecodeError(state.typeText(given, 'int32'));
  },
  zero: () => 0,
  isZero: () => false,
};

class ArrayDecoder implements ValueDecoder {
  private readonly item: ValueDecoder;
  private readonly goType: string;

  constructor(item: ValueDecoder, goType: string) {
    this.item = item;
    this.goType = goType;
  }

  read(value: unknown, state: DecodeState): unknown {
    if (!Array.isArray(value)) {
      state.typeError(value, this.goType, 'slice');
      return [];
    }
    const out: unknown[] = [];
    const { path } = state;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (item === null || item === undefined) {
        out.push(this.item.zero());
        continue;
      }
      path.push(i);
      out.push(this.item.read(item, state));
      path.pop();
    }
    return out;
  }

  zero(): unknown {
    return null;
  }

  isZero(value: unknown): boolean {
    return (value as unknown[]).length === 0;
  }
}

class MapDecoder implements ValueDecoder {
  private readonly item: ValueDecoder;
  private readonly goType: string;

  constructor(item: ValueDecoder, goType: string) {
    this.item = item;
    this.goType = goType;
  }

  read(value: unknown, state: DecodeState): unknown {
    if (!isPlainObject(value)) {
      state.typeError(value, this.goType, 'map');
      return {};
    }
    noteDuplicates(value, state);
    const out: Record<string, unknown> = {};
    const { path } = state;
    // Go writes maps in key order.
    for (const key of inOrder(Object.keys(value))) {
      const item = value[key];
      if (item === null || item === undefined) {
        setOwn(out, key, this.item.zero());
        continue;
      }
      path.push(key);
      setOwn(out, key, this.item.read(item, state));
      path.pop();
    }
    return out;
  }

  zero(): unknown {
    return null;
  }

  isZero(value: unknown): boolean {
    for (const key in value as object) if (Object.hasOwn(value as object, key)) return false;
    return true;
  }
}

function noteDuplicates(value: object, state: DecodeState): void {
  const keys = state.duplicates?.get(value);
  if (keys === undefined || !state.strict) return;
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) state.strictError('duplicate', key);
    seen.add(key);
  }
}

function inOrder(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort();
  }
  return keys;
}

interface StructField {
  readonly name: string;
  readonly index: number;
  readonly decoder: ValueDecoder;
  readonly pointer: boolean;
  readonly always: boolean;
  readonly embedded: string | undefined;
}

class StructDecoder implements ValueDecoder {
  private readonly goName: string;
  private readonly goType: string;
  private readonly schema: DefinitionSchema;
  /** Built on first use: definitions refer to each other, and to themselves. */
  private fields: readonly StructField[] | null = null;
  private readonly byName = new Map<string, StructField>();

  constructor(name: string, schema: DefinitionSchema) {
    this.goType = name.split('.').slice(-2).join('.');
    this.goName = name.slice(name.lastIndexOf('.') + 1);
    this.schema = schema;
  }

  read(value: unknown, state: DecodeState): unknown {
    if (!isPlainObject(value)) {
      if (value !== null && value !== undefined) state.typeError(value, this.goType, 'struct');
      return this.zero();
    }
    const fields = this.fields ?? this.build();
    const outerStruct = state.struct;
    if (state.goPath.length > MAX_DEPTH) throw new DecodeError('exceeded max depth');
    state.struct = this.goName;
    const values: unknown[] = new Array<unknown>(fields.length);
    const keys = state.duplicates?.get(value) ?? Object.keys(value);
    const seen = keys.length > 0 && state.duplicates?.has(value) ? new Set<string>() : null;
    for (const key of keys) {
      const field = this.byName.get(key);
      if (field === undefined) {
        state.strictError('unknown', key);
        continue;
      }
      if (seen !== null) {
        if (seen.has(key)) state.strictError('duplicate', key);
        seen.add(key);
      }
      values[field.index] = readField(field, value[key], state);
    }
    state.struct = outerStruct;
    return assemble(fields, values);
  }

  zero(): unknown {
    return assemble(this.fields ?? this.build(), []);
  }

  isZero(): boolean {
    return false;
  }

  private build(): readonly StructField[] {
    const fields: StructField[] = [];
    for (const [name, schema] of Object.entries(this.schema.p ?? {})) {
      const field: StructField = {
        name,
        index: fields.length,
        decoder: fieldDecoder(schema),
        pointer: schema.y === 1,
        always: schema.w === 1 || schema.s === 1,
        embedded: schema.b,
      };
      fields.push(field);
      this.byName.set(name, field);
    }
    this.fields = fields;
    return fields;
  }
}

function readField(field: StructField, value: unknown, state: DecodeState): unknown {
  if (value === null || value === undefined) return undefined;
  if (state.known?.has(value)) return value;
  const { goPath, path } = state;
  if (field.embedded !== undefined) goPath.push(field.embedded);
  goPath.push(field.name);
  path.push(field.name);
  const result = field.decoder.read(value, state);
  path.pop();
  goPath.pop();
  if (field.embedded !== undefined) goPath.pop();
  return result;
}

/** The object with its fields in Go's order, zero values left out or written as Go does. */
function assemble(fields: readonly StructField[], values: unknown[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.index];
    if (value === undefined || (!field.pointer && field.decoder.isZero(value))) {
      // A list that was given empty is there until it is stored; what was left out is null.
      if (field.always) {
        out[field.name] = Array.isArray(value)
          ? value
          : field.pointer
            ? null
            : field.decoder.zero();
      }
    } else out[field.name] = value;
  }
  return out;
}

const structDecoder = onceForEach((ref): ValueDecoder => {
  const schema = definitionOf(ref);
  if (schema.p === undefined) return EMPTY_ANY;
  if (schema.u === 1) return unstructuredDecoder(schema);
  return new StructDecoder(typeof ref === 'string' ? ref : '', schema);
});

function unstructuredDecoder(schema: DefinitionSchema): ValueDecoder {
  const others: OtherParts = {
    struct: (name, value, state) => structDecoder(name).read(value, state),
    copy: copyJson,
    definition: definitionOf,
  };
  return {
    read: (value, state) => readUnstructured(schema, value, state, others),
    zero: () => ({}),
    isZero: () => false,
  };
}

function fieldDecoder(schema: FieldSchema): ValueDecoder {
  if (schema.r !== undefined) return structDecoder(schema.r);
  const goType = schema.n ?? goTypeOf(schema);
  switch (schema.t ?? 'any') {
    case 'string':
      return scalarDecoder(goType, 'string', '', (v) => typeof v === 'string');
    case 'int32':
      return scalarDecoder(goType, 'int', 0, (v) => isInteger(v, MAX_INT32));
    case 'int64':
      return scalarDecoder(goType, 'int', 0, (v) => isInteger(v, MAX_INT64));
    case 'number':
      return scalarDecoder(goType, 'float', 0, (v) => typeof v === 'number');
    case 'boolean':
      return scalarDecoder(goType, 'bool', false, (v) => typeof v === 'boolean');
    case 'bytes':
      return bytesDecoder();
    case 'time':
      return timeDecoder(canonicalTime);
    case 'microtime':
      return timeDecoder(canonicalMicroTime);
    case 'quantity':
      return QUANTITY;
    case 'intstr':
      return INT_OR_STRING;
    case 'array':
      return new ArrayDecoder(fieldDecoder(schema.i ?? {}), goType);
    case 'map':
      return new MapDecoder(fieldDecoder(schema.i ?? {}), goType);
    case 'any':
      return EMPTY_ANY;
  }
}

/** Go's name of the type where the schema does not give one. */
function goTypeOf(schema: FieldSchema): string {
  if (schema.r !== undefined) return goTypeOfRef(schema.r);
  switch (schema.t) {
    case 'array':
      return `[]${goTypeOf(schema.i ?? {})}`;
    case 'map':
      return `map[string]${goTypeOf(schema.i ?? {})}`;
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'bytes':
      return '[]uint8';
    case 'quantity':
      return 'resource.Quantity';
    case 'intstr':
      return 'intstr.IntOrString';
    case 'time':
      return 'v1.Time';
    case 'microtime':
      return 'v1.MicroTime';
    default:
      return schema.t ?? 'interface {}';
  }
}

function goTypeOfRef(ref: SchemaRef): string {
  return typeof ref === 'string' ? ref.split('.').slice(-2).join('.') : 'map[string]interface {}';
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A deep copy of plain JSON, safe for any key. */
export function copyJson(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new DecodeError('exceeded max depth');
  if (Array.isArray(value)) return value.map((item) => copyJson(item, depth + 1));
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    setOwn(out, key, copyJson((value as Record<string, unknown>)[key], depth + 1));
  }
  return out;
}
