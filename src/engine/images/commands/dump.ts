/**
 * od, hexdump, xxd, dd, cmp: bytes as they are. Models: busybox coreutils/od_bloaty.c,
 * util-linux/hexdump.c, coreutils/dd.c, editors/cmp.c. Simplified: of the formats, those people use.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { InputStream, OpenFile } from '../../node/runtime/open-file.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { headBytes, utf8Length } from '../../node/runtime/text.ts';
import {
  FILE_US,
  LINE_US,
  readInput,
  readInputs,
  readOptions,
  splitOnce,
  usage,
} from './applet.ts';
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

/** Copying runs at this many bytes in a microsecond (1 GB a second). */
const COPY_BYTES_PER_US = 1_000;
/** Read at once, whatever the block size says. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

export function* ddCommand(context: ProcessContext, args: Args): Proc<number> {
  const options = new Map<string, string>();
  for (const arg of args) {
    const [name, value] = splitOnce(arg, '=');
    if (
      value === undefined ||
      !/^(if|of|bs|ibs|obs|count|skip|seek|conv|iflag|oflag|status)$/.test(name)
    )
      return usage(
        context,
        'dd',
        '[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]',
      );
    options.set(name, value);
  }
  const size = (name: string, fallback: number): number | undefined => {
    const text = options.get(name);
    return text === undefined ? fallback : parseSize(text.replace(/MB$/, 'M').replace(/kB$/, 'k'));
  };
  const block = size('bs', size('ibs', 512) ?? 0);
  const count = size('count', Number.POSITIVE_INFINITY);
  const skip = size('skip', 0);
  const seek = size('seek', 0);
  const bad = [
    ['bs', block],
    ['count', count],
    ['skip', skip],
    ['seek', seek],
  ].find(([, value]) => value === undefined);
  if (block === undefined || count === undefined || skip === undefined || seek === undefined) {
    context.stderr(`dd: invalid number '${options.get(String(bad?.[0]))}'\n`);
    return 1;
  }
  if (block === 0 || block > MAX_BLOCK_BYTES) {
    context.stderr(
      block === 0 ? 'dd: number 0 is not in 1..2147483647 range\n' : 'dd: out of memory\n',
    );
    return 1;
  }
  const input = openInput(context, options.get('if'));
  const output = typeof input === 'string' ? null : openOutput(context, options, seek * block);
  if (typeof input === 'string' || typeof output === 'string') {
    const isInput = typeof input === 'string';
    context.stderr(
      `dd: can't open '${options.get(isInput ? 'if' : 'of')}': ${isInput ? input : String(output)}\n`,
    );
    return 1;
  }
  return yield* copyBlocks(context, input, output, {
    block,
    count,
    skip,
    quiet: options.get('status') === 'none',
    target: options.get('of') ?? 'standard output',
  });
}

function openInput(context: ProcessContext, path: string | undefined): OpenFile | string {
  if (path !== undefined) return context.open(path, 'read');
  const file = context.files[0];
  file?.retain();
  return file ?? 'Bad file descriptor';
}

/** Null: standard output. What is there beyond the beginning stays only with conv=notrunc. */
function openOutput(
  context: ProcessContext,
  options: ReadonlyMap<string, string>,
  at: number,
): OpenFile | string | null {
  const path = options.get('of');
  if (path === undefined) return null;
  const full = resolvePath(context.cwd, path);
  const keeps = options.get('conv')?.includes('notrunc') === true;
  if (at === 0 && !keeps) return context.open(path, 'write');
  const { fs } = context;
  if (fs.kind(full) === null) {
    const error = fs.write(full, '', false);
    if (error !== null) return error;
  }
  const error = fs.truncate(full, at);
  return error ?? context.open(path, 'append');
}

interface CopyPlan {
  readonly block: number;
  readonly count: number;
  readonly skip: number;
  readonly quiet: boolean;
  /** As the message names it. */
  readonly target: string;
}

