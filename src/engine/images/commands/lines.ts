/**
 * More commands on lines of text: nl, fold, paste, expand, unexpand, comm, shuf, split, strings.
 *
 * Models: busybox coreutils, miscutils/strings.c
 */
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { compareText, linesOf, utf8Length } from '../../node/runtime/text.ts';
import { LINE_US, readInput, readInputs, readOptions, usage } from './applet.ts';
import { parseSize } from './files.ts';

type Args = readonly string[];

const DEFAULT_WIDTH = 80;
const TAB_STOP = 8;

export function* nlCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'p', 'bsvwin');
  if (unknown !== undefined) return usage(context, 'nl', '[OPTIONS] [FILE]...', unknown);
  const style = flags.get('b')?.[0] ?? 't';
  const separator = flags.get('s')?.[0] ?? '\t';
  const width = Number(flags.get('w')?.[0] ?? 6);
  const step = Number(flags.get('i')?.[0] ?? 1);
  let number = Number(flags.get('v')?.[0] ?? 1);
  const { inputs, failed } = yield* readInputs(context, 'nl', operands);
  for (const { text } of inputs) {
    for (const line of linesOf(text)) {
      const counted = style === 'a' || (style === 't' && line !== '');
      context.stdout(
        counted
          ? `${String(number).padStart(width)}${separator}${line}\n`
          : `${' '.repeat(width + separator.length)}${line}\n`,
      );
      if (counted) number += step;
      yield* context.work(LINE_US);
    }
  }
  return failed ? 1 : 0;
}

export function* foldCommand(context: ProcessContext, args: Args): Proc<number> {
  const words = args.map((arg) => (/^-\d+$/.test(arg) ? `-w${arg.slice(1)}` : arg));
  const { flags, operands, unknown } = readOptions(words, 'bs', 'w');
  const width = Number(flags.get('w')?.[0] ?? DEFAULT_WIDTH);
  if (unknown !== undefined || !(width > 0))
    return usage(context, 'fold', '[-bs] [-w WIDTH] [FILE]...', unknown);
  const { inputs, failed } = yield* readInputs(context, 'fold', operands);
  for (const { text } of inputs) {
    for (const line of text.split(/(?<=\n)/)) {
      let rest = line;
      while (rest.replace(/\n$/, '').length > width) {
        const blank = flags.has('s') ? rest.slice(0, width).lastIndexOf(' ') + 1 : 0;
        const cut = blank > 0 ? blank : width;
        context.stdout(`${rest.slice(0, cut)}\n`);
        rest = rest.slice(cut);
      }
      context.stdout(rest);
      yield* context.work(LINE_US);
    }
  }
  return failed ? 1 : 0;
}

export function* pasteCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 's', 'd');
  if (unknown !== undefined) return usage(context, 'paste', '[-d LIST] [-s] [FILE]...', unknown);
  const given = flags.get('d')?.[0] ?? '\t';
  const delimiters = [
    ...given.replaceAll('\\t', '\t').replaceAll('\\n', '\n').replaceAll('\\0', '\0'),
  ];
  const delimiter = (i: number): string => {
    const chosen = delimiters[i % Math.max(1, delimiters.length)] ?? '';
    return chosen === '\0' ? '' : chosen;
  };
  const lists: string[][] = [];
  let own: string[] | null = null;
  for (const path of operands.length === 0 ? ['-'] : operands) {
    if (path === '-' && own) {
      lists.push(own);
      continue;
    }
    const text = yield* readInput(context, 'paste', path);
    if (text === null) return 1;
    const lines = linesOf(text);
    if (path === '-') own = lines;
    lists.push(lines);
  }
  if (flags.has('s')) {
    for (const lines of lists) {
      context.stdout(
        `${lines.map((line, i) => (i > 0 ? delimiter(i - 1) : '') + line).join('')}\n`,
      );
      yield* context.work(LINE_US * lines.length);
    }
    return 0;
  }
  // The same input given twice gives its lines in turn.
  while (lists.some((lines) => lines.length > 0)) {
    const row = lists.map((lines) => lines.shift() ?? '');
    context.stdout(`${row.map((line, i) => (i > 0 ? delimiter(i - 1) : '') + line).join('')}\n`);
    yield* context.work(LINE_US);
  }
  return 0;
}

export function* expandCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'i', 't');
  if (unknown !== undefined) return usage(context, 'expand', '[-i] [-t N] [FILE]...', unknown);
  const stop = Number(flags.get('t')?.[0] ?? TAB_STOP);
  const { inputs, failed } = yield* readInputs(context, 'expand', operands);
  for (const { text } of inputs) {
    for (const line of text.split(/(?<=\n)/)) {
      let column = 0;
      let out = '';
      let initial = true;
      for (const c of line) {
        if (c !== '\t' && c !== ' ') initial = false;
        if (c === '\t' && (initial || !flags.has('i'))) {
          const blanks = stop - (column % stop);
          out += ' '.repeat(blanks);
          column += blanks;
        } else {
          out += c;
          column++;
        }
      }
      context.stdout(out);
      yield* context.work(LINE_US);
    }
  }
  return failed ? 1 : 0;
}

