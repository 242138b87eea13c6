/**
 * grep, egrep, fgrep, xargs, which. Models: busybox findutils/grep.c, xargs.c. Simplified: no
 * context lines.
 */
import type { Proc } from '../../../kernel/process.ts';
import { searchExecutable } from '../../node/runtime/executables.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { linesOf } from '../../node/runtime/text.ts';
import {
  type Applet,
  FILE_US,
  LINE_US,
  readInput,
  readOptions,
  runCommand,
  usage,
} from './applet.ts';
import { compileRegex, escapeRegex, Regex, RegexError } from './regex.ts';

type Args = readonly string[];
type Flags = ReturnType<typeof readOptions>['flags'];

export const grepCommand = grepAs('');
export const egrepCommand = grepAs('E');
export const fgrepCommand = grepAs('F');

function grepAs(style: string): Applet {
  return function* (context: ProcessContext, args: Args): Proc<number> {
    const { flags, operands, unknown } = readOptions(args, 'HhnlLoqvsrRiwFExcza', 'efmABC', {
      quiet: 'q',
      'ignore-case': 'i',
      count: 'c',
      recursive: 'r',
      'invert-match': 'v',
      'line-number': 'n',
      'only-matching': 'o',
      'extended-regexp': 'E',
      'fixed-strings': 'F',
      'max-count': 'm',
      after: 'A',
      before: 'B',
      context: 'C',
    });
    if (unknown !== undefined)
      return usage(
        context,
        'grep',
        '[-HhnlLoqvsrRiwFE] [-m N] PATTERN/-e PATTERN... [FILE]...',
        unknown,
      );
    let given = flags.get('e');
    for (const path of flags.get('f') ?? []) {
      const text = yield* readInput(context, 'grep', path);
      if (text === null) return 2;
      given = [...(given ?? []), ...linesOf(text)];
    }
    const patterns = (given ?? operands.slice(0, 1)).flatMap((pattern) => pattern.split('\n'));
    if (!given && operands.length === 0)
      return usage(context, 'grep', '[-HhnlLoqvsrRiwFE] [-m N] PATTERN/-e PATTERN... [FILE]...');
    try {
      const expression = combine(patterns, flags, style);
      return yield* search(context, expression, flags, given ? operands : operands.slice(1));
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      context.stderr(`grep: bad regex '${patterns[0]}': ${error.message}\n`);
      return 2;
    }
  };
}

function combine(patterns: Args, flags: Flags, style: string): Regex {
  const fixed = flags.has('F') || style === 'F';
  const extended = flags.has('E') || style === 'E';
  const sources = patterns.map((pattern) =>
    fixed ? escapeRegex(pattern) : compileRegex(pattern, { extended }).source,
  );
  let source = sources.map((text) => `(?:${text})`).join('|');
  if (flags.has('x')) source = `^(?:${source})$`;
  return new Regex(source, flags.has('i'));
}

interface Tally {
  any: boolean;
  failed: boolean;
}

function* search(
  context: ProcessContext,
  expression: Regex,
  flags: Flags,
  operands: Args,
): Proc<number> {
  const recursive = flags.has('r') || flags.has('R');
  const paths: string[] = [];
  for (const operand of operands.length > 0 ? operands : [recursive ? '.' : '-']) {
    if (recursive) collect(context, operand, paths);
    else paths.push(operand);
  }
  const named = (paths.length > 1 || recursive || flags.has('H')) && !flags.has('h');
  const tally: Tally = { any: false, failed: false };
  for (const path of paths) {
    yield* searchFile(context, expression, flags, path, named, tally);
    if (tally.any && flags.has('q')) return 0;
  }
  if (tally.failed) return 2;
  return tally.any ? 0 : 1;
}

function collect(context: ProcessContext, operand: string, paths: string[]): void {
  const path = resolvePath(context.cwd, operand);
  const names = context.fs.list(path);
  if (!names) paths.push(operand);
  else
    for (const name of names)
      collect(context, joinPath(operand.replace(/(.)\/$/, '$1'), name), paths);
}

