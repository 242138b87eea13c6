/**
 * What execve finds at a path: a program of the image, or a script whose first line names its
 * interpreter.
 *
 * Models: execve(2), the search along $PATH of execvp(3). Simplified: permission bits are checked
 * without looking at the owner.
 */
import { NO_SUCH_FILE, PERMISSION_DENIED } from './file-system.ts';
import { type FileSource, FileTree, PROGRAM_MODE, resolvePath } from './file-tree.ts';
import { KERNEL_FILES } from './kernel-files.ts';
import type { FileSystem, ImageDefinition, Program } from './program.ts';

export const EXEC_FORMAT_ERROR = 'Exec format error';
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How a program looks as a file: what follows the magic number is its path in the image. */
const PROGRAM_MAGIC = '\u007fELF ';

export interface Executable {
  readonly program: Program;
  readonly argv: readonly string[];
}

/** The program at an absolute path, or the error of execve. */
export function findExecutable(
  fs: FileSystem,
  programs: Readonly<Record<string, Program>>,
  path: string,
  argv: readonly string[],
): Executable | string {
  const stat = fs.stat(path);
  if (!stat) return NO_SUCH_FILE;
  if (stat.kind === 'directory' || (stat.mode & 0o111) === 0) return PERMISSION_DENIED;
  const content = fs.read(path) ?? '';
  if (content.startsWith(PROGRAM_MAGIC)) {
    const program = programs[content.slice(PROGRAM_MAGIC.length)];
    return program ? { program, argv } : EXEC_FORMAT_ERROR;
  }
  const firstLine = /^#! *(\S+)[ \t]*([^\n]*)/.exec(content);
  if (!firstLine) return EXEC_FORMAT_ERROR;
  const [, interpreter = '', rest = ''] = firstLine;
  const words = [interpreter, ...(rest.trim() === '' ? [] : [rest.trim()]), path, ...argv.slice(1)];
  const interpreterPath = resolvePath('/', interpreter);
  // One level only, or two scripts that name each other would never end.
  if (!fs.read(interpreterPath)?.startsWith(PROGRAM_MAGIC)) return NO_SUCH_FILE;
  return findExecutable(fs, programs, interpreterPath, words);
}

/**
 * Where |name| is found along |searchPath|; null when nowhere. Names with a slash are not searched.
 */
export function searchExecutable(
  fs: FileSystem,
  name: string,
  searchPath: string,
  cwd: string,
): { readonly path: string; readonly executable: boolean } | null {
  let refused: string | null = null;
  for (const directory of searchPath.split(':')) {
    const path = resolvePath(cwd, `${directory === '' ? '.' : directory}/${name}`);
    const stat = fs.stat(path);
    if (stat?.kind !== 'file') continue;
    if ((stat.mode & 0o111) !== 0) return { path, executable: true };
    refused ??= path;
  }
  return refused === null ? null : { path: refused, executable: false };
}

/** Minor numbers of the devices that runc makes; the last stand for open files. */
const DEVICES: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  null: [1, 3],
  zero: [1, 5],
  full: [1, 7],
  random: [1, 8],
  urandom: [1, 9],
  tty: [5, 0],
  stdin: [136, 0],
  stdout: [136, 0],
  stderr: [136, 0],
};

/** What every container's root has, whatever the image. */
const COMMON_DIRECTORIES = ['/dev/shm', '/etc', '/proc', '/sys', '/tmp', '/root', '/var/run'];

const trees = new WeakMap<ImageDefinition, FileTree>();

/** The files of an image, its programs included; built once per image. */
export function imageTree(image: ImageDefinition): FileTree {
  let tree = trees.get(image);
  if (!tree) {
    const files: Record<string, string | FileSource> = {};
    for (const [name, device] of Object.entries(DEVICES))
      files[`/dev/${name}`] = { kind: 'character device', mode: 0o666, device };
    for (const path of KERNEL_FILES) files[path] = { content: '', mode: 0o444 };
    for (const path of Object.keys(image.programs)) {
      files[path] = { content: PROGRAM_MAGIC + path, mode: PROGRAM_MODE };
    }
    for (const [path, file] of Object.entries(image.files ?? {})) files[path] = file;
    tree = new FileTree(files, [...COMMON_DIRECTORIES, ...(image.directories ?? [])]);
    trees.set(image, tree);
  }
  return tree;
}
