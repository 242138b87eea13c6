/**
 * Commands on lines of text: cat, head, tail, wc, sort, uniq, cut, tr, seq, tee, rev, tac. Models:
 * busybox coreutils.
 */
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { OpenFile } from '../../node/runtime/open-file.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { headBytes, linesOf, utf8Length } from '../../node/runtime/text.ts';
import {
  FILE_US,
  LINE_US,
  openError,
  readInput,
  readInputs,
  readOptions,
  usage,
} from './applet.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';

type Args = readonly string[];

export function* catCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'nbvteAu');
  if (unknown !== undefined) return usage(context, 'cat', '[-nbvteA] [FILE]...', unknown);
  const numbered = flags.has('n') || flags.has('b');
  let line = 0;
  let status = 0;
  for (const path of operands.length === 0 ? ['-'] : operands) {
    const file = openForReading(context, 'cat', path);
    if (!file) {
      status = 1;
      continue;
    }
    for (;;) {
      const piece = numbered ? yield* file.input.readLine() : yield* file.input.readChunk();
      if (piece === null) break;
      const counted = numbered && (flags.has('n') || piece !== '\n');
      context.stdout(counted ? `${String(++line).padStart(6)}\t${piece}` : piece);
      yield* context.work(LINE_US + (piece.length >> 10));
    }
    file.release();
  }
  return status;
}

/** An open file whose input is surely there; messages as cat has them. */
function openForReading(context: ProcessContext, name: string, path: string) {
  if (path === '-') return { input: context.stdin, release: () => {} };
  const file: OpenFile | string = context.open(path, 'read');
  if (typeof file !== 'string' && file.input) {
    const { input } = file;
    return { input, release: () => file.release() };
  }
  context.stderr(
    `${name}: ${openError(name, path, typeof file === 'string' ? file : 'Bad file descriptor')}\n`,
  );
  return null;
}

/** `-5` is `-n 5` for head and tail. */
function withCount(args: Args): string[] {
  return args.map((arg, i) => {
    const isValue = i > 0 && /^-[nc]$/.test(args[i - 1] ?? '');
    return /^-\d+$/.test(arg) && !isValue ? `-n${arg.slice(1)}` : arg;
  });
}

const SUFFIXES: Readonly<Record<string, number>> = {
  b: 512,
  k: 1_024,
  K: 1_024,
  m: 1_048_576,
  M: 1_048_576,
};

function parseSize(text: string): number | undefined {
  const match = /^([-+]?\d+)([bkKmM]?)$/.exec(text);
  return match ? Number(match[1]) * (SUFFIXES[match[2] ?? ''] ?? 1) : undefined;
}

export function* headCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(withCount(args), 'qv', 'nc');
  if (unknown !== undefined) return usage(context, 'head', '[OPTIONS] [FILE]...', unknown);
  const bytes = flags.get('c')?.at(-1);
  const text = bytes ?? flags.get('n')?.at(-1) ?? '10';
  const count = parseSize(text);
  if (count === undefined) {
    context.stderr(`head: invalid number '${text}'\n`);
    return 1;
  }
  const titled = (operands.length > 1 && !flags.has('q')) || flags.has('v');
  let status = 0;
  for (const [i, path] of (operands.length === 0 ? ['-'] : operands).entries()) {
    const file = openForReading(context, 'head', path);
    if (!file) {
      status = 1;
      continue;
    }
    if (titled)
      context.stdout(`${i > 0 ? '\n' : ''}==> ${path === '-' ? 'standard input' : path} <==\n`);
    if (count < 0)
      context.stdout(
        linesOf(yield* file.input.readAll())
          .slice(0, count)
          .map(withNewline)
          .join(''),
      );
    else if (bytes !== undefined) yield* headByBytes(context, file.input, count);
    else {
      for (let n = 0; n < count; n++) {
        const line = yield* file.input.readLine();
        if (line === null) break;
        context.stdout(line);
        yield* context.work(LINE_US);
      }
    }
    file.release();
  }
  return status;
}

