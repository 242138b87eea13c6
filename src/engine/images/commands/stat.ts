/** stat, du, df, readlink, realpath. Models: busybox coreutils. */
import type { Proc } from '../../../kernel/process.ts';
import { MICROS_PER_MS } from '../../../kernel/kernel.ts';
import { joinPath, parentOf, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { accountNames } from './accounts.ts';
import { FILE_US, readOptions, usage } from './applet.ts';
import { formatTime, wallTimeMs } from './date.ts';
import { humanSize, inodeOf } from './ls.ts';
import { modeText } from './modes.ts';

type Args = readonly string[];

const KB = 1_024;
const BLOCK_SIZE = 4_096;

const KIND_WORDS: Readonly<Record<FileStat['kind'], string>> = {
  file: 'regular file',
  directory: 'directory',
  link: 'symbolic link',
  'character device': 'character special file',
  'block device': 'block special file',
  socket: 'socket',
  pipe: 'fifo',
};

export function* statCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ltfL', 'c', { format: 'c' });
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'stat', '[-ltf] [-c FMT] FILE...', unknown);
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const { fs } = context;
    const stat = flags.has('L') ? fs.stat(path) : fs.linkStat(path);
    if (!stat) {
      context.stderr(`stat: can't stat '${operand}': ${fs.access(path, 0)}\n`);
      status = 1;
      continue;
    }
    const format = flags.get('c')?.[0];
    const text =
      format === undefined
        ? longStat(context, operand, path, stat)
        : format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
            return statField(context, operand, path, stat, letter) ?? whole;
          });
    context.stdout(`${text}\n`);
  }
  return status;
}

function statField(
  context: ProcessContext,
  operand: string,
  path: string,
  stat: FileStat,
  letter: string,
): string | undefined {
  const { fs, kernel } = context;
  const ms = wallTimeMs(kernel, stat.modifiedAt);
  switch (letter) {
    case '%':
      return '%';
    case 'a':
      return stat.mode.toString(8);
    case 'A':
      return modeText(stat);
    case 'b':
      return String(stat.blocks);
    case 'B':
      return '512';
    case 'd':
      return '2049';
    case 'f':
      return ((kindBits(stat) | stat.mode) >>> 0).toString(16);
    case 'F':
      return stat.kind === 'file' && stat.size === 0 ? 'regular empty file' : KIND_WORDS[stat.kind];
    case 'g':
      return String(stat.gid);
    case 'G':
      return accountNames(fs).groups.get(stat.gid) ?? 'UNKNOWN';
    case 'h':
      return String(stat.links);
    case 'i':
      return String(inodeOf(path));
    case 'n':
      return operand;
    case 'N':
      return stat.kind === 'link' ? `'${operand}' -> '${fs.readLink(path) ?? ''}'` : operand;
    case 'o':
      return String(BLOCK_SIZE);
    case 's':
      return String(stat.size);
    case 't':
      return (stat.device?.[0] ?? 0).toString(16);
    case 'T':
      return (stat.device?.[1] ?? 0).toString(16);
    case 'u':
      return String(stat.uid);
    case 'U':
      return accountNames(fs).users.get(stat.uid) ?? 'UNKNOWN';
    case 'x':
    case 'y':
    case 'z':
      return longTime(stat, ms);
    case 'X':
    case 'Y':
    case 'Z':
      return String(Math.floor(ms / MICROS_PER_MS));
    default:
      return undefined;
  }
}

function kindBits(stat: FileStat): number {
  const bits: Readonly<Record<FileStat['kind'], number>> = {
    file: 0o100000,
    directory: 0o040000,
    link: 0o120000,
    'character device': 0o020000,
    'block device': 0o060000,
    socket: 0o140000,
    pipe: 0o010000,
  };
  return bits[stat.kind];
}

function longTime(stat: FileStat, ms: number): string {
  const micros = ((stat.modifiedAt % 1_000_000) + 1_000_000) % 1_000_000;
  return `${formatTime('%Y-%m-%d %H:%M:%S', ms)}.${String(micros).padStart(6, '0')}000 +0000`;
}

function longStat(context: ProcessContext, operand: string, path: string, stat: FileStat): string {
  const { fs, kernel } = context;
  const target = stat.kind === 'link' ? `' -> '${fs.readLink(path) ?? ''}` : '';
  const name = stat.kind === 'link' ? `'${operand}${target}'` : operand;
  const word =
    stat.kind === 'file' && stat.size === 0 ? 'regular empty file' : KIND_WORDS[stat.kind];
  const time = longTime(stat, wallTimeMs(kernel, stat.modifiedAt));
  const type = stat.device ? ` Device type: ${stat.device[0]},${stat.device[1]}` : '';
  const mode = `${stat.mode.toString(8).padStart(4, '0')}/${modeText(stat)}`;
  const user = (accountNames(fs).users.get(stat.uid) ?? 'UNKNOWN').padStart(8);
  const group = (accountNames(fs).groups.get(stat.gid) ?? 'UNKNOWN').padStart(8);
  return [
    `  File: ${name}`,
    `  Size: ${String(stat.size).padEnd(10)}\tBlocks: ${String(stat.blocks).padEnd(10)} IO Block: ${String(BLOCK_SIZE).padEnd(6)} ${word}`,
    `Device: 801h/2049d\tInode: ${String(inodeOf(path)).padEnd(10)}  Links: ${String(stat.links).padEnd(5)}${type}`,
    `Access: (${mode})  Uid: (${String(stat.uid).padStart(5)}/${user})   Gid: (${String(stat.gid).padStart(5)}/${group})`,
    `Access: ${time}`,
    `Modify: ${time}`,
    `Change: ${time}`,
  ].join('\n');
}

