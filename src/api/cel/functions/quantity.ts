/**
 * quantity() and semver() with what can be done to them.
 *
 * Models: k8s.io/apiserver pkg/cel/library/quantity.go, semverlib.go (v1.36); blang/semver
 */
import { goQuote } from '../../meta/go-text.ts';
import {
  addQuantity,
  quantityText,
  subtractQuantity,
  tryParseQuantity,
  type ParsedQuantity,
} from '../../meta/quantity.ts';
import { fitsInt64 } from '../time-values.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type CelValue } from '../values.ts';
import type { Impl, Library } from './impl.ts';

class CelQuantity extends CelOpaque {
  readonly typeName = 'kubernetes.Quantity';
  readonly quantity: ParsedQuantity;
  constructor(quantity: ParsedQuantity) {
    super();
    this.quantity = quantity;
  }
  equals(other: CelValue): boolean | CelError {
    return other instanceof CelQuantity ? compare(this, other) === 0 : NO_SUCH_OVERLOAD;
  }
}

function compare(a: CelQuantity, b: CelQuantity): number {
  const scale = Math.min(a.quantity.scale, b.quantity.scale);
  const [x, y] = [a, b].map(({ quantity }) => {
    return quantity.unscaled * 10n ** BigInt(quantity.scale - scale);
  }) as [bigint, bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}

const parse = (text: string): CelQuantity | CelError => {
  const quantity = tryParseQuantity(text);
  return typeof quantity === 'string' ? new CelError(quantity) : new CelQuantity(quantity);
};

/** The value as an int64, undefined when it is not a whole number that fits. */
function asInteger({ quantity: { unscaled, scale } }: CelQuantity): bigint | undefined {
  const power = 10n ** BigInt(Math.abs(scale));
  if (scale < 0 && unscaled % power !== 0n) return undefined;
  const value = scale < 0 ? unscaled / power : unscaled * power;
  return fitsInt64(value) ? value : undefined;
}

/** In the form of the first one, as Quantity.Add leaves it. */
function combine(
  fn: (a: string, b: string) => string,
  a: CelQuantity,
  b: CelValue,
): CelValue | undefined {
  const other = b instanceof CelQuantity ? quantityText(b.quantity) : b;
  if (typeof other !== 'string' && typeof other !== 'bigint') return undefined;
  return parse(fn(quantityText(a.quantity), String(other)));
}

interface Semver {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly (string | bigint)[];
}

class CelSemver extends CelOpaque {
  readonly typeName = 'kubernetes.Semver';
  readonly version: Semver;
  constructor(version: Semver) {
    super();
    this.version = version;
  }
  equals(other: CelValue): boolean | CelError {
    return other instanceof CelSemver
      ? compareSemver(this.version, other.version) === 0
      : NO_SUCH_OVERLOAD;
  }
}

const order = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function comparePre(a: string | bigint, b: string | bigint): number {
  if (typeof a !== typeof b) return typeof a === 'bigint' ? -1 : 1;
  return order(a, b);
}

function compareSemver(a: Semver, b: Semver): number {
  for (const [i, number] of a.numbers.entries()) {
    const result = order(number, b.numbers[i] ?? 0n);
    if (result !== 0) return result;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return order(b.pre.length, a.pre.length);
  for (const [i, part] of a.pre.entries()) {
    const other = b.pre[i];
    if (other === undefined) return 1;
    const result = comparePre(part, other);
    if (result !== 0) return result;
  }
  return order(a.pre.length, b.pre.length);
}

const leadingZeros = (digits: string): boolean => digits.length > 1 && digits.startsWith('0');

function numberFault(text: string, what: string): string | undefined {
  if (!/^\d*$/.test(text)) {
    return `Invalid character(s) found in ${what} number ${goQuote(text)}`;
  }
  const name = what.charAt(0).toUpperCase() + what.slice(1);
  if (leadingZeros(text)) return `${name} number must not contain leading zeroes ${goQuote(text)}`;
  return text === '' ? 'strconv.ParseUint: parsing "": invalid syntax' : undefined;
}

function preFault(part: string): string | undefined {
  if (part === '') return 'Prerelease is empty';
  if (/^\d+$/.test(part)) {
    return leadingZeros(part)
      ? `Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`
      : undefined;
  }
  return /^[A-Za-z0-9-]+$/.test(part)
    ? undefined
    : `Invalid character(s) found in prerelease ${goQuote(part)}`;
}

function buildFault(part: string): string | undefined {
  if (part === '') return 'Build meta data is empty';
  return /^[A-Za-z0-9-]+$/.test(part)
    ? undefined
    : `Invalid character(s) found in build meta data ${goQuote(part)}`;
}

/** At the first |separator|: what is before, and the parts after it. */
function cut(text: string, separator: string): [string, string[]] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, []] : [text.slice(0, at), text.slice(at + 1).split('.')];
}

