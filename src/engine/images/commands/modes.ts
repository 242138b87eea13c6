/**
 * chmod, chown, chgrp, and permission texts. Models: busybox coreutils, libbb/parse_mode.c.
 */
import type { Proc } from '../../../kernel/process.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { FILE_US, readOptions, usage } from './applet.ts';
import { groupId, primaryGroup, userId } from './users.ts';

type Args = readonly string[];

const KIND_LETTERS: Readonly<Record<FileStat['kind'], string>> = {
  file: '-',
  directory: 'd',
  link: 'l',
  'character device': 'c',
  'block device': 'b',
  socket: 's',
  pipe: 'p',
};

const SETUID = 0o4000;
const SETGID = 0o2000;
const STICKY = 0o1000;

/** `drwxr-xr-x`. */
export function modeText(stat: FileStat): string {
  const { mode } = stat;
  const three = (shift: number, special: number, letter: string): string => {
    const bits = (mode >> shift) & 7;
    const runs = (bits & 1) !== 0;
    const isSpecial = (mode & special) !== 0;
    const last = isSpecial ? (runs ? letter : letter.toUpperCase()) : runs ? 'x' : '-';
    return (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + last;
  };
  return (
    KIND_LETTERS[stat.kind] + three(6, SETUID, 's') + three(3, SETGID, 's') + three(0, STICKY, 't')
  );
}

/** Runs |change| on each operand, below directories too with -R; messages are the caller's. */
function* eachFile(
  context: ProcessContext,
  paths: Args,
  recursive: boolean,
  change: (path: string, shown: string) => boolean,
): Proc<number> {
  let status = 0;
  const visit = function* (path: string, shown: string): Proc {
    yield* context.work(FILE_US);
    if (!change(path, shown)) status = 1;
    if (!recursive || context.fs.linkStat(path)?.kind !== 'directory') return;
    for (const name of context.fs.list(path) ?? [])
      yield* visit(joinPath(path, name), shown.endsWith('/') ? shown + name : `${shown}/${name}`);
  };
  for (const path of paths) yield* visit(resolvePath(context.cwd, path), path);
  return status;
}

export function* chmodCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(
    args.map((arg) => (/^-[rwxXst]/.test(arg) ? `./${arg}` : arg)),
    'Rcvf',
  );
  const [modeArgument, ...paths] = operands;
  if (modeArgument === undefined || paths.length === 0)
    return usage(context, 'chmod', '[-Rcvf] MODE[,MODE]... FILE...');
  const text = modeArgument.replace(/^\.\//, '');
  if (changedMode(0, text, false, context.umask) === undefined) {
    context.stderr(`chmod: invalid mode '${text}'\n`);
    return 1;
  }
  const { fs } = context;
  return yield* eachFile(context, paths, flags.has('R'), (path, shown) => {
    if (flags.has('R') && fs.linkStat(path)?.kind === 'link') return true;
    const stat = fs.stat(path);
    const isDirectory = stat?.kind === 'directory';
    const mode = changedMode(stat?.mode ?? 0, text, isDirectory, context.umask) ?? 0;
    const error = stat ? fs.setMode(path, mode) : fs.access(path, 0);
    if (error !== null && !flags.has('f')) context.stderr(`chmod: ${shown}: ${error}\n`);
    return error === null;
  });
}

/** `755`, `+x`, `u+rw,go-w`, `g=u` applied to |mode|; undefined when it is no mode. Pure. */
export function changedMode(
  mode: number,
  text: string,
  isDirectory = false,
  umask = 0,
): number | undefined {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let result = mode;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause);
    if (!match) return undefined;
    const [, who = '', actions = ''] = match;
    for (const [, operator = '', letters = ''] of actions.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      const classes = who === '' || who.includes('a') ? 0o111 : maskOf(who);
      let bits = permissionBits(letters, classes, result, isDirectory);
      if (who === '') bits &= ~umask;
      bits |= specialBits(letters, who);
      if (operator === '-') result &= ~bits;
      else if (operator === '+') result |= bits;
      else result = (result & ~(7 * classes) & ~specialBits('st', who)) | bits;
    }
  }
  return result;
}

