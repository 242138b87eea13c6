/**
 * od, hexdump, xxd: bytes as they are. Models: busybox coreutils/od_bloaty.c, util-linux/hexdump.c.
 * Simplified: of the formats, those people use.
 */
import type { Proc } from '../../../kernel/process.ts';
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { LINE_US, readInputs, readOptions, usage } from './applet.ts';
import { parseSize } from './files.ts';

type Args = readonly string[];

const ROW = 16;
/** Longest input that is dumped at all. */
const MAX_DUMP_BYTES = 16 * 1024 * 1024;

function* bytesOf(context: ProcessContext, name: string, paths: Args): Proc<Uint8Array | null> {
  const { inputs, failed } = yield* readInputs(context, name, paths);
  if (failed && inputs.length === 0) return null;
  const text = inputs.map((input) => input.text).join('');
  if (text.length > MAX_DUMP_BYTES) {
    context.stderr(`${name}: out of memory\n`);
    return null;
  }
  return bytesOfText(text);
}

const NAMED: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

interface DumpFormat {
  readonly size: number;
  readonly show: (value: number) => string;
}

function formatOf(type: string): DumpFormat | null {
  const [, letter = '', size = ''] = /^([acdoux])(\d?)/.exec(type) ?? [];
  if (letter === 'c' || letter === 'a') {
    const character = (byte: number): string =>
      NAMED[byte] ??
      (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0'));
    return { size: 1, show: (byte) => ` ${character(byte).padStart(3)}` };
  }
  const bytes = size === '' ? 4 : Number(size);
  if (letter === '' || ![1, 2, 4].includes(bytes)) return null;
  const digits =
    letter === 'x'
      ? bytes * 2
      : letter === 'o'
        ? Math.ceil((bytes * 8) / 3)
        : ({ 1: 3, 2: 5, 4: 10 }[bytes] ?? 10);
  const radix = letter === 'x' ? 16 : letter === 'o' ? 8 : 10;
  const signed = letter === 'd';
  const fill = radix === 10 ? ' ' : '0';
  return {
    size: bytes,
    show: (value) => {
      const number = signed && value >= 2 ** (bytes * 8 - 1) ? value - 2 ** (bytes * 8) : value;
      return ` ${number.toString(radix).padStart(signed ? digits + 1 : digits, fill)}`;
    },
  };
}

const SHORT_TYPES: Readonly<Record<string, string>> = {
  a: 'a',
  b: 'o1',
  c: 'c',
  d: 'u2',
  h: 'x2',
  i: 'd2',
  l: 'd4',
  o: 'o2',
  x: 'x2',
};

export function* odCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'abcdhiloxv', 'tAjNw');
  if (unknown !== undefined)
    return usage(
      context,
      'od',
      '[-abcdeFfhiloxv] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [FILE]...',
      unknown,
    );
  const types = [...flags.keys()].flatMap((flag) =>
    flag === 't'
      ? (flags.get('t') ?? [])
      : SHORT_TYPES[flag] === undefined
        ? []
        : [SHORT_TYPES[flag] ?? ''],
  );
  const formats: DumpFormat[] = [];
  for (const type of types.length === 0 ? ['o2'] : types) {
    const format = formatOf(type);
    if (!format) {
      context.stderr(`od: invalid type string '${type}'\n`);
      return 1;
    }
    formats.push(format);
  }
  const all = yield* bytesOf(context, 'od', operands);
  if (!all) return 1;
  const skip = parseSize(flags.get('j')?.[0] ?? '0') ?? 0;
  const limit = parseSize(flags.get('N')?.[0] ?? '') ?? all.length;
  const bytes = all.slice(skip, skip + limit);
  const radix = flags.get('A')?.[0] ?? 'o';
  const address = (at: number): string => {
    if (radix === 'n') return '';
    const base = radix === 'x' ? 16 : radix === 'd' ? 10 : 8;
    return (at + skip).toString(base).padStart(radix === 'x' ? 6 : 7, '0');
  };
  let last = '';
  let isRepeated = false;
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.slice(at, at + ROW);
    const key = row.length === ROW ? row.join() : '';
    yield* context.work(LINE_US);
    if (key !== '' && key === last && !flags.has('v')) {
      if (!isRepeated) context.stdout('*\n');
      isRepeated = true;
      continue;
    }
    last = key;
    isRepeated = false;
    for (const [i, format] of formats.entries()) {
      const start = i === 0 ? address(at) : ' '.repeat(address(at).length);
      context.stdout(`${start}${rowText(row, format)}\n`);
    }
  }
  const end = address(bytes.length);
  if (end !== '') context.stdout(`${end}\n`);
  return 0;
}

function rowText(row: Uint8Array, { size, show }: DumpFormat): string {
  let text = '';
  for (let i = 0; i < row.length; i += size) text += show(wordAt(row, i, size));
  return text;
}