function withNewline(line: string): string {
  return `${line}\n`;
}

function* headByBytes(
  context: ProcessContext,
  input: { readChunk(): Proc<string | null> },
  count: number,
): Proc<void> {
  let left = count;
  while (left > 0) {
    const chunk = yield* input.readChunk();
    if (chunk === null) return;
    const piece = headBytes(chunk, left);
    context.stdout(piece);
    left -= utf8Length(chunk);
    yield* context.work(LINE_US);
  }
}

/** busybox looks once a second whether a file has grown. */
const FOLLOW_US = MICROS_PER_SECOND;

export function* tailCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(withCount(args), 'fFqv', 'ncs');
  if (unknown !== undefined) return usage(context, 'tail', '[OPTIONS] [FILE]...', unknown);
  const bytes = flags.get('c')?.at(-1);
  const text = bytes ?? flags.get('n')?.at(-1) ?? '10';
  const count = parseSize(text);
  if (count === undefined) {
    context.stderr(`tail: invalid number '${text}'\n`);
    return 1;
  }
  const titled = (operands.length > 1 && !flags.has('q')) || flags.has('v');
  const followed: { path: string; offset: number }[] = [];
  let status = 0;
  for (const [i, path] of (operands.length === 0 ? ['-'] : operands).entries()) {
    const content = yield* readInput(context, 'tail', path);
    if (content === null) {
      status = 1;
      if (!flags.has('F')) continue;
    }
    if (titled)
      context.stdout(`${i > 0 ? '\n' : ''}==> ${path === '-' ? 'standard input' : path} <==\n`);
    context.stdout(lastPart(content ?? '', count, text.startsWith('+'), bytes !== undefined));
    followed.push({ path: resolvePath(context.cwd, path), offset: (content ?? '').length });
  }
  if (followed.length === 0) context.stderr('tail: no files\n');
  if ((flags.has('f') || flags.has('F')) && followed.length > 0) yield* follow(context, followed);
  return status;
}

function lastPart(text: string, count: number, fromStart: boolean, inBytes: boolean): string {
  if (inBytes)
    return fromStart
      ? text.slice(Math.max(0, count - 1))
      : text.slice(Math.max(0, text.length - Math.abs(count)));
  const ended = text === '' || text.endsWith('\n');
  const lines = linesOf(text);
  const wanted = fromStart
    ? lines.slice(Math.max(0, count - 1))
    : count === 0
      ? []
      : lines.slice(-Math.abs(count));
  const joined = wanted.map(withNewline).join('');
  return ended ? joined : joined.slice(0, -1);
}

function* follow(context: ProcessContext, files: { path: string; offset: number }[]): Proc<void> {
  const growing = files.filter(({ path }) => !path.startsWith('/dev/'));
  const { fs } = context;
  const sizes = new Map<string, number>();
  for (;;) {
    yield context.rest(growing.length === 0 ? Number.POSITIVE_INFINITY : FOLLOW_US);
    for (const file of growing) {
      // Nothing is read as long as the file is as large as it was.
      const size = fs.stat(file.path)?.size ?? 0;
      if (sizes.get(file.path) === size) continue;
      sizes.set(file.path, size);
      const content = fs.read(file.path) ?? '';
      if (content.length < file.offset) file.offset = 0;
      if (content.length > file.offset) context.stdout(content.slice(file.offset));
      file.offset = content.length;
    }
    yield* context.work(FILE_US);
  }
}

