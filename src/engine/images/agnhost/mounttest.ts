/**
 * `agnhost mounttest`: tells of files in volumes what they hold and how they may be used.
 *
 * Models:     test/images/agnhost/mounttest mt.go, mt_utils.go (v1.36)
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import {
  type FileSystemType,
  IS_A_DIRECTORY,
  NO_SUCH_FILE,
} from '../../node/runtime/file-system.ts';
import type { FileKind } from '../../node/runtime/file-tree.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { flag, numberFlag } from './program.ts';

const INITIAL = 'mount-tester new file\n';
const NEW_FILES: Readonly<Record<string, number>> = {
  new_file_0644: 0o644,
  new_file_0666: 0o666,
  new_file_0660: 0o660,
  new_file_0777: 0o777,
};
/** linux/magic.h. */
const MAGIC: Readonly<Record<Exclude<FileSystemType, 'tmpfs'>, number>> = {
  overlay: 0x794c7630,
  ext4: 0xef53,
  proc: 0x9fa0,
  sysfs: 0x62656572,
};
const GO_KINDS: Readonly<Record<FileKind, string>> = {
  file: '',
  directory: 'd',
  link: 'L',
  'character device': 'Dc',
  'block device': 'D',
  socket: 'S',
  pipe: 'p',
};
const READ = 4;
const RETRY_SECONDS = 180;
const PAUSE_US = 2 * MICROS_PER_SECOND;

export function* mounttest(context: ProcessContext, args: readonly string[]): Proc<number> {
  let isFine = true;
  const given = (name: string): string => flag(args, name) ?? '';
  context.umask = 0;
  const type = given('fs_type');
  if (type !== '') isFine = tellType(context, type) && isFine;
  for (const [name, mode] of Object.entries(NEW_FILES)) {
    const path = given(name);
    if (path !== '') isFine = writeNew(context, path, mode) && isFine;
  }
  const modeOf = given('file_mode');
  if (modeOf !== '') isFine = tellMode(context, 'mode', modeOf) && isFine;
  const permissionsOf = given('file_perm');
  if (permissionsOf !== '') isFine = tellMode(context, 'perms', permissionsOf) && isFine;
  const ownerOf = given('file_owner');
  if (ownerOf !== '') isFine = tellOwner(context, ownerOf) && isFine;
  const content = given('file_content');
  if (content !== '') isFine = tellContent(context, content) && isFine;
  const watched = given('file_content_in_loop');
  if (watched !== '') isFine = (yield* tellAgain(context, watched, args)) && isFine;
  return isFine ? 0 : 1;
}

/** Null: the file can be read. */
function readError({ fs }: ProcessContext, path: string): string | null {
  const error = fs.access(path, READ) ?? (fs.kind(path) === 'directory' ? IS_A_DIRECTORY : null);
  if (error === null) return null;
  const call = error === IS_A_DIRECTORY ? 'read' : 'open';
  return `${call} ${path}: ${error.toLowerCase()}`;
}

function tellContent(context: ProcessContext, path: string): boolean {
  const error = readError(context, path);
  if (error !== null) {
    context.stdout(`error reading file content for ${goQuote(path)}: ${error}\n`);
    return false;
  }
  context.stdout(`content of file ${goQuote(path)}: ${context.fs.read(path)}\n`);
  return true;
}

function writeNew(context: ProcessContext, path: string, mode: number): boolean {
  const error = context.fs.write(path, INITIAL, false, mode);
  if (error === null) return tellContent(context, path);
  const why = `open ${path}: ${error.toLowerCase()}`;
  context.stdout(`error writing new file ${goQuote(path)}: ${why}\n`);
  return false;
}

function tellType(context: ProcessContext, path: string): boolean {
  const space = context.fs.space(path);
  if (!space) {
    const why = (context.fs.access(path, 0) ?? NO_SUCH_FILE).toLowerCase();
    context.stdout(`error from statfs(${goQuote(path)}): ${why}\n`);
    return false;
  }
  const text = space.type === 'tmpfs' ? 'tmpfs' : String(MAGIC[space.type]);
  context.stdout(`mount type of ${goQuote(path)}: ${text}\n`);
  return true;
}

function tellOwner(context: ProcessContext, path: string): boolean {
  const stat = context.fs.stat(path);
  if (!stat) {
    const why = (context.fs.access(path, 0) ?? NO_SUCH_FILE).toLowerCase();
    context.stdout(`error from stat(${goQuote(path)}): ${why}\n`);
    return false;
  }
  context.stdout(`owner UID of ${goQuote(path)}: ${stat.uid}\n`);
  context.stdout(`owner GID of ${goQuote(path)}: ${stat.gid}\n`);
  return true;
}

function tellMode(context: ProcessContext, what: 'mode' | 'perms', path: string): boolean {
  const stat = context.fs.stat(path);
  if (!stat) {
    const why = (context.fs.access(path, 0) ?? NO_SUCH_FILE).toLowerCase();
    context.stdout(`error from Stat(${goQuote(path)}): stat ${path}: ${why}\n`);
    return false;
  }
  const text = what === 'mode' ? goMode(stat) : `-${permissions(stat.mode)}`;
  context.stdout(`${what} of file ${goQuote(path)}: ${text}\n`);
  return true;
}

/** fs.FileMode.String of Go: letters of what is special, then the permissions. */
function goMode({ kind, mode }: FileStat): string {
  let letters = GO_KINDS[kind];
  if (mode & 0o4000) letters += 'u';
  if (mode & 0o2000) letters += 'g';
  if (mode & 0o1000) letters += 't';
  return (letters === '' ? '-' : letters) + permissions(mode);
}

function permissions(mode: number): string {
  return [...'rwxrwxrwx'].map((c, i) => ((mode >> (8 - i)) & 1 ? c : '-')).join('');
}

function* tellAgain(context: ProcessContext, path: string, args: readonly string[]): Proc<boolean> {
  const until = numberFlag(args, 'retry_time', RETRY_SECONDS) * MICROS_PER_SECOND;
  const breaks = flag(args, 'break_on_expected_content') !== 'false';
  const startedAt = context.kernel.now;
  let content: string | undefined;
  for (; context.kernel.now - startedAt < until; yield context.linger(PAUSE_US)) {
    const error = readError(context, path);
    content = error === null ? context.fs.read(path) : undefined;
    if (content === undefined) {
      context.stdout(`Error reading file ${path}: ${error}, retrying\n`);
      continue;
    }
    context.stdout(`content of file ${goQuote(path)}: ${content}\n`);
    if (!breaks) continue;
    if (content === INITIAL) break;
    context.stdout(`Unexpected content. Expected: ${INITIAL}. Retrying\n`);
  }
  return content !== undefined;
}
