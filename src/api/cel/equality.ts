/**
 * Whether two values are equal, and which of them comes first.
 *
 * Models: cel-go common/types (Equal, Compare of every type), k8s.io/apiserver
 *         pkg/cel/common/valuesunstructured.go (sets and maps in lists)
 */
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelStruct,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  NO_SUCH_OVERLOAD,
  keyText,
  type CelValue,
} from './values.ts';
import { encodeUtf8 } from '../meta/utf8.ts';

export const isNumber = (value: CelValue): value is bigint | number | CelUint =>
  typeof value === 'bigint' || typeof value === 'number' || value instanceof CelUint;

/** In one form: integers stay exact among themselves, next to a double they become doubles. */
function numbers(
  a: bigint | number | CelUint,
  b: bigint | number | CelUint,
): readonly [bigint | number, bigint | number] {
  const x = a instanceof CelUint ? a.value : a;
  const y = b instanceof CelUint ? b.value : b;
  return typeof x === 'number' || typeof y === 'number' ? [Number(x), Number(y)] : [x, y];
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

const ASCII = /^[\0-\x7f]*$/;

/** In the order of their bytes as UTF-8. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  if (ASCII.test(a) && ASCII.test(b)) return a < b ? -1 : 1;
  return compareBytes(encodeUtf8(a), encodeUtf8(b));
}

const order = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** -1, 0 or 1, or an error where the values have no order. */
export function compareValues(a: CelValue, b: CelValue): number | CelError {
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = numbers(a, b);
    if (Number.isNaN(x) || Number.isNaN(y)) return new CelError('NaN values cannot be ordered');
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return order(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return order(a.nanos, b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return order(a.nanos, b.nanos);
  return NO_SUCH_OVERLOAD;
}

function equalLists(a: CelList, b: CelValue): boolean | CelError {
  if (!(b instanceof CelList)) return false;
  if (a.size !== b.size) return false;
  if (a.listType !== 'atomic') return equalUnordered(a, b);
  for (let i = 0; i < a.size; i += 1) {
    const equal = equalValues(a.at(i), b.at(i));
    if (equal !== true) return equal;
  }
  return true;
}

/** What an element of a set or map is looked up by. */
export function elementKey(list: CelList, element: CelValue): string {
  if (list.listType === 'set') return keyText(element) ?? '';
  if (!(element instanceof CelMap)) return '';
  const parts = list.mapKeys.map((key) => keyText(element.find(key) ?? null) ?? '');
  return JSON.stringify(parts);
}

function equalUnordered(a: CelList, b: CelList): boolean | CelError {
  const known = new Map<string, CelValue>();
  for (const element of a) known.set(elementKey(a, element), element);
  for (const element of b) {
    const mine = known.get(elementKey(a, element));
    if (mine === undefined) return false;
    if (a.listType === 'set') continue;
    const equal = equalValues(mine, element);
    if (equal !== true) return equal;
  }
  return true;
}

function equalMaps(a: CelMap, b: CelValue): boolean | CelError {
  if (!(b instanceof CelMap) || a.size !== b.size) return false;
  for (const key of a.keys()) {
    const mine = a.find(key);
    const other = b.find(key);
    if (other === undefined || mine === undefined) {
      if (other === mine) continue;
      return false;
    }
    const equal = equalValues(mine, other);
    if (equal !== true) return equal;
  }
  return true;
}

function equalStructs(a: CelStruct, b: CelValue): boolean | CelError {
  if (!(b instanceof CelStruct) || a.typeName !== b.typeName) return false;
  if (a.fields.size !== b.fields.size) return false;
  for (const [name, field] of a.fields) {
    const other = b.fields.get(name);
    const equal = other === undefined ? false : equalValues(field, other);
    if (equal !== true) return equal;
  }
  return true;
}

/** Values of different types are different; numbers are equal by what they count. */
export function equalValues(a: CelValue, b: CelValue): boolean | CelError {
  if (a instanceof CelError) return a;
  if (b instanceof CelError) return b;
  if (a === null || b === null) return a === b;
  if (isNumber(a)) {
    if (!isNumber(b)) return false;
    const [x, y] = numbers(a, b);
    return x === y;
  }
  if (a instanceof CelList) return equalLists(a, b);
  if (a instanceof CelMap) return equalMaps(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof CelOptional) return equalOptionals(a, b);
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.type.name === b.type.name;
  if (a instanceof CelStruct) return equalStructs(a, b);
  if (a instanceof CelOpaque) return a.equals(b);
  return a === b;
}

function equalOptionals(a: CelOptional, b: CelValue): boolean | CelError {
  if (!(b instanceof CelOptional)) return false;
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equalValues(a.value, b.value);
}
