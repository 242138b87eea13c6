/**
 * Whether a configuration for server-side apply fits its schema, in the words of upstream's merge
 * library: fields that are not declared, wrong types, items that cannot be told apart.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 typed validate.go, helpers.go
 */
import { goFloat, goQuote } from './go-text.ts';
import type { SchemaRef } from './schema.ts';
import {
  elementOf,
  elementText,
  formOf,
  isMap,
  type ListShape,
  type MapShape,
  type ScalarType,
  type Shape,
  shapeOf,
  UnkeyedItem,
} from './typed-shape.ts';

/** '' when |value| fits the definition |schema|. */
export function typedError(schema: SchemaRef, value: unknown): string {
  const errors: string[] = [];
  check(shapeOf(schema), value, '', errors);
  if (errors.length <= 1) return errors[0] ?? '';
  return ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

function check(shape: Shape, value: unknown, path: string, errors: string[]): void {
  if (value === null || value === undefined) return;
  const say = (text: string): void => {
    errors.push(path === '' ? text : `${path}: ${text}`);
  };
  const form = formOf(shape, value);
  if (form === 'map' && shape.map) {
    if (isMap(value)) checkFields(shape.map, value, path, errors);
    else say(`expected map, got ${shown(value)}`);
  } else if (form === 'list' && shape.list) {
    if (Array.isArray(value)) checkItems(shape.list, value, path, errors);
    else say(`expected list, got ${shown(value)}`);
  } else if (shape.scalar) {
    const error = scalarError(shape.scalar, value);
    if (error !== '') say(error);
  }
}

function checkFields(
  map: MapShape,
  value: Readonly<Record<string, unknown>>,
  path: string,
  errors: string[],
): void {
  for (const key of Object.keys(value)) {
    const part = map.named(key) ?? map.rest;
    if (part === null) {
      errors.push(`${path}.${key}: field not declared in schema`);
      // Upstream looks no further in this map.
      return;
    }
    check(part, value[key], `${path}.${key}`, errors);
  }
}

function checkItems(
  list: ListShape,
  items: readonly unknown[],
  path: string,
  errors: string[],
): void {
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    let text = `[${i}]`;
    if (list.keys !== 'atomic') {
      const element = elementOrWhy(list, item);
      if (element instanceof UnkeyedItem) {
        errors.push(`${path}: element ${i}: ${element.message}`);
        return;
      }
      text = elementText(element);
      if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${text}`);
      seen.add(element);
    }
    check(list.item, item, path + text, errors);
  }
}

function elementOrWhy(list: ListShape, item: unknown): string | UnkeyedItem {
  try {
    return elementOf(list, item);
  } catch (error) {
    if (error instanceof UnkeyedItem) return error;
    throw error;
  }
}

function scalarError(type: ScalarType, value: unknown): string {
  switch (type) {
    case 'numeric':
      if (typeof value === 'number') return '';
      return `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      if (typeof value === 'string') return '';
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? '' : `expected boolean, got ${shown(value)}`;
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got ${shown(value)}` : '';
  }
}

/** The library's own wrapper of a value as %v writes it. */
function shown(value: unknown): string {
  return `&{${plain(value)}}`;
}

/** %v */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(' ')}]`;
  if (typeof value === 'number') return goFloat(value);
  if (!isMap(value)) return value === null ? '<nil>' : String(value);
  const parts = Object.keys(value).sort();
  return `map[${parts.map((key) => `${key}:${plain(value[key])}`).join(' ')}]`;
}

/** %#v */
function goSyntax(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return goFloat(value);
  if (value === null) return 'interface {}(nil)';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  const map = value as Readonly<Record<string, unknown>>;
  const parts = Object.keys(map).sort();
  const texts = parts.map((key) => `${goQuote(key)}:${goSyntax(map[key])}`);
  return `map[string]interface {}{${texts.join(', ')}}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}
