/**
 * cp, mv, ln, install: copies, moves and links. Models: busybox libbb/copy_file.c, coreutils.
 */
import type { Proc } from '../../../kernel/process.ts';
import { CROSS_DEVICE, NO_SUCH_FILE } from '../../node/runtime/file-system.ts';
import { baseName, joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { FILE_US, type Options, readOptions, usage } from './applet.ts';
import { removeTree } from './files.ts';

type Args = readonly string[];
type Flags = Options['flags'];

interface Target {
  readonly source: string;
  readonly target: string;
  /** As the messages name them. */
  readonly operand: string;
  readonly shown: string;
}

/** Where a copy goes: into the last operand when it is a directory. */
function* eachTarget(
  context: ProcessContext,
  operands: Args,
  flags: Flags,
  move: (target: Target) => Proc<boolean>,
): Proc<number> {
  const given = flags.get('t')?.[0];
  const last = given ?? (operands.at(-1) as string);
  const sources = given === undefined ? operands.slice(0, -1) : operands;
  const into = resolvePath(context.cwd, last);
  const isDirectory = !flags.has('T') && context.fs.kind(into) === 'directory';
  const goesInto = isDirectory || sources.length > 1 || given !== undefined;
  let status = 0;
  for (const operand of sources) {
    const source = resolvePath(context.cwd, operand);
    const target = goesInto ? joinPath(into, baseName(source)) : into;
    const base = operand.replace(/(.)\/+$/, '$1').replace(/^.*\//, '');
    const shown = goesInto ? `${last.replace(/\/$/, '')}/${base}` : last;
    if (!(yield* move({ source, target, operand, shown }))) status = 1;
  }
  return status;
}

export function* cpCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'aprRfinlsLPHdvuTc', 't', {
    archive: 'a',
    recursive: 'r',
    force: 'f',
  });
  if (unknown !== undefined || operands.length < (flags.has('t') ? 1 : 2))
    return usage(context, 'cp', '[-arPLHpfinlsTu] SOURCE DEST', unknown);
  return yield* eachTarget(context, operands, flags, function* (each) {
    const recursive = flags.has('a') || flags.has('r') || flags.has('R');
    const follows = !(recursive || flags.has('P') || flags.has('d')) || flags.has('L');
    const stat = follows ? context.fs.stat(each.source) : context.fs.linkStat(each.source);
    if (!stat) {
      const error = context.fs.access(each.source, 0) ?? NO_SUCH_FILE;
      context.stderr(`cp: can't stat '${each.operand}': ${error}\n`);
      return false;
    }
    if (stat.kind === 'directory' && !recursive) {
      context.stderr(`cp: omitting directory '${each.operand}'\n`);
      return false;
    }
    return yield* copyTree(context, 'cp', each, flags, follows);
  });
}

function* copyTree(
  context: ProcessContext,
  name: string,
  each: Target,
  flags: Flags,
  follows: boolean,
): Proc<boolean> {
  yield* context.work(FILE_US);
  const { fs } = context;
  const { source, target, operand, shown } = each;
  const stat = follows ? fs.stat(source) : fs.linkStat(source);
  const fail = (text: string): boolean => {
    context.stderr(`${name}: ${text}\n`);
    return false;
  };
  if (!stat) return fail(`can't stat '${operand}': ${fs.access(source, 0) ?? NO_SUCH_FILE}`);
  const keeps = flags.has('a') || flags.has('p') || name === 'mv';
  if (stat.kind === 'directory') {
    if (`${target}/`.startsWith(`${source}/`))
      return fail(`recursion detected, omitting directory '${operand}'`);
    const error = fs.kind(target) === 'directory' ? null : fs.makeDirectory(target, stat.mode);
    if (error !== null) return fail(`can't create directory '${shown}': ${error}`);
    let ok = true;
    for (const child of fs.list(source) ?? []) {
      const below = {
        source: joinPath(source, child),
        target: joinPath(target, child),
        operand: `${operand}/${child}`,
        shown: `${shown}/${child}`,
      };
      const copied = yield* copyTree(context, name, below, flags, follows && flags.has('L'));
      ok &&= copied;
    }
    if (keeps) keepAttributes(context, target, stat);
    return ok;
  }
  if (fs.realPath(source) !== null && fs.realPath(source) === fs.realPath(target))
    return fail(`'${operand}' and '${shown}' are the same file`);
  const there = fs.linkStat(target);
  if (there && (flags.has('n') || isNewer(flags, there.modifiedAt, stat.modifiedAt))) return true;
  if (there?.kind === 'directory') return fail(`can't create '${shown}': File exists`);
  const error = copyOne(context, each, flags, stat, there !== null);
  if (error !== null) return fail(error);
  if (keeps && stat.kind !== 'link') keepAttributes(context, target, stat);
  return true;
}