/** Least significant byte first; what is missing is zero. */
function wordAt(row: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let k = size - 1; k >= 0; k--) value = value * 256 + (row[at + k] ?? 0);
  return value;
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');

function printable(row: Uint8Array): string {
  let text = '';
  for (const byte of row) text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.';
  return text;
}

export function* hexdumpCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'bcdoxCvR', 'efns');
  if (unknown !== undefined)
    return usage(
      context,
      'hexdump',
      '[-bcdoxCv] [-e FMT] [-f FMT_FILE] [-n LEN] [-s OFS] [FILE]...',
      unknown,
    );
  if (flags.has('e') || flags.has('f')) {
    context.stderr('hexdump: formats of your own are not simulated\n');
    return 1;
  }
  const all = yield* bytesOf(context, 'hexdump', operands);
  if (!all) return 1;
  const skip = parseSize(flags.get('s')?.[0] ?? '0') ?? 0;
  const bytes = all.slice(skip, skip + (parseSize(flags.get('n')?.[0] ?? '') ?? all.length));
  const canonical = flags.has('C');
  let last = '';
  let isRepeated = false;
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.slice(at, at + ROW);
    const key = row.length === ROW ? row.join() : '';
    yield* context.work(LINE_US);
    if (key !== '' && key === last && !flags.has('v')) {
      if (!isRepeated) context.stdout('*\n');
      isRepeated = true;
      continue;
    }
    last = key;
    isRepeated = false;
    const start = hex(at + skip, canonical ? 8 : 7);
    context.stdout(
      `${start}${canonical ? canonicalRow(row) : padded(plainRow(row, flags), row)}\n`,
    );
  }
  if (bytes.length > 0) context.stdout(`${hex(bytes.length + skip, canonical ? 8 : 7)}\n`);
  return 0;
}

function canonicalRow(row: Uint8Array): string {
  let text = ' ';
  for (let i = 0; i < ROW; i++) {
    const byte = row[i];
    text += (i === 8 ? '  ' : ' ') + (byte === undefined ? '  ' : hex(byte, 2));
  }
  return `${text}  |${printable(row)}|`;
}

function plainRow(row: Uint8Array, flags: ReadonlyMap<string, unknown>): string {
  let text = '';
  const type = ['b', 'c', 'd', 'o'].find((letter) => flags.has(letter));
  if (type === 'b') for (const byte of row) text += ` ${byte.toString(8).padStart(3, '0')}`;
  else if (type === 'c') return rowText(row, formatOf('c') as DumpFormat);
  else {
    for (let i = 0; i < row.length; i += 2) {
      const word = wordAt(row, i, 2);
      if (type === 'd') text += `   ${String(word).padStart(5, '0')}`;
      else if (type === 'o') text += `  ${word.toString(8).padStart(6, '0')}`;
      else text += `${flags.has('x') ? '   ' : ' '}${hex(word, 4)}`;
    }
  }
  return text;
}

/** A short last row is filled up with blanks. */
function padded(text: string, row: Uint8Array): string {
  const unit = text.length / row.length;
  return text.padEnd(Math.ceil(unit * ROW));
}

export function* xxdCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'pr', 'gclsn');
  if (unknown !== undefined)
    return usage(context, 'xxd', '[-pr] [-g N] [-c N] [-l LEN] [-s OFS] [FILE]', unknown);
  const all = yield* bytesOf(context, 'xxd', operands);
  if (!all) return 1;
  if (flags.has('r')) {
    const text = textOfBytes(all);
    const digits = flags.has('p')
      ? text
      : text
          .split('\n')
          .map((line) => line.replace(/^[^:]*:/, '').split('  ')[0])
          .join('');
    const pairs = (digits.replace(/\s/g, '').match(/[0-9a-fA-F]{2}/g) ?? []).map((pair) =>
      Number.parseInt(pair, 16),
    );
    context.stdout(textOfBytes(Uint8Array.from(pairs)));
    return 0;
  }
  const skip = parseSize(flags.get('s')?.[0] ?? '0') ?? 0;
  const bytes = all.slice(skip, skip + (parseSize(flags.get('l')?.[0] ?? '') ?? all.length));
  const plain = flags.has('p');
  const columns = Number(flags.get('c')?.[0] ?? (plain ? 30 : ROW));
  const group = Number(flags.get('g')?.[0] ?? 2) || columns;
  for (let at = 0; at < bytes.length; at += columns) {
    const row = bytes.slice(at, at + columns);
    yield* context.work(LINE_US);
    let text = '';
    for (let i = 0; i < (plain ? row.length : columns); i++) {
      const byte = row[i];
      text += byte === undefined ? '  ' : hex(byte, 2);
      if (!plain && (i + 1) % group === 0) text += ' ';
    }
    if (plain) context.stdout(`${text}\n`);
    else
      context.stdout(
        `${hex(at + skip, 8)}: ${text.padEnd(columns * 2 + columns / group)} ${printable(row)}\n`,
      );
  }
  return 0;
}
