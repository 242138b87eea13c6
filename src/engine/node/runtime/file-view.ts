/**
 * The files of a container as one process sees them: mounts, symbolic links, owners and permissions.
 *
 * Models: path_resolution(7) and the file system calls of Linux, each refused with its own error.
 * Simplified: no access control lists, no attributes; permissions are looked at for who is not root.
 */
import {
  allows,
  type Credentials,
  EXECUTE,
  mayRemove,
  newOwner,
  READ,
  ROOT,
  WRITE,
} from './credentials.ts';
import {
  BUSY,
  CROSS_DEVICE,
  FILE_EXISTS,
  type FileStore,
  type Inode,
  INVALID,
  IS_A_DIRECTORY,
  NO_SUCH_FILE,
  NOT_A_DIRECTORY,
  NOT_EMPTY,
  NOT_PERMITTED,
  PERMISSION_DENIED,
} from './file-system.ts';
import { type FileEntry, type FileKind, joinPath, LINK_MODE, parentOf } from './file-tree.ts';
import { type MountInfo, type MountTable, readOnlyError } from './mount-table.ts';
import type { OpenFile } from './open-file.ts';
import { type Found, walk } from './path-walk.ts';
import type { FileStat, FileSystem, FileSystemSpace, OpenMode } from './program.ts';
import { FileOutput, openForReading } from './stored-file.ts';
import { headBytes, utf8Length } from './text.ts';

const BLOCK_BYTES = 4_096;
const SECTORS_PER_BLOCK = 8;
const DEFAULT_FILE_MODE = 0o666;
const DEFAULT_DIRECTORY_MODE = 0o777;
const MODE_BITS = 0o7777;
const SETID_BITS = 0o6000;
/** What `df` says of a file system nobody gave a size. */
const ROOMY_BYTES = 100 * 1024 * 1024 * 1024;

type Existing = Found & { readonly entry: FileEntry };

export class FileView implements FileSystem {
  readonly #table: MountTable;
  readonly #who: Credentials;

  constructor(table: MountTable, who: Credentials = ROOT) {
    this.#table = table;
    this.#who = who;
  }

