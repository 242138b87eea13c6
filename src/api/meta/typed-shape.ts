/**
 * What the merge library sees of a type: which forms a value may have (scalar, list, map), what its
 * parts are, and whether lists and maps are merged or replaced as a whole.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 schema elements.go, typed helpers.go;
 *         k8s.io/kube-openapi pkg/schemaconv openapi.go, smd.go (v1.36)
 */
import { definitionOf, onceForEach } from './definitions.ts';
import { goFloat, goJson, goQuote, sortedByKey } from './go-text.ts';
import type { DefinitionSchema, FieldSchema, SchemaRef } from './schema.ts';

export type ScalarType = 'string' | 'numeric' | 'boolean' | 'untyped';
export type Form = 'scalar' | 'list' | 'map';

/** What tells the items of a list apart. */
export type ListKeys = 'atomic' | 'set' | readonly string[];

export interface ListShape {
  readonly item: Shape;
  readonly keys: ListKeys;
}

export interface MapShape {
  /** The shape of a declared field. */
  readonly named: (field: string) => Shape | undefined;
  /** The shape of every other field; null = there are no others. */
  readonly rest: Shape | null;
  readonly atomic: boolean;
  /** Default of a declared field that is the key of a list. */
  readonly keyDefault: (field: string) => unknown;
}

/** At least one of the three is there; several: the value decides. */
export interface Shape {
  readonly scalar: ScalarType | null;
  readonly list: ListShape | null;
  readonly map: MapShape | null;
}

const NO_FIELD = (): undefined => undefined;

/** Free-form values that are replaced as a whole. */
const UNTYPED: Shape = {
  scalar: 'untyped',
  get list(): ListShape {
    return { item: UNTYPED, keys: 'atomic' };
  },
  get map(): MapShape {
    return { named: NO_FIELD, rest: UNTYPED, atomic: true, keyDefault: NO_FIELD };
  },
};

/** Free-form values whose maps are merged field by field. */
const DEDUCED: Shape = {
  scalar: 'untyped',
  list: { item: UNTYPED, keys: 'atomic' },
  get map(): MapShape {
    return { named: NO_FIELD, rest: DEDUCED, atomic: false, keyDefault: NO_FIELD };
  },
};

/** schemaconv gives this type a shape of its own. */
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';

const rootShape = onceForEach((ref) => definitionShape(ref, false));

export function shapeOf(ref: SchemaRef): Shape {
  return rootShape(ref);
}

/** |lax|: an outer part has said that undeclared fields are kept, which holds for its parts too. */
function definitionShape(ref: SchemaRef, lax: boolean): Shape {
  const schema = definitionOf(ref);
  const { p } = schema;
  if (ref === RAW_EXTENSION) return UNTYPED;
  if (p === undefined) return schema.mt === 'atomic' ? wholly(DEDUCED) : DEDUCED;
  return structShape(schema, p, lax || schema.pu === 1);
}

function structShape(
  schema: DefinitionSchema,
  p: Readonly<Record<string, FieldSchema>>,
  lax: boolean,
): Shape {
  let fields: ReadonlyMap<string, Shape> | null = null;
  const named = (name: string): Shape | undefined => {
    // Definitions refer to themselves, so fields are looked at when first needed.
    fields ??= new Map(Object.entries(p).map(([key, field]) => [key, fieldShape(field, lax)]));
    return fields.get(name);
  };
  const keyDefault = (name: string): unknown => (Object.hasOwn(p, name) ? p[name]?.d : undefined);
  const rest = lax || Object.keys(p).length === 0 ? DEDUCED : null;
  return {
    scalar: null,
    list: null,
    map: { named, rest, atomic: schema.mt === 'atomic', keyDefault },
  };
}

function fieldShape(field: FieldSchema, lax: boolean): Shape {
  const shape = plainShape(field, lax);
  // What the field says of its map goes before what the type says.
  if (field.mt === 'atomic') return wholly(shape);
  if (field.mt !== 'granular' || shape.map === null) return shape;
  return { ...shape, map: { ...shape.map, atomic: false } };
}

