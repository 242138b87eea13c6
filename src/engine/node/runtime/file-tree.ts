/**
 * Files that are given and never change: those of an image, built once and shared by all its
 * containers, and those of a volume that the kubelet writes. Also the arithmetic of absolute paths.
 */
import { compareText } from './text.ts';

export type FileKind =
  | 'file'
  | 'directory'
  | 'link'
  | 'character device'
  | 'block device'
  | 'socket'
  | 'pipe';

export interface FileEntry {
  readonly kind: FileKind;
  /** Of a symbolic link: where it points to. */
  readonly content: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAt: number;
  /** Major and minor number. */
  readonly device?: DeviceNumber | undefined;
}

export type DeviceNumber = readonly [major: number, minor: number];

export const DIRECTORY_MODE = 0o755;
export const FILE_MODE = 0o644;
export const PROGRAM_MODE = 0o755;
export const LINK_MODE = 0o777;

/** What is said of a file when a tree is built; the rest is root's and ordinary. */
export interface FileSource {
  readonly kind?: FileKind;
  readonly content?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly modifiedAt?: number;
  readonly device?: DeviceNumber;
}

const MODES: Readonly<Record<FileKind, number>> = {
  file: FILE_MODE,
  directory: DIRECTORY_MODE,
  link: LINK_MODE,
  'character device': 0o666,
  'block device': 0o660,
  socket: 0o660,
  pipe: FILE_MODE,
};

export class FileTree {
  readonly #entries = new Map<string, FileEntry>();
  readonly #children = new Map<string, string[]>();
  /** There is a symbolic link: paths have to be walked. */
  hasLinks = false;

  constructor(
    files: Readonly<Record<string, string | FileSource>> = {},
    directories: readonly string[] = [],
  ) {
    this.#addDirectory('/', {});
    for (const path of directories) this.#addDirectory(path, {});
    // Directories first: their modes must not be those of the parents that files bring along.
    for (const [path, file] of Object.entries(files)) {
      if (typeof file !== 'string' && file.kind === 'directory') this.#addDirectory(path, file);
    }
    for (const [path, file] of Object.entries(files)) {
      if (typeof file === 'string') this.#add(path, entryOf({ content: file }));
      else if (file.kind !== 'directory') this.#add(path, entryOf(file));
    }
    for (const names of this.#children.values()) names.sort(compareText);
  }

  entry(path: string): FileEntry | undefined {
    return this.#entries.get(path);
  }

  children(path: string): readonly string[] | undefined {
    return this.#children.get(path);
  }

  #addDirectory(path: string, source: FileSource): void {
    const known = this.#entries.has(path);
    if (!known) this.#children.set(path, []);
    else if (source.mode === undefined && source.uid === undefined) return;
    const entry = entryOf({ ...source, kind: 'directory' });
    if (known) this.#entries.set(path, entry);
    else this.#add(path, entry);
  }

  #add(path: string, entry: FileEntry): void {
    if (entry.kind === 'link') this.hasLinks = true;
    const known = this.#entries.has(path);
    this.#entries.set(path, entry);
    if (path === '/' || known) return;
    const parent = parentOf(path);
    this.#addDirectory(parent, {});
    this.#children.get(parent)?.push(baseName(path));
  }
}

function entryOf(source: FileSource): FileEntry {
  const { kind = 'file', content = '', uid = 0, gid = 0, modifiedAt = 0, device } = source;
  const mode = source.mode ?? MODES[kind];
  const entry = { kind, content, mode, uid, gid, modifiedAt };
  return device ? { ...entry, device } : entry;
}

export const EMPTY_TREE = new FileTree();

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** The normal form of |path| seen from |cwd|: absolute, without `.`, `..` and double slashes. */
export function resolvePath(cwd: string, path: string): string {
  const full = path.startsWith('/') ? path : `${cwd}/${path}`;
  const isPlain =
    !full.includes('//') && !full.includes('/.') && (full === '/' || !full.endsWith('/'));
  if (isPlain) return full;
  const parts: string[] = [];
  for (const part of full.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