export function* duCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'aHLxsckhmlb', 'd', { 'max-depth': 'd' });
  if (unknown !== undefined) return usage(context, 'du', '[-aHLdclsxhmk] [FILE]...', unknown);
  const { fs, cwd } = context;
  const limit = flags.has('s') ? 0 : Number(flags.get('d')?.[0] ?? Number.POSITIVE_INFINITY);
  const show = (blocks: number, name: string): void => {
    const bytes = blocks * 512;
    const size = flags.has('h')
      ? humanSize(bytes)
      : String(Math.ceil(bytes / (flags.has('m') ? KB * KB : KB)));
    context.stdout(`${size}\t${name}\n`);
  };
  const count = function* (path: string, shown: string, depth: number): Proc<number> {
    yield* context.work(FILE_US);
    const stat = fs.linkStat(path);
    if (!stat) return 0;
    let { blocks } = stat;
    if (stat.kind === 'directory') {
      for (const name of fs.list(path) ?? []) {
        const below = shown.endsWith('/') ? shown + name : `${shown}/${name}`;
        blocks += yield* count(joinPath(path, name), below, depth + 1);
      }
    }
    const isShown =
      depth === 0 || (depth <= limit && (stat.kind === 'directory' || flags.has('a')));
    if (isShown) show(blocks, shown);
    return blocks;
  };
  let status = 0;
  let total = 0;
  for (const operand of operands.length === 0 ? ['.'] : operands) {
    const path = resolvePath(cwd, operand);
    if (fs.linkStat(path)) total += yield* count(path, operand, 0);
    else {
      context.stderr(`du: ${operand}: ${fs.access(path, 0)}\n`);
      status = 1;
    }
  }
  if (flags.has('c')) show(total, 'total');
  return status;
}

interface DfRow {
  readonly device: string;
  readonly total: number;
  readonly free: number;
  readonly mount: string;
}

export function* dfCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'PkmhTai', 'Bt');
  if (unknown !== undefined) return usage(context, 'df', '[-PkmhTai] [FILESYSTEM]...', unknown);
  const { fs, cwd } = context;
  const paths = operands.length > 0 ? operands : fs.mounts().map(({ path }) => path);
  const rows: DfRow[] = [];
  let status = 0;
  for (const operand of paths) {
    yield* context.work(FILE_US);
    const space = fs.space(resolvePath(cwd, operand));
    if (!space) {
      context.stderr(`df: ${operand}: can't find mount point\n`);
      status = 1;
      continue;
    }
    const device = space.type === 'ext4' ? '/dev/sda1' : space.type;
    rows.push({ device, total: space.totalBytes, free: space.freeBytes, mount: space.mountPath });
  }
  const unit = flags.has('m') ? KB * KB : KB;
  const size = (bytes: number): string =>
    flags.has('h') ? humanSize(bytes) : String(Math.floor(bytes / unit));
  const title = flags.has('h') ? 'Size' : flags.has('m') ? '1M-blocks' : '1K-blocks';
  const widths = flags.has('h') ? 9 : 10;
  const head = flags.has('h')
    ? 'Filesystem                Size      Used Available Use% Mounted on'
    : `Filesystem           ${title}      Used Available Use% Mounted on`;
  context.stdout(`${flags.has('P') ? head.replace('Use%', 'Capacity') : head}\n`);
  for (const { device, total, free, mount } of rows) {
    const used = total - free;
    const percent = total === 0 ? 0 : Math.ceil((used * 100) / total);
    const name = device.length > 20 ? `${device}\n${' '.repeat(20)}` : device.padEnd(20);
    context.stdout(
      `${name} ${size(total).padStart(widths)} ${size(used).padStart(9)} ${size(free).padStart(9)} ${String(percent).padStart(3)}% ${mount}\n`,
    );
  }
  return status;
}

export function* readlinkCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(FILE_US);
  const { flags, operands, unknown } = readOptions(args, 'fnv');
  const [operand] = operands;
  if (unknown !== undefined || operand === undefined)
    return usage(context, 'readlink', '[-fnv] FILE', unknown);
  const path = resolvePath(context.cwd, operand);
  const { fs } = context;
  const answer = flags.has('f') ? realOrNew(context, path) : fs.readLink(path);
  if (answer === null) {
    if (flags.has('v')) {
      const error = fs.linkStat(path) ? 'Invalid argument' : fs.access(path, 0);
      context.stderr(`readlink: ${operand}: ${error}\n`);
    }
    return 1;
  }
  context.stdout(`${answer}${flags.has('n') ? '' : '\n'}`);
  return 0;
}

/** The last name need not be there. */
function realOrNew(context: ProcessContext, path: string): string | null {
  const { fs } = context;
  const real = fs.realPath(path);
  if (real !== null && fs.kind(parentOf(real)) === 'directory') return real;
  return null;
}

export function* realpathCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands } = readOptions(args, 'fnm');
  if (operands.length === 0) return usage(context, 'realpath', 'FILE...');
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const answer = realOrNew(context, resolvePath(context.cwd, operand));
    if (answer !== null) context.stdout(`${answer}\n`);
    else {
      context.stderr(`realpath: ${operand}: No such file or directory\n`);
      status = 1;
    }
  }
  return status;
}
