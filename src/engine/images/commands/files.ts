/**
 * Commands that make and remove files: mkdir, rmdir, rm, touch, mktemp, mkfifo, truncate, unlink.
 *
 * Models: busybox coreutils
 */
import type { Proc } from '../../../kernel/process.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileSystem, ProcessContext } from '../../node/runtime/program.ts';
import { FILE_US, readOptions, usage } from './applet.ts';
import { parseDate } from './date.ts';
import { changedMode } from './modes.ts';

type Args = readonly string[];

const DIRECTORY_BITS = 0o777;
const MICROS_PER_MS = 1_000;

export function* mkdirCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'pv', 'mZ', { parents: 'p', mode: 'm' });
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'mkdir', '[-m MODE] [-p] DIRECTORY...', unknown);
  const modeArgument = flags.get('m')?.[0];
  const mode = modeArgument === undefined ? null : changedMode(DIRECTORY_BITS, modeArgument);
  if (mode === undefined) {
    context.stderr(`mkdir: invalid mode '${modeArgument}'\n`);
    return 1;
  }
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    let error = flags.has('p') ? makeParents(context.fs, path) : context.fs.makeDirectory(path);
    if (error === null && mode !== null) error = context.fs.setMode(path, mode);
    if (error === null) continue;
    context.stderr(`mkdir: can't create directory '${operand}': ${error}\n`);
    status = 1;
  }
  return status;
}

function makeParents(fs: FileSystem, path: string): string | null {
  let prefix = '';
  for (const part of path.split('/').slice(1)) {
    prefix += `/${part}`;
    if (fs.kind(prefix) === 'directory' || prefix === '/') continue;
    const error = fs.makeDirectory(prefix);
    if (error !== null) return error;
  }
  return null;
}

export function* rmdirCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'p', '', { 'ignore-fail-on-non-empty': 'i' });
  if (operands.length === 0) return usage(context, 'rmdir', '[-p] DIRECTORY...');
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    let shown = operand;
    for (;;) {
      const path = resolvePath(context.cwd, shown);
      const kind = context.fs.linkStat(path)?.kind;
      const isOther = kind !== undefined && kind !== 'directory';
      const error = isOther ? 'Not a directory' : context.fs.remove(path);
      if (error !== null) {
        context.stderr(`rmdir: '${shown}': ${error}\n`);
        status = 1;
        break;
      }
      const slash = shown.replace(/\/+$/, '').lastIndexOf('/');
      if (!flags.has('p') || slash <= 0) break;
      shown = shown.slice(0, slash);
    }
  }
  return status;
}

export function* rmCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ifrRv', '', {
    recursive: 'r',
    force: 'f',
  });
  const force = flags.has('f');
  if (unknown !== undefined || (operands.length === 0 && !force))
    return usage(context, 'rm', '[-irf] FILE...', unknown);
  const recursive = flags.has('r') || flags.has('R');
  const { fs } = context;
  let status = 0;
  for (const operand of operands) {
    if (/(^|\/)\.{1,2}\/*$/.test(operand)) {
      context.stderr("rm: can't remove '.' or '..'\n");
      status = 1;
      continue;
    }
    const path = resolvePath(context.cwd, operand);
    const kind = fs.linkStat(path)?.kind;
    if (kind === undefined && force) continue;
    if (kind === 'directory' && !recursive) {
      context.stderr(`rm: '${operand}' is a directory\n`);
      status = 1;
    } else if (!(yield* removeTree(context, 'rm', path, operand))) status = 1;
  }
  return status;
}

/** Removes all it can; what is refused is said on standard error. */
export function* removeTree(
  context: ProcessContext,
  name: string,
  path: string,
  shown: string,
): Proc<boolean> {
  yield* context.work(FILE_US);
  const { fs } = context;
  let ok = true;
  if (fs.linkStat(path)?.kind === 'directory') {
    for (const child of fs.list(path) ?? []) {
      const removed = yield* removeTree(context, name, joinPath(path, child), `${shown}/${child}`);
      ok &&= removed;
    }
  }
  const error = fs.remove(path);
  if (error === null) return ok;
  context.stderr(`${name}: can't remove '${shown}': ${error}\n`);
  return false;
}

export function* touchCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'camh', 'rdt', {
    date: 'd',
    reference: 'r',
    'no-create': 'c',
  });
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'touch', '[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...', unknown);
  const { fs } = context;
  let at: number | undefined;
  const reference = flags.get('r')?.[0];
  if (reference !== undefined) {
    at = fs.stat(resolvePath(context.cwd, reference))?.modifiedAt;
    if (at === undefined) {
      context.stderr(`touch: ${reference}: No such file or directory\n`);
      return 1;
    }
  }
  const text = flags.get('d')?.[0] ?? flags.get('t')?.[0];
  if (text !== undefined) {
    const ms = parseDate(text, context.kernel.nowMs);
    if (ms === undefined) {
      context.stderr(`touch: invalid date '${text}'\n`);
      return 1;
    }
    at = (ms - context.kernel.epochMs) * MICROS_PER_MS;
  }
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const exists = fs.kind(path) !== null;
    if (!exists && flags.has('c')) continue;
    let error = exists ? null : fs.write(path, '', false);
    if (error === null && (exists || at !== undefined)) error = fs.touch(path, at);
    if (error === null) continue;
    context.stderr(`touch: ${operand}: ${error}\n`);
    status = 1;
  }
  return status;
}