function* searchFile(
  context: ProcessContext,
  expression: Regex,
  flags: Flags,
  path: string,
  named: boolean,
  tally: Tally,
): Proc<void> {
  const file = path === '-' ? null : context.open(path, 'read');
  if (typeof file === 'string') {
    if (!flags.has('s')) context.stderr(`grep: ${path}: ${file}\n`);
    tally.failed = true;
    return;
  }
  const input = file?.input ?? context.stdin;
  const prefix = named ? `${path === '-' ? '(standard input)' : path}:` : '';
  const limit = Number(flags.get('m')?.[0] ?? Number.POSITIVE_INFINITY);
  const quiet = ['q', 'l', 'L', 'c'].some((flag) => flags.has(flag));
  const [beforeCount, afterCount] = contextOf(flags);
  const before: string[] = [];
  let after = 0;
  let shownTo = 0;
  let count = 0;
  for (let number = 1; count < limit || after > 0; number++) {
    const line = yield* input.readLine();
    if (line === null) break;
    yield* context.work(LINE_US);
    const text = line.endsWith('\n') ? line.slice(0, -1) : line;
    const found = matchesIn(expression, text, flags);
    const mark = (sign: string, at: number): string =>
      `${prefix === '' ? '' : prefix.slice(0, -1) + sign}${flags.has('n') ? `${at}${sign}` : ''}`;
    if (found.length > 0 === flags.has('v') || count >= limit) {
      if (after > 0) {
        after--;
        shownTo = number;
        context.stdout(`${mark('-', number)}${text}\n`);
      } else if (beforeCount > 0) {
        before.push(text);
        if (before.length > beforeCount) before.shift();
      }
      continue;
    }
    count++;
    if (flags.has('q') || flags.has('l')) break;
    if (quiet) continue;
    const first = number - before.length;
    if ((beforeCount > 0 || afterCount > 0) && shownTo > 0 && first > shownTo + 1)
      context.stdout('--\n');
    for (const [i, line] of before.entries()) context.stdout(`${mark('-', first + i)}${line}\n`);
    before.length = 0;
    after = afterCount;
    shownTo = number;
    const start = prefix + (flags.has('n') ? `${number}:` : '');
    if (!flags.has('o')) context.stdout(`${start}${text}\n`);
    else for (const part of found) if (part !== '') context.stdout(`${start}${part}\n`);
  }
  file?.release();
  if (count > 0) tally.any = true;
  if (flags.has('q')) return;
  if (flags.has('c')) context.stdout(`${prefix}${count}\n`);
  if ((flags.has('l') && count > 0) || (flags.has('L') && count === 0)) context.stdout(`${path}\n`);
}

/** Lines shown before and after each match. */
function contextOf(flags: Flags): readonly [before: number, after: number] {
  const number = (letter: string): number => Number(flags.get(letter)?.at(-1) ?? 0) || 0;
  return [number('B') || number('C'), number('A') || number('C')];
}

/** What matches in a line: one is enough unless each is to be shown. */
function matchesIn(expression: Regex, text: string, flags: Flags): string[] {
  const found: string[] = [];
  if (!flags.has('w')) {
    if (!flags.has('o')) return expression.test(text) ? [text] : [];
    for (const match of expression.all(text)) found.push(match.text);
    return found;
  }
  const isWord = (at: number): boolean => /\w/.test(text[at] ?? '');
  for (let from = 0; ; ) {
    const match = expression.exec(text, from);
    if (!match) return found;
    const end = match.index + match.text.length;
    if (!isWord(match.index - 1) && !isWord(end)) found.push(match.text);
    from = match.index + 1;
    if (found.length > 0) {
      if (!flags.has('o')) return found;
      from = Math.max(from, end);
    }
  }
}

export function* xargsCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'r0tpx', 'nIsPEe', {}, true);
  if (unknown !== undefined) return usage(context, 'xargs', '[OPTIONS] [PROG ARGS]', unknown);
  const text = yield* context.stdin.readAll();
  const replace = flags.get('I')?.[0];
  const items = flags.has('0')
    ? text.split('\0').filter((item) => item !== '')
    : replace !== undefined
      ? linesOf(text)
          .map((line) => line.trim())
          .filter((line) => line !== '')
      : splitItems(text);
  const command = operands.length > 0 ? operands : ['echo'];
  const perRun =
    replace !== undefined ? 1 : Number(flags.get('n')?.[0] ?? Math.max(1, items.length));
  let status = 0;
  for (
    let at = 0;
    at < Math.max(items.length, flags.has('r') || replace !== undefined ? 0 : 1);
    at += perRun
  ) {
    const batch = items.slice(at, at + perRun);
    const argv =
      replace === undefined
        ? [...command, ...batch]
        : command.map((word) => word.replaceAll(replace, batch[0] ?? ''));
    if (flags.has('t')) context.stderr(`${argv.join(' ')}\n`);
    const code = yield* runCommand(context, argv);
    if (typeof code === 'string') {
      context.stderr(`xargs: ${argv[0]}: ${code}\n`);
      return code === 'Permission denied' ? 126 : 127;
    }
    if (code === 255) return 124;
    if (code !== 0) status = 123;
    yield* context.work(FILE_US);
  }
  return status;
}

/** Words separated by blanks, with quotes and backslashes as xargs reads them. */
function splitItems(text: string): string[] {
  const items: string[] = [];
  for (const match of text.matchAll(/(?:"[^"\n]*"|'[^'\n]*'|\\[^]|[^\s"'\\])+/g)) {
    items.push(
      match[0].replace(/"([^"]*)"|'([^']*)'|\\([^])/g, (_, a = '', b = '', c = '') => a + b + c),
    );
  }
  return items;
}

export function* whichCommand(context: ProcessContext, args: Args): Proc<number> {
  let status = 0;
  for (const name of readOptions(args, 'a').operands) {
    yield* context.work(FILE_US);
    const { fs, cwd, env } = context;
    const isPath = name.includes('/') && fs.kind(resolvePath(cwd, name)) === 'file';
    const found = isPath
      ? { path: name, executable: true }
      : searchExecutable(fs, name, env.get('PATH') ?? '', cwd);
    if (found?.executable) context.stdout(`${found.path}\n`);
    else status = 1;
  }
  return status;
}