  as(who: Credentials): FileSystem {
    return new FileView(this.#table, who);
  }

  /** The same as if the root file system could be written to. */
  get writable(): FileView {
    return this.#table.rootReadOnly ? new FileView(this.#table.asWritable(), this.#who) : this;
  }

  /** The file system under all mounts: what is written into the container itself. */
  get root(): FileStore {
    return this.#table.root;
  }

  read(path: string): string | undefined {
    const found = this.#existing(path, true);
    if (typeof found === 'string' || found.entry.kind !== 'file') return undefined;
    return allows(found.entry, this.#who, READ) ? found.entry.content : undefined;
  }

  write(path: string, content: string, append: boolean, mode?: number): string | null {
    const opened = this.#forWriting(path, !append, mode ?? DEFAULT_FILE_MODE);
    if (opened === null || typeof opened === 'string') return opened;
    const { store, inner, inode } = opened;
    return store.changeBody(inner, inode, utf8Length(content), (body) => body.append(content));
  }

  open(path: string, how: OpenMode, mode?: number): OpenFile | string {
    if (how === 'read') {
      const found = this.#existing(path, true);
      if (typeof found === 'string') return found;
      const { entry, store, inner } = found;
      if (!allows(entry, this.#who, READ)) return PERMISSION_DENIED;
      if (entry.kind === 'directory') return IS_A_DIRECTORY;
      if (entry.kind === 'socket') return 'No such device or address';
      return openForReading(entry, store.changedAt(inner));
    }
    const opened = this.#forWriting(path, how === 'write', mode ?? DEFAULT_FILE_MODE);
    if (opened === null) return openForReading(EMPTY_FILE, null);
    if (typeof opened === 'string') return opened;
    return new FileOutput(opened.store, opened.inner, opened.inode, how === 'append');
  }

  remove(path: string): string | null {
    const found = this.#existing(path, false);
    if (typeof found === 'string') return found;
    if (this.#table.isMountPoint(found.path)) return BUSY;
    const error = this.#mayChangeEntry(found);
    if (error !== null) return error;
    return found.store.removeAt(found.inner);
  }

  list(path: string): readonly string[] | undefined {
    const found = this.#existing(path, true);
    if (typeof found === 'string' || !allows(found.entry, this.#who, READ)) return undefined;
    return found.store.namesIn(found.inner);
  }

  makeDirectory(path: string, mode = DEFAULT_DIRECTORY_MODE): string | null {
    return this.#make(path, 'directory', '', mode);
  }

  makeSymbolicLink(target: string, path: string): string | null {
    return this.#make(path, 'link', target, LINK_MODE);
  }

  makeSpecial(path: string, kind: FileKind, mode: number): string | null {
    const isDevice = kind === 'block device' || kind === 'character device';
    if (isDevice && !this.#who.overrides) return NOT_PERMITTED;
    return this.#make(path, kind, '', mode);
  }

  makeLink(existing: string, path: string): string | null {
    const from = this.#existing(existing, false);
    if (typeof from === 'string') return from;
    if (from.entry.kind === 'directory') return NOT_PERMITTED;
    const to = this.#missing(path);
    if (typeof to === 'string') return to;
    if (to.store !== from.store) return CROSS_DEVICE;
    return to.store.linkAt(to.inner, from.inner);
  }

  kind(path: string): FileKind | null {
    const found = walk(this.#table, this.#who, path, true);
    return typeof found === 'string' ? null : (found.entry?.kind ?? null);
  }

  stat(path: string): FileStat | null {
    return this.#stat(path, true);
  }

  linkStat(path: string): FileStat | null {
    return this.#stat(path, false);
  }

  setMode(path: string, mode: number): string | null {
    return this.#change(path, true, (inode) => {
      const who = this.#who;
      if (!who.owns && inode.uid !== who.uid) return NOT_PERMITTED;
      inode.mode = mode & MODE_BITS;
      return null;
    });
  }

  setOwner(path: string, uid: number | null, gid: number | null, ofLink = false): string | null {
    return this.#change(path, !ofLink, (inode) => {
      const who = this.#who;
      const isOwner = inode.uid === who.uid;
      const givesAway = uid !== null && uid !== inode.uid;
      const joins = gid === null || gid === who.gid || who.groups.includes(gid);
      if (!who.owns && (!isOwner || givesAway || !joins)) return NOT_PERMITTED;
      inode.uid = uid ?? inode.uid;
      inode.gid = gid ?? inode.gid;
      // A program must not run as its new owner unless that is asked for again (chown(2)).
      if (inode.kind === 'file') inode.mode &= ~SETID_BITS;
      return null;
    });
  }

  touch(path: string, at?: number): string | null {
    return this.#change(path, true, (inode, { store }) => {
      const who = this.#who;
      const isOwner = who.owns || inode.uid === who.uid;
      if (!isOwner && (at !== undefined || !allows(inode, who, WRITE))) return PERMISSION_DENIED;
      inode.modifiedAt = at ?? store.now;
      return null;
    });
  }

  readLink(path: string): string | null {
    const found = this.#existing(path, false);
    if (typeof found === 'string' || found.entry.kind !== 'link') return null;
    return found.entry.content;
  }

  realPath(path: string): string | null {
    const found = walk(this.#table, this.#who, path, true);
    return typeof found === 'string' ? null : found.path;
  }

  rename(from: string, to: string): string | null {
    const source = this.#existing(from, false);
    if (typeof source === 'string') return source;
    const target = walk(this.#table, this.#who, to, false);
    if (typeof target === 'string') return target;
    if (this.#table.isMountPoint(source.path) || this.#table.isMountPoint(target.path)) return BUSY;
    if (source.store !== target.store) return CROSS_DEVICE;
    if (source.path === target.path) return null;
    if (`${target.path}/`.startsWith(`${source.path}/`)) return INVALID;
    const error = this.#mayChangeEntry(source) ?? this.#mayReplace(source, target);
    return error ?? source.store.renameAt(source.inner, target.inner);
  }

  truncate(path: string, length: number): string | null {
    const opened = this.#forWriting(path, false, DEFAULT_FILE_MODE);
    if (opened === null || typeof opened === 'string') return opened;
    const { store, inner, inode } = opened;
    const more = Math.max(0, length - (inode.body?.length ?? 0));
    return store.changeBody(inner, inode, more, (body) => body.truncate(length));
  }

  copy(from: string, to: string): string | null {
    const source = this.#existing(from, true);
    if (typeof source === 'string') return source;
    if (source.entry.kind !== 'file') return IS_A_DIRECTORY;
    if (!allows(source.entry, this.#who, READ)) return PERMISSION_DENIED;
    const opened = this.#forWriting(to, true, source.entry.mode & 0o777);
    if (opened === null || typeof opened === 'string') return opened;
    const { store, inner, inode } = opened;
    const body = source.store.changedAt(source.inner)?.body;
    const bytes = body?.bytes ?? utf8Length(source.entry.content);
    return store.changeBody(inner, inode, bytes, (target) => {
      if (body) target.assign(body);
      else target.append(source.entry.content);
    });
  }

  access(path: string, want: number): string | null {
    const found = this.#existing(path, true);
    if (typeof found === 'string') return found;
    const isWritten = (want & WRITE) !== 0 && !isSpecial(found.entry);
    const error = isWritten ? readOnlyError(found) : null;
    return error ?? (allows(found.entry, this.#who, want) ? null : PERMISSION_DENIED);
  }

  space(path: string): FileSystemSpace | null {
    const found = this.#existing(path, true);
    if (typeof found === 'string') return null;
    let mountPath = found.path;
    while (!this.#table.isMountPoint(mountPath)) mountPath = parentOf(mountPath);
    const { type, disk } = found.store;
    return {
      type,
      mountPath,
      totalBytes: disk?.capacityBytes ?? ROOMY_BYTES,
      freeBytes: disk?.freeBytes ?? ROOMY_BYTES,
    };
  }

  mounts(): readonly MountInfo[] {
    return this.#table.list();
  }

  /** The end of a file, |bytes| of it at most. */
  tail(path: string, bytes: number): string | undefined {
    const found = this.#existing(path, true);
    if (typeof found === 'string' || found.entry.kind !== 'file') return undefined;
    const body = found.store.changedAt(found.inner)?.body;
    const text = body ? body.slice(body.length - bytes, body.length) : found.entry.content;
    const over = utf8Length(text) - bytes;
    return over <= 0 ? text : text.slice(headBytes(text, over).length);
  }

  #existing(path: string, follow: boolean): Existing | string {
    const found = walk(this.#table, this.#who, path, follow);
    if (typeof found === 'string') return found;
    return found.entry ? (found as Existing) : NO_SUCH_FILE;
  }

  /** Where something is to be made; an error when there is something. */
  #missing(path: string): Found | string {
    const found = walk(this.#table, this.#who, path, false);
    if (typeof found === 'string') return found;
    if (found.entry) return FILE_EXISTS;
    const parent = this.#parentOf(found);
    if (!parent) return NO_SUCH_FILE;
    if (parent.kind !== 'directory') return NOT_A_DIRECTORY;
    const error = readOnlyError(found);
    if (error !== null) return error;
    return allows(parent, this.#who, WRITE | EXECUTE) ? found : PERMISSION_DENIED;
  }

  #make(path: string, kind: FileKind, content: string, mode: number): string | null {
    const found = this.#missing(path);
    if (typeof found === 'string') return found;
    const parent = this.#parentOf(found) as FileEntry;
    const who = kind === 'link' ? { ...this.#who, umask: 0 } : this.#who;
    const owner = newOwner(parent, who, mode, kind === 'directory');
    const modifiedAt = found.store.now;
    return found.store.createAt(found.inner, { kind, content, modifiedAt, ...owner });
  }

  #parentOf(found: Found): FileEntry | undefined {
    const path = parentOf(found.path);
    if (path === found.path) return undefined;
    const { store, inner } = this.#table.locate(path);
    return store.entryAt(inner);
  }

  /** A file that may be written to, made if it is not there; null: what is written goes nowhere. */
  #forWriting(
    path: string,
    truncates: boolean,
    mode: number,
  ): { readonly store: FileStore; readonly inner: string; readonly inode: Inode } | string | null {
    const found = walk(this.#table, this.#who, path, true);
    if (typeof found === 'string') return found;
    const { entry, store, inner } = found;
    if (!entry) {
      const error = this.#make(found.path, 'file', '', mode);
      if (error !== null) return error;
    } else {
      if (entry.kind === 'directory') return IS_A_DIRECTORY;
      if (entry.kind === 'socket') return 'No such device or address';
      const error = isSpecial(entry) ? null : readOnlyError(found);
      if (error !== null) return error;
      if (!allows(entry, this.#who, WRITE)) return PERMISSION_DENIED;
      if (isSpecial(entry)) return null;
    }
    const inode = store.inodeAt(inner);
    if (typeof inode === 'string') return inode;
    if (!entry || !truncates) return { store, inner, inode };
    const error = store.changeBody(inner, inode, 0, (body) => body.truncate(0));
    return error ?? { store, inner, inode };
  }

  #change(
    path: string,
    follow: boolean,
    run: (inode: Inode, found: Found) => string | null,
  ): string | null {
    const found = this.#existing(path, follow);
    if (typeof found === 'string') return found;
    const error = readOnlyError(found);
    if (error !== null) return error;
    const inode = found.store.inodeAt(found.inner);
    return typeof inode === 'string' ? inode : run(inode, found);
  }

  /** Whether a name may be taken out of its directory. */
  #mayChangeEntry(found: Existing): string | null {
    const error = readOnlyError(found);
    if (error !== null) return error;
    const parent = this.#parentOf(found);
    if (!parent) return BUSY;
    if (!allows(parent, this.#who, WRITE | EXECUTE)) return PERMISSION_DENIED;
    return mayRemove(parent, found.entry, this.#who) ? null : NOT_PERMITTED;
  }

  #mayReplace(source: Existing, target: Found): string | null {
    const parent = this.#parentOf(target);
    if (parent?.kind !== 'directory') return parent ? NOT_A_DIRECTORY : NO_SUCH_FILE;
    if (!allows(parent, this.#who, WRITE | EXECUTE)) return PERMISSION_DENIED;
    if (!target.entry) return null;
    const isDirectory = source.entry.kind === 'directory';
    if (target.entry.kind !== 'directory') return isDirectory ? NOT_A_DIRECTORY : null;
    if (!isDirectory) return IS_A_DIRECTORY;
    return (target.store.namesIn(target.inner) ?? []).length > 0 ? NOT_EMPTY : null;
  }

  #stat(path: string, follow: boolean): FileStat | null {
    const found = this.#existing(path, follow);
    if (typeof found === 'string') return null;
    const { entry, store, inner } = found;
    const { kind, mode, uid, gid, device } = entry;
    // What a container's layer has no date for came with the image.
    const isDated = entry.modifiedAt > 0 || store.type === 'overlay';
    const modifiedAt = isDated ? entry.modifiedAt : store.createdAt;
    const size = sizeOf(found);
    const stat = { kind, mode, uid, gid, modifiedAt, size };
    return {
      ...stat,
      links: kind === 'directory' ? linksOf(store, inner) : (store.changedAt(inner)?.names ?? 1),
      blocks: blocksOf(found, size),
      ...(device ? { device } : {}),
    };
  }
}

const EMPTY_FILE: FileEntry = { kind: 'file', content: '', mode: 0, uid: 0, gid: 0, modifiedAt: 0 };

function isSpecial(entry: FileEntry): boolean {
  return entry.kind !== 'file' && entry.kind !== 'directory' && entry.kind !== 'link';
}

function sizeOf({ entry, store, inner }: Existing): number {
  switch (entry.kind) {
    case 'directory':
      return store.directorySize(inner);
    case 'file':
      return store.changedAt(inner)?.body?.bytes ?? utf8Length(entry.content);
    case 'link':
      return utf8Length(entry.content);
    default:
      return 0;
  }
}

/** Directories of a tmpfs take no blocks, and short links none anywhere. */
function blocksOf({ entry, store }: Existing, size: number): number {
  if (entry.kind === 'file') return Math.ceil(size / BLOCK_BYTES) * SECTORS_PER_BLOCK;
  return entry.kind === 'directory' && store.type !== 'tmpfs' ? SECTORS_PER_BLOCK : 0;
}

/** `.` and the entry in its parent, and the `..` of each directory inside. */
function linksOf(store: FileStore, inner: string): number {
  if (store.isMerged(inner)) return 1;
  let links = 2;
  for (const name of store.namesIn(inner) ?? []) {
    if (store.entryAt(joinPath(inner, name))?.kind === 'directory') links++;
  }
  return links;
}
