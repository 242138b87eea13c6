/**
 * Strategic merge patch: lists of objects are merged by their merge key, as the schema says.
 * Parts that the patch does not touch are shared with the source.
 *
 * Models: k8s.io/apimachinery pkg/util/strategicpatch patch.go (v1.36)
 */
import { definitionOf } from './definitions.ts';
import { equalJson } from './json.ts';
import { roomFor } from './roomy.ts';
import { setOwn } from './json-text.ts';
import type { FieldSchema, SchemaRef } from './schema.ts';
import { failure } from './status.ts';

type Json = Record<string, unknown>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** |schema| is the definition of |source|. */
export function strategicMergePatch(schema: SchemaRef, source: unknown, patch: unknown): unknown {
  if (!isObject(patch) || !isObject(source)) return patch;
  return mergeMap(source, patch, { r: schema });
}

function mergeMap(source: Json, patch: Json, schema: FieldSchema): Json {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return without(patch, DIRECTIVE);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badDirective(directive, patch);
  const result = copyBut(source, patch);
  retainKeys(result, patch);
  let orders = false;
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (key.startsWith('$')) {
      if (key === DIRECTIVE || key === RETAIN_KEYS) continue;
      if (key.startsWith(ELEMENT_ORDER)) {
        orders = true;
        continue;
      }
      if (key.startsWith(DELETE_FROM)) {
        deleteFromList(result, key.slice(DELETE_FROM.length), value);
        continue;
      }
    }
    if (value === null) continue;
    const merged = mergeValue(result, key, value, patch, fieldOf(schema, key));
    if (merged === undefined) delete result[key];
    else setOwn(result, key, merged);
  }
  if (orders) reorderUntouched(result, patch, schema);
  return result;
}

/** A copy of |source| without the fields for which |patch| says null: deleting them makes slow objects. */
function copyBut(source: Json, patch: Json): Json {
  const keys = Object.keys(source);
  const result = roomFor(keys.length);
  for (const key of keys) {
    if (Object.hasOwn(patch, key) && patch[key] === null) continue;
    setOwn(result, key, source[key]);
  }
  return result;
}

function mergeValue(
  into: Json,
  key: string,
  value: unknown,
  patch: Json,
  schema: FieldSchema | undefined,
): unknown {
  const old = Object.hasOwn(into, key) ? into[key] : undefined;
  const replaces = strategyOf(schema).includes('replace');
  if (isObject(value)) {
    if (replaces || !isObject(old)) {
      // A directive for what is not there takes the whole value with it.
      return DIRECTIVE in value ? undefined : stripped(value, schema ?? {});
    }
    return mergeMap(old, value, schema ?? {});
  }
  if (!Array.isArray(value)) return value;
  if (!strategyOf(schema).includes('merge') || schema?.i === undefined) return value;
  const order = patch[ELEMENT_ORDER + key];
  const list = Array.isArray(old) ? old : [];
  if (!Array.isArray(order)) return mergeList(list, value, schema, null);
  checkOrder(value, order, schema.mk);
  return mergeList(list, value, schema, order);
}

/** Upstream validatePatchWithSetOrderList: the patch names its items in the order that it sets. */
function checkOrder(
  patch: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): void {
  const keyOf = (item: unknown): unknown =>
    mergeKey !== undefined && isObject(item) ? item[mergeKey] : item;
  const kept = patch.filter((item) => !(isObject(item) && item[DIRECTIVE] === 'delete'));
  let i = 0;
  for (const item of order) if (i < kept.length && equalJson(keyOf(kept[i]), keyOf(item))) i++;
  if (i === kept.length) return;
  const lists = `${goMap(patch)}\n doesn't match $setElementOrder list:\n${goMap(order)}`;
  throw failure(500, '', `The order in patch list:\n${lists}\n`);
}

function mergeList(
  source: readonly unknown[],
  patch: readonly unknown[],
  schema: FieldSchema,
  order: readonly unknown[] | null,
): unknown[] {
  const mergeKey = schema.mk;
  checkItemTypes(source, patch, mergeKey !== undefined);
  if (mergeKey === undefined) {
    const result = [...source];
    for (const item of patch) if (!result.some((r) => equalJson(r, item))) result.push(item);
    return inOrder(result, order ?? patch, source, (v) => v);
  }
  const keyOf = (item: unknown): unknown => {
    if (isObject(item) && item[mergeKey] !== undefined) return item[mergeKey];
    throw failure(500, '', `map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`);
  };
  let result = [...source];
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter((item) => !(isObject(item) && item[DIRECTIVE] === 'replace'));
  }
  for (const item of patch) {
    const key = keyOf(item);
    const at = result.findIndex((r) => isObject(r) && equalJson(r[mergeKey], key));
    if (isObject(item) && item[DIRECTIVE] === 'delete') {
      result = result.filter((r) => !(isObject(r) && equalJson(r[mergeKey], key)));
    } else if (at >= 0) {
      result[at] = mergeMap(result[at] as Json, item as Json, schema.i ?? {});
    } else {
      result.push(stripped(item as Json, schema.i ?? {}));
    }
  }
  const plain = order ?? patch.filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined));
  return inOrder(result, plain, source, (v) => (isObject(v) ? v[mergeKey] : v));
}

