/**
 * File systems in memory: an image's files with a container's changes over them, volumes, disks of
 * nodes. Files are found by paths of the file system itself, in which no link is followed; what a
 * process sees of them, by whose permission, is the affair of file-view.ts.
 *
 * Models: overlayfs (lower: image, upper: container), ext4 and tmpfs, with the errors of Linux.
 * Simplified: a copied-up file keeps nothing of its old inode; directories take no space.
 */
import { FileBody } from './file-body.ts';
import {
  baseName,
  type DeviceNumber,
  EMPTY_TREE,
  type FileEntry,
  type FileKind,
  type FileTree,
  joinPath,
  parentOf,
} from './file-tree.ts';
import { compareText } from './text.ts';

export const NO_SUCH_FILE = 'No such file or directory';
export const PERMISSION_DENIED = 'Permission denied';
export const IS_A_DIRECTORY = 'Is a directory';
export const NOT_A_DIRECTORY = 'Not a directory';
export const READ_ONLY = 'Read-only file system';
export const NOT_EMPTY = 'Directory not empty';
export const FILE_EXISTS = 'File exists';
export const NO_SPACE = 'No space left on device';
export const BUSY = 'Device or resource busy';
export const CROSS_DEVICE = 'Invalid cross-device link';
export const NOT_PERMITTED = 'Operation not permitted';
export const INVALID = 'Invalid argument';

/**
 * Bounds of what is held in memory, so that a program that writes for ever cannot eat the tab: in one
 * file system, and on all of a disk.
 */
const MAX_HELD = 32 * 1024 * 1024;
const MAX_HELD_BY_DISK = 256 * 1024 * 1024;
const TMPFS_ENTRY_BYTES = 20;

/** What `statfs` tells of a file system. */
export type FileSystemType = 'overlay' | 'ext4' | 'tmpfs' | 'proc' | 'sysfs';

/** Where bytes go to: the disk of a node, shared by all that is stored on it, or a tmpfs. */
export class Disk {
  capacityBytes: number;
  usedBytes = 0;
  held = 0;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.usedBytes);
  }

  /** False when they do not fit. What is given back always fits. */
  take(bytes: number, held: number): boolean {
    if (bytes > 0 && this.usedBytes + bytes > this.capacityBytes) return false;
    if (held > 0 && this.held + held > MAX_HELD_BY_DISK) return false;
    this.usedBytes += bytes;
    this.held += held;
    return true;
  }
}

/** A file that has been made or changed. */
export class Inode implements FileEntry {
  readonly kind: FileKind;
  mode: number;
  uid: number;
  gid: number;
  modifiedAt: number;
  /** Names that it has; a removed file may still be open. */
  names = 1;
  readonly body: FileBody | null;
  readonly device: DeviceNumber | undefined;
  readonly #target: string;

  constructor(entry: FileEntry) {
    this.kind = entry.kind;
    this.mode = entry.mode;
    this.uid = entry.uid;
    this.gid = entry.gid;
    this.modifiedAt = entry.modifiedAt;
    this.device = entry.device;
    if (entry.kind === 'file') {
      this.body = new FileBody(entry.content);
      this.#target = '';
    } else {
      this.body = null;
      this.#target = entry.content;
    }
  }

  get content(): string {
    return this.body ? this.body.text() : this.#target;
  }
}

export interface StoreOptions {
  /** What is there already; a function is asked when somebody first looks. */
  readonly base?: FileTree | (() => FileTree);
  /** Where the time of last change comes from. */
  readonly clock?: { readonly now: number };
  readonly type?: FileSystemType;
  readonly disk?: Disk | undefined;
}

export class FileStore {
  readonly type: FileSystemType;
  readonly disk: Disk | undefined;
  #base: FileTree | (() => FileTree);
  readonly #clock: { readonly now: number } | undefined;
  /** Null hides what the base has. Made at the first change: most containers write nothing. */
  #changes: Map<string, Inode | null> | null = null;
  /** Names that changes add to a directory. */
  #added: Map<string, Set<string>> | null = null;
  #linked = false;
  /** When it was made: the date of what has no other. */
  readonly createdAt: number;
  /** Bytes beyond the base. */
  usedBytes = 0;
  #held = 0;

  constructor(options: StoreOptions = {}) {
    this.#base = options.base ?? EMPTY_TREE;
    this.#clock = options.clock;
    this.type = options.type ?? 'ext4';
    this.disk = options.disk;
    this.createdAt = options.clock?.now ?? 0;
  }

