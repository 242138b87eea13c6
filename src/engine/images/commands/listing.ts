/**
 * ls, find, du and df-like looking at the tree. Models: busybox coreutils/ls.c, findutils/find.c.
 */
import type { Proc } from '../../../kernel/process.ts';
import { NO_SUCH_FILE } from '../../node/runtime/file-system.ts';
import { type FileKind, joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { type AccountNames, accountNames } from './accounts.ts';
import { matchesPattern } from '../shell/pattern.ts';
import { FILE_US, readOptions, runCommand, usage } from './applet.ts';
import { wallTimeMs } from './date.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** ls shows the year instead of the hour for files older than half a year. */
const HALF_YEAR_MS = 182 * 86_400_000;

export function* lsCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, '1AaCxdLHRFplinshrSXvctukgoeT', 'wI', {
    color: '',
    help: 'h',
  });
  if (unknown !== undefined)
    return usage(context, 'ls', '[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...', unknown);
  const files: string[] = [];
  const directories: string[] = [];
  let status = 0;
  const followsOperands = !flags.has('l') && !flags.has('d') && !flags.has('F');
  for (const operand of operands.length === 0 ? ['.'] : operands) {
    const path = resolvePath(context.cwd, operand);
    const stat = followsOperands ? context.fs.stat(path) : null;
    const kind = (stat ?? context.fs.linkStat(path))?.kind;
    if (kind === undefined) {
      context.stderr(`ls: ${operand}: ${context.fs.access(path, 0) ?? NO_SUCH_FILE}\n`);
      status = 1;
    } else if (kind === 'directory' && !flags.has('d')) directories.push(operand);
    else files.push(operand);
  }
  const shown = (names: readonly string[], base: string): string =>
    formatNames(context, names, base, flags);
  if (files.length > 0) context.stdout(shown(files.sort(), context.cwd));
  const titled = directories.length + files.length > 1 || flags.has('R');
  for (const [i, operand] of directories.sort().entries()) {
    const gap = i > 0 || files.length > 0;
    if (!(yield* listDirectory(context, operand, flags, titled, gap))) status = 1;
  }
  return status;
}

type Flags = ReturnType<typeof readOptions>['flags'];

function* listDirectory(
  context: ProcessContext,
  operand: string,
  flags: Flags,
  titled: boolean,
  gap: boolean,
): Proc<boolean> {
  yield* context.work(FILE_US);
  const path = resolvePath(context.cwd, operand);
  const all = context.fs.list(path);
  if (!all) {
    context.stderr(`ls: can't open '${operand}': Permission denied\n`);
    return false;
  }
  const visible =
    flags.has('a') || flags.has('A') ? all : all.filter((name) => !name.startsWith('.'));
  const names = flags.has('a') ? ['.', '..', ...visible] : visible;
  let text = gap ? '\n' : '';
  if (titled) text += `${operand}:\n`;
  if (flags.has('l') || flags.has('s')) text += `total ${totalBlocks(context, path, names)}\n`;
  context.stdout(text + formatNames(context, names, path, flags));
  if (!flags.has('R')) return true;
  let isFine = true;
  for (const name of visible) {
    if (context.fs.linkStat(joinPath(path, name))?.kind !== 'directory') continue;
    const inside = `${operand === '/' ? '' : operand}/${name}`;
    isFine = (yield* listDirectory(context, inside, flags, true, true)) && isFine;
  }
  return isFine;
}

/** In KiB. */
function totalBlocks(context: ProcessContext, path: string, names: readonly string[]): number {
  let sectors = 0;
  for (const name of names) sectors += context.fs.linkStat(resolvePath(path, name))?.blocks ?? 0;
  return Math.ceil(sectors / 2);
}

