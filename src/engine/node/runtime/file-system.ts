/**
 * File systems in memory: an image's files with a container's changes over them, volumes, and the
 * mounts that join both into what a container sees.
 *
 * Models: overlayfs (lower: image, upper: container) and bind mounts, with the errors of Linux.
 * Simplified: no links, owners or special files (devices are the process's affair).
 */
import {
  baseName,
  DIRECTORY_MODE,
  EMPTY_TREE,
  FILE_MODE,
  type FileEntry,
  type FileTree,
  joinPath,
  parentOf,
} from './file-tree.ts';
import type { FileStat, FileSystem } from './program.ts';
import { compareText, utf8Length } from './text.ts';

export const NO_SUCH_FILE = 'No such file or directory';
export const IS_A_DIRECTORY = 'Is a directory';
export const NOT_A_DIRECTORY = 'Not a directory';
export const READ_ONLY = 'Read-only file system';
const NOT_EMPTY = 'Directory not empty';
const FILE_EXISTS = 'File exists';
const NO_SPACE = 'No space left on device';
const BUSY = 'Device or resource busy';

/**
 * Bound of what one file system holds, so that a program that writes for ever cannot eat the tab.
 */
const MAX_CONTENT_LENGTH = 32 * 1024 * 1024;

export interface MemoryOptions {
  /** What is there already. */
  readonly base?: FileTree;
  /** Where the time of last change comes from. */
  readonly clock?: { readonly now: number };
  readonly readOnly?: boolean;
}

export class MemoryFileSystem implements FileSystem {
  readonly #base: FileTree;
  readonly #clock: { readonly now: number } | undefined;
  readonly #readOnly: boolean;
  /** Null hides what the base has. Made at the first change: most containers write nothing. */
  #changes: Map<string, FileEntry | null> | null = null;
  /** Names that changes add to a directory. */
  #added: Map<string, Set<string>> | null = null;
  #length = 0;

  constructor(options: MemoryOptions = {}) {
    this.#base = options.base ?? EMPTY_TREE;
    this.#clock = options.clock;
    this.#readOnly = options.readOnly ?? false;
  }

  /** Characters held beyond the base. */
  get contentLength(): number {
    return this.#length;
  }

  read(path: string): string | undefined {
    const entry = this.#entry(path);
    return entry?.kind === 'file' ? entry.content : undefined;
  }

  write(path: string, content: string, append: boolean): string | null {
    const old = this.#entry(path);
    if (old?.kind === 'directory') return IS_A_DIRECTORY;
    if (this.#readOnly) return READ_ONLY;
    if (!old) {
      const parent = this.#entry(parentOf(path));
      if (parent?.kind !== 'directory') return parent ? NOT_A_DIRECTORY : NO_SUCH_FILE;
    }
    if (this.#length + content.length > MAX_CONTENT_LENGTH) return NO_SPACE;
    this.#put(path, {
      kind: 'file',
      content: append && old ? old.content + content : content,
      mode: old?.mode ?? FILE_MODE,
      modifiedAt: this.#now(),
    });
    return null;
  }

