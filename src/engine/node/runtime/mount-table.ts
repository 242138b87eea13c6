/**
 * What is mounted where in a container: a root file system and others over it.
 *
 * Models: mount_namespaces(7), bind mounts as runc makes them: mount points that are missing are made.
 */
import { type FileStore, type FileSystemType, READ_ONLY } from './file-system.ts';
import { baseName, DIRECTORY_MODE, type FileEntry, joinPath, parentOf } from './file-tree.ts';

export interface Mount {
  /** Where it appears; absolute. */
  readonly path: string;
  readonly source: FileStore;
  /** Of one whose source is made when somebody first asks for it: that, or null before. */
  readonly made?: FileStore | null;
  /** What of the source appears there, a directory or a file; its root by default. */
  readonly sourcePath?: string;
  readonly readOnly?: boolean;
  /** Why the OCI runtime cannot mount it; it refuses the container. */
  readonly refusal?: string;
}

/** A place in a file system that a path of the container stands for. */
export interface Place {
  readonly store: FileStore;
  readonly inner: string;
  readonly readOnly: boolean;
}

export interface MountInfo {
  readonly path: string;
  readonly type: FileSystemType;
  readonly readOnly: boolean;
}

const PLAIN_DIRECTORY: FileEntry = {
  kind: 'directory',
  content: '',
  mode: DIRECTORY_MODE,
  uid: 0,
  gid: 0,
  modifiedAt: 0,
};

/** Longest path first; a list that is so already is kept, as most containers' are. */
export function innermostFirst(mounts: readonly Mount[]): readonly Mount[] {
  const isSorted = mounts.every((m, i) => i === 0 || m.path.length <= pathLength(mounts, i - 1));
  return isSorted ? mounts : [...mounts].sort((a, b) => b.path.length - a.path.length);
}

function pathLength(mounts: readonly Mount[], i: number): number {
  return mounts[i]?.path.length ?? 0;
}

function movedTo(mount: Mount, path: string): Mount {
  if (mount.path === path) return mount;
  const { source, sourcePath } = mount;
  return { ...mount, path, source, ...(sourcePath === undefined ? {} : { sourcePath }) };
}

export class MountTable {
  readonly root: FileStore;
  readonly rootReadOnly: boolean;
  /** Longest path first, so that the innermost mount wins. */
  readonly #mounts: readonly Mount[];
  /**
   * Mount points are made when somebody first looks where they matter: most containers never do.
   */
  #made: boolean;

  constructor(root: FileStore, mounts: readonly Mount[], rootReadOnly: boolean) {
    this.root = root;
    this.rootReadOnly = rootReadOnly;
    // Asked only where it matters: to know of links, a file system has to be filled.
    const placed =
      mounts.length > 0 && root.hasLinks
        ? mounts.map((m) => movedTo(m, this.#follow(m.path)))
        : mounts;
    this.#mounts = innermostFirst(placed);
    this.#made = mounts.length === 0;
  }

  asWritable(): MountTable {
    return new MountTable(this.root, this.#mounts, false);
  }

  list(): readonly MountInfo[] {
    const root = { path: '/', type: this.root.type, readOnly: this.rootReadOnly };
    const inOrder = [...this.#mounts].sort((a, b) => (a.path < b.path ? -1 : 1));
    return [
      root,
      ...inOrder.map((m) => ({ path: m.path, type: m.source.type, readOnly: m.readOnly === true })),
    ];
  }

  isMountPoint(path: string): boolean {
    return path === '/' || this.#mounts.some((mount) => mount.path === path);
  }

  /** The root itself, where nobody looks into it. */
  get rootPlace(): Place {
    return { store: this.root, inner: '/', readOnly: this.rootReadOnly };
  }

  locate(path: string): Place {
    for (const mount of this.#mounts) {
      const inside = path.startsWith(mount.path) && path[mount.path.length] === '/';
      if (!inside && path !== mount.path) continue;
      const inner = (mount.sourcePath ?? '') + path.slice(mount.path.length);
      return {
        store: mount.source,
        inner: inner === '' ? '/' : inner,
        readOnly: mount.readOnly ?? false,
      };
    }
    if (!this.#made && this.#holdsMountPoints(path)) this.#makeMountPoints();
    return { store: this.root, inner: path, readOnly: this.rootReadOnly };
  }

  /** Mount points are given as the image has them: `/var/run/x` may be `/run/x`. */
  #follow(path: string): string {
    let at = '/';
    for (const name of path.split('/').slice(1)) {
      at = joinPath(at, name);
      const entry = this.root.entryAt(at);
      if (entry?.kind !== 'link') continue;
      at = entry.content.startsWith('/') ? entry.content : joinPath(parentOf(at), entry.content);
    }
    return at;
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
    const kind = mount.source.entryAt(mount.sourcePath ?? '/')?.kind ?? 'directory';
    const modifiedAt = this.root.now;
    const directory = { ...PLAIN_DIRECTORY, modifiedAt };
    let path = '';
    for (const step of mount.path.split('/').slice(1)) {
      path = `${path}/${step}`;
      const isLast = path === mount.path;
      const at = isLast ? this.#outerOf(path) : this.locate(path);
      if (at.store.entryAt(at.inner)) continue;
      // A refusal (no space left) only hides the name from its parent's listing.
      const isFile = isLast && kind !== 'directory';
      at.store.createAt(at.inner, isFile ? { ...directory, kind: 'file', mode: 0o755 } : directory);
    }
  }

  /** Where the mount point itself lies: in the root or in a shorter mount. */
  #outerOf(path: string): Place {
    const parent = this.locate(parentOf(path));
    return { ...parent, inner: joinPath(parent.inner, baseName(path)) };
  }
}

/** Null when |place| may be written to. */
export function readOnlyError(place: Place): string | null {
  return place.readOnly ? READ_ONLY : null;
}
