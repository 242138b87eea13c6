/**
 * Commands that change files: mkdir, rmdir, rm, touch, cp, mv, chmod, chown, ln, mktemp, sync.
 *
 * Models: busybox coreutils. Simplified: no links (ln says so), no owners.
 */
import type { Proc } from '../../../kernel/process.ts';
import { IS_A_DIRECTORY, NO_SUCH_FILE, READ_ONLY } from '../../node/runtime/file-system.ts';
import { baseName, joinPath, parentOf, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileSystem, ProcessContext } from '../../node/runtime/program.ts';
import { FILE_US, readOptions, usage } from './applet.ts';

type Args = readonly string[];

export function* mkdirCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'pv', 'mZ', { parents: 'p', mode: 'm' });
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'mkdir', '[-m MODE] [-p] DIRECTORY...', unknown);
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const error = flags.has('p') ? makeParents(context.fs, path) : context.fs.makeDirectory(path);
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
  let status = 0;
  for (const operand of readOptions(args, 'p').operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const error = context.fs.kind(path) === 'file' ? 'Not a directory' : context.fs.remove(path);
    if (error === null) continue;
    context.stderr(`rmdir: '${operand}': ${error}\n`);
    status = 1;
  }
  return status;
}

export function* rmCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ifrRv');
  const force = flags.has('f');
  if (unknown !== undefined || (operands.length === 0 && !force))
    return usage(context, 'rm', '[-irf] FILE...', unknown);
  const recursive = flags.has('r') || flags.has('R');
  let status = 0;
  for (const operand of operands) {
    const path = resolvePath(context.cwd, operand);
    const kind = context.fs.kind(path);
    if (kind === null && force) continue;
    let error = kind === null ? NO_SUCH_FILE : null;
    if (kind === 'directory' && !recursive) {
      context.stderr(`rm: '${operand}' is a directory\n`);
      status = 1;
      continue;
    }
    if (error === null) error = yield* removeTree(context, path);
    if (error === null) continue;
    context.stderr(`rm: can't remove '${operand}': ${error}\n`);
    status = 1;
  }
  return status;
}

function* removeTree(context: ProcessContext, path: string): Proc<string | null> {
  yield* context.work(FILE_US);
  for (const name of context.fs.list(path) ?? []) {
    const error = yield* removeTree(context, joinPath(path, name));
    if (error !== null) return error;
  }
  return context.fs.remove(path);
}

export function* touchCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'camh', 'rdt');
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'touch', '[-ch] FILE...', unknown);
  let status = 0;
  for (const operand of operands) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const exists = context.fs.kind(path) !== null;
    if (!exists && flags.has('c')) continue;
    const error = exists ? context.fs.touch(path) : context.fs.write(path, '', false);
    if (error === null) continue;
    context.stderr(`touch: ${operand}: ${error}\n`);
    status = 1;
  }
  return status;
}

/** Where a copy goes: into the last operand when it is a directory. */
function* eachTarget(
  context: ProcessContext,
  name: string,
  operands: Args,
  move: (source: string, target: string, shown: string, operand: string) => Proc<boolean>,
): Proc<number> {
  const last = operands.at(-1) as string;
  const into = resolvePath(context.cwd, last);
  const isDirectory = context.fs.kind(into) === 'directory';
  if (operands.length > 2 && !isDirectory) {
    context.stderr(`${name}: target '${last}' is not a directory\n`);
    return 1;
  }
  let status = 0;
  for (const operand of operands.slice(0, -1)) {
    const source = resolvePath(context.cwd, operand);
    if (context.fs.kind(source) === null) {
      const verb = name === 'mv' ? "can't rename" : "can't stat";
      context.stderr(`${name}: ${verb} '${operand}': ${NO_SUCH_FILE}\n`);
      status = 1;
      continue;
    }
    const target = isDirectory ? joinPath(into, baseName(source)) : into;
    const shown = isDirectory ? `${last.replace(/\/$/, '')}/${baseName(source)}` : last;
    const moved = yield* move(source, target, shown, operand);
    if (!moved) status = 1;
  }
  return status;
}

export function* cpCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'aprRfiLPHdvuTn');
  if (unknown !== undefined || operands.length < 2)
    return usage(context, 'cp', '[-arPLHpfinlsTu] SOURCE DEST', unknown);
  const recursive = ['a', 'r', 'R'].some((flag) => flags.has(flag));
  return yield* eachTarget(context, 'cp', operands, function* (source, target, shown, operand) {
    if (context.fs.kind(source) === 'directory' && !recursive) {
      context.stderr(`cp: omitting directory '${operand}'\n`);
      return false;
    }
    return yield* copyTree(context, 'cp', source, target, shown);
  });
}

