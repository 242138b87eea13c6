/**
 * Values of awk: numbers, texts, and texts from outside that look like numbers and count as both.
 */
import { formatPrintf } from '../printf.ts';

/** A field or other input that looks like a number. */
export class NumericText {
  readonly text: string;
  readonly number: number;

  constructor(text: string, number: number) {
    this.text = text;
    this.number = number;
  }
}

export type Value = number | string | NumericText;

/** What a variable is before it is set: nothing as a text, zero as a number. */
export const UNSET = new NumericText('', 0);

const NUMBER_START = /^[ \t\n]*([-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))/;
const WHOLE_NUMBER = /^[ \t\n]*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[ \t\n]*$/;
/** Beyond, a whole number is written with an exponent. */
const MAX_WHOLE = 1e16;

/** A text from outside: a field, a line, a variable of the command line. */
export function fromInput(text: string): Value {
  return WHOLE_NUMBER.test(text) ? new NumericText(text, Number(text)) : text;
}

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return value.number;
  const number = NUMBER_START.exec(value)?.[1];
  return number === undefined ? 0 : Number(number);
}

export function toText(value: Value, format: string): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return value.text;
  return numberText(value, format);
}

export function numberText(value: number, format: string): string {
  if (Number.isInteger(value) && Math.abs(value) < MAX_WHOLE)
    return String(value === 0 ? 0 : value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  return formatPrintf([format, plainNumber(value)]).output;
}

/** Digits that printf reads. */
function plainNumber(value: number): string {
  return String(value);
}

export function toBoolean(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string') return value !== '';
  return value === UNSET ? false : value.number !== 0;
}

export function isNumeric(value: Value): boolean {
  return typeof value !== 'string';
}

const PIECE = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:[hlLqjzt]*)([a-zA-Z%])/g;

/** sprintf. Missing arguments are empty. */
export function format(pattern: string, values: readonly Value[], conversion: string): string {
  let next = 0;
  const take = (): Value => values[next++] ?? UNSET;
  return pattern.replace(
    PIECE,
    (
      _whole,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      letter: string,
    ) => {
      if (letter === '%') return '%';
      const wide = width === '*' ? String(Math.trunc(toNumber(take()))) : (width ?? '');
      const exact = precision === '*' ? String(Math.trunc(toNumber(take()))) : precision;
      const start = `%${flags}${wide}${exact === undefined ? '' : `.${exact}`}`;
      const value = take();
      if (letter === 'c') {
        const text =
          typeof value === 'number'
            ? String.fromCodePoint(Math.trunc(value) & 0x1fffff)
            : toText(value, conversion).slice(0, 1);
        return formatPrintf([`${start}s`, text]).output;
      }
      if (letter === 's') return formatPrintf([`${start}s`, toText(value, conversion)]).output;
      const number = toNumber(value);
      if ('dioxXu'.includes(letter)) {
        if (!Number.isFinite(number)) return numberText(number, conversion);
        const whole = BigInt(Math.trunc(number));
        return formatPrintf([`${start}${letter}`, String(whole)]).output;
      }
      return formatPrintf([`${start}${letter}`, String(number)]).output;
    },
  );
}