  get base(): FileTree {
    if (typeof this.#base === 'function') this.#base = this.#base();
    return this.#base;
  }

  /** Everything below is forgotten, and |base| is there instead: an update of a volume. */
  replace(base: FileTree | (() => FileTree)): void {
    this.#base = base;
    this.discard();
  }

  /** Gives back the space of a file system that is not used any more. */
  discard(): void {
    this.disk?.take(-this.usedBytes, -this.#held);
    this.usedBytes = 0;
    this.#held = 0;
    this.#changes = null;
    this.#added = null;
  }

  get hasLinks(): boolean {
    return this.#linked || this.base.hasLinks;
  }

  get now(): number {
    return this.#clock?.now ?? 0;
  }

  entryAt(path: string): FileEntry | undefined {
    const changed = this.#changes?.get(path);
    if (changed === null) return undefined;
    return changed ?? this.base.entry(path);
  }

  /** The same, if it has been made or changed. */
  changedAt(path: string): Inode | null {
    return this.#changes?.get(path) ?? null;
  }

  /** Names in a directory, sorted by byte; undefined when there is no such directory. */
  namesIn(path: string): readonly string[] | undefined {
    if (this.entryAt(path)?.kind !== 'directory') return undefined;
    const base = this.base.children(path) ?? [];
    if (!this.#changes) return base;
    const names = new Set<string>();
    for (const name of base) if (this.entryAt(joinPath(path, name))) names.add(name);
    for (const name of this.#added?.get(path) ?? []) names.add(name);
    return [...names].sort(compareText);
  }

  /** Where overlayfs shows a directory of which both layers have a part, it counts one link. */
  isMerged(path: string): boolean {
    if (this.type !== 'overlay' || !this.base.entry(path)) return false;
    return path === '/' || this.#changes?.has(path) === true || this.#added?.has(path) === true;
  }

  /** What a directory measures: a block on disk, a few bytes for each name on tmpfs. */
  directorySize(path: string): number {
    if (this.type !== 'tmpfs') return 4_096;
    return TMPFS_ENTRY_BYTES * ((this.namesIn(path)?.length ?? 0) + 2);
  }

  /** Makes something in a directory that exists; error text or null. */
  createAt(path: string, entry: FileEntry): string | null {
    const parent = this.entryAt(parentOf(path));
    if (parent?.kind !== 'directory') return parent ? NOT_A_DIRECTORY : NO_SUCH_FILE;
    if (this.entryAt(path)) return FILE_EXISTS;
    const inode = new Inode(entry);
    const bytes = inode.body?.bytes ?? 0;
    if (!this.#take(bytes, inode.body?.held ?? 0)) return NO_SPACE;
    this.#put(path, inode);
    this.#touchParent(path);
    this.noteChange(path);
    return null;
  }

  /** Removes what has no children. */
  removeAt(path: string): string | null {
    if ((this.namesIn(path) ?? []).length > 0) return NOT_EMPTY;
    const inode = this.#changes?.get(path);
    if (inode) {
      inode.names--;
      if (inode.names === 0) this.#take(-(inode.body?.bytes ?? 0), -(inode.body?.held ?? 0));
    }
    this.#forget(path);
    this.#touchParent(path);
    this.noteChange(path);
    return null;
  }

  /** Gives an inode one more name. */
  linkAt(path: string, existing: string): string | null {
    const inode = this.inodeAt(existing);
    if (typeof inode === 'string') return inode;
    inode.names++;
    this.#put(path, inode);
    this.#touchParent(path);
    this.noteChange(path);
    return null;
  }

  /** The checks of rename(2) that concern users and kinds are made by the caller. */
  renameAt(from: string, to: string): string | null {
    const inode = this.inodeAt(from);
    if (typeof inode === 'string') return inode;
    // overlayfs cannot move a directory of its lower layer; mv copies it then.
    if (inode.kind === 'directory' && this.base.entry(from)) return CROSS_DEVICE;
    if (this.entryAt(to)) {
      const error = this.removeAt(to);
      if (error !== null) return error;
    }
    const moved: string[] = [from];
    for (const path of this.#changes?.keys() ?? [])
      if (path.startsWith(`${from}/`)) moved.push(path);
    for (const path of moved) {
      const node = this.#changes?.get(path);
      if (!node) continue;
      this.#forget(path);
      this.#put(to + path.slice(from.length), node);
    }
    this.#touchParent(from);
    this.#touchParent(to);
    this.noteChange(from);
    this.noteChange(to);
    return null;
  }

  /** The file at |path|, ready to be changed: what the base has is copied up. */
  inodeAt(path: string): Inode | string {
    const changed = this.#changes?.get(path);
    if (changed) return changed;
    const entry = changed === null ? undefined : this.base.entry(path);
    if (!entry) return NO_SUCH_FILE;
    const inode = new Inode(entry);
    if (!this.#take(inode.body?.bytes ?? 0, inode.body?.held ?? 0)) return NO_SPACE;
    this.#put(path, inode);
    return inode;
  }

  /** Runs a change of a file's content and keeps the accounts; error text or null. */
  changeBody(
    path: string,
    inode: Inode,
    bytesAtMost: number,
    run: (body: FileBody) => void,
  ): string | null {
    const { body } = inode;
    if (!body) return null;
    const { bytes, held } = body;
    if (inode.names > 0 && !this.#fits(bytesAtMost)) return NO_SPACE;
    run(body);
    inode.modifiedAt = this.now;
    if (inode.names > 0) this.#take(body.bytes - bytes, body.held - held);
    this.noteChange(path);
    return null;
  }

  /** Told of whatever is written, made or removed. */
  protected noteChange(_path: string): void {
    // A disk that somebody watches tells them.
  }

  #fits(bytes: number): boolean {
    if (this.#held > MAX_HELD) return false;
    const { disk } = this;
    return !disk || (bytes <= disk.freeBytes && disk.held <= MAX_HELD_BY_DISK);
  }

  #take(bytes: number, held: number): boolean {
    if (this.disk && !this.disk.take(bytes, held)) return false;
    this.usedBytes += bytes;
    this.#held += held;
    return true;
  }

  #touchParent(path: string): void {
    const parent = this.inodeAt(parentOf(path));
    if (typeof parent !== 'string') parent.modifiedAt = this.now;
  }

  #put(path: string, inode: Inode): void {
    const changes = (this.#changes ??= new Map());
    changes.set(path, inode);
    if (inode.kind === 'link') this.#linked = true;
    if (path === '/' || this.base.entry(path)) return;
    this.#added ??= new Map();
    const parent = parentOf(path);
    const names = this.#added.get(parent);
    if (names) names.add(baseName(path));
    else this.#added.set(parent, new Set([baseName(path)]));
  }

  #forget(path: string): void {
    const changes = (this.#changes ??= new Map());
    if (this.base.entry(path)) changes.set(path, null);
    else changes.delete(path);
    this.#added?.get(parentOf(path))?.delete(baseName(path));
  }
}