function isNewer(flags: Flags, there: number, here: number): boolean {
  return flags.has('u') && there >= here;
}

/** Null, or what is to be said. */
function copyOne(
  context: ProcessContext,
  { source, target, operand, shown }: Target,
  flags: Flags,
  stat: { readonly kind: string; readonly mode: number },
  exists: boolean,
): string | null {
  const { fs } = context;
  if (stat.kind === 'link' || flags.has('s') || flags.has('l')) {
    if (exists) fs.remove(target);
    const error = flags.has('l')
      ? fs.makeLink(source, target)
      : fs.makeSymbolicLink(stat.kind === 'link' ? (fs.readLink(source) ?? '') : operand, target);
    if (error === null) return null;
    return `can't create ${flags.has('l') ? '' : 'sym'}link '${shown}': ${error}`;
  }
  const unreadable = fs.access(source, 4);
  if (unreadable !== null) return `can't open '${operand}': ${unreadable}`;
  let error = copyContent(context, source, target);
  if (error !== null && exists && flags.has('f')) {
    fs.remove(target);
    error = copyContent(context, source, target);
  }
  return error === null ? null : `can't create '${shown}': ${error}`;
}

/** Devices and generated files are read; of others the content is shared. */
function copyContent(context: ProcessContext, source: string, target: string): string | null {
  const { fs } = context;
  return fs.copy(source, target);
}

function keepAttributes(
  context: ProcessContext,
  target: string,
  stat: {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly modifiedAt: number;
  },
): void {
  const { fs } = context;
  // Who may not give files away keeps the copy for itself, as cp -p does.
  fs.setOwner(target, stat.uid, stat.gid);
  fs.setMode(target, stat.mode);
  fs.touch(target, stat.modifiedAt);
}

export function* mvCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'finTv', 't');
  if (unknown !== undefined || operands.length < (flags.has('t') ? 1 : 2))
    return usage(context, 'mv', '[-finT] SOURCE DEST', unknown);
  const { fs } = context;
  return yield* eachTarget(context, operands, flags, function* (each) {
    yield* context.work(FILE_US);
    const { source, target, operand } = each;
    if (flags.has('n') && fs.linkStat(target)) return true;
    const error = fs.rename(source, target);
    if (error === null) return true;
    if (error !== CROSS_DEVICE) {
      context.stderr(`mv: can't rename '${operand}': ${error}\n`);
      return false;
    }
    if (!(yield* copyTree(context, 'mv', each, flags, false))) return false;
    return yield* removeTree(context, 'mv', source, operand);
  });
}

export function* lnCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'sfnbvTr', 'St', {
    symbolic: 's',
    force: 'f',
    'no-dereference': 'n',
  });
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'ln', '[-sfnbtv] [-S SUF] TARGET... LINK|DIR', unknown);
  const { fs, cwd } = context;
  const last = operands.length === 1 ? '.' : (operands.at(-1) as string);
  const sources = operands.length === 1 ? operands : operands.slice(0, -1);
  let status = 0;
  for (const operand of sources) {
    yield* context.work(FILE_US);
    const into = resolvePath(cwd, last);
    const isLink = fs.linkStat(into)?.kind === 'link';
    const isDirectory =
      fs.kind(into) === 'directory' && !flags.has('T') && !(flags.has('n') && isLink);
    const base = operand.replace(/(.)\/+$/, '$1').replace(/^.*\//, '');
    const path = isDirectory ? joinPath(into, base) : into;
    const shown = isDirectory ? `${last.replace(/(.)\/+$/, '$1')}/${base}` : last;
    if (flags.has('f') && fs.linkStat(path)) fs.remove(path);
    const error = flags.has('s')
      ? fs.makeSymbolicLink(operand, path)
      : fs.makeLink(resolvePath(cwd, operand), path);
    if (error === null) continue;
    const isMissing = !flags.has('s') && !fs.linkStat(resolvePath(cwd, operand));
    context.stderr(`ln: ${isMissing ? operand : shown}: ${error}\n`);
    status = 1;
  }
  return status;
}
