/**
 * Arithmetic, comparison, size, membership.
 *
 * Models: cel-go common/stdlib, common/types (traits), common/types/overflow.go
 */
import { compareValues, elementKey, equalValues } from '../equality.ts';
import { durationPart, fitsInt64, inTimestampRange, timestampPart } from '../time-values.ts';
import {
  ArrayList,
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelTimestamp,
  CelUint,
  NO_SUCH_OVERLOAD,
  stringSize,
  type CelValue,
} from '../values.ts';
import { INT_OVERFLOW, checkedUint } from './conversions.ts';
import { contains, type Impl, type Library } from './impl.ts';

type Arithmetic = {
  readonly int: (a: bigint, b: bigint) => bigint | CelError;
  readonly double?: (a: number, b: number) => number;
};

const DIVISION_BY_ZERO = new CelError('division by zero');
const MODULUS_BY_ZERO = new CelError('modulus by zero');

const OPERATIONS: Readonly<Record<string, Arithmetic>> = {
  '_+_': { int: (a, b) => a + b, double: (a, b) => a + b },
  '_-_': { int: (a, b) => a - b, double: (a, b) => a - b },
  '_*_': { int: (a, b) => a * b, double: (a, b) => a * b },
  '_/_': { int: (a, b) => (b === 0n ? DIVISION_BY_ZERO : a / b), double: (a, b) => a / b },
  '_%_': { int: (a, b) => (b === 0n ? MODULUS_BY_ZERO : a % b) },
};

/** Both of one numeric type, or nothing. */
function arithmetic(fn: string, a: CelValue, b: CelValue): CelValue | undefined {
  const operation = OPERATIONS[fn];
  if (operation === undefined) return undefined;
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const result = operation.int(a, b);
    return typeof result !== 'bigint' || fitsInt64(result) ? result : INT_OVERFLOW;
  }
  if (a instanceof CelUint && b instanceof CelUint) {
    const result = operation.int(a.value, b.value);
    return typeof result === 'bigint' ? checkedUint(result) : result;
  }
  return typeof a === 'number' && typeof b === 'number' ? operation.double?.(a, b) : undefined;
}

const duration = (nanos: bigint): CelValue =>
  fitsInt64(nanos) ? new CelDuration(nanos) : new CelError('duration overflow');
const timestamp = (nanos: bigint): CelValue =>
  inTimestampRange(nanos) ? new CelTimestamp(nanos) : new CelError('timestamp overflow');

/** Lists join; sets and maps in lists (x-kubernetes-list-type) merge. */
function joinLists(a: CelList, b: CelList): CelValue {
  if (a.listType === 'atomic') {
    return a instanceof ArrayList ? a.concat(b) : new ArrayList([...a, ...b]);
  }
  const merged = new Map<string, CelValue>();
  for (const element of a) merged.set(elementKey(a, element), element);
  for (const element of b) {
    const key = elementKey(a, element);
    if (a.listType === 'map' || !merged.has(key)) merged.set(key, element);
  }
  return new MergedList([...merged.values()], a);
}

/** What merging gave keeps the type of the list. */
class MergedList extends ArrayList {
  override readonly listType: 'atomic' | 'set' | 'map';
  override readonly mapKeys: readonly string[];
  constructor(items: CelValue[], like: CelList) {
    super(items);
    this.listType = like.listType;
    this.mapKeys = like.mapKeys;
  }
}

const ADDABLE = (value: CelValue): boolean =>
  !(value instanceof CelMap) && typeof value !== 'boolean' && value !== null;

