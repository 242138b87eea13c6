/**
 * Conversions between types: int(), string(), timestamp() and the like.
 *
 * Models: cel-go common/types (ConvertToType), common/stdlib
 */
import { goDoubleText } from '../number-text.ts';
import {
  durationText,
  fitsInt64,
  inTimestampRange,
  parseDuration,
  parseTimestamp,
  timestampText,
  unixSeconds,
} from '../time-values.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  INT,
  NULL,
  STRING,
  TIMESTAMP,
  TYPE,
  UINT,
  listOf,
  mapOf,
  typeParam,
  type CelType,
} from '../types.ts';
import {
  CelDuration,
  CelError,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  typeNameOf,
  type CelValue,
} from '../values.ts';
import { libraryType } from '../declarations.ts';
import { decodeUtf8Strict, encodeUtf8 } from '../../meta/utf8.ts';
import type { Library } from './impl.ts';
import { CelCidr, CelIp } from './net.ts';

const NANOS_PER_SECOND = 1_000_000_000n;
const MAX_UINT64 = 2n ** 64n - 1n;

export const INT_OVERFLOW = new CelError('integer overflow');
export const UINT_OVERFLOW = new CelError('unsigned integer overflow');

const failed = (to: CelType): CelError =>
  new CelError(`type conversion error from 'string' to '${to.name}'`);

const checkedInt = (value: bigint): CelValue => (fitsInt64(value) ? value : INT_OVERFLOW);
export const checkedUint = (value: bigint): CelValue =>
  value >= 0n && value <= MAX_UINT64 ? new CelUint(value) : UINT_OVERFLOW;

/** Doubles at the very edge do not convert: the number next to it would not fit. */
const doubleFits = (value: number, low: number, high: number): boolean =>
  value > low && value < high;

function toInt(value: CelValue): CelValue | undefined {
  if (typeof value === 'bigint') return value;
  if (value instanceof CelUint) return checkedInt(value.value);
  if (typeof value === 'number') {
    return doubleFits(value, -(2 ** 63), 2 ** 63) ? BigInt(Math.trunc(value)) : INT_OVERFLOW;
  }
  if (typeof value === 'string') {
    const ok = /^[+-]?\d+$/.test(value) && fitsInt64(BigInt(value.replace(/^\+/, '')));
    return ok ? BigInt(value.replace(/^\+/, '')) : failed(INT);
  }
  if (value instanceof CelTimestamp) return unixSeconds(value);
  return value instanceof CelDuration ? value.nanos : undefined;
}

function toUint(value: CelValue): CelValue | undefined {
  if (value instanceof CelUint) return value;
  if (typeof value === 'bigint') return checkedUint(value);
  if (typeof value === 'number') {
    return doubleFits(value, -1, 2 ** 64) && value >= 0
      ? new CelUint(BigInt(Math.trunc(value)))
      : UINT_OVERFLOW;
  }
  if (typeof value !== 'string') return undefined;
  const ok = /^\d+$/.test(value) && BigInt(value) <= MAX_UINT64;
  return ok ? new CelUint(BigInt(value)) : failed(UINT);
}

const GO_FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL_FLOATS: Readonly<Record<string, number>> = {
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  '+infinity': Infinity,
  '-infinity': -Infinity,
  nan: Number.NaN,
};

function toDouble(value: CelValue): CelValue | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (typeof value !== 'string') return undefined;
  const special = SPECIAL_FLOATS[value.toLowerCase()];
  if (special !== undefined) return special;
  const number = GO_FLOAT.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : failed(DOUBLE);
}

export function toText(value: CelValue): CelValue | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return goDoubleText(value);
    default:
      break;
  }
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelIp || value instanceof CelCidr) return value.text;
  if (value instanceof Uint8Array) {
    return (
      decodeUtf8Strict(value) ?? new CelError('invalid UTF-8 in bytes, cannot convert to string')
    );
  }
  return undefined;
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function toBool(value: CelValue): CelValue | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (TRUE.has(value)) return true;
  return FALSE.has(value) ? false : failed(BOOL);
}

function toBytes(value: CelValue): CelValue | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? encodeUtf8(value) : undefined;
}

function toDuration(value: CelValue): CelValue | undefined {
  if (value instanceof CelDuration) return value;
  if (typeof value === 'bigint') return new CelDuration(value);
  if (typeof value !== 'string') return undefined;
  return parseDuration(value) ?? failed(DURATION);
}

function toTimestamp(value: CelValue): CelValue | undefined {
  if (value instanceof CelTimestamp) return value;
  const made =
    typeof value === 'bigint'
      ? new CelTimestamp(value * NANOS_PER_SECOND)
      : typeof value === 'string'
        ? parseTimestamp(value)
        : undefined;
  if (made === undefined) return typeof value === 'string' ? failed(TIMESTAMP) : undefined;
  return inTimestampRange(made.nanos) ? made : new CelError('timestamp overflow');
}

const RUNTIME_TYPES: Readonly<Record<string, CelType>> = {
  bool: BOOL,
  bytes: BYTES,
  double: DOUBLE,
  int: INT,
  uint: UINT,
  string: STRING,
  null_type: NULL,
  list: listOf(typeParam('A')),
  map: mapOf(typeParam('A'), typeParam('B')),
  type: TYPE,
  'google.protobuf.Duration': DURATION,
  'google.protobuf.Timestamp': TIMESTAMP,
};

function typeValueOf(value: CelValue): CelValue {
  const name = typeNameOf(value);
  return new CelTypeValue(RUNTIME_TYPES[name] ?? libraryType(name));
}

export const conversions: Library = {
  int: (value = null) => toInt(value),
  uint: (value = null) => toUint(value),
  double: (value = null) => toDouble(value),
  string: (value = null) => toText(value),
  bool: (value = null) => toBool(value),
  bytes: (value = null) => toBytes(value),
  duration: (value = null) => toDuration(value),
  timestamp: (value = null) => toTimestamp(value),
  dyn: (value) => value,
  type: (value = null) => typeValueOf(value),
};