function permissionBits(
  letters: string,
  classes: number,
  mode: number,
  isDirectory: boolean,
): number {
  const copied = /^[ugo]$/.exec(letters);
  if (copied) {
    const shift = letters === 'u' ? 6 : letters === 'g' ? 3 : 0;
    return ((mode >> shift) & 7) * classes;
  }
  let bits = 0;
  if (letters.includes('r')) bits |= 4 * classes;
  if (letters.includes('w')) bits |= 2 * classes;
  const runs = letters.includes('X') && (isDirectory || (mode & 0o111) !== 0);
  if (letters.includes('x') || runs) bits |= classes;
  return bits;
}

function specialBits(letters: string, who: string): number {
  let bits = 0;
  const all = who === '' || who.includes('a');
  if (letters.includes('s')) {
    if (all || who.includes('u')) bits |= SETUID;
    if (all || who.includes('g')) bits |= SETGID;
  }
  if (letters.includes('t')) bits |= STICKY;
  return bits;
}

function maskOf(who: string): number {
  return (
    (who.includes('u') ? 0o100 : 0) |
    (who.includes('g') ? 0o010 : 0) |
    (who.includes('o') ? 0o001 : 0)
  );
}

export function* chownCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'RhcvfLPH');
  const [owner, ...paths] = operands;
  if (owner === undefined || paths.length === 0)
    return usage(context, 'chown', '[-RhLHPcvf] USER[:[GRP]] FILE...');
  const parsed = parseOwner(context, owner);
  if (typeof parsed === 'string') {
    context.stderr(`chown: ${parsed}\n`);
    return 1;
  }
  return yield* changeOwner(context, 'chown', flags, paths, parsed.uid, parsed.gid);
}

export function* chgrpCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'RhcvfLPH');
  const [group, ...paths] = operands;
  if (group === undefined || paths.length === 0)
    return usage(context, 'chgrp', '[-RhLHPcvf] GROUP FILE...');
  const gid = groupId(context.fs, group);
  if (gid === undefined) {
    context.stderr(`chgrp: unknown group ${group}\n`);
    return 1;
  }
  return yield* changeOwner(context, 'chgrp', flags, paths, null, gid);
}

interface Owner {
  readonly uid: number | null;
  readonly gid: number | null;
}

/** `user`, `user:group`, `:group`, `user:` (and with a dot); a text is the error. */
function parseOwner(context: ProcessContext, text: string): Owner | string {
  const { fs } = context;
  const separator = text.includes(':') ? ':' : '.';
  const at = text.indexOf(separator);
  const user = at < 0 ? text : text.slice(0, at);
  const group = at < 0 ? null : text.slice(at + 1);
  const uid = user === '' ? null : userId(fs, user);
  if (uid === undefined) return `unknown user ${text}`;
  if (group === null) return { uid, gid: null };
  if (group === '') return { uid, gid: primaryGroup(fs, user) ?? null };
  const gid = groupId(fs, group);
  return gid === undefined ? `unknown user ${text}` : { uid, gid };
}

function* changeOwner(
  context: ProcessContext,
  name: string,
  flags: ReadonlyMap<string, readonly string[]>,
  paths: Args,
  uid: number | null,
  gid: number | null,
): Proc<number> {
  const { fs } = context;
  const ofLink = flags.has('h') || flags.has('R');
  return yield* eachFile(context, paths, flags.has('R'), (path, shown) => {
    const error = fs.setOwner(path, uid, gid, ofLink);
    if (error !== null && !flags.has('f')) context.stderr(`${name}: ${shown}: ${error}\n`);
    return error === null;
  });
}
