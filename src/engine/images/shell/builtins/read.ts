/**
 * read: one line of standard input into variables.
 *
 * Models: busybox shell/shell_common.c shell_builtin_read. Simplified: -s has nothing to hide.
 */
import { MICROS_PER_SECOND } from '../../../../kernel/kernel.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { InputStream } from '../../../node/runtime/open-file.ts';
import { Terminal } from '../../../node/runtime/terminal.ts';
import type { Shell } from '../shell.ts';
import { Deadline } from '../timed-wait.ts';
import { type Builtin, isName, parseCount } from './builtin.ts';

interface ReadOptions {
  readonly raw: boolean;
  readonly names: readonly string[];
  readonly delimiter: string;
  readonly limit: number;
  readonly timeoutUs: number | null;
  readonly fd: number;
  readonly prompt: string;
}

/** A status that exceeds 128 says that time was up. */
const TIMED_OUT = 129;

export const readBuiltin: Builtin = function* (shell, argv): Proc<number> {
  const options = readOptions(shell, argv);
  if (typeof options === 'number') return options;
  const bad = options.names.find((name) => !isName(name));
  if (bad !== undefined) {
    shell.context.stderr(`sh: read: '${bad}': bad variable name\n`);
    return 1;
  }
  const file = shell.context.files[options.fd];
  if (file instanceof Terminal) shell.context.stderr(options.prompt);
  const { input } = file ?? {};
  if (!input) return 1;
  const { line, complete, late } = yield* readLogicalLine(shell, input, options);
  shell.rested();
  const { names } = options;
  const values = splitLine(line, shell.ifs, Math.max(1, names.length));
  const targets = names.length > 0 ? names : ['REPLY'];
  for (const [i, name] of targets.entries()) {
    shell.set(name, unmark(names.length > 0 ? (values[i] ?? '') : line));
  }
  return late ? TIMED_OUT : complete ? 0 : 1;
};

function readOptions(shell: Shell, argv: readonly string[]): ReadOptions | number {
  const found = new Map<string, string>();
  let at = 1;
  for (; at < argv.length && /^-./.test(argv[at] as string); at++) {
    const word = argv[at] as string;
    if (word === '--') {
      at++;
      break;
    }
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] as string;
      if (letter === 'r' || letter === 's') {
        found.set(letter, '');
        continue;
      }
      if (!'pntduN'.includes(letter)) {
        shell.builtinError('read', `illegal option -${letter}`);
        return 2;
      }
      found.set(letter, i + 1 < word.length ? word.slice(i + 1) : (argv[++at] ?? ''));
      break;
    }
  }
  const seconds = found.get('t');
  if (seconds !== undefined && !/^\d+(\.\d+)?$/.test(seconds)) {
    shell.context.stderr('sh: read: invalid timeout\n');
    return 1;
  }
  const limit = found.get('n') ?? found.get('N');
  return {
    raw: found.has('r'),
    names: argv.slice(at),
    delimiter: (found.get('d') ?? '\n').charAt(0),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : (parseCount(limit) ?? 0),
    timeoutUs: seconds === undefined ? null : Number(seconds) * MICROS_PER_SECOND,
    fd: parseCount(found.get('u') ?? '0') ?? 0,
    prompt: found.get('p') ?? '',
  };
}

/** Stands before a character that a backslash made ordinary while the line is split. */
const MARK = '\u0001';

function unmark(text: string): string {
  return text.replaceAll(MARK, '');
}

interface Line {
  readonly line: string;
  readonly complete: boolean;
  readonly late: boolean;
}

/** A line; without -r a backslash at its end joins the next one. */
function* readLogicalLine(shell: Shell, input: InputStream, options: ReadOptions): Proc<Line> {
  const { raw, delimiter, limit, timeoutUs } = options;
  const deadline = timeoutUs === null ? null : new Deadline(shell.context.kernel, timeoutUs);
  try {
    let line = '';
    for (;;) {
      const next = yield* readPiece(input, delimiter, limit - unmark(line).length, deadline);
      if (next === 'late') return { line, complete: false, late: true };
      if (next === null) return { line, complete: false, late: false };
      const complete = next.endsWith(delimiter) || next.length >= limit;
      const text = next.endsWith(delimiter) ? next.slice(0, -1) : next;
      if (raw) return { line: text, complete, late: false };
      const continues = complete && /(^|[^\\])(\\\\)*\\$/.test(text);
      line += (continues ? text.slice(0, -1) : text).replace(/\\(.)/g, `${MARK}$1`);
      if (!continues) return { line, complete, late: false };
    }
  } finally {
    deadline?.cancel();
  }
}

/** Up to the delimiter, or as many characters as are wanted. */
function* readPiece(
  input: InputStream,
  delimiter: string,
  limit: number,
  deadline: Deadline | null,
): Proc<string | null | 'late'> {
  if (delimiter === '\n' && limit === Number.POSITIVE_INFINITY && !deadline)
    return yield* input.readLine();
  let text = '';
  for (;;) {
    const chunk = deadline ? yield* deadline.race(input.readChunk()) : yield* input.readChunk();
    if (chunk === 'late') {
      input.unread(text);
      return 'late';
    }
    if (chunk === null) return text === '' ? null : text;
    text += chunk;
    const end = text.indexOf(delimiter);
    const length = end < 0 ? text.length : end + 1;
    if (end < 0 && length < limit) continue;
    const taken = Math.min(length, limit);
    input.unread(text.slice(taken));
    return text.slice(0, taken);
  }
}

/** Splits at IFS into at most |count| values; the last one takes the rest. */
function splitLine(line: string, ifs: string, count: number): string[] {
  const isBlank = (c: string): boolean =>
    (c === ' ' || c === '\t' || c === '\n') && ifs.includes(c);
  const values: string[] = [];
  let at = 0;
  const skipBlanks = (): void => {
    while (at < line.length && isBlank(line[at] as string)) at++;
  };
  skipBlanks();
  while (values.length < count - 1 && at < line.length) {
    let value = '';
    while (at < line.length && !ifs.includes(line[at] as string)) {
      if (line[at] === MARK) value += line[at++];
      value += line[at++] ?? '';
    }
    skipBlanks();
    if (at < line.length && ifs.includes(line[at] as string) && !isBlank(line[at] as string)) {
      at++;
      skipBlanks();
    }
    values.push(value);
  }
  let end = line.length;
  while (end > at && isBlank(line[end - 1] as string) && line[end - 2] !== MARK) end--;
  values.push(line.slice(at, end));
  return values;
}
