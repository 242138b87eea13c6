/**
 * Functions of lists, sets, optionals and maps.
 *
 * Models: k8s.io/apiserver pkg/cel/library/lists.go (v1.36); cel-go ext/lists.go, ext/sets.go,
 *         ext/comprehensions.go, cel/library.go (optionals)
 */
import { compareValues, equalValues } from '../equality.ts';
import {
  ArrayList,
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelUint,
  EntryMap,
  NONE,
  NO_SUCH_OVERLOAD,
  typeNameOf,
  type CelValue,
} from '../values.ts';
import { contains, type Impl, type Library } from './impl.ts';
import { operators } from './operators.ts';

const ofList =
  (impl: (list: CelList, ...rest: readonly CelValue[]) => CelValue | undefined): Impl =>
  (list, ...rest) =>
    list instanceof CelList ? impl(list, ...rest) : undefined;

function sum(list: CelList): CelValue {
  let total: CelValue | undefined;
  for (const element of list) {
    const next: CelValue =
      total === undefined ? element : (operators['_+_']?.(total, element) ?? NO_SUCH_OVERLOAD);
    if (next instanceof CelError) return next;
    total = next;
  }
  return total ?? 0n;
}

/** The element that no other one beats; |wanted| is the sign of a better one's comparison. */
const extreme =
  (name: string, wanted: number) =>
  (list: CelList): CelValue => {
    let best: CelValue | undefined;
    for (const element of list) {
      if (best === undefined) {
        best = element;
        continue;
      }
      const order = compareValues(element, best);
      if (order instanceof CelError) return order;
      if (order === wanted) best = element;
    }
    return best === undefined ? new CelError(`${name} called on empty list`) : best;
  };

function isSorted(list: CelList): CelValue {
  let previous: CelValue | undefined;
  for (const element of list) {
    if (previous !== undefined) {
      const order = compareValues(previous, element);
      if (order instanceof CelError) return order;
      if (order > 0) return false;
    }
    previous = element;
  }
  return true;
}

function comparable(value: CelValue): boolean {
  if (value === null) return false;
  return (
    typeof value !== 'object' ||
    value instanceof CelUint ||
    value instanceof CelDuration ||
    value instanceof CelTimestamp ||
    value instanceof Uint8Array
  );
}

function sortBy(list: CelList, keys: CelList): CelValue {
  if (list.size !== keys.size) {
    return new CelError(
      '@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but ' +
        `got ${list.size} and ${keys.size} elements respectively`,
    );
  }
  if (list.size === 0) return list;
  const first = keys.at(0);
  if (!comparable(first)) return new CelError('list elements must be comparable');
  const type = typeNameOf(first);
  const pairs = Array.from({ length: list.size }, (_, i) => ({ key: keys.at(i), at: i }));
  if (pairs.some(({ key }) => typeNameOf(key) !== type)) {
    return new CelError('list elements must have the same type');
  }
  pairs.sort((a, b) => Number(compareValues(a.key, b.key)));
  return new ArrayList(pairs.map(({ at }) => list.at(at)));
}

function distinct(list: CelList): CelValue {
  const kept: CelValue[] = [];
  for (const element of list) {
    if (!kept.some((other) => equalValues(element, other) === true)) kept.push(element);
  }
  return new ArrayList(kept);
}

function flatten(list: CelList, depth: bigint): CelValue[] {
  const out: CelValue[] = [];
  for (const element of list) {
    if (element instanceof CelList && depth > 0n) out.push(...flatten(element, depth - 1n));
    else out.push(element);
  }
  return out;
}

function slice(list: CelList, start: bigint, end: bigint): CelValue {
  const what = `cannot slice(${start}, ${end})`;
  if (start < 0n || end < 0n) return new CelError(`${what}, negative indexes not supported`);
  if (start > end) {
    return new CelError(`${what}, start index must be less than or equal to end index`);
  }
  if (end > BigInt(list.size)) return new CelError(`${what}, list is length ${list.size}`);
  return new ArrayList([...list].slice(Number(start), Number(end)));
}

