/**
 * `"%s is %d".format([…])`.
 *
 * Models: cel-go ext/formatting.go
 */
import { goQuote } from '../../meta/go-text.ts';
import { fixedText, scientificText } from '../number-text.ts';
import { CelList, CelMap, CelTypeValue, CelUint, typeNameOf, type CelValue } from '../values.ts';
import { encodeUtf8 } from '../../meta/utf8.ts';
import type { CelType } from '../types.ts';
import { toText } from './conversions.ts';

export interface FormatError {
  readonly message: string;
}

/** Thrown within this file only. */
class Unfit extends Error {}

const DEFAULT_PRECISION = 6;
const STRINGS =
  'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps';

const unfit = (clause: string, allowed: string, value: CelValue): Unfit =>
  new Unfit(unfitText(clause, allowed, typeNameOf(value)));

function unfitText(clause: string, allowed: string, type: string): string {
  return clause === 'hex' || clause === 'binary'
    ? `only ${allowed} can be formatted as ${clause}, was given ${type}`
    : `${clause} clause can only be used on ${allowed}, was given ${type}`;
}

/** Within a list or a map, strings and bytes are quoted. */
function nested(value: CelValue): string {
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(stringClause(value))}`;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? fixedText(value, DEFAULT_PRECISION) : goQuote(String(value));
  }
  return stringClause(value);
}

function mapText(map: CelMap): string {
  const entries = map.keys().map((key) => {
    return [nested(key), nested(map.find(key) ?? null)] as const;
  });
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, value]) => `${key}:${value}`).join(', ')}}`;
}

function stringClause(value: CelValue): string {
  if (value === null) return 'null';
  if (value instanceof CelList) return `[${[...value].map(nested).join(', ')}]`;
  if (value instanceof CelMap) return mapText(value);
  if (value instanceof CelTypeValue) return value.type.name;
  const text = toText(value);
  if (typeof text === 'string') return text;
  throw unfit('string', STRINGS, value);
}

const whole = (value: CelValue): bigint | undefined => {
  if (typeof value === 'bigint') return value;
  return value instanceof CelUint ? value.value : undefined;
};

function decimalClause(value: CelValue): string {
  const int = whole(value);
  if (int === undefined) throw unfit('decimal', 'integers', value);
  return String(int);
}

function doubleOf(value: CelValue, clause: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw unfit(clause, 'doubles', value);
}

function hexClause(value: CelValue): string {
  const int = whole(value);
  if (int !== undefined) return int.toString(16);
  const bytes = typeof value === 'string' ? encodeUtf8(value) : value;
  if (!(bytes instanceof Uint8Array)) {
    throw unfit('hex', 'integers, byte buffers, and strings', value);
  }
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function binaryClause(value: CelValue): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  const int = whole(value);
  if (int === undefined) throw unfit('binary', 'integers and bools', value);
  return int.toString(2);
}

function octalClause(value: CelValue): string {
  const int = whole(value);
  if (int === undefined) throw unfit('octal', 'integers', value);
  return int.toString(8);
}

function clause(verb: string, precision: number, value: CelValue): string {
  switch (verb) {
    case 's':
      return stringClause(value);
    case 'd':
      return decimalClause(value);
    case 'f':
      return fixedText(doubleOf(value, 'fixed-point'), precision);
    case 'e':
      return scientificText(doubleOf(value, 'scientific'), precision);
    case 'b':
      return binaryClause(value);
    case 'x':
      return hexClause(value);
    case 'X':
      return hexClause(value).toUpperCase();
    case 'o':
      return octalClause(value);
    default:
      throw new Unfit(unrecognized(verb));
  }
}

const CLAUSE = /%(?:%|(?:\.(\d+))?(.?))/gsu;

function unrecognized(verb: string): string {
  return `could not parse formatting clause: unrecognized formatting clause "${verb}"`;
}

/** What each clause takes, by the kinds of types. */
const ALLOWED: Readonly<Record<string, readonly [clause: string, what: string, kinds: string]>> = {
  s: [
    'string',
    STRINGS,
    'list map int uint double bool string timestamp bytes duration null type dyn',
  ],
  d: ['decimal', 'integers', 'int uint dyn'],
  f: ['fixed-point', 'doubles', 'double dyn'],
  e: ['scientific', 'doubles', 'double string dyn'],
  b: ['binary', 'integers and bools', 'int uint bool dyn'],
  x: ['hex', 'integers, byte buffers, and strings', 'int uint string bytes dyn'],
  o: ['octal', 'integers', 'int uint dyn'],
};

export interface FormatFault {
  readonly message: string;
  /** The argument that does not fit; undefined: the call as a whole. */
  readonly argument?: number;
}

/** What is wrong with a literal format and the types of its arguments, before anything runs. */
export function formatFault(text: string, types: readonly CelType[]): FormatFault | undefined {
  let index = 0;
  for (const [match, , verb = ''] of text.matchAll(CLAUSE)) {
    if (match === '%%') continue;
    if (verb === '') return { message: 'unexpected end of string' };
    const allowed = ALLOWED[verb === 'X' ? 'x' : verb];
    const type = types[index];
    if (type === undefined) return { message: `index ${index} out of range` };
    if (allowed === undefined) return { message: unrecognized(verb) };
    const [clause, what, kinds] = allowed;
    if (!kinds.split(' ').includes(type.kind)) {
      const message = unfitText(clause, what, type.name);
      return { message: `error during formatting: ${message}`, argument: index };
    }
    index += 1;
  }
  if (index >= types.length) return undefined;
  return {
    message: `too many arguments supplied to string.format (expected ${index}, got ${types.length})`,
  };
}

/** The text, or what does not fit. */
export function format(text: string, args: CelList): string | FormatError {
  let index = 0;
  try {
    return text.replace(CLAUSE, (match, precision: string | undefined, verb: string) => {
      if (match === '%%') return '%';
      if (verb === '' || verb === undefined) throw new Unfit('unexpected end of string');
      if (index >= args.size) throw new Unfit(`index ${index} out of range`);
      const value = args.at(index);
      index += 1;
      return clause(verb, Number(precision ?? DEFAULT_PRECISION), value);
    });
  } catch (error) {
    if (error instanceof Unfit) return { message: error.message };
    throw error;
  }
}
