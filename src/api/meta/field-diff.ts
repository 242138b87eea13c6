/**
 * Which fields of an object differ between two versions of it, by the schema's idea of lists and
 * maps: atomic ones count as one field, others item by item.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 typed compare.go, tofieldset.go;
 *         k8s.io/kube-openapi/pkg/schemaconv (v1.36)
 * Simplified: free-form values count as one field
 */
import { definitionOf, onceForEach } from './definitions.ts';
import { EMPTY_SET, type FieldNode, type FieldSet, LEAF } from './field-set.ts';
import { goJson, sortedByKey } from './go-text.ts';
import { equalJson } from './json.ts';
import type { DefinitionSchema, FieldSchema, SchemaRef } from './schema.ts';

export interface FieldDiff {
  /** Added or with another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two versions of an object of the definition |schema|. */
export function diffFields(schema: SchemaRef, before: unknown, after: unknown): FieldDiff {
  const { changed, removed } = compare(structShape(schema), before, after);
  return { changed: changed?.children ?? EMPTY_SET, removed: removed?.children ?? EMPTY_SET };
}

/** All fields that |object| sets. */
export function fieldSetOf(schema: SchemaRef, object: unknown): FieldSet {
  return ownSet(structShape(schema), object).children;
}

type Shape =
  | { readonly form: 'leaf' }
  | { readonly form: 'struct'; readonly fieldsOf: () => ReadonlyMap<string, Shape> }
  | { readonly form: 'map'; readonly item: Shape }
  | { readonly form: 'list'; readonly item: Shape; readonly keys: readonly string[] | null };

const LEAF_SHAPE: Shape = { form: 'leaf' };

const structShape = onceForEach((ref): Shape => definitionShape(definitionOf(ref)));

function definitionShape(schema: DefinitionSchema): Shape {
  if (schema.p === undefined || schema.mt === 'atomic') return LEAF_SHAPE;
  const { p } = schema;
  let fields: ReadonlyMap<string, Shape> | null = null;
  return {
    form: 'struct',
    // Definitions refer to themselves, so a struct's fields are looked at when first needed.
    fieldsOf: () => {
      fields ??= new Map(Object.entries(p).map(([name, field]) => [name, fieldShape(field)]));
      return fields;
    },
  };
}

function fieldShape(field: FieldSchema): Shape {
  if (field.mt === 'atomic') return LEAF_SHAPE;
  if (field.r !== undefined) return structShape(field.r);
  if (field.t === 'map') return { form: 'map', item: fieldShape(field.i ?? {}) };
  if (field.t !== 'array') return LEAF_SHAPE;
  const keys = listKeys(field);
  if (keys === 'atomic') return LEAF_SHAPE;
  return { form: 'list', item: fieldShape(field.i ?? {}), keys: keys === 'set' ? null : keys };
}

/** What tells the items of a list apart. */
export function listKeys(field: FieldSchema): 'atomic' | 'set' | readonly string[] {
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

interface NodeDiff {
  readonly changed: FieldNode | null;
  readonly removed: FieldNode | null;
}

const SAME: NodeDiff = { changed: null, removed: null };
const CHANGED_LEAF: NodeDiff = { changed: LEAF, removed: null };
const REMOVED_LEAF: NodeDiff = { changed: null, removed: LEAF };

/** `undefined` = the field is not there. */
function compare(shape: Shape, before: unknown, after: unknown): NodeDiff {
  if (before === after) return SAME;
  if (shape.form === 'leaf' || (isEmpty(before) && isEmpty(after))) {
    if (before === undefined) return CHANGED_LEAF;
    if (after === undefined) return REMOVED_LEAF;
    return equalJson(before, after) ? SAME : CHANGED_LEAF;
  }
  const changed = new Map<string, FieldNode>();
  const removed = new Map<string, FieldNode>();
  const visit = (element: string, item: Shape, b: unknown, a: unknown): void => {
    const diff = compare(item, b, a);
    if (diff.changed !== null) changed.set(element, diff.changed);
    if (diff.removed !== null) removed.set(element, diff.removed);
  };
  if (shape.form === 'list') {
    const old = itemsByElement(before, shape.keys);
    const next = itemsByElement(after, shape.keys);
    for (const element of new Set([...old.keys(), ...next.keys()])) {
      const diff = compareItems(shape.item, old.get(element) ?? [], next.get(element) ?? []);
      if (diff.changed !== null) changed.set(element, diff.changed);
      if (diff.removed !== null) removed.set(element, diff.removed);
    }
  } else {
    const old = asRecord(before);
    const next = asRecord(after);
    for (const key of Object.keys(old)) {
      visit(`f:${key}`, childShape(shape, key), old[key], own(next, key));
    }
    for (const key of Object.keys(next)) {
      if (!Object.hasOwn(old, key)) visit(`f:${key}`, childShape(shape, key), undefined, next[key]);
    }
  }
  return {
    changed: node(before === undefined, changed),
    removed: node(after === undefined, removed),
  };
}

/** Items with the same element; where there are several, they count as one field. */
function compareItems(shape: Shape, old: readonly unknown[], next: readonly unknown[]): NodeDiff {
  if (old.length <= 1 && next.length <= 1) return compare(shape, old[0], next[0]);
  if (old.length > 1 && next.length > 1) return equalJson(old, next) ? SAME : CHANGED_LEAF;
  if (old.length > 1) {
    const diff = next.length === 0 ? SAME : compare(shape, undefined, next[0]);
    return { changed: diff.changed, removed: LEAF };
  }
  const diff = old.length === 0 ? SAME : compare(shape, old[0], undefined);
  return { changed: LEAF, removed: diff.removed };
}

function node(member: boolean, children: FieldSet): FieldNode | null {
  return member || children.size > 0 ? { member, children } : null;
}

function ownSet(shape: Shape, value: unknown): FieldNode {
  if (shape.form === 'leaf' || isEmpty(value)) return LEAF;
  const children = new Map<string, FieldNode>();
  if (shape.form === 'list') {
    for (const [element, items] of itemsByElement(value, shape.keys)) {
      const below = items.length > 1 ? EMPTY_SET : ownSet(shape.item, items[0]).children;
      children.set(element, { member: true, children: below });
    }
    return { member: false, children };
  }
  const record = asRecord(value);
  for (const key of Object.keys(record)) {
    if (record[key] === undefined) continue;
    const below = ownSet(childShape(shape, key), record[key]);
    const member = below.member || shape.form === 'map';
    children.set(`f:${key}`, { member, children: below.children });
  }
  return { member: false, children };
}

function childShape(shape: Shape, key: string): Shape {
  if (shape.form === 'map') return shape.item;
  return (shape.form === 'struct' ? shape.fieldsOf().get(key) : undefined) ?? LEAF_SHAPE;
}

/** Items by their path element. */
function itemsByElement(
  list: unknown,
  keys: readonly string[] | null,
): Map<string, readonly unknown[]> {
  const out = new Map<string, readonly unknown[]>();
  if (!Array.isArray(list)) return out;
  for (const item of list as readonly unknown[]) {
    const element = keys === null ? `v:${goJson(item)}` : `k:${keyText(item, keys)}`;
    const others = out.get(element);
    out.set(element, others === undefined ? [item] : [...others, item]);
  }
  return out;
}

function keyText(item: unknown, keys: readonly string[]): string {
  const record = asRecord(item);
  const key: Record<string, unknown> = {};
  for (const name of keys) if (record[name] !== undefined) key[name] = record[name];
  return goJson(sortedByKey(key));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) {
    if ((value as Record<string, unknown>)[key] !== undefined) return false;
  }
  return true;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