const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export function* mktempCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'dtuq', 'p');
  yield* context.work(FILE_US);
  const directory = flags.get('p')?.[0] ?? context.env.get('TMPDIR') ?? '/tmp';
  const given = operands[0];
  const isInDirectory = given === undefined || flags.has('t') || flags.has('p');
  const template = isInDirectory ? `${directory}/${given ?? 'tmp.XXXXXX'}` : given;
  const random = context.kernel.rng(`mktemp ${context.hostname}`).text(6, NAME_CHARACTERS);
  const name = template.replace(/X{6}$/, () => random);
  const path = resolvePath(context.cwd, name);
  const { fs } = context;
  let error = name === template ? 'Invalid argument' : null;
  if (error === null && !flags.has('u')) {
    error = flags.has('d') ? fs.makeDirectory(path, 0o700) : fs.write(path, '', false, 0o600);
  }
  if (error !== null) {
    const shown = name === template ? '(null)' : template;
    if (!flags.has('q')) context.stderr(`mktemp: ${shown}: ${error}\n`);
    return 1;
  }
  context.stdout(`${name}\n`);
  return 0;
}

export function* mkfifoCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands } = readOptions(args, '', 'mZ');
  if (operands.length === 0) return usage(context, 'mkfifo', '[-m MODE] NAME');
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const error = context.fs.makeSpecial(resolvePath(context.cwd, operand), 'pipe', 0o666);
    if (error === null) continue;
    context.stderr(`mkfifo: ${operand}: ${error}\n`);
    status = 1;
  }
  return status;
}

export function* unlinkCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(FILE_US);
  const [operand] = args;
  if (operand === undefined || args.length > 1) return usage(context, 'unlink', 'FILE');
  const path = resolvePath(context.cwd, operand);
  const isDirectory = context.fs.linkStat(path)?.kind === 'directory';
  const error = isDirectory ? 'Is a directory' : context.fs.remove(path);
  if (error === null) return 0;
  context.stderr(`unlink: can't remove file '${operand}': ${error}\n`);
  return 1;
}

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  b: 512,
  k: 1_024,
  K: 1_024,
  m: 1_048_576,
  M: 1_048_576,
  g: 1_073_741_824,
  G: 1_073_741_824,
};

/** `10`, `4k`, `1M`: bytes; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15})([bkKmMgG]?)(?:i?B)?$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * (SUFFIXES[match[2] ?? ''] ?? 1);
}

export function* truncateCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'c', 's');
  const size = parseSize(flags.get('s')?.[0] ?? '');
  if (size === undefined || operands.length === 0)
    return usage(context, 'truncate', '[-c] -s SIZE FILE...');
  let status = 0;
  const { fs } = context;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const exists = fs.kind(path) !== null;
    if (!exists && flags.has('c')) continue;
    let error = exists ? null : fs.write(path, '', false);
    if (error === null) error = fs.truncate(path, size);
    if (error === null) continue;
    context.stderr(`truncate: ${operand}: open: ${error}\n`);
    status = 1;
  }
  return status;
}
