/**
 * ls. Models: busybox coreutils/ls.c. Simplified: no colours.
 */
import type { Proc } from '../../../kernel/process.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import { Terminal } from '../../node/runtime/terminal.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { compareText } from '../../node/runtime/text.ts';
import { type AccountNames, accountNames } from './accounts.ts';
import { FILE_US, type Options, readOptions, usage } from './applet.ts';
import { wallTimeMs } from './date.ts';
import { modeText } from './modes.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** ls shows the year instead of the hour for files older than half a year. */
const HALF_YEAR_MS = 182 * 86_400_000;
const BLOCKS_PER_KB = 2;
const DEFAULT_WIDTH = 80;

type Flags = Options['flags'];

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly stat: FileStat | null;
}

export function* lsCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, '1AaCxdLHRFplinshrSXvctukgoeT', 'wI', {
    color: '',
    help: 'h',
    'full-time': 'e',
  });
  if (unknown !== undefined)
    return usage(context, 'ls', '[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...', unknown);
  const files: Entry[] = [];
  const directories: string[] = [];
  let status = 0;
  for (const operand of operands.length === 0 ? ['.'] : operands) {
    const path = resolvePath(context.cwd, operand);
    const own = context.fs.linkStat(path);
    // A link on the command line is followed, unless its own line is asked for.
    const keepsLink = (flags.has('l') || flags.has('d')) && !flags.has('L') && !flags.has('H');
    const stat = keepsLink ? own : (context.fs.stat(path) ?? own);
    if (!stat) {
      context.stderr(`ls: ${operand}: ${context.fs.access(path, 0)}\n`);
      status = 1;
    } else if (stat.kind === 'directory' && !flags.has('d')) directories.push(operand);
    else files.push({ name: operand, path, stat });
  }
  const lister = new Lister(context, flags);
  if (files.length > 0) context.stdout(lister.format(files));
  const titled = operands.length > 1 || flags.has('R');
  for (const [i, operand] of directories.sort(compareText).entries()) {
    if (!(yield* lister.directory(operand, titled, i > 0 || files.length > 0))) status = 1;
  }
  return status;
}

class Lister {
  readonly #context: ProcessContext;
  readonly #flags: Flags;
  #names: AccountNames | null = null;

  constructor(context: ProcessContext, flags: Flags) {
    this.#context = context;
    this.#flags = flags;
  }

  *directory(operand: string, titled: boolean, gap: boolean): Proc<boolean> {
    const { fs, cwd } = this.#context;
    const flags = this.#flags;
    yield* this.#context.work(FILE_US);
    const path = resolvePath(cwd, operand);
    const all = fs.list(path);
    if (!all) {
      this.#context.stderr(`ls: can't open '${operand}': ${fs.access(path, 4)}\n`);
      return false;
    }
    const visible =
      flags.has('a') || flags.has('A') ? all : all.filter((name) => !name.startsWith('.'));
    const names = flags.has('a') ? ['.', '..', ...visible] : visible;
    const entries = names.map((name) => this.#entry(name, resolvePath(path, name)));
    let text = gap ? '\n' : '';
    if (titled) text += `${operand}:\n`;
    if (flags.has('l') || flags.has('s')) {
      const blocks = entries.reduce((sum, { stat }) => sum + (stat?.blocks ?? 0), 0);
      text += `total ${Math.floor(blocks / BLOCKS_PER_KB)}\n`;
    }
    this.#context.stdout(text + this.format(entries));
    if (!flags.has('R')) return true;
    let ok = true;
    for (const name of visible) {
      if (fs.linkStat(joinPath(path, name))?.kind !== 'directory') continue;
      const below = `${operand.replace(/\/$/, '')}/${name}`;
      ok = (yield* this.directory(below, true, true)) && ok;
    }
    return ok;
  }

  #entry(name: string, path: string): Entry {
    const { fs } = this.#context;
    const stat = this.#flags.has('L') ? fs.stat(path) : fs.linkStat(path);
    return { name, path, stat: stat ?? fs.linkStat(path) };
  }