  remove(path: string): string | null {
    const entry = this.#entry(path);
    if (!entry) return NO_SUCH_FILE;
    if (this.#readOnly) return READ_ONLY;
    if (path === '/') return BUSY;
    if (entry.kind === 'directory' && (this.list(path) ?? []).length > 0) return NOT_EMPTY;
    const changes = this.#writable();
    this.#length -= changes.get(path)?.content.length ?? 0;
    if (this.#base.entry(path)) changes.set(path, null);
    else changes.delete(path);
    this.#added?.get(parentOf(path))?.delete(baseName(path));
    return null;
  }

  list(path: string): readonly string[] | undefined {
    if (this.#entry(path)?.kind !== 'directory') return undefined;
    const base = this.#base.children(path) ?? [];
    if (!this.#changes) return base;
    const names = new Set<string>();
    for (const name of base) if (this.#entry(joinPath(path, name))) names.add(name);
    for (const name of this.#added?.get(path) ?? []) names.add(name);
    return [...names].sort(compareText);
  }

  makeDirectory(path: string): string | null {
    if (this.#entry(path)) return FILE_EXISTS;
    const parent = this.#entry(parentOf(path));
    if (parent?.kind !== 'directory') return parent ? NOT_A_DIRECTORY : NO_SUCH_FILE;
    if (this.#readOnly) return READ_ONLY;
    this.#put(path, {
      kind: 'directory',
      content: '',
      mode: DIRECTORY_MODE,
      modifiedAt: this.#now(),
    });
    return null;
  }

  kind(path: string): 'file' | 'directory' | null {
    return this.#entry(path)?.kind ?? null;
  }

  stat(path: string): FileStat | null {
    const entry = this.#entry(path);
    if (!entry) return null;
    const { kind, mode, modifiedAt } = entry;
    // 4096 is what a directory measures on ext4 and overlayfs.
    return { kind, mode, modifiedAt, size: kind === 'file' ? utf8Length(entry.content) : 4096 };
  }

  setMode(path: string, mode: number): string | null {
    return this.#update(path, (entry) => ({ ...entry, mode }));
  }

  touch(path: string): string | null {
    return this.#update(path, (entry) => ({ ...entry, modifiedAt: this.#now() }));
  }

  #now(): number {
    return this.#clock?.now ?? 0;
  }

  #entry(path: string): FileEntry | undefined {
    const changed = this.#changes?.get(path);
    if (changed === null) return undefined;
    return changed ?? this.#base.entry(path);
  }

  #update(path: string, change: (entry: FileEntry) => FileEntry): string | null {
    const entry = this.#entry(path);
    if (!entry) return NO_SUCH_FILE;
    if (this.#readOnly) return READ_ONLY;
    this.#put(path, change(entry));
    return null;
  }

  #put(path: string, entry: FileEntry): void {
    const changes = this.#writable();
    this.#length += entry.content.length - (changes.get(path)?.content.length ?? 0);
    changes.set(path, entry);
    if (path === '/' || this.#base.entry(path)) return;
    this.#added ??= new Map();
    const parent = parentOf(path);
    const names = this.#added.get(parent);
    if (names) names.add(baseName(path));
    else this.#added.set(parent, new Set([baseName(path)]));
  }

  #writable(): Map<string, FileEntry | null> {
    this.#changes ??= new Map();
    return this.#changes;
  }
}

export interface Mount {
  /** Where it appears; absolute. */
  readonly path: string;
  readonly source: FileSystem;
  /** What of the source appears there, a directory or a file; its root by default. */
  readonly sourcePath?: string;
  readonly readOnly?: boolean;
}

/** A root file system with others mounted into it. Mount points that are missing are made. */
export class MountedFileSystem implements FileSystem {
  readonly #root: FileSystem;
  /** Longest path first, so that the innermost mount wins. */
  readonly #mounts: readonly Mount[];
  /**
   * Mount points are made when somebody first looks where they matter: most containers never do.
   */
  #made = false;

  constructor(root: FileSystem, mounts: readonly Mount[]) {
    this.#root = root;
    this.#mounts = [...mounts].sort((a, b) => b.path.length - a.path.length);
  }

  read(path: string): string | undefined {
    const at = this.#locate(path);
    return at.fs.read(at.path);
  }

  write(path: string, content: string, append: boolean): string | null {
    return this.#change(path, (fs, inner) => fs.write(inner, content, append));
  }

  remove(path: string): string | null {
    if (this.#mounts.some((mount) => mount.path === path)) return BUSY;
    return this.#change(path, (fs, inner) => fs.remove(inner));
  }

  list(path: string): readonly string[] | undefined {
    const at = this.#locate(path);
    return at.fs.list(at.path);
  }

  makeDirectory(path: string): string | null {
    return this.#change(path, (fs, inner) => fs.makeDirectory(inner));
  }

  kind(path: string): 'file' | 'directory' | null {
    const at = this.#locate(path);
    return at.fs.kind(at.path);
  }

  stat(path: string): FileStat | null {
    const at = this.#locate(path);
    return at.fs.stat(at.path);
  }

  setMode(path: string, mode: number): string | null {
    return this.#change(path, (fs, inner) => fs.setMode(inner, mode));
  }

  touch(path: string): string | null {
    return this.#change(path, (fs, inner) => fs.touch(inner));
  }

  /** A change of something that exists in a read-only mount is refused before its own checks. */
  #change(path: string, run: (fs: FileSystem, inner: string) => string | null): string | null {
    const at = this.#locate(path);
    return at.readOnly ? READ_ONLY : run(at.fs, at.path);
  }

  #locate(path: string): { fs: FileSystem; path: string; readOnly: boolean } {
    for (const mount of this.#mounts) {
      const inside = path.startsWith(mount.path) && path[mount.path.length] === '/';
      if (!inside && path !== mount.path) continue;
      const inner = (mount.sourcePath ?? '') + path.slice(mount.path.length);
      return {
        fs: mount.source,
        path: inner === '' ? '/' : inner,
        readOnly: mount.readOnly ?? false,
      };
    }
    if (!this.#made && this.#holdsMountPoints(path)) this.#makeMountPoints();
    return { fs: this.#root, path, readOnly: false };
  }

  /** |path| or the directory it is in is on the way to a mount point; the root is always there. */
  #holdsMountPoints(path: string): boolean {
    const parent = parentOf(path);
    const way = parent === '/' ? path : parent;
    return way === '/' || this.#mounts.some((mount) => mount.path.startsWith(`${way}/`));
  }

  #makeMountPoints(): void {
    this.#made = true;
    for (const mount of [...this.#mounts].reverse()) this.#makeMountPoint(mount);
  }

  #makeMountPoint(mount: Mount): void {
    const isFile = mount.source.kind(mount.sourcePath ?? '/') === 'file';
    const steps = mount.path.split('/').slice(1);
    let path = '';
    for (const [i, step] of steps.entries()) {
      path = `${path}/${step}`;
      const isLast = i === steps.length - 1;
      const at = isLast ? this.#outerOf(path) : this.#locate(path);
      if (at.fs.kind(at.path) !== null) continue;
      // A refusal (a read-only outer mount) only hides the name from its parent's listing.
      if (isLast && isFile) at.fs.write(at.path, '', false);
      else at.fs.makeDirectory(at.path);
    }
  }

  /** Where the mount point itself lies: in the root or in a shorter mount. */
  #outerOf(path: string): { fs: FileSystem; path: string } {
    const parent = this.#locate(parentOf(path));
    return { fs: parent.fs, path: joinPath(parent.path, baseName(path)) };
  }
}