/** Upstream sliceElementType, and what follows where items with a key are no objects. */
function checkItemTypes(
  source: readonly unknown[],
  patch: readonly unknown[],
  isKeyed: boolean,
): void {
  const [one = patch[0]] = source;
  if (one === undefined) return;
  const first = goTypeOf(one);
  if (first === '[]interface {}') throw failure(422, '', 'lists of lists are not supported');
  const differs = (item: unknown): boolean => goTypeOf(item) !== first;
  if (source.some(differs) || patch.some(differs)) {
    throw failure(500, '', `list element types are not identical: ${goMap([source, patch])}`);
  }
  if (isKeyed && first !== MAP_TYPE) {
    throw failure(500, '', `expected a ${MAP_TYPE}, but received a ${first}`);
  }
}

const MAP_TYPE = 'map[string]interface {}';

function goTypeOf(item: unknown): string {
  if (Array.isArray(item)) return '[]interface {}';
  if (typeof item === 'object') return item === null ? '<nil>' : MAP_TYPE;
  if (typeof item === 'boolean') return 'bool';
  if (typeof item !== 'number') return 'string';
  return Number.isInteger(item) ? 'int64' : 'float64';
}

/**
 * Items that |order| names come in its order. The others come before those that were after them in
 * the source, and after those that are new: upstream's mergeSortedSlice.
 */
function inOrder(
  items: readonly unknown[],
  order: readonly unknown[],
  source: readonly unknown[],
  keyOf: (value: unknown) => unknown,
): unknown[] {
  const rank = positions(order, keyOf);
  const named = items.filter((i) => rank(i) >= 0).sort((a, b) => rank(a) - rank(b));
  if (named.length === items.length) return named;
  const others = items.filter((i) => rank(i) < 0);
  const place = positions(source, keyOf);
  const result: unknown[] = [];
  let o = 0;
  let n = 0;
  while (o < others.length && n < named.length) {
    const otherAt = place(others[o]);
    const namedAt = place(named[n]);
    if (otherAt >= 0 && namedAt >= 0 && otherAt < namedAt) result.push(others[o++]);
    else result.push(named[n++]);
  }
  return [...result, ...others.slice(o), ...named.slice(n)];
}

/** First place in |list| of an item with the same key; -1 when there is none. */
function positions(
  list: readonly unknown[],
  keyOf: (value: unknown) => unknown,
): (item: unknown) => number {
  const keys = list.map(keyOf);
  return (item) => {
    const key = keyOf(item);
    // Keys are texts or numbers, but for lists of lists and lists of objects without a key.
    return typeof key === 'object' && key !== null
      ? keys.findIndex((k) => equalJson(k, key))
      : keys.indexOf(key);
  };
}

/** $setElementOrder without a change of the list itself still orders it. */
function reorderUntouched(result: Json, patch: Json, schema: FieldSchema): void {
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(ELEMENT_ORDER) || !Array.isArray(order)) continue;
    const key = name.slice(ELEMENT_ORDER.length);
    const list = result[key];
    if (Object.hasOwn(patch, key) || !Array.isArray(list)) continue;
    const mergeKey = fieldOf(schema, key)?.mk;
    result[key] = inOrder(list, order, list, (v) =>
      mergeKey !== undefined && isObject(v) ? v[mergeKey] : v,
    );
  }
}

function retainKeys(result: Json, patch: Json): void {
  const retain = patch[RETAIN_KEYS];
  if (!Array.isArray(retain)) return;
  for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
}

function deleteFromList(result: Json, key: string, values: unknown): void {
  const list = result[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  result[key] = list.filter((item) => !values.some((v) => equalJson(v, item)));
}

/** A patch value that finds nothing to merge with: its nulls and directives go. */
function stripped(value: Json, schema: FieldSchema): Json {
  const result: Json = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS) continue;
    if (key.startsWith(ELEMENT_ORDER) || key.startsWith(DELETE_FROM)) continue;
    if (item === null) {
      if (isNullTime(fieldOf(schema, key))) setOwn(result, key, null);
      continue;
    }
    if (!isObject(item)) setOwn(result, key, item);
    else if (!(DIRECTIVE in item)) {
      setOwn(result, key, stripped(item, fieldOf(schema, key) ?? {}));
    }
  }
  return result;
}

/** A time that is not set is written as null where Go always writes the field. */
function isNullTime(field: FieldSchema | undefined): boolean {
  return field?.w === 1 && (field.t === 'time' || field.t === 'microtime');
}

export function fieldOf(schema: FieldSchema, key: string): FieldSchema | undefined {
  if (schema.r !== undefined) {
    const properties = definitionOf(schema.r).p;
    return properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
  }
  return schema.t === 'map' ? schema.i : undefined;
}

const NO_STRATEGY: readonly string[] = [];
/** The schemas know few different texts. */
const strategies = new Map<string, readonly string[]>();

export function strategyOf(schema: FieldSchema | undefined): readonly string[] {
  const text = schema?.ps;
  if (text === undefined) return NO_STRATEGY;
  let strategy = strategies.get(text);
  if (!strategy) strategies.set(text, (strategy = text.split(',')));
  return strategy;
}

function without(value: Json, key: string): Json {
  const { [key]: _, ...rest } = value;
  return rest;
}

function badDirective(directive: unknown, patch: Json): Error {
  return failure(500, '', `unknown patch type: ${String(directive)} in map: ${goMap(patch)}`);
}

/** How Go prints a map in a message. */
export function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (value === null || value === undefined) return '<nil>';
  if (!isObject(value)) return String(value);
  const parts = Object.keys(value)
    .sort()
    .map((k) => `${k}:${goMap(value[k])}`);
  return `map[${parts.join(' ')}]`;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
