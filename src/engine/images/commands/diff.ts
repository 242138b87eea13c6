/**
 * diff: differences of two files, unified. Models: busybox editors/diff.c. Simplified: by the longest
 * common subsequence, so that of equal changes another may be shown.
 */
import type { Proc } from '../../../kernel/process.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { type Options, readInput, readOptions, usage } from './applet.ts';
import { wallTimeMs } from './date.ts';

type Args = readonly string[];

/** Longer files are compared as one change. */
const MAX_CELLS = 4_000_000;

interface Change {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

export function* diffCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'abBdiNqrTstwu', 'SLU', {
    brief: 'q',
    recursive: 'r',
    unified: 'U',
  });
  const [first, second] = operands;
  if (unknown !== undefined || first === undefined || second === undefined)
    return usage(
      context,
      'diff',
      '[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2',
      unknown,
    );
  return yield* diffPaths(context, first, second, flags);
}

function* diffPaths(
  context: ProcessContext,
  first: string,
  second: string,
  flags: Options['flags'],
): Proc<number> {
  const { fs, cwd } = context;
  const kind = (name: string): string | null =>
    name === '-' ? 'file' : fs.kind(resolvePath(cwd, name));
  const inBoth = kind(first) === 'directory' && kind(second) === 'directory';
  if (inBoth) return yield* diffDirectories(context, first, second, flags);
  let [a, b] = [first, second];
  if (kind(a) === 'directory') a = joinPath(a, b.replace(/^.*\//, ''));
  else if (kind(b) === 'directory') b = joinPath(b, a.replace(/^.*\//, ''));
  const left = yield* readOrEmpty(context, a, flags);
  const right = left === null ? null : yield* readOrEmpty(context, b, flags);
  if (left === null || right === null) return 2;
  if (left === right) {
    if (flags.has('s')) context.stdout(`Files ${a} and ${b} are identical\n`);
    return 0;
  }
  const changes = compare(lines(left), lines(right), flags);
  if (changes.every((change) => change.kind === ' ')) return 0;
  if (flags.has('q')) {
    context.stdout(`Files ${a} and ${b} differ\n`);
    return 1;
  }
  const labels = flags.get('L') ?? [];
  context.stdout(
    `--- ${labels[0] ?? titled(context, a)}\n+++ ${labels[1] ?? titled(context, b)}\n`,
  );
  context.stdout(hunks(changes, Number(flags.get('U')?.[0] ?? 3)));
  yield* context.work(changes.length);
  return 1;
}

function* readOrEmpty(
  context: ProcessContext,
  path: string,
  flags: Options['flags'],
): Proc<string | null> {
  if (flags.has('N') && path !== '-' && context.fs.kind(resolvePath(context.cwd, path)) === null)
    return '';
  const full = resolvePath(context.cwd, path);
  if (path !== '-' && context.fs.kind(full) === null) {
    context.stderr(`diff: can't stat '${path}': ${context.fs.access(full, 0)}\n`);
    return null;
  }
  return yield* readInput(context, 'diff', path);
}

function titled(context: ProcessContext, path: string): string {
  const stat = path === '-' ? null : context.fs.stat(resolvePath(context.cwd, path));
  if (!stat) return path;
  const time = new Date(wallTimeMs(context.kernel, stat.modifiedAt)).toISOString();
  return `${path}\t${time.slice(0, 10)} ${time.slice(11, 19)}.000000000 +0000`;
}

function* diffDirectories(
  context: ProcessContext,
  first: string,
  second: string,
  flags: Options['flags'],
): Proc<number> {
  const { fs, cwd } = context;
  const namesOf = (path: string): readonly string[] => fs.list(resolvePath(cwd, path)) ?? [];
  const left = namesOf(first);
  const right = namesOf(second);
  let status = 0;
  for (const name of [...new Set([...left, ...right])].sort()) {
    const inBoth = left.includes(name) && right.includes(name);
    if (!inBoth && !flags.has('N')) {
      context.stdout(`Only in ${left.includes(name) ? first : second}: ${name}\n`);
      status = Math.max(status, 1);
      continue;
    }
    const [a, b] = [joinPath(first, name), joinPath(second, name)];
    const isDirectory = fs.kind(resolvePath(cwd, a)) === 'directory';
    if (isDirectory && !flags.has('r')) {
      context.stdout(`Common subdirectories: ${a} and ${b}\n`);
      continue;
    }
    status = Math.max(status, yield* diffPaths(context, a, b, flags));
  }
  return status;
}

const NO_NEWLINE = '\n\\ No newline at end of file';

function lines(text: string): string[] {
  if (text === '') return [];
  const list = text.split('\n');
  if (list.at(-1) === '') list.pop();
  else list.push(`${list.pop() ?? ''}${NO_NEWLINE}`);
  return list;
}

function compare(a: readonly string[], b: readonly string[], flags: Options['flags']): Change[] {
  const normal = (line: string): string => {
    let text = flags.has('i') ? line.toLowerCase() : line;
    if (flags.has('w')) text = text.replace(/\s+/g, '');
    else if (flags.has('b')) text = text.replace(/\s+/g, ' ').replace(/ $/, '');
    return text;
  };
  const x = a.map(normal);
  const y = b.map(normal);
  let start = 0;
  while (start < x.length && start < y.length && x[start] === y[start]) start++;
  let end = 0;
  while (end < x.length - start && end < y.length - start && x.at(-1 - end) === y.at(-1 - end))
    end++;
  const changes: Change[] = a.slice(0, start).map((line) => ({ kind: ' ', line }));
  changes.push(...middle(a.slice(start, a.length - end), b.slice(start, b.length - end), normal));
  changes.push(...a.slice(a.length - end).map((line): Change => ({ kind: ' ', line })));
  return changes;
}

function middle(
  a: readonly string[],
  b: readonly string[],
  normal: (line: string) => string,
): Change[] {
  const removed = a.map((line): Change => ({ kind: '-', line }));
  const added = b.map((line): Change => ({ kind: '+', line }));
  if (a.length * b.length > MAX_CELLS) return [...removed, ...added];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  const x = a.map(normal);
  const y = b.map(normal);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        x[i] === y[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const changes: Change[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && x[i] === y[j]) {
      changes.push({ kind: ' ', line: a[i++] ?? '' });
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      changes.push({ kind: '-', line: a[i++] ?? '' });
    } else changes.push({ kind: '+', line: b[j++] ?? '' });
  }
  return changes;
}

function hunks(changes: readonly Change[], context: number): string {
  let text = '';
  let [oldLine, newLine] = [1, 1];
  for (let i = 0; i < changes.length; ) {
    const next = changes.findIndex((change, at) => at >= i && change.kind !== ' ');
    if (next < 0) break;
    const start = Math.max(i, next - context);
    oldLine += start - i;
    newLine += start - i;
    let end = next;
    for (let at = next; at < changes.length && at <= end + 2 * context + 1; at++)
      if (changes[at]?.kind !== ' ') end = at;
    const hunk = changes.slice(start, Math.min(changes.length, end + 1 + context));
    const oldCount = hunk.filter((change) => change.kind !== '+').length;
    const newCount = hunk.filter((change) => change.kind !== '-').length;
    text += `@@ -${range(oldLine, oldCount)} +${range(newLine, newCount)} @@\n`;
    for (const { kind, line } of hunk) text += `${kind}${line}\n`;
    oldLine += oldCount;
    newLine += newCount;
    i = start + hunk.length;
  }
  return text;
}

function range(start: number, count: number): string {
  if (count === 1) return String(start);
  return `${count === 0 ? start - 1 : start},${count}`;
}
