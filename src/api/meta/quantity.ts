/**
 * Resource quantities (`500m`, `64Mi`, `1e3`): parsing, canonical text, comparing, adding.
 *
 * Models:     k8s.io/apimachinery/pkg/api/resource quantity.go, amount.go, suffix.go (v1.36)
 * Simplified: nothing known. Upstream keeps a quantity as an int64 with a decimal scale when that is
 *             exact and else as an arbitrary decimal; `big` remembers which, because texts of small
 *             numbers are kept as written and because pod-template-hash sees the difference.
 */

export type QuantityFormat = 'DecimalExponent' | 'BinarySI' | 'DecimalSI';

/** unscaled × 10^scale. */
export interface ParsedQuantity {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  /** What upstream keeps of the text it parsed; empty when the text has to be made anew. */
  readonly text: string;
  /** Held as an arbitrary decimal (inf.Dec). */
  readonly big: boolean;
}

export const QUANTITY_FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const QUANTITY_NUMBER_ERROR = 'unable to parse numeric part of quantity';
export const QUANTITY_SUFFIX_ERROR = "unable to parse quantity's suffix";

const SHAPE = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MAX_INT64_DIGITS = 18; // maxInt64Factors, math.go
const MILLI = -3;
const NANO = -9;

const DECIMAL_EXPONENT: Readonly<Record<string, number>> = {
  '': 0,
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_EXPONENT: Readonly<Record<string, number>> = {
  Ki: 10,
  Mi: 20,
  Gi: 30,
  Ti: 40,
  Pi: 50,
  Ei: 60,
};
const DECIMAL_SUFFIX: ReadonlyMap<number, string> = new Map(
  Object.entries(DECIMAL_EXPONENT).map(([s, e]) => [e, s]),
);
const BINARY_SUFFIX = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

export const ZERO_QUANTITY: ParsedQuantity = {
  unscaled: 0n,
  scale: 0,
  format: 'DecimalSI',
  text: '0',
  big: false,
};

/** Texts repeat all the time; a cache that has grown too large is dropped as a whole. */
const CACHE_MAX_ENTRIES = 4096;
const parsed = new Map<string, ParsedQuantity | string>();

/** The quantity that |text| stands for, or upstream's error text. */
export function tryParseQuantity(text: string | number): ParsedQuantity | string {
  const key = typeof text === 'number' ? String(text) : text.trim();
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const result = parse(key);
  if (parsed.size >= CACHE_MAX_ENTRIES) parsed.clear();
  parsed.set(key, result);
  return result;
}

/** For texts that are known to be quantities, such as those of stored objects. */
export function parseQuantity(text: string | number): ParsedQuantity {
  const result = tryParseQuantity(text);
  if (typeof result === 'string') throw new Error(`${JSON.stringify(text)}: ${result}`);
  return result;
}

interface Suffix {
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function interpretSuffix(suffix: string): Suffix | undefined {
  const decimal = DECIMAL_EXPONENT[suffix];
  if (decimal !== undefined) return { exponent: decimal, format: 'DecimalSI' };
  const binary = BINARY_EXPONENT[suffix];
  if (binary !== undefined) return { exponent: binary, format: 'BinarySI' };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) return undefined;
  return { exponent: Number(suffix.slice(1)) | 0, format: 'DecimalExponent' };
}

function parse(text: string): ParsedQuantity | string {
  if (text === '') return QUANTITY_FORMAT_ERROR;
  if (text === '0') return ZERO_QUANTITY;
  const match = SHAPE.exec(text);
  if (match === null) return QUANTITY_FORMAT_ERROR;
  const [, sign = '', digits = '', fraction = '', suffixText = ''] = match;
  const suffix = interpretSuffix(suffixText);
  if (suffix === undefined) return QUANTITY_SUFFIX_ERROR;
  const whole = digits.replace(/^0+/, '') || '0';
  const fast = parseSmall(text, sign === '-', whole, fraction, suffix);
  if (fast !== undefined) return fast;
  if (digits === '' && fraction === '') return QUANTITY_NUMBER_ERROR;
  return parseBig(sign === '-', whole, fraction, suffix);
}

/** Upstream's int64 path; undefined when the number does not fit it. */
function parseSmall(
  text: string,
  negative: boolean,
  whole: string,
  fraction: string,
  { exponent, format }: Suffix,
): ParsedQuantity | undefined {
  let factor = 1n;
  let scale = exponent;
  let precision = MAX_INT64_DIGITS - (whole.length + fraction.length);
  if (format === 'BinarySI') {
    if (fraction !== '') return undefined;
    factor = 1n << BigInt(exponent);
    scale = 0;
    precision = 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1;
  }
  scale -= fraction.length;
  if (precision < 0 || scale < NANO) return undefined;
  const shifted = whole + fraction;
  const value = BigInt(shifted);
  const product = value * factor;
  if (product > MAX_INT64) return undefined;
  const canonical =
    format === 'BinarySI'
      ? (value & 7n) !== 0n
      : scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0');
  return {
    unscaled: negative ? -product : product,
    scale,
    format,
    text: canonical ? text : '',
    big: false,
  };
}

function parseBig(
  negative: boolean,
  whole: string,
  fraction: string,
  suffix: Suffix,
): ParsedQuantity {
  let format = suffix.format;
  let unscaled = BigInt(whole + fraction);
  let scale = -fraction.length;
  if (format === 'BinarySI') unscaled <<= BigInt(suffix.exponent);
  else scale += suffix.exponent;
  // Asking for less than the smallest unit still gets something.
  if (unscaled !== 0n) {
    unscaled = rescaleUp(unscaled, scale, NANO);
    scale = NANO;
  }
  if (format === 'BinarySI') {
    const one = scale >= 0 ? 1n : 10n ** BigInt(-scale);
    if (unscaled > MAX_INT64 * one) {
      unscaled = MAX_INT64;
      scale = 0;
    } else if (unscaled > 0n && unscaled < one) {
      format = 'DecimalSI';
    }
  }
  return { unscaled: negative ? -unscaled : unscaled, scale, format, text: '', big: true };
}

/** |unscaled| × 10^|from| written with scale |to|, rounded away from zero. */
function rescaleUp(unscaled: bigint, from: number, to: number): bigint {
  if (from >= to) return unscaled * 10n ** BigInt(from - to);
  const divisor = 10n ** BigInt(to - from);
  const quotient = unscaled / divisor;
  if (quotient * divisor === unscaled) return quotient;
  return unscaled < 0n ? quotient - 1n : quotient + 1n;
}

/** Upstream Quantity.RoundUp. */
function roundUp(q: ParsedQuantity, scale: number): ParsedQuantity {
  if (!q.big && q.scale >= scale) return q;
  return { ...q, unscaled: rescaleUp(q.unscaled, q.scale, scale), scale, text: '' };
}

/** The text a quantity is stored and shown with: upstream Quantity.String. */
export function quantityText(q: ParsedQuantity): string {
  if (q.text !== '') return q.text;
  if (q.unscaled === 0n) return '0';
  if (q.format === 'BinarySI') {
    const value = rescaleUp(q.unscaled, q.scale, 0);
    const exact = compareScaled(value, 0, q.unscaled, q.scale) === 0;
    const small =
      compareScaled(q.unscaled, q.scale, -1024n, 0) > 0 &&
      compareScaled(q.unscaled, q.scale, 1024n, 0) < 0;
    if (exact && !small) return binaryText(value);
  }
  return decimalText(q);
}

function binaryText(value: bigint): string {
  let amount = value;
  let times = 0;
  while (amount % 1024n === 0n) {
    amount /= 1024n;
    times++;
  }
  return `${amount}${BINARY_SUFFIX[times] ?? ''}`;
}

function decimalText(q: ParsedQuantity): string {
  let amount = q.unscaled;
  let exponent = q.scale;
  while (amount % 10n === 0n) {
    amount /= 10n;
    exponent++;
  }
  while (exponent % 3 !== 0) {
    amount *= 10n;
    exponent--;
  }
  if (q.format === 'DecimalExponent') return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
  return `${amount}${DECIMAL_SUFFIX.get(exponent) ?? ''}`;
}

function compareScaled(a: bigint, aScale: number, b: bigint, bScale: number): number {
  const scale = Math.min(aScale, bScale);
  const left = a * 10n ** BigInt(aScale - scale);
  const right = b * 10n ** BigInt(bScale - scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

const canonical = new Map<string, string>();
const canonicalResource = new Map<string, string>();

function cached(map: Map<string, string>, key: string, make: () => string): string {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (map.size >= CACHE_MAX_ENTRIES) map.clear();
  map.set(key, made);
  return made;
}

/** |text| as the API server would answer it. */
export function canonicalQuantity(text: string | number): string {
  return cached(canonical, String(text), () => quantityText(parseQuantity(text)));
}

/** The same for values of resource lists, which are rounded up to thousandths on the way. */
export function canonicalResourceQuantity(text: string | number): string {
  return cached(canonicalResource, String(text), () =>
    quantityText(roundUp(parseQuantity(text), MILLI)),
  );
}

export function compareQuantity(a: string, b: string): number {
  if (a === b) return 0;
  const x = parseQuantity(a);
  const y = parseQuantity(b);
  return compareScaled(x.unscaled, x.scale, y.unscaled, y.scale);
}

/** -1, 0 or 1. */
export function quantitySign(text: string): number {
  const { unscaled } = parseQuantity(text);
  return unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0;
}

/** a + b; the format is that of the first that is not zero. */
export function addQuantity(a: string, b: string): string {
  return combine(a, parseQuantity(b));
}

/** a − b */
export function subtractQuantity(a: string, b: string): string {
  const y = parseQuantity(b);
  return combine(a, { ...y, unscaled: -y.unscaled });
}

function combine(a: string, y: ParsedQuantity): string {
  const x = parseQuantity(a);
  const scale = Math.min(x.scale, y.scale);
  const unscaled =
    x.unscaled * 10n ** BigInt(x.scale - scale) + y.unscaled * 10n ** BigInt(y.scale - scale);
  const format = x.unscaled === 0n ? y.format : x.format;
  return quantityText({ unscaled, scale, format, text: '', big: false });
}

const numbers = new Map<string, number>();
const milliNumbers = new Map<string, number>();

function scaledNumber(map: Map<string, number>, text: string, scale: number): number {
  const known = map.get(text);
  if (known !== undefined) return known;
  const q = parseQuantity(text);
  const value = Number(rescaleUp(q.unscaled, q.scale, scale));
  if (map.size >= CACHE_MAX_ENTRIES) map.clear();
  map.set(text, value);
  return value;
}

/** Upstream Quantity.Value as a number: bytes, pods, whole CPUs; rounded up. */
export function bytes(text: string): number {
  return scaledNumber(numbers, text, 0);
}

/** Upstream Quantity.MilliValue as a number: thousandths of a CPU; rounded up. */
export function milliCpu(text: string): number {
  return scaledNumber(milliNumbers, text, MILLI);
}

/** |value| with upstream's BinarySI format: `67108864` → `64Mi`. */
export function binaryQuantity(value: number): string {
  const q: ParsedQuantity = {
    unscaled: BigInt(value),
    scale: 0,
    format: 'BinarySI',
    text: '',
    big: false,
  };
  return quantityText(q);
}

/** |milli| thousandths with upstream's DecimalSI format: `1500` → `1500m`, `2000` → `2`. */
export function milliQuantity(milli: number): string {
  return decimalQuantity(milli, MILLI);
}

/** |nano| billionths with upstream's DecimalSI format: `2000001` → `2000001n`, `2000000` → `2m`. */
export function nanoQuantity(nano: number): string {
  return decimalQuantity(nano, NANO);
}

function decimalQuantity(value: number, scale: number): string {
  const q: ParsedQuantity = {
    unscaled: BigInt(value),
    scale,
    format: 'DecimalSI',
    text: '',
    big: false,
  };
  return quantityText(q);
}
