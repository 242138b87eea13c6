/**
 * Whether a configuration for server-side apply fits its schema, in the words of upstream's merge
 * library: fields that are not declared, wrong types, items that cannot be told apart.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 typed validate.go, helpers.go
 */
import { definitionOf } from './definitions.ts';
import { listKeys } from './field-diff.ts';
import { goQuote } from './go-text.ts';
import type { FieldSchema, SchemaRef } from './schema.ts';
import { goMap } from './strategic-merge.ts';

type Json = Readonly<Record<string, unknown>>;

/** '' when |value| fits the definition |schema|. */
export function typedError(schema: SchemaRef, value: unknown): string {
  const errors: string[] = [];
  check({ r: schema }, value, '', errors);
  if (errors.length <= 1) return errors[0] ?? '';
  return ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

function check(schema: FieldSchema, value: unknown, path: string, errors: string[]): void {
  if (value === null || value === undefined) return;
  const say = (text: string): void => {
    errors.push(path === '' ? text : `${path}: ${text}`);
  };
  const fields = schema.r === undefined ? undefined : definitionOf(schema.r).p;
  if (fields !== undefined) {
    if (!isMap(value)) return say(`expected map, got ${shown(value)}`);
    for (const key of Object.keys(value)) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field === undefined) errors.push(`${path}.${key}: field not declared in schema`);
      else check(field, value[key], `${path}.${key}`, errors);
    }
    return;
  }
  switch (schema.t) {
    case 'map':
      if (!isMap(value)) return say(`expected map, got ${shown(value)}`);
      for (const key of Object.keys(value)) {
        check(schema.i ?? {}, value[key], `${path}.${key}`, errors);
      }
      return;
    case 'array':
      if (!Array.isArray(value)) return say(`expected list, got ${shown(value)}`);
      return checkItems(schema, value, path, errors);
    case 'string':
    case 'time':
    case 'microtime':
    case 'bytes':
      if (typeof value !== 'string') say(`expected string, got ${internal(value)}`);
      return;
    case 'int32':
    case 'int64':
    case 'number':
      if (typeof value !== 'number') say(`expected numeric (int or float), got ${goType(value)}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') say(`expected boolean, got ${shown(value)}`);
      return;
    case 'quantity':
    case 'intstr':
      if (typeof value === 'object') say(`expected any scalar, got ${shown(value)}`);
      return;
    case 'any':
    case undefined:
      // Free-form: whatever it is, it is right.
      return;
  }
}

function checkItems(
  schema: FieldSchema,
  list: readonly unknown[],
  path: string,
  errors: string[],
): void {
  const keys = listKeys(schema);
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const element = keys === 'atomic' ? `[${i}]` : elementOf(keys, item);
    if (element === null) {
      errors.push(`${path}: element ${i}: ${unkeyed(keys, item)}`);
      return;
    }
    if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${element}`);
    if (keys !== 'atomic') seen.add(element);
    check(schema.i ?? {}, item, path + element, errors);
  }
}

/** `[name="c"]`, `["x/y"]`; null when the item cannot be told from others. */
function elementOf(keys: 'set' | readonly string[], item: unknown): string | null {
  if (keys === 'set') {
    return typeof item === 'object' ? null : `[=${quoted(item)}]`;
  }
  if (!isMap(item)) return null;
  const parts = [...keys].sort().flatMap((key) => {
    const value = item[key];
    // A key that is left out has the default of its type.
    return value === undefined ? [] : [`${key}=${quoted(value)}`];
  });
  return `[${parts.join(',')}]`;
}

function unkeyed(keys: 'atomic' | 'set' | readonly string[], item: unknown): string {
  if (keys !== 'set') {
    const what = item === null ? 'a null element' : 'non-map elements';
    return `associative list with keys may not have ${what}`;
  }
  if (item === null) return "associative list without keys has an element that's an explicit null";
  if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
  return "associative list without keys has an element that's a map type";
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? goQuote(value) : String(value);
}

/** A value as its String() writes it: texts quoted, the rest plain. */
function shown(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  return typeof value === 'object' ? goMap(value) : String(value);
}

/** A value as %#v writes the library's own wrapper of it. */
function internal(value: unknown): string {
  return `&value.valueUnstructured{Value:${shown(value)}}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
