/** A file system with nothing mounted in it, used from outside any container, as root uses it. */
import type { Credentials } from './credentials.ts';
import { FileStore } from './file-system.ts';
import type { FileKind } from './file-tree.ts';
import { FileView } from './file-view.ts';
import { type MountInfo, MountTable } from './mount-table.ts';
import type { OpenFile } from './open-file.ts';
import type { FileStat, FileSystem, FileSystemSpace, OpenMode } from './program.ts';

export class MemoryFileSystem extends FileStore implements FileSystem {
  #used: FileView | null = null;

  /** Most volumes are only mounted: nobody uses them from outside. */
  get #view(): FileView {
    this.#used ??= new FileView(new MountTable(this, [], false));
    return this.#used;
  }

  read(path: string): string | undefined {
    return this.#view.read(path);
  }

  write(path: string, content: string, append: boolean, mode?: number): string | null {
    return this.#view.write(path, content, append, mode);
  }

  remove(path: string): string | null {
    return this.#view.remove(path);
  }

  list(path: string): readonly string[] | undefined {
    return this.#view.list(path);
  }

  makeDirectory(path: string, mode?: number): string | null {
    return this.#view.makeDirectory(path, mode);
  }

  kind(path: string): FileKind | null {
    return this.#view.kind(path);
  }

  stat(path: string): FileStat | null {
    return this.#view.stat(path);
  }

  linkStat(path: string): FileStat | null {
    return this.#view.linkStat(path);
  }

  setMode(path: string, mode: number): string | null {
    return this.#view.setMode(path, mode);
  }

  setOwner(path: string, uid: number | null, gid: number | null, ofLink?: boolean): string | null {
    return this.#view.setOwner(path, uid, gid, ofLink);
  }

  touch(path: string, at?: number): string | null {
    return this.#view.touch(path, at);
  }

  makeLink(existing: string, path: string): string | null {
    return this.#view.makeLink(existing, path);
  }

  makeSymbolicLink(target: string, path: string): string | null {
    return this.#view.makeSymbolicLink(target, path);
  }

  makeSpecial(path: string, kind: FileKind, mode: number): string | null {
    return this.#view.makeSpecial(path, kind, mode);
  }

  readLink(path: string): string | null {
    return this.#view.readLink(path);
  }

  realPath(path: string): string | null {
    return this.#view.realPath(path);
  }

  rename(from: string, to: string): string | null {
    return this.#view.rename(from, to);
  }

  truncate(path: string, length: number): string | null {
    return this.#view.truncate(path, length);
  }

  copy(from: string, to: string): string | null {
    return this.#view.copy(from, to);
  }

  access(path: string, want: number): string | null {
    return this.#view.access(path, want);
  }

  open(path: string, how: OpenMode, mode?: number): OpenFile | string {
    return this.#view.open(path, how, mode);
  }

  space(path: string): FileSystemSpace | null {
    return this.#view.space(path);
  }

  mounts(): readonly MountInfo[] {
    return this.#view.mounts();
  }

  as(who: Credentials): FileSystem {
    return this.#view.as(who);
  }
}