function formatNames(
  context: ProcessContext,
  names: readonly string[],
  base: string,
  flags: Flags,
): string {
  const { fs } = context;
  const entries = names.map((name) => {
    const path = resolvePath(base, name);
    return { name, path, stat: (flags.has('L') ? fs.stat(path) : null) ?? fs.linkStat(path) };
  });
  const accounts = flags.has('n') ? null : accountNames(fs);
  if (flags.has('S')) entries.sort((a, b) => (b.stat?.size ?? 0) - (a.stat?.size ?? 0));
  if (flags.has('t')) entries.sort((a, b) => (b.stat?.modifiedAt ?? 0) - (a.stat?.modifiedAt ?? 0));
  if (flags.has('r')) entries.reverse();
  let text = '';
  for (const { name, path, stat } of entries) {
    const mark = (flags.has('F') || flags.has('p')) && stat?.kind === 'directory' ? '/' : '';
    const target = flags.has('l') && stat?.kind === 'link' ? ` -> ${fs.readLink(path) ?? ''}` : '';
    const line = flags.has('l') && stat ? `${longLine(context, stat, flags, accounts)} ` : '';
    text += `${line}${name}${target}${mark}\n`;
  }
  return text;
}

function longLine(
  context: ProcessContext,
  stat: FileStat,
  flags: Flags,
  accounts: AccountNames | null,
): string {
  const user = accounts?.users.get(stat.uid) ?? String(stat.uid);
  const group = accounts?.groups.get(stat.gid) ?? String(stat.gid);
  const [major, minor] = stat.device ?? [];
  const size = flags.has('h') ? humanSize(stat.size) : String(stat.size);
  const extent = major === undefined ? size : `${major}, ${String(minor).padStart(3)}`;
  const time = shortTime(context, stat.modifiedAt);
  const owner = `${user.padEnd(8)} ${group.padEnd(8)}`;
  return `${modeText(stat)} ${String(stat.links).padStart(4)} ${owner} ${extent.padStart(9)} ${time}`;
}

/** First letters of `ls -l`. */
const KIND_LETTERS: Readonly<Record<FileKind, string>> = {
  file: '-',
  directory: 'd',
  link: 'l',
  'character device': 'c',
  'block device': 'b',
  socket: 's',
  pipe: 'p',
};

function modeText({ kind, mode }: FileStat): string {
  const letters = [...'rwxrwxrwx'].map((c, i) => ((mode >> (8 - i)) & 1 ? c : '-'));
  const special = [
    [2, 0o4000, 's', 'S'],
    [5, 0o2000, 's', 'S'],
    [8, 0o1000, 't', 'T'],
  ] as const;
  for (const [at, bit, small, capital] of special) {
    if (mode & bit) letters[at] = letters[at] === 'x' ? small : capital;
  }
  return KIND_LETTERS[kind] + letters.join('');
}

