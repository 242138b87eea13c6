/**
 * Values by their schema: merging a configuration into an object, and taking fields out of an
 * object. Both leave what they are given alone and share the parts they do not touch.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 typed merge.go, remove.go, reconcile_schema.go,
 *         fieldpath set.go EnsureNamedFieldsAreMembers (v1.36)
 */
import { type FieldNode, type FieldSet, LEAF } from './field-set.ts';
import { setOwn } from './json-text.ts';
import {
  elementOf,
  formOf,
  isMap,
  type ListShape,
  type MapShape,
  partShape,
  type Shape,
} from './typed-shape.ts';

type Json = Readonly<Record<string, unknown>>;

/** |live| with what |config| says; undefined = nothing is there. */
export function mergeTyped(shape: Shape, live: unknown, config: unknown): unknown {
  const form = formOf(shape, config === undefined ? live : config);
  if (form === 'scalar') return config === undefined ? live : config;
  if (form === 'list') {
    const list = shape.list as ListShape;
    const old = Array.isArray(live) ? live : [];
    const next = Array.isArray(config) ? config : [];
    const empty = old.length === 0 && next.length === 0;
    if (list.keys === 'atomic' || empty) return config === undefined ? live : config;
    return mergeLists(list, old, next);
  }
  const map = shape.map as MapShape;
  const old = isMap(live) ? live : {};
  const next = isMap(config) ? config : {};
  if (map.atomic || (isEmpty(old) && isEmpty(next))) return config === undefined ? live : config;
  return mergeMaps(map, old, next);
}

function mergeMaps(map: MapShape, live: Json, config: Json): Json | undefined {
  const out: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(live), ...Object.keys(config)])) {
    const mine = Object.hasOwn(live, key) ? live[key] : undefined;
    const theirs = Object.hasOwn(config, key) ? config[key] : undefined;
    if (mine === undefined && theirs === undefined) continue;
    const merged = mergeTyped(partShape(map, key), mine, theirs);
    if (merged !== undefined) setOwn(out, key, merged);
  }
  return isEmpty(out) ? undefined : out;
}

interface Indexed {
  readonly elements: readonly string[];
  readonly items: readonly unknown[];
  /** null where several items have the element: such items are not merged. */
  readonly byElement: ReadonlyMap<string, unknown>;
}

function indexed(list: ListShape, items: readonly unknown[]): Indexed {
  const byElement = new Map<string, unknown>();
  const elements = items.map((item) => {
    const element = elementOf(list, item);
    byElement.set(element, byElement.has(element) ? null : item);
    return element;
  });
  return { elements, items, byElement };
}

/**
 * Items that both have come in the configuration's order, those of the object alone keep their
 * place before what follows them there.
 */
function mergeLists(
  list: ListShape,
  live: readonly unknown[],
  config: readonly unknown[],
): readonly unknown[] | undefined {
  const old = indexed(list, live);
  const next = indexed(list, config);
  const shared = next.elements.filter((e) => old.byElement.has(e));
  let wanted = 0;
  const out: unknown[] = [];
  const merged = new Set<string>();
  const put = (mine: unknown, theirs: unknown): void => {
    const value = mergeTyped(list.item, mine, theirs);
    if (value !== undefined) out.push(value);
  };
  let o = 0;
  let n = 0;
  // Every round takes an item of one of the lists.
  while (o < old.elements.length || n < next.elements.length) {
    const mine = old.elements[o];
    const theirs = next.elements[n];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        merged.add(mine);
        put(old.byElement.get(mine), next.byElement.get(mine));
        o++;
        n++;
        wanted++;
        continue;
      }
      const waits = wanted < shared.length && shared[wanted] !== mine;
      if (next.byElement.has(mine) && waits) {
        o++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!next.byElement.has(mine)) {
        put(old.items[o], undefined);
        o++;
        continue;
      }
      if (merged.has(mine)) o++;
    }
    if (theirs === undefined) continue;
    merged.add(theirs);
    put(old.byElement.get(theirs), next.byElement.get(theirs));
    n++;
    if (shared[wanted] === theirs) wanted++;
  }
  return out.length > 0 ? out : undefined;
}

/** |value| without the fields in |gone|; undefined when nothing is left. */
export function removeFields(shape: Shape, value: unknown, gone: FieldSet): unknown {
  switch (formOf(shape, value)) {
    case 'scalar':
      return value;
    case 'list': {
      const list = shape.list as ListShape;
      if (!Array.isArray(value) || list.keys === 'atomic') return undefined;
      return removeItems(list, value, gone);
    }
    case 'map': {
      const map = shape.map as MapShape;
      if (!isMap(value) || map.atomic) return undefined;
      return removeKeys(map, value, gone);
    }
  }
}

function removeItems(
  list: ListShape,
  items: readonly unknown[],
  gone: FieldSet,
): readonly unknown[] | undefined {
  const out: unknown[] = [];
  for (const item of items) {
    const node = gone.get(elementOf(list, item));
    if (node?.member) continue;
    const left = node ? removeFields(list.item, item, node.children) : item;
    out.push(left === undefined ? null : left);
  }
  return out.length > 0 ? out : undefined;
}

function removeKeys(map: MapShape, value: Json, gone: FieldSet): Json | undefined {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const node = gone.get(`f:${key}`);
    if (node?.member || value[key] === undefined) continue;
    // A part that loses all it has stays as an explicit null, as upstream leaves it.
    const left = node ? removeFields(partShape(map, key), value[key], node.children) : value[key];
    setOwn(out, key, left === undefined ? null : left);
  }
  return isEmpty(out) ? undefined : out;
}

/** |set| with every declared field that has paths below it: such a field goes with its last part. */
export function withNamedParents(shape: Shape | null, set: FieldSet): FieldSet {
  if (set.size === 0) return set;
  const out = new Map<string, FieldNode>();
  for (const [element, node] of set) {
    if (node.children.size === 0) {
      out.set(element, node);
      continue;
    }
    const field = element.startsWith('f:') ? element.slice(2) : null;
    const named = field === null ? undefined : shape?.map?.named(field);
    const part =
      field === null
        ? element.startsWith('k:')
          ? (shape?.list?.item ?? null)
          : null
        : (named ?? shape?.map?.rest ?? null);
    const member = node.member || named !== undefined;
    out.set(element, { member, children: withNamedParents(part, node.children) });
  }
  return out;
}

/**
 * |set| after the schema has changed since it was written: whoever owned parts of what is now one
 * field owns that field.
 */
export function fittedTo(shape: Shape, set: FieldSet): FieldSet {
  let out: Map<string, FieldNode> | null = null;
  for (const [element, node] of set) {
    const part = partOf(shape, element);
    if (part === null) continue;
    const fitted = fittedNode(part, node);
    if (fitted === node) continue;
    out ??= new Map(set);
    out.set(element, fitted);
  }
  return out ?? set;
}

function fittedNode(shape: Shape, node: FieldNode): FieldNode {
  if (node.children.size === 0) return node;
  // Values of a form that is not known from the set are taken as upstream does: maps first.
  if (shape.map ? shape.map.atomic : shape.list?.keys === 'atomic') return LEAF;
  const children = fittedTo(shape, node.children);
  return children === node.children ? node : { member: node.member, children };
}

function partOf(shape: Shape, element: string): Shape | null {
  if (element.startsWith('f:')) {
    const { map } = shape;
    return map && (map.named(element.slice(2)) ?? map.rest);
  }
  return shape.list && shape.list.keys !== 'atomic' ? shape.list.item : null;
}

function isEmpty(value: Json): boolean {
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}