function* copyTree(
  context: ProcessContext,
  name: string,
  source: string,
  target: string,
  shown: string,
): Proc<boolean> {
  yield* context.work(FILE_US);
  const { fs } = context;
  const stat = fs.stat(source);
  if (!stat) return false;
  if (stat.kind === 'directory') {
    const error = fs.kind(target) === 'directory' ? null : fs.makeDirectory(target);
    if (error !== null) {
      context.stderr(`${name}: can't create directory '${shown}': ${error}\n`);
      return false;
    }
    let ok = true;
    for (const child of fs.list(source) ?? []) {
      const copied = yield* copyTree(
        context,
        name,
        joinPath(source, child),
        joinPath(target, child),
        `${shown}/${child}`,
      );
      ok = ok && copied;
    }
    return ok;
  }
  const error = fs.write(target, fs.read(source) ?? '', false);
  if (error !== null) {
    context.stderr(`${name}: can't create '${shown}': ${error}\n`);
    return false;
  }
  fs.setMode(target, stat.mode);
  return true;
}

export function* mvCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands, unknown } = readOptions(args, 'finT');
  if (unknown !== undefined || operands.length < 2)
    return usage(context, 'mv', '[-finT] SOURCE DEST', unknown);
  return yield* eachTarget(context, 'mv', operands, function* (source, target, shown) {
    if (source === target) return true;
    if (context.fs.kind(target) === 'directory') {
      context.stderr(`mv: can't rename '${source}': ${IS_A_DIRECTORY}\n`);
      return false;
    }
    if (!(yield* copyTree(context, 'mv', source, target, shown))) return false;
    const error = yield* removeTree(context, source);
    if (error !== null) context.stderr(`mv: can't remove '${source}': ${error}\n`);
    return error === null;
  });
}

export function* chmodCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(
    args.map((arg) => (/^-[rwx]/.test(arg) ? `./${arg}` : arg)),
    'Rcvf',
  );
  const [modeText, ...paths] = operands;
  if (modeText === undefined || paths.length === 0)
    return usage(context, 'chmod', '[-Rcvf] MODE[,MODE]... FILE...');
  let status = 0;
  const change = function* (path: string, shown: string): Proc<void> {
    yield* context.work(FILE_US);
    const stat = context.fs.stat(path);
    const mode = stat ? changedMode(stat.mode, modeText.replace(/^\.\//, '')) : 0;
    const error = !stat
      ? NO_SUCH_FILE
      : mode === undefined
        ? 'invalid mode'
        : context.fs.setMode(path, mode);
    if (error !== null) {
      status = 1;
      context.stderr(
        mode === undefined ? `chmod: invalid mode '${modeText}'\n` : `chmod: ${shown}: ${error}\n`,
      );
    }
    if (!flags.has('R')) return;
    for (const name of context.fs.list(path) ?? [])
      yield* change(joinPath(path, name), `${shown}/${name}`);
  };
  for (const path of paths) yield* change(resolvePath(context.cwd, path), path);
  return status;
}

/** `755`, `+x`, `u+rw,go-w` applied to |mode|; undefined when it is no mode. Pure. */
export function changedMode(mode: number, text: string): number | undefined {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let result = mode;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (!match) return undefined;
    const [, who = '', operator, letters = ''] = match;
    const classes = who === '' || who.includes('a') ? 0o111 : maskOf(who);
    let bits = 0;
    if (letters.includes('r')) bits |= 4 * classes;
    if (letters.includes('w')) bits |= 2 * classes;
    if (/[xX]/.test(letters)) bits |= classes;
    if (operator === '-') result &= ~bits;
    else if (operator === '+') result |= bits;
    else result = (result & ~(7 * classes)) | bits;
  }
  return result;
}

function maskOf(who: string): number {
  return (
    (who.includes('u') ? 0o100 : 0) |
    (who.includes('g') ? 0o010 : 0) |
    (who.includes('o') ? 0o001 : 0)
  );
}

/** Owners are not kept: only the names of files are checked. */
export function* chownCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands } = readOptions(args, 'RhcvfLP');
  let status = 0;
  for (const operand of operands.slice(1)) {
    yield* context.work(FILE_US);
    const path = resolvePath(context.cwd, operand);
    const error = context.fs.kind(path) === null ? NO_SUCH_FILE : null;
    if (error === null) continue;
    context.stderr(`chown: ${operand}: ${error}\n`);
    status = 1;
  }
  return status;
}

/** Links do not exist here; the refusal is that of a file system without them. */
export function* lnCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands } = readOptions(args, 'sfnbvT', 'S');
  yield* context.work(FILE_US);
  context.stderr(`ln: ${operands.at(-1) ?? ''}: Operation not permitted\n`);
  return 1;
}

const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export function* mktempCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'dtuq', 'p');
  yield* context.work(FILE_US);
  const template = operands[0] ?? `${flags.get('p')?.[0] ?? '/tmp'}/tmp.XXXXXX`;
  const random = context.kernel.rng(`mktemp ${context.hostname}`).text(6, NAME_CHARACTERS);
  const name = template.replace(/X{6}$/, () => random);
  const path = resolvePath(context.cwd, name);
  if (context.fs.kind(parentOf(path)) === null || name === template) {
    context.stderr(
      `mktemp: ${template}: ${name === template ? 'Invalid argument' : NO_SUCH_FILE}\n`,
    );
    return 1;
  }
  const error = flags.has('d') ? context.fs.makeDirectory(path) : context.fs.write(path, '', false);
  if (error !== null) {
    context.stderr(`mktemp: ${template}: ${error === READ_ONLY ? READ_ONLY : error}\n`);
    return 1;
  }
  context.stdout(`${name}\n`);
  return 0;
}
