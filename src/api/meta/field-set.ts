/**
 * Sets of field paths, as managedFields keep them. A path element is already written in its FieldsV1
 * form: `f:name`, `k:{"name":"c"}`, `v:"finalizer"`. Sets are immutable and may share parts.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 fieldpath set.go, serialize.go
 */

import { goJson, sortedByKey } from './go-text.ts';

export interface FieldNode {
  /** The path that ends here belongs to the set itself, not only paths below it. */
  readonly member: boolean;
  readonly children: FieldSet;
}

export type FieldSet = ReadonlyMap<string, FieldNode>;

/** metadata.managedFields[].fieldsV1 */
export interface FieldsV1 {
  readonly [element: string]: FieldsV1;
}

export const EMPTY_SET: FieldSet = new Map();
export const LEAF: FieldNode = { member: true, children: EMPTY_SET };

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b.size === 0) return a;
  if (a.size === 0) return b;
  const out = new Map(a);
  for (const [element, node] of b) {
    const mine = out.get(element);
    out.set(element, mine === undefined ? node : joined(mine, node));
  }
  return out;
}

function joined(a: FieldNode, b: FieldNode): FieldNode {
  if (a === b) return a;
  return { member: a.member || b.member, children: union(a.children, b.children) };
}

/** Paths of |a| that are not in |b|; paths count as they are, without what lies below them. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return a;
  if (a === b) return EMPTY_SET;
  let out: Map<string, FieldNode> | null = null;
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined) continue;
    const member = node.member && !other.member;
    const children = difference(node.children, other.children);
    if (member === node.member && children === node.children) continue;
    out ??= new Map(a);
    if (!member && children.size === 0) out.delete(element);
    else out.set(element, { member, children });
  }
  return out ?? a;
}

/** Paths in both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const out = new Map<string, FieldNode>();
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined) continue;
    const member = node.member && other.member;
    const children = intersection(node.children, other.children);
    if (member || children.size > 0) out.set(element, { member, children });
  }
  return out;
}

/** Paths of |a| that are neither in |b| nor below a path in |b|. */
export function withoutBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return a;
  let out: Map<string, FieldNode> | null = null;
  for (const [element, other] of b) {
    const node = a.get(element);
    if (node === undefined) continue;
    const children = other.member ? EMPTY_SET : withoutBelow(node.children, other.children);
    const member = node.member && !other.member;
    if (member === node.member && children === node.children) continue;
    out ??= new Map(a);
    if (!member && children.size === 0) out.delete(element);
    else out.set(element, { member, children });
  }
  return out ?? a;
}

/**
 * Paths of |set| that lead to or lie below the paths of |pattern|, in which `*` stands for any
 * element.
 */
export function matching(set: FieldSet, pattern: FieldSet): FieldSet {
  const out = new Map<string, FieldNode>();
  for (const [element, node] of set) {
    const part = pattern.get(element) ?? pattern.get('*');
    if (part === undefined) continue;
    const children = part.member ? node.children : matching(node.children, part.children);
    if (node.member || children.size > 0) out.set(element, { member: node.member, children });
  }
  return out;
}

/** The set of the given paths, each a list of elements. */
export function setOf(paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => union(set, pathSet(path)), EMPTY_SET);
}

function pathSet([first, ...rest]: readonly string[]): FieldSet {
  if (first === undefined) return EMPTY_SET;
  return new Map([[first, { member: rest.length === 0, children: pathSet(rest) }]]);
}

/** Whether the set has the path. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldNode | undefined;
  let within: FieldSet = set;
  for (const element of path) {
    node = within.get(element);
    if (node === undefined) return false;
    within = node.children;
  }
  return node?.member === true;
}

/** Whether both sets hold the same paths. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined || other.member !== node.member) return false;
    if (!equalSets(node.children, other.children)) return false;
  }
  return true;
}

/** All paths, in the order in which upstream walks a set: those that end here go first. */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): (readonly string[])[] {
  const elements = [...set.keys()].sort(compareElements);
  const here = elements.filter((e) => set.get(e)?.member).map((e) => [...prefix, e]);
  const below = elements.flatMap((e) => pathsOf(set.get(e)?.children ?? EMPTY_SET, [...prefix, e]));
  return [...here, ...below];
}

/** Upstream's order of path elements: fields, keys, values, each by its text. */
function compareElements(a: string, b: string): number {
  const x = a.charCodeAt(0);
  const y = b.charCodeAt(0);
  // f < k < v happens to be the order of the letters as well.
  if (x !== y) return x - y;
  return a.startsWith('k:') ? compareKeys(a, b) : compareValues(a, b);
}

/** Keys compare field by field; numbers as numbers. */
function compareKeys(a: string, b: string): number {
  const x = Object.entries(JSON.parse(a.slice(2)) as Record<string, unknown>);
  const y = Object.entries(JSON.parse(b.slice(2)) as Record<string, unknown>);
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [xName, xValue] = x[i] as [string, unknown];
    const [yName, yValue] = y[i] as [string, unknown];
    const order = compareValues(xName, yName) || compareValues(xValue, yValue);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const x = String(a);
  const y = String(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function toFieldsV1(set: FieldSet): FieldsV1 {
  const out: Record<string, FieldsV1> = {};
  const elements = [...set.keys()].sort(compareElements);
  for (const element of elements) {
    const { member, children } = set.get(element) as FieldNode;
    if (children.size === 0) out[element] = {};
    else out[element] = member ? { '.': {}, ...toFieldsV1(children) } : toFieldsV1(children);
  }
  return out;
}

/** Throws a SyntaxError when an element cannot be read; elements of unknown types are left out. */
export function fromFieldsV1(fields: FieldsV1): FieldSet {
  const out = new Map<string, FieldNode>();
  for (const [text, below] of Object.entries(fields)) {
    if (text === '.') continue;
    const element = canonicalElement(text);
    if (element === null) continue;
    const children = fromFieldsV1(below);
    out.set(element, { member: '.' in below || children.size === 0, children });
  }
  return out;
}

/** Keys and values as we would write them ourselves. */
function canonicalElement(text: string): string | null {
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
      return `v:${goJson(JSON.parse(text.slice(2)))}`;
    case 'k':
      return `k:${goJson(sortedByKey(JSON.parse(text.slice(2)) as Record<string, unknown>))}`;
    case 'i':
      return `i:${Number(text.slice(2))}`;
    default:
      return null;
  }
}