function parseSemver(text: string): Semver | string {
  if (text === '') return 'Version string empty';
  const [major = '', minor = '', ...rest] = text.split('.');
  if (rest.length === 0) return 'No Major.Minor.Patch elements found';
  const [withPre, build] = cut(rest.join('.'), '+');
  const [patch, pre] = cut(withPre, '-');
  const fault =
    numberFault(major, 'major') ??
    numberFault(minor, 'minor') ??
    numberFault(patch, 'patch') ??
    pre.map(preFault).find((found) => found !== undefined) ??
    build.map(buildFault).find((found) => found !== undefined);
  if (fault !== undefined) return fault;
  return {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    pre: pre.map((part) => (/^\d+$/.test(part) ? BigInt(part) : part)),
  };
}

/** Without a `v`, without leading zeros, with the numbers that are missing. */
function normalizeSemver(text: string): Semver | string {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.');
  const given = [major, ...(minor === undefined ? [] : [minor])];
  const parts = [...given, ...(rest.length === 0 ? [] : [rest.join('.')])].map((part) => {
    if (part.length <= 1) return part;
    const stripped = part.replace(/^0+/, '');
    return /^\d/.test(stripped) ? stripped : `0${stripped}`;
  });
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) {
    return 'short version cannot contain PreRelease/Build meta data';
  }
  while (parts.length < 3) parts.push('0');
  return parseSemver(parts.join('.'));
}

const semverOf =
  (use: (version: Semver | string) => CelValue): Impl =>
  (text, normalize = false) => {
    if (typeof text !== 'string' || typeof normalize !== 'boolean') return undefined;
    return use(normalize ? normalizeSemver(text) : parseSemver(text));
  };

/** Quantities and versions are compared alike. */
const compared =
  (use: (result: number) => CelValue): Impl =>
  (a, b) => {
    if (a instanceof CelQuantity && b instanceof CelQuantity) return use(compare(a, b));
    if (a instanceof CelSemver && b instanceof CelSemver) {
      return use(compareSemver(a.version, b.version));
    }
    return undefined;
  };

const ofQuantity =
  (impl: (quantity: CelQuantity, other: CelValue) => CelValue | undefined): Impl =>
  (value, other = null) =>
    value instanceof CelQuantity ? impl(value, other) : undefined;

const numberOf =
  (index: 0 | 1 | 2): Impl =>
  (value) =>
    value instanceof CelSemver ? value.version.numbers[index] : undefined;

export const quantityAndSemver: Library = {
  quantity: (text) => (typeof text === 'string' ? parse(text) : undefined),
  isQuantity: (text) => (typeof text === 'string' ? parse(text) instanceof CelQuantity : undefined),
  sign: ofQuantity(({ quantity: { unscaled } }) => BigInt(order(unscaled, 0n))),
  isGreaterThan: compared((result) => result > 0),
  isLessThan: compared((result) => result < 0),
  compareTo: compared((result) => BigInt(result)),
  asApproximateFloat: ofQuantity(({ quantity: { unscaled, scale } }) =>
    Number(`${unscaled}e${scale}`),
  ),
  asInteger: ofQuantity(
    (quantity) => asInteger(quantity) ?? new CelError('cannot convert value to integer'),
  ),
  isInteger: ofQuantity((quantity) => asInteger(quantity) !== undefined),
  add: ofQuantity((quantity, other) => combine(addQuantity, quantity, other)),
  sub: ofQuantity((quantity, other) => combine(subtractQuantity, quantity, other)),
  semver: semverOf((version) =>
    typeof version === 'string' ? new CelError(version) : new CelSemver(version),
  ),
  isSemver: semverOf((version) => typeof version !== 'string'),
  major: numberOf(0),
  minor: numberOf(1),
  patch: numberOf(2),
};