/** A list longer than this is refused: its cost alone would exceed every budget. */
const MAX_RANGE = 10_000_000n;

function range(count: bigint): CelValue {
  if (count > MAX_RANGE) {
    return new CelError('operation cancelled: actual cost limit exceeded');
  }
  return new ArrayList(Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i)));
}

function containsAll(list: CelList, part: CelList): CelValue {
  for (const element of part) {
    const found = contains(list, element);
    if (found !== true) return found;
  }
  return true;
}

const setFunction =
  (impl: (a: CelList, b: CelList) => CelValue): Impl =>
  (a, b) =>
    a instanceof CelList && b instanceof CelList ? impl(a, b) : undefined;

const ofOptional =
  (impl: (optional: CelOptional) => CelValue): Impl =>
  (value) =>
    value instanceof CelOptional ? impl(value) : undefined;

/** Empty, zero, none. */
function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanos === 0n;
  return value instanceof CelOptional && value.value === undefined;
}

function unwrap(list: CelList): CelValue {
  const out: CelValue[] = [];
  for (const element of list) {
    if (!(element instanceof CelOptional)) {
      return new CelError(`value ${String(element)} is not optional`);
    }
    if (element.value !== undefined) out.push(element.value);
  }
  return new ArrayList(out);
}

function insert(map: EntryMap, key: CelValue, value: CelValue): EntryMap | CelError {
  if (map.find(key) !== undefined) {
    return new CelError(`insert failed: key ${String(key)} already exists`);
  }
  return map.insert(key, value);
}

const mapInsert: Impl = (map, key = null, value) => {
  if (!(map instanceof EntryMap)) return undefined;
  if (value !== undefined) return insert(map, key, value);
  if (!(key instanceof CelMap)) return undefined;
  let result: EntryMap | CelError = map;
  for (const entry of key.keys()) {
    result = insert(result, entry, key.find(entry) ?? null);
    if (result instanceof CelError) return result;
  }
  return result;
};

export const lists: Library = {
  sum: ofList(sum),
  max: ofList(extreme('max', 1)),
  min: ofList(extreme('min', -1)),
  isSorted: ofList(isSorted),
  sort: ofList((list) => sortBy(list, list)),
  '@sortByAssociatedKeys': setFunction(sortBy),
  distinct: ofList(distinct),
  reverse: ofList((list) => new ArrayList([...list].reverse())),
  flatten: ofList((list, depth = 1n) => {
    if (typeof depth !== 'bigint') return undefined;
    return depth < 0n
      ? new CelError('level must be non-negative')
      : new ArrayList(flatten(list, depth));
  }),
  slice: ofList((list, start, end) =>
    typeof start === 'bigint' && typeof end === 'bigint' ? slice(list, start, end) : undefined,
  ),
  first: ofList((list) => (list.size === 0 ? NONE : new CelOptional(list.at(0)))),
  last: ofList((list) => (list.size === 0 ? NONE : new CelOptional(list.at(list.size - 1)))),
  'lists.range': (count) => (typeof count === 'bigint' ? range(count) : undefined),
  'sets.contains': setFunction(containsAll),
  'sets.equivalent': setFunction((a, b) => {
    const forth = containsAll(a, b);
    return forth === true ? containsAll(b, a) : forth;
  }),
  'sets.intersects': setFunction((a, b) => [...a].some((item) => contains(b, item) === true)),
  'optional.of': (value = null) => new CelOptional(value),
  'optional.ofNonZeroValue': (value = null) => (isZero(value) ? NONE : new CelOptional(value)),
  'optional.none': () => NONE,
  'optional.unwrap': ofList(unwrap),
  unwrapOpt: ofList(unwrap),
  hasValue: ofOptional(({ value }) => value !== undefined),
  value: ofOptional(({ value }) => {
    return value === undefined ? new CelError('optional.none() dereference') : value;
  }),
  'cel.@mapInsert': mapInsert,
};
