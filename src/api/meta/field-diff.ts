/**
 * Which fields of an object differ between two versions of it, and which it sets, by the schema's
 * idea of lists and maps: atomic ones count as one field, others item by item.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 typed compare.go, tofieldset.go (v1.36)
 */
import { EMPTY_SET, type FieldNode, type FieldSet, LEAF, union } from './field-set.ts';
import { equalJson } from './json.ts';
import type { SchemaRef } from './schema.ts';
import {
  elementOf,
  type Form,
  formOf,
  isMap,
  type ListShape,
  type MapShape,
  partShape,
  type Shape,
  shapeOf,
  UnkeyedItem,
} from './typed-shape.ts';

export interface FieldDiff {
  /** Added or with another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two versions of an object of the definition |schema|. */
export function diffFields(schema: SchemaRef, before: unknown, after: unknown): FieldDiff {
  const { changed, removed } = compare(shapeOf(schema), before, after);
  return { changed: changed?.children ?? EMPTY_SET, removed: removed?.children ?? EMPTY_SET };
}

/** All fields that |object| sets. */
export function fieldSetOf(schema: SchemaRef, object: unknown): FieldSet {
  return ownSet(shapeOf(schema), object).children;
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
  if (before === undefined) return compareAs(formOf(shape, after), shape, before, after);
  const form = formOf(shape, before);
  const diff = compareAs(form, shape, before, after);
  if (after === undefined) return diff;
  // A value that has turned into one of another form is compared as both.
  const other = formOf(shape, after);
  return other === form ? diff : joined(diff, compareAs(other, shape, before, after));
}

function joined(a: NodeDiff, b: NodeDiff): NodeDiff {
  return { changed: both(a.changed, b.changed), removed: both(a.removed, b.removed) };
}

function both(a: FieldNode | null, b: FieldNode | null): FieldNode | null {
  if (a === null || b === null) return a ?? b;
  return { member: a.member || b.member, children: union(a.children, b.children) };
}

function compareAs(form: Form, shape: Shape, before: unknown, after: unknown): NodeDiff {
  switch (form) {
    case 'scalar':
      return compareLeaves(before, after);
    case 'list': {
      const list = shape.list as ListShape;
      const old = Array.isArray(before) ? before : [];
      const next = Array.isArray(after) ? after : [];
      const empty = old.length === 0 && next.length === 0;
      if (list.keys === 'atomic' || empty) return compareLeaves(before, after);
      return compareLists(list, old, next, before, after);
    }
    case 'map': {
      const map = shape.map as MapShape;
      if (map.atomic || (hasNoField(before) && hasNoField(after))) {
        return compareLeaves(before, after);
      }
      return compareMaps(map, before, after);
    }
  }
}

function compareLeaves(before: unknown, after: unknown): NodeDiff {
  if (before === undefined) return CHANGED_LEAF;
  if (after === undefined) return REMOVED_LEAF;
  return equalJson(before, after) ? SAME : CHANGED_LEAF;
}

function compareLists(
  list: ListShape,
  old: readonly unknown[],
  next: readonly unknown[],
  before: unknown,
  after: unknown,
): NodeDiff {
  const changed = new Map<string, FieldNode>();
  const removed = new Map<string, FieldNode>();
  const a = itemsByElement(list, old);
  const b = itemsByElement(list, next);
  for (const element of new Set([...a.keys(), ...b.keys()])) {
    const diff = compareItems(list.item, a.get(element) ?? [], b.get(element) ?? []);
    if (diff.changed !== null) changed.set(element, diff.changed);
    if (diff.removed !== null) removed.set(element, diff.removed);
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

function compareMaps(map: MapShape, before: unknown, after: unknown): NodeDiff {
  const changed = new Map<string, FieldNode>();
  const removed = new Map<string, FieldNode>();
  const visit = (key: string, b: unknown, a: unknown): void => {
    if (b === undefined && a === undefined) return;
    const diff = compare(partShape(map, key), b, a);
    if (diff.changed !== null) changed.set(`f:${key}`, diff.changed);
    if (diff.removed !== null) removed.set(`f:${key}`, diff.removed);
  };
  const old = isMap(before) ? before : {};
  const next = isMap(after) ? after : {};
  for (const key of Object.keys(old)) visit(key, old[key], own(next, key));
  for (const key of Object.keys(next)) {
    if (!Object.hasOwn(old, key)) visit(key, undefined, next[key]);
  }
  return {
    changed: node(before === undefined, changed),
    removed: node(after === undefined, removed),
  };
}

function node(member: boolean, children: FieldSet): FieldNode | null {
  return member || children.size > 0 ? { member, children } : null;
}

const NOTHING: FieldNode = { member: false, children: EMPTY_SET };

/** What |value| sets; |member| tells whether its own path counts. */
function ownSet(shape: Shape, value: unknown): FieldNode {
  switch (formOf(shape, value)) {
    case 'scalar':
      return LEAF;
    case 'list': {
      const list = shape.list as ListShape;
      if (list.keys === 'atomic') return LEAF;
      if (!Array.isArray(value)) return NOTHING;
      const children = new Map<string, FieldNode>();
      for (const [element, items] of itemsByElement(list, value)) {
        const below = items.length > 1 ? EMPTY_SET : ownSet(list.item, items[0]).children;
        children.set(element, { member: true, children: below });
      }
      return { member: false, children };
    }
    case 'map': {
      const map = shape.map as MapShape;
      if (map.atomic) return LEAF;
      return isMap(value) ? { member: false, children: ownFields(map, value) } : NOTHING;
    }
  }
}

function ownFields(map: MapShape, value: Readonly<Record<string, unknown>>): FieldSet {
  const children = new Map<string, FieldNode>();
  for (const key of Object.keys(value)) {
    const part = value[key];
    if (part === undefined) continue;
    const named = map.named(key);
    const below = ownSet(named ?? map.rest ?? partShape(map, key), part);
    const bare = part === null || (isMap(part) && hasNoField(part));
    const member = below.member || bare || named === undefined;
    if (member || below.children.size > 0) {
      children.set(`f:${key}`, { member, children: below.children });
    }
  }
  return children;
}

/** Items by their path element; what has none is left out. */
function itemsByElement(
  list: ListShape,
  items: readonly unknown[],
): Map<string, readonly unknown[]> {
  const out = new Map<string, readonly unknown[]>();
  for (const item of items) {
    let element: string;
    try {
      element = elementOf(list, item);
    } catch (error) {
      if (error instanceof UnkeyedItem) continue;
      throw error;
    }
    const others = out.get(element);
    out.set(element, others === undefined ? [item] : [...others, item]);
  }
  return out;
}

function hasNoField(value: unknown): boolean {
  if (!isMap(value)) return true;
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
