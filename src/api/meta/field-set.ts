/**
 * Sets of field paths, as managedFields keep them. A path element is already written in its FieldsV1
 * form: `f:name`, `k:{"name":"c"}`, `v:"finalizer"`. Sets are immutable and may share parts.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 fieldpath set.go, serialize.go
 */

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

/** |set| without the paths below and at the given top-level elements. */
export function withoutTop(set: FieldSet, elements: readonly string[]): FieldSet {
  if (!elements.some((e) => set.has(e))) return set;
  const out = new Map(set);
  for (const element of elements) out.delete(element);
  return out;
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

export function fromFieldsV1(fields: FieldsV1): FieldSet {
  const out = new Map<string, FieldNode>();
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.' || !/^[fkvi]:/.test(element)) continue;
    const children = fromFieldsV1(below);
    out.set(element, { member: '.' in below || children.size === 0, children });
  }
  return out;
}