export function* wcCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'clwmL');
  if (unknown !== undefined) return usage(context, 'wc', '[-cmlwL] [FILE]...', unknown);
  const { inputs, failed } = yield* readInputs(context, 'wc', operands);
  const all = flags.size === 0;
  const letters = ['l', 'w', 'm', 'c', 'L'].filter((letter) =>
    all ? 'lwc'.includes(letter) : flags.has(letter),
  );
  const totals = letters.map(() => 0);
  const print = (counts: readonly number[], name: string): void => {
    const width = letters.length > 1 || (name !== '' && operands.length > 1) ? 9 : 0;
    const numbers = counts.map((n) =>
      letters.length === 1 ? String(n) : String(n).padStart(width),
    );
    context.stdout(
      `${numbers.join(letters.length === 1 ? '' : ' ')}${name === '' ? '' : ` ${name}`}\n`,
    );
  };
  for (const { path, text } of inputs) {
    const counts = letters.map((letter) => countOf(letter, text));
    for (const [i, n] of counts.entries()) totals[i] = (totals[i] ?? 0) + n;
    print(counts, operands.length === 0 ? '' : path);
    yield* context.work(FILE_US + (text.length >> 8));
  }
  if (operands.length > 1) print(totals, 'total');
  return failed ? 1 : 0;
}

function countOf(letter: string, text: string): number {
  switch (letter) {
    case 'l': {
      let lines = 0;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
      return lines;
    }
    case 'w':
      return text.match(/\S+/g)?.length ?? 0;
    case 'm':
      return [...text].length;
    case 'c':
      return utf8Length(text);
    default:
      return Math.max(0, ...linesOf(text).map((line) => line.length));
  }
}

export function* teeCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ai');
  if (unknown !== undefined) return usage(context, 'tee', '[-ai] [FILE]...', unknown);
  const files: OpenFile[] = [];
  let status = 0;
  for (const path of operands) {
    const file = context.open(path, flags.has('a') ? 'append' : 'write');
    if (typeof file === 'string') {
      context.stderr(`tee: ${path}: ${file}\n`);
      status = 1;
    } else files.push(file);
  }
  for (;;) {
    const chunk = yield* context.stdin.readChunk();
    if (chunk === null) break;
    context.stdout(chunk);
    for (const file of files) file.write(chunk);
    yield* context.work(LINE_US);
  }
  for (const file of files) file.release();
  return status;
}

export function* revCommand(context: ProcessContext, args: Args): Proc<number> {
  const { inputs, failed } = yield* readInputs(context, 'rev', args);
  for (const { text } of inputs) {
    for (const line of linesOf(text)) context.stdout(`${[...line].reverse().join('')}\n`);
  }
  return failed ? 1 : 0;
}

export function* tacCommand(context: ProcessContext, args: Args): Proc<number> {
  const { inputs, failed } = yield* readInputs(context, 'tac', args);
  for (const { text } of inputs) context.stdout(linesOf(text).reverse().map(withNewline).join(''));
  return failed ? 1 : 0;
}

export function* seqCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(
    args.map((arg) => (/^-\d/.test(arg) ? ` ${arg}` : arg)),
    'w',
    's',
  );
  const numbers = operands.map((operand) => Number(operand));
  if (operands.length < 1 || operands.length > 3 || numbers.some(Number.isNaN)) {
    return usage(context, 'seq', '[-w] [-s SEP] [FIRST [INC]] LAST');
  }
  const first = numbers.length > 1 ? (numbers[0] as number) : 1;
  const step = numbers.length > 2 ? (numbers[1] as number) : 1;
  const last = numbers.at(-1) as number;
  const decimals = Math.max(...operands.map((operand) => (operand.split('.')[1] ?? '').length));
  const separator = flags.get('s')?.[0] ?? '\n';
  const width = flags.has('w')
    ? Math.max(first.toFixed(decimals).length, last.toFixed(decimals).length)
    : 0;
  if (step === 0) return 0;
  let printed = 0;
  // Multiplying instead of adding keeps rounding errors from piling up.
  for (let n = first; step > 0 ? n <= last : n >= last; n = first + step * printed) {
    context.stdout((printed > 0 ? separator : '') + n.toFixed(decimals).padStart(width, '0'));
    printed++;
    yield* context.work(LINE_US);
  }
  if (printed > 0) context.stdout('\n');
  return 0;
}