/** What the image brought has no date. */
function shortTime(context: ProcessContext, modifiedAt: number): string {
  if (modifiedAt === 0) return 'Jan  1  1970';
  const { nowMs } = context.kernel;
  const ms = wallTimeMs(context.kernel, modifiedAt);
  const date = new Date(ms);
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  if (nowMs - ms > HALF_YEAR_MS) return `${day}  ${date.getUTCFullYear()}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

export function humanSize(bytes: number): string {
  let size = bytes;
  for (const unit of ['', 'K', 'M', 'G']) {
    if (size < 1_024) return unit === '' ? String(size) : `${size.toFixed(1)}${unit}`;
    size /= 1_024;
  }
  return `${size.toFixed(1)}T`;
}

interface FindTest {
  readonly name?: string;
  readonly caseless?: boolean;
  readonly path?: string;
  readonly type?: string;
}

interface FindPlan {
  readonly roots: readonly string[];
  readonly tests: readonly { readonly test: FindTest; readonly negated: boolean }[];
  readonly maxDepth: number;
  readonly minDepth: number;
  readonly exec: readonly string[] | null;
  readonly remove: boolean;
  readonly zero: boolean;
}

export function* findCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const plan = planFind(args);
  if (typeof plan === 'string') {
    context.stderr(`find: ${plan}\n`);
    return 1;
  }
  let status = 0;
  for (const root of plan.roots) {
    const path = resolvePath(context.cwd, root);
    if (context.fs.kind(path) === null) {
      context.stderr(`find: ${root}: ${NO_SUCH_FILE}\n`);
      status = 1;
    } else if (!(yield* walk(context, plan, path, root, 0))) status = 1;
  }
  return status;
}

function* walk(
  context: ProcessContext,
  plan: FindPlan,
  path: string,
  shown: string,
  depth: number,
): Proc<boolean> {
  yield* context.work(FILE_US);
  const kind = context.fs.linkStat(path)?.kind;
  if (kind === undefined) return true;
  const children =
    kind === 'directory' && depth < plan.maxDepth ? (context.fs.list(path) ?? []) : [];
  const matches =
    depth >= plan.minDepth &&
    plan.tests.every(({ test, negated }) => fits(test, shown, kind) !== negated);
  let ok = true;
  if (matches && !plan.remove) ok = yield* report(context, plan, shown);
  for (const name of children) {
    const next = shown.endsWith('/') ? shown + name : `${shown}/${name}`;
    ok = (yield* walk(context, plan, joinPath(path, name), next, depth + 1)) && ok;
  }
  if (matches && plan.remove) {
    const error = context.fs.remove(path);
    if (error !== null) {
      context.stderr(`find: ${shown}: ${error}\n`);
      return false;
    }
  }
  return ok;
}

function* report(context: ProcessContext, plan: FindPlan, shown: string): Proc<boolean> {
  if (!plan.exec) {
    context.stdout(`${shown}${plan.zero ? '\0' : '\n'}`);
    return true;
  }
  const argv = plan.exec.map((word) => word.replaceAll('{}', shown));
  const code = yield* runCommand(context, argv);
  if (typeof code === 'string') context.stderr(`find: ${argv[0]}: ${code}\n`);
  return typeof code === 'number';
}

/** Letters of `find -type`. */
const TYPE_LETTERS: Readonly<Record<FileKind, string>> = {
  file: 'f',
  directory: 'd',
  link: 'l',
  'character device': 'c',
  'block device': 'b',
  socket: 's',
  pipe: 'p',
};

function fits(test: FindTest, shown: string, kind: FileKind): boolean {
  const name = shown.slice(shown.lastIndexOf('/') + 1) || shown;
  if (test.name !== undefined) {
    return test.caseless
      ? matchesPattern(test.name.toLowerCase(), name.toLowerCase())
      : matchesPattern(test.name, name);
  }
  if (test.path !== undefined) return matchesPattern(test.path, shown);
  return test.type === TYPE_LETTERS[kind];
}

function planFind(args: readonly string[]): FindPlan | string {
  const firstTest = args.findIndex((arg) => /^[-!(]/.test(arg));
  const roots = firstTest < 0 ? args : args.slice(0, firstTest);
  const tests: { test: FindTest; negated: boolean }[] = [];
  const plan = { maxDepth: Number.POSITIVE_INFINITY, minDepth: 0, remove: false, zero: false };
  let exec: readonly string[] | null = null;
  let negated = false;
  for (let i = firstTest < 0 ? args.length : firstTest; i < args.length; i++) {
    const word = args[i] as string;
    const value = (): string => args[++i] ?? '';
    if (word === '!' || word === '-not') {
      negated = true;
      continue;
    }
    if (word === '-name' || word === '-iname')
      tests.push({ test: { name: value(), caseless: word === '-iname' }, negated });
    else if (word === '-path') tests.push({ test: { path: value() }, negated });
    else if (word === '-type') tests.push({ test: { type: value() }, negated });
    else if (word === '-maxdepth') plan.maxDepth = Number(value());
    else if (word === '-mindepth') plan.minDepth = Number(value());
    else if (word === '-delete') plan.remove = true;
    else if (word === '-print0') plan.zero = true;
    else if (word === '-exec') {
      const end = args.findIndex((arg, at) => at > i && (arg === ';' || arg === '+'));
      if (end < 0) return '-exec requires an argument';
      exec = args.slice(i + 1, end);
      i = end;
    } else if (word !== '-print' && word !== '-a') return `unrecognized: ${word}`;
    negated = false;
  }
  return { roots: roots.length === 0 ? ['.'] : roots, tests, exec, ...plan };
}