function* copyBlocks(
  context: ProcessContext,
  input: OpenFile,
  output: OpenFile | null,
  plan: CopyPlan,
): Proc<number> {
  const { block, count, skip } = plan;
  const startedAt = context.kernel.now;
  const counts = { whole: 0, parts: 0, outWhole: 0, outParts: 0, bytes: 0 };
  let error: string | null = null;
  const source = new Blocks(input);
  let skipped = 0;
  while (counts.whole + counts.parts < count) {
    const piece = yield* source.next(block);
    if (piece === '') break;
    if (skipped < skip) {
      skipped++;
      continue;
    }
    const size = source.sizeOf(piece);
    if (size === block) counts.whole++;
    else counts.parts++;
    if (output) error = output.write(piece);
    else {
      context.stdout(piece);
      error = context.outputError;
    }
    if (error !== null) break;
    if (size === block) counts.outWhole++;
    else counts.outParts++;
    counts.bytes += size;
    const suspend = context.charge(1 + size / COPY_BYTES_PER_US);
    if (suspend !== null) yield suspend;
  }
  // What was read too much belongs to whoever reads the same input next.
  source.giveBack();
  input.release();
  output?.release();
  if (error !== null) context.stderr(`dd: error writing '${plan.target}': ${error}\n`);
  if (!plan.quiet) {
    const { whole, parts, outWhole, outParts, bytes } = counts;
    const seconds = Math.max(1, context.kernel.now - startedAt) / MICROS_PER_SECOND;
    context.stderr(
      `${whole}+${parts} records in\n${outWhole}+${outParts} records out\n` +
        `${bytes} bytes (${human(bytes)}) copied, ${seconds.toFixed(6)} seconds, ${human(bytes / seconds)}/s\n`,
    );
  }
  return error === null ? 0 : 1;
}

/** Input in blocks of bytes. The same piece again is not counted again: zeros come by the gigabyte. */
class Blocks {
  readonly #input: InputStream | undefined;
  #pending = '';
  #bytes = 0;
  #known = '';
  #knownBytes = 0;

  constructor(file: OpenFile) {
    this.#input = file.input;
  }

  sizeOf(text: string): number {
    if (text !== this.#known) {
      this.#known = text;
      this.#knownBytes = utf8Length(text);
    }
    return this.#knownBytes;
  }

  /** A block is gathered: pipes give what they have. Empty at the end. */
  *next(block: number): Proc<string> {
    while (this.#bytes < block) {
      const chunk = this.#input ? yield* this.#input.readChunk() : null;
      if (chunk === null) break;
      this.#pending += chunk;
      this.#bytes += this.sizeOf(chunk);
    }
    const isPlain = this.#bytes === this.#pending.length;
    const piece = isPlain ? this.#pending.slice(0, block) : headBytes(this.#pending, block);
    this.#pending = this.#pending.slice(piece.length);
    this.#bytes -= isPlain ? piece.length : utf8Length(piece);
    return piece;
  }

  giveBack(): void {
    if (this.#pending !== '') this.#input?.unread(this.#pending);
  }
}

function human(bytes: number): string {
  let size = bytes;
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (size < 1_024) return unit === 'B' ? `${Math.floor(size)}B` : `${size.toFixed(1)}${unit}`;
    size /= 1_024;
  }
  return `${size.toFixed(1)}TB`;
}

export function* cmpCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ls', 'n');
  const [first, second = '-'] = operands;
  if (unknown !== undefined || first === undefined)
    return usage(context, 'cmp', '[-ls] [-n NUM] FILE1 [FILE2]', unknown);
  const a = yield* readInput(context, 'cmp', first);
  const b = a === null ? null : yield* readInput(context, 'cmp', second);
  if (a === null || b === null) return 2;
  yield* context.work(FILE_US + a.length / 1_000);
  if (a === b) return 0;
  const x = bytesOfText(a);
  const y = bytesOfText(b);
  const length = Math.min(x.length, y.length);
  let line = 1;
  let differs = false;
  for (let i = 0; i < length; i++) {
    if (x[i] !== y[i]) {
      differs = true;
      if (flags.has('s')) return 1;
      if (!flags.has('l')) {
        context.stdout(`${first} ${second} differ: char ${i + 1}, line ${line}\n`);
        return 1;
      }
      const octal = (n: number | undefined): string => (n ?? 0).toString(8).padStart(3);
      context.stdout(`${i + 1} ${octal(x[i])} ${octal(y[i])}\n`);
    }
    if (x[i] === 10) line++;
  }
  if (x.length !== y.length) {
    if (!flags.has('s')) context.stderr(`cmp: EOF on ${x.length < y.length ? first : second}\n`);
    return 1;
  }
  return differs ? 1 : 0;
}
