/** printf: formats its arguments. Models: busybox coreutils/printf.c. Pure. */
import { joinBytes, readEscape, unescape } from './escapes.ts';

export interface PrintfResult {
  readonly output: string;
  /** Messages without the name of the command; any makes the status 1. */
  readonly errors: readonly string[];
}

const CONVERSION = /^%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?([a-zA-Z%])/;

/** The format is used again as long as arguments are left; more rounds than this are a mistake. */
const MAX_ROUNDS = 100_000;

export function formatPrintf(args: readonly string[]): PrintfResult {
  const format = args[0];
  if (format === undefined) return { output: '', errors: ['usage: printf FORMAT [ARGUMENT...]'] };
  const state: State = { args, next: 1, output: '', errors: [], stopped: false };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = state.next;
    formatOnce(format, state);
    const used = state.next > before;
    if (state.stopped || !used || state.next >= args.length) break;
  }
  return { output: joinBytes(state.output), errors: state.errors };
}

interface State {
  readonly args: readonly string[];
  next: number;
  output: string;
  readonly errors: string[];
  stopped: boolean;
}

function formatOnce(format: string, state: State): void {
  for (let i = 0; i < format.length && !state.stopped; ) {
    const character = format[i] as string;
    if (character === '\\') {
      if (format[i + 1] === 'c') {
        state.stopped = true;
        return;
      }
      const escape = readEscape(format, i + 1, false);
      state.output += escape?.character ?? '\\';
      i += 1 + (escape?.length ?? 0);
    } else if (character === '%') {
      i += convert(format.slice(i), state);
    } else {
      state.output += character;
      i++;
    }
  }
}

/** Handles the conversion that |rest| begins with; answers its length. */
function convert(rest: string, state: State): number {
  if (rest.startsWith('%%')) {
    state.output += '%';
    return 2;
  }
  const match = CONVERSION.exec(rest);
  const letter = match?.[4] ?? '';
  if (!match || !'sdiuoxXcbeEfFgG'.includes(letter)) {
    state.errors.push(`${rest.slice(0, 2) === '%' ? '%' : rest}: invalid format`);
    state.stopped = true;
    return rest.length;
  }
  const [whole, flags = '', width, precision] = match;
  const number = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    return text === '*' ? Number(takeArgument(state)) || 0 : Number(text || '0');
  };
  let wide = number(width) ?? 0;
  const exact = number(precision);
  const left = flags.includes('-') || wide < 0;
  wide = Math.abs(wide);
  const { text, numeric } = convertArgument(letter, flags, exact, state);
  const zero = numeric && flags.includes('0') && !left;
  state.output += left ? text.padEnd(wide) : zero ? zeroPad(text, wide) : text.padStart(wide);
  return whole.length;
}

function zeroPad(text: string, width: number): string {
  const sign = /^[-+ ]/.test(text) ? (text[0] as string) : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function takeArgument(state: State): string | undefined {
  const argument = state.args[state.next];
  if (argument !== undefined) state.next++;
  return argument;
}

function convertArgument(
  letter: string,
  flags: string,
  precision: number | undefined,
  state: State,
): { text: string; numeric: boolean } {
  const argument = takeArgument(state);
  switch (letter) {
    case 's':
      return { text: (argument ?? '').slice(0, precision), numeric: false };
    case 'c':
      return { text: (argument ?? '').slice(0, 1), numeric: false };
    case 'b': {
      const { text, stopped } = unescape(argument ?? '', 'echo');
      if (stopped) state.stopped = true;
      return { text: text.slice(0, precision), numeric: false };
    }
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return {
        text: integerText(letter, flags, precision, argument, state),
        numeric: precision === undefined,
      };
    default:
      return { text: floatText(letter, flags, precision, argument, state), numeric: true };
  }
}

function integerText(
  letter: string,
  flags: string,
  precision: number | undefined,
  argument: string | undefined,
  state: State,
): string {
  let value = parseInteger(argument, state);
  if (value < 0n && letter !== 'd' && letter !== 'i') value = BigInt.asUintN(64, value);
  const base = letter === 'o' ? 8 : letter === 'x' || letter === 'X' ? 16 : 10;
  let digits = (value < 0n ? -value : value).toString(base).padStart(precision ?? 1, '0');
  if (flags.includes('#') && base === 8) digits = `0${digits}`;
  if (flags.includes('#') && base === 16 && value !== 0n) digits = `0x${digits}`;
  if (letter === 'X') digits = digits.toUpperCase();
  return signOf(value < 0n, flags) + digits;
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function parseInteger(argument: string | undefined, state: State): bigint {
  if (argument === undefined || argument === '') return 0n;
  if (/^["']/.test(argument)) return BigInt(argument.codePointAt(1) ?? 0);
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(argument);
  if (!match) {
    state.errors.push(`invalid number '${argument}'`);
    return 0n;
  }
  const digits = match[2] as string;
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits.replace(/^0+(?=\d)/, ''));
  return BigInt.asIntN(64, match[1] === '-' ? -value : value);
}

function floatText(
  letter: string,
  flags: string,
  precision: number | undefined,
  argument: string | undefined,
  state: State,
): string {
  let value = 0;
  if (argument !== undefined && argument !== '') {
    if (/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(argument)) value = Number(argument);
    else state.errors.push(`invalid number '${argument}'`);
  }
  const digits = Math.min(precision ?? 6, 100);
  const size = Math.abs(value);
  const lower = letter.toLowerCase();
  const text =
    lower === 'f'
      ? fixed(size, digits)
      : lower === 'e'
        ? exponential(size, digits)
        : general(size, digits);
  return signOf(value < 0, flags) + (letter === lower ? text : text.toUpperCase());
}

/** toFixed rounds a tie up, C to the even digit. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // toFixed is exact for as many digits as are asked for.
  const beyond = value.toFixed(Math.min(100, digits + 60)).slice(value.toFixed(digits).length);
  const tail = digits === 0 ? beyond.slice(1) : beyond;
  if (!/^50*$/.test(tail) || !/[13579]$/.test(text)) return text;
  const last = text.length - 1;
  return text.slice(0, last) + String(Number(text[last]) - 1);
}

/** C writes at least two digits of the exponent. */
function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([-+])(\d)$/, 'e$10$2');
}

function general(value: number, digits: number): string {
  const precision = Math.max(1, digits);
  const exponent = value === 0 ? 0 : Number(value.toExponential(precision - 1).split('e')[1]);
  const isPlain = exponent >= -4 && exponent < precision;
  const text = isPlain ? fixed(value, precision - 1 - exponent) : exponential(value, precision - 1);
  return text.includes('.') ? text.replace(/\.?0+(?=e|$)/, '') : text;
}