export function* unexpandCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'af', 't');
  if (unknown !== undefined) return usage(context, 'unexpand', '[-fa][-t N] [FILE]...', unknown);
  const stop = Number(flags.get('t')?.[0] ?? TAB_STOP);
  const { inputs, failed } = yield* readInputs(context, 'unexpand', operands);
  const all = flags.has('a') || flags.has('t');
  for (const { text } of inputs) {
    for (const line of text.split(/(?<=\n)/)) {
      const lead = /^ */.exec(line)?.[0].length ?? 0;
      const limit = all ? line.length : lead;
      let out = '';
      for (let at = 0; at < limit; at += stop) {
        const piece = line.slice(at, Math.min(at + stop, limit));
        const isWhole = piece.length === stop && at + stop <= limit;
        out += isWhole && / {2,}$/.test(piece) ? piece.replace(/ +$/, '\t') : piece;
      }
      context.stdout(out + line.slice(limit));
      yield* context.work(LINE_US);
    }
  }
  return failed ? 1 : 0;
}

export function* commCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, '123');
  const [first, second] = operands;
  if (unknown !== undefined || first === undefined || second === undefined)
    return usage(context, 'comm', '[-123] FILE1 FILE2', unknown);
  const left = yield* readInput(context, 'comm', first);
  const right = yield* readInput(context, 'comm', second);
  if (left === null || right === null) return 1;
  const a = linesOf(left);
  const b = linesOf(right);
  const print = (column: 1 | 2 | 3, line: string): void => {
    if (flags.has(String(column))) return;
    let indent = '';
    if (column > 1 && !flags.has('1')) indent += '\t';
    if (column > 2 && !flags.has('2')) indent += '\t';
    context.stdout(`${indent}${line}\n`);
  };
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const x = a[i];
    const y = b[j];
    const order = x === undefined ? 1 : y === undefined ? -1 : compareText(x, y);
    if (order <= 0) i++;
    if (order >= 0) j++;
    print(order === 0 ? 3 : order < 0 ? 1 : 2, (order <= 0 ? x : y) ?? '');
    yield* context.work(LINE_US);
  }
  return 0;
}

export function* shufCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ez', 'ino');
  if (unknown !== undefined)
    return usage(context, 'shuf', '[-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]', unknown);
  let lines: string[];
  const range = /^(\d+)-(\d+)$/.exec(flags.get('i')?.[0] ?? '');
  if (range) {
    const [low, high] = [Number(range[1]), Number(range[2])];
    lines = Array.from({ length: Math.min(high - low + 1, 1_000_000) }, (_, i) => String(low + i));
  } else if (flags.has('e')) lines = [...operands];
  else {
    const text = yield* readInput(context, 'shuf', operands[0] ?? '-');
    if (text === null) return 1;
    lines = linesOf(text);
  }
  const rng = context.kernel.rng(`shuf ${context.hostname}`);
  const count = Math.min(lines.length, Number(flags.get('n')?.[0] ?? lines.length));
  for (let i = 0; i < count; i++) {
    const j = i + rng.int(lines.length - i);
    [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
    context.stdout(`${lines[i]}${flags.has('z') ? '\0' : '\n'}`);
    yield* context.work(LINE_US);
  }
  return 0;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export function* splitCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'd', 'lba');
  if (unknown !== undefined) return usage(context, 'split', '[OPTIONS] [INPUT [PREFIX]]', unknown);
  const text = yield* readInput(context, 'split', operands[0] ?? '-');
  if (text === null) return 1;
  const prefix = operands[1] ?? 'x';
  const width = Number(flags.get('a')?.[0] ?? 2);
  const bytes = parseSize(flags.get('b')?.[0] ?? '');
  const parts: string[] = [];
  if (bytes !== undefined && bytes > 0) {
    for (let at = 0; at < text.length; at += bytes) parts.push(text.slice(at, at + bytes));
  } else {
    const count = Math.max(1, Number(flags.get('l')?.[0] ?? 1_000));
    const lines = text.split(/(?<=\n)/);
    for (let at = 0; at < lines.length; at += count)
      parts.push(lines.slice(at, at + count).join(''));
  }
  for (const [i, part] of parts.entries()) {
    let suffix = '';
    for (let n = i, k = 0; k < width; k++, n = Math.floor(n / LETTERS.length))
      suffix = (LETTERS[n % LETTERS.length] ?? '') + suffix;
    const error = context.fs.write(resolvePath(context.cwd, prefix + suffix), part, false);
    if (error !== null) {
      context.stderr(`split: ${prefix}${suffix}: ${error}\n`);
      return 1;
    }
    yield* context.work(LINE_US + utf8Length(part) / 1_000);
  }
  return 0;
}

export function* stringsCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'fa', 'nto');
  if (unknown !== undefined) return usage(context, 'strings', '[-fo] [-n LEN] [FILE]...', unknown);
  const least = Math.max(1, Number(flags.get('n')?.[0] ?? 4));
  const { inputs, failed } = yield* readInputs(context, 'strings', operands);
  const printable = new RegExp(`[\\t -~]{${least},}`, 'g');
  for (const { path, text } of inputs) {
    for (const [found] of text.matchAll(printable))
      context.stdout(`${flags.has('f') ? `${path}: ` : ''}${found}\n`);
    yield* context.work(LINE_US + text.length / 1_000);
  }
  return failed ? 1 : 0;
}