  format(list: readonly Entry[]): string {
    const flags = this.#flags;
    const entries = [...list].sort((a, b) => compareText(a.name, b.name));
    if (flags.has('S')) entries.sort((a, b) => (b.stat?.size ?? 0) - (a.stat?.size ?? 0));
    if (flags.has('t'))
      entries.sort((a, b) => (b.stat?.modifiedAt ?? 0) - (a.stat?.modifiedAt ?? 0));
    if (flags.has('X'))
      entries.sort((a, b) =>
        compareText(a.name.replace(/^[^.]*/, ''), b.name.replace(/^[^.]*/, '')),
      );
    if (flags.has('r')) entries.reverse();
    const isLong =
      flags.has('l') || flags.has('n') || flags.has('g') || flags.has('o') || flags.has('e');
    const lines = entries.map((entry) => this.#line(entry, isLong));
    const terminal = this.#context.files[1];
    const inColumns = flags.has('C') || flags.has('x') || terminal instanceof Terminal;
    if (isLong || flags.has('1') || !inColumns) return lines.map((line) => `${line}\n`).join('');
    const width =
      terminal instanceof Terminal && terminal.width > 0 ? terminal.width : DEFAULT_WIDTH;
    return columns(lines, Number(flags.get('w')?.[0] ?? width), flags.has('x'));
  }

  #line(entry: Entry, isLong: boolean): string {
    const flags = this.#flags;
    const { name, stat, path } = entry;
    if (!stat) return name;
    const inode = flags.has('i') ? `${String(inodeOf(path)).padStart(7)} ` : '';
    const blocks = flags.has('s')
      ? `${String(Math.floor(stat.blocks / BLOCKS_PER_KB)).padStart(6)} `
      : '';
    const long = isLong ? `${this.#details(stat)} ` : '';
    const target =
      isLong && stat.kind === 'link' ? ` -> ${this.#context.fs.readLink(path) ?? ''}` : '';
    return `${inode}${blocks}${long}${name}${target}${this.#mark(stat)}`;
  }

  #mark(stat: FileStat): string {
    const flags = this.#flags;
    if (!flags.has('F') && !flags.has('p')) return '';
    if (stat.kind === 'directory') return '/';
    if (!flags.has('F')) return '';
    if (stat.kind === 'link') return '@';
    if (stat.kind === 'pipe') return '|';
    if (stat.kind === 'socket') return '=';
    return stat.kind === 'file' && (stat.mode & 0o111) !== 0 ? '*' : '';
  }

  #details(stat: FileStat): string {
    const flags = this.#flags;
    const { kernel, fs } = this.#context;
    this.#names ??= accountNames(fs);
    const names = flags.has('n') ? null : this.#names;
    const user = names?.users.get(stat.uid) ?? String(stat.uid);
    const group = names?.groups.get(stat.gid) ?? String(stat.gid);
    const owner =
      (flags.has('g') ? '' : `${user.slice(0, 32).padEnd(8)} `) +
      (flags.has('o') ? '' : `${group.slice(0, 32).padEnd(8)} `);
    const size = stat.device
      ? `${String(stat.device[0]).padStart(4)}, ${String(stat.device[1]).padStart(3)}`
      : (flags.has('h') ? humanSize(stat.size) : String(stat.size)).padStart(9);
    const ms = wallTimeMs(kernel, stat.modifiedAt);
    // What the image brought has no date.
    const time = flags.has('e')
      ? fullTime(ms)
      : stat.modifiedAt === 0
        ? 'Jan  1  1970'
        : shortTime(ms, kernel.nowMs);
    return `${modeText(stat)} ${String(stat.links).padStart(4)} ${owner}${size} ${time}`;
  }
}

/** There are no numbers of inodes: one that stays the same for a path. */
export function inodeOf(path: string): number {
  let hash = 7;
  for (let i = 0; i < path.length; i++) hash = (hash * 31 + path.charCodeAt(i)) & 0xfffff;
  return 1_000_000 + hash;
}

function columns(lines: readonly string[], width: number, across: boolean): string {
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 0);
  const step = longest + 2;
  const count = Math.max(1, Math.floor(width / (longest + 1)));
  const rows = Math.ceil(lines.length / count);
  let text = '';
  for (let row = 0; row < rows; row++) {
    let line = '';
    for (let column = 0; column < count; column++) {
      const entry = lines[across ? row * count + column : column * rows + row];
      if (entry === undefined) continue;
      if (column > 0) line = line.padEnd(column * step);
      line += entry;
    }
    text += `${line}\n`;
  }
  return text;
}

const two = (n: number): string => String(n).padStart(2, '0');

function shortTime(ms: number, nowMs: number): string {
  const date = new Date(ms);
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  if (nowMs - ms > HALF_YEAR_MS) return `${day}  ${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

function fullTime(ms: number): string {
  const [day = '', time = ''] = new Date(ms).toISOString().split('T');
  return `${day} ${time.slice(0, 8)} +0000`;
}

export function humanSize(bytes: number): string {
  let size = bytes;
  for (const unit of ['', 'K', 'M', 'G']) {
    if (size < 1_024) return unit === '' ? String(size) : `${size.toFixed(1)}${unit}`;
    size /= 1_024;
  }
  return `${size.toFixed(1)}T`;
}