function add(a: CelValue, b: CelValue): CelValue {
  const sum = arithmetic('_+_', a, b);
  if (sum !== undefined) return sum;
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (a instanceof CelList && b instanceof CelList) return joinLists(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Uint8Array.from([...a, ...b]);
  if (a instanceof CelDuration) {
    if (b instanceof CelDuration) return duration(a.nanos + b.nanos);
    if (b instanceof CelTimestamp) return timestamp(a.nanos + b.nanos);
  }
  if (a instanceof CelTimestamp && b instanceof CelDuration) return timestamp(a.nanos + b.nanos);
  return ADDABLE(a) ? NO_SUCH_OVERLOAD : new CelError('no such overload: _+_');
}

function subtract(a: CelValue, b: CelValue): CelValue {
  const difference = arithmetic('_-_', a, b);
  if (difference !== undefined) return difference;
  if (a instanceof CelDuration && b instanceof CelDuration) return duration(a.nanos - b.nanos);
  if (a instanceof CelTimestamp) {
    if (b instanceof CelDuration) return timestamp(a.nanos - b.nanos);
    if (b instanceof CelTimestamp) return duration(a.nanos - b.nanos);
  }
  return NO_SUCH_OVERLOAD;
}

function negate(value: CelValue): CelValue {
  if (typeof value === 'bigint') return fitsInt64(-value) ? -value : INT_OVERFLOW;
  if (typeof value === 'number') return -value;
  return value instanceof CelDuration ? duration(-value.nanos) : NO_SUCH_OVERLOAD;
}

const ORDERED = (value: CelValue): boolean =>
  value !== null && !(value instanceof CelMap) && !(value instanceof CelList);

/** A comparison; |holds| looks at -1, 0 or 1. */
const comparison =
  (fn: string, holds: (order: number) => boolean): Impl =>
  (a = null, b = null) => {
    if (!ORDERED(a)) return new CelError(`no such overload: ${fn}`);
    const order = compareValues(a, b);
    return order instanceof CelError ? order : holds(order);
  };

function size(value: CelValue): CelValue {
  if (typeof value === 'string') return BigInt(stringSize(value));
  if (value instanceof CelList || value instanceof CelMap) return BigInt(value.size);
  if (value instanceof Uint8Array) return BigInt(value.length);
  return new CelError('no such overload: size');
}

function isIn(value: CelValue, container: CelValue): CelValue {
  if (container instanceof CelList) return contains(container, value);
  if (!(container instanceof CelMap)) return NO_SUCH_OVERLOAD;
  const found = container.find(value);
  return found instanceof CelError ? found : found !== undefined;
}

/** A part of a timestamp or a duration. */
const part =
  (fn: string): Impl =>
  (value = null, zone) => {
    if (value instanceof CelTimestamp) {
      if (zone !== undefined && typeof zone !== 'string') return NO_SUCH_OVERLOAD;
      return timestampPart(fn, value, zone);
    }
    if (!(value instanceof CelDuration) || zone !== undefined) return NO_SUCH_OVERLOAD;
    return /Hours|Minutes|Seconds|Milliseconds/.test(fn)
      ? durationPart(fn, value)
      : NO_SUCH_OVERLOAD;
  };

const PARTS = [
  'getFullYear',
  'getMonth',
  'getDayOfYear',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
];

export const operators: Library = {
  '_+_': (a = null, b = null) => add(a, b),
  '_-_': (a = null, b = null) => subtract(a, b),
  '_*_': (a = null, b = null) => arithmetic('_*_', a, b) ?? NO_SUCH_OVERLOAD,
  '_/_': (a = null, b = null) => arithmetic('_/_', a, b) ?? NO_SUCH_OVERLOAD,
  '_%_': (a = null, b = null) => arithmetic('_%_', a, b) ?? NO_SUCH_OVERLOAD,
  '-_': (value = null) => negate(value),
  '!_': (value = null) => (typeof value === 'boolean' ? !value : NO_SUCH_OVERLOAD),
  '_<_': comparison('_<_', (order) => order < 0),
  '_<=_': comparison('_<=_', (order) => order <= 0),
  '_>_': comparison('_>_', (order) => order > 0),
  '_>=_': comparison('_>=_', (order) => order >= 0),
  '_==_': (a = null, b = null) => equalValues(a, b),
  '_!=_': (a = null, b = null) => equalValues(a, b) !== true,
  '@in': (value = null, container = null) => isIn(value, container),
  size: (value = null) => size(value),
  ...Object.fromEntries(PARTS.map((fn) => [fn, part(fn)])),
};