function plainShape(field: FieldSchema, lax: boolean): Shape {
  if (field.r !== undefined) {
    return lax && typeof field.r !== 'string' ? definitionShape(field.r, lax) : shapeOf(field.r);
  }
  switch (field.t) {
    case 'map': {
      const rest = fieldShape(field.i ?? {}, lax);
      const map = { named: NO_FIELD, rest, atomic: false, keyDefault: NO_FIELD };
      return { scalar: null, list: null, map };
    }
    case 'array': {
      const list = { item: fieldShape(field.i ?? {}, lax), keys: listKeys(field) };
      return { scalar: null, list, map: null };
    }
    case 'string':
    case 'bytes':
      return scalar('string');
    case 'int32':
    case 'int64':
    case 'number':
      return scalar('numeric');
    case 'boolean':
      return scalar('boolean');
    case 'time':
    case 'microtime':
    case 'quantity':
      return scalar('untyped');
    default:
      // Whatever has no type in OpenAPI: free-form JSON, and a number or a text.
      return DEDUCED;
  }
}

function scalar(type: ScalarType): Shape {
  return { scalar: type, list: null, map: null };
}

/** The same, but replaced as a whole. */
function wholly(shape: Shape): Shape {
  const { list, map } = shape;
  return {
    scalar: shape.scalar,
    list: list && { ...list, keys: 'atomic' },
    map: map && { ...map, atomic: true },
  };
}

function listKeys(field: FieldSchema): ListKeys {
  switch (field.lt) {
    case 'map':
      return field.lk ?? 'atomic';
    case 'set':
      return 'set';
    case undefined:
      if (field.ps === 'merge' || field.ps === 'merge,retainKeys') {
        return field.mk === undefined ? 'set' : [field.mk];
      }
      return 'atomic';
    default:
      return 'atomic';
  }
}

/** As what |value| is treated; one that does not fit is left for validation to refuse. */
export function formOf(shape: Shape, value: unknown): Form {
  if (Array.isArray(value)) {
    if (shape.list) return 'list';
  } else if (isMap(value)) {
    if (shape.map) return 'map';
  } else if (value !== null && value !== undefined && shape.scalar) return 'scalar';
  if (shape.map) return 'map';
  return shape.scalar ? 'scalar' : 'list';
}

/** The shape of what is at |key| of a map; undeclared fields count as free-form. */
export function partShape(map: MapShape, key: string): Shape {
  return map.named(key) ?? map.rest ?? UNTYPED;
}

/** Why an item of a list cannot be told from the others. */
export class UnkeyedItem extends Error {
  override readonly name = 'UnkeyedItem';
}

/**
 * The path element of an item: `k:{"name":"c"}`, `v:"x"`. Keys that are left out have their default;
 * without one they are not part of the element.
 */
export function elementOf(list: ListShape, item: unknown): string {
  const { keys } = list;
  if (keys === 'atomic') throw new UnkeyedItem('invalid indexing of non-associative list');
  if (keys === 'set') {
    if (item === null || item === undefined) {
      throw new UnkeyedItem("associative list without keys has an element that's an explicit null");
    }
    if (Array.isArray(item)) {
      throw new UnkeyedItem('not supported: associative list with lists as elements');
    }
    if (isMap(item)) {
      throw new UnkeyedItem("associative list without keys has an element that's a map type");
    }
    return `v:${goJson(item)}`;
  }
  if (item === null || item === undefined) {
    throw new UnkeyedItem('associative list with keys may not have a null element');
  }
  if (!isMap(item)) {
    throw new UnkeyedItem('associative list with keys may not have non-map elements');
  }
  const key: Record<string, unknown> = {};
  let some = false;
  for (const name of keys) {
    const given = Object.hasOwn(item, name) ? item[name] : undefined;
    const value = given === undefined ? list.item.map?.keyDefault(name) : given;
    if (value === undefined) continue;
    key[name] = value;
    some = true;
  }
  if (!some) {
    const names = keys.map(goQuote).join(' ');
    throw new UnkeyedItem(
      `associative list with keys has an element that omits all key fields [${names}] ` +
        "(and doesn't have default values for any key fields)",
    );
  }
  return `k:${goJson(sortedByKey(key))}`;
}

/** `.spec`, `[name="c"]`, `[="x"]`: a path element as messages show it. */
export function elementText(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${text}`;
    case 'k': {
      const key = JSON.parse(text) as Readonly<Record<string, unknown>>;
      const parts = Object.keys(key).map((name) => `${name}=${valueText(key[name])}`);
      return `[${parts.join(',')}]`;
    }
    case 'v':
      return `[=${valueText(JSON.parse(text))}]`;
    default:
      return `[${text}]`;
  }
}

/** A value as the library prints it: texts quoted. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return goFloat(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`;
  if (!isMap(value)) return value === undefined ? 'null' : String(value);
  return Object.keys(value)
    .map((key) => `${key}=${valueText(value[key])}`)
    .join('');
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
