/**
 * The files an image brings: built once per image, shared by all its containers, never changed.
 * Also the arithmetic of absolute paths.
 *
 * Simplified: no links, no owners; a path is its normal form.
 */
import { compareText } from './text.ts';

export interface FileEntry {
  readonly kind: 'file' | 'directory';
  readonly content: string;
  readonly mode: number;
  readonly modifiedAt: number;
}

export const DIRECTORY_MODE = 0o755;
export const FILE_MODE = 0o644;
export const PROGRAM_MODE = 0o755;

export interface FileSource {
  readonly content: string;
  readonly mode: number;
}

export class FileTree {
  readonly #entries = new Map<string, FileEntry>();
  readonly #children = new Map<string, string[]>();

  constructor(
    files: Readonly<Record<string, string | FileSource>> = {},
    directories: readonly string[] = [],
  ) {
    this.#addDirectory('/');
    for (const path of directories) this.#addDirectory(path);
    for (const [path, file] of Object.entries(files)) {
      const { content, mode } =
        typeof file === 'string' ? { content: file, mode: FILE_MODE } : file;
      this.#add(path, { kind: 'file', content, mode, modifiedAt: 0 });
    }
    for (const names of this.#children.values()) names.sort(compareText);
  }

  entry(path: string): FileEntry | undefined {
    return this.#entries.get(path);
  }

  children(path: string): readonly string[] | undefined {
    return this.#children.get(path);
  }

  #addDirectory(path: string): void {
    if (this.#entries.has(path)) return;
    this.#children.set(path, []);
    this.#add(path, { kind: 'directory', content: '', mode: DIRECTORY_MODE, modifiedAt: 0 });
  }

  #add(path: string, entry: FileEntry): void {
    this.#entries.set(path, entry);
    if (path === '/') return;
    const parent = parentOf(path);
    this.#addDirectory(parent);
    this.#children.get(parent)?.push(baseName(path));
  }
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
