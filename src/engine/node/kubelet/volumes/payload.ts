/**
 * Files that the kubelet writes into a volume, and how a change of them reaches the containers: a new
 * directory beside the old one, and one link that is moved.
 *
 * Models: pkg/volume/util/atomic_writer.go, pkg/volume/volume_linux.go changeFilePermission (v1.36)
 */
import type { TokenRequest } from '../../../../api/generated/types.ts';
import { compareText } from '../../../../api/meta/go-text.ts';
import { rfc3339 } from '../../../../api/meta/time.ts';
import { type FileSource, FileTree } from '../../runtime/file-tree.ts';

export type Token = NonNullable<TokenRequest['status']>;

export interface FileProjection {
  /** A token is signed when somebody first reads it. */
  readonly content: string | Token;
  readonly mode: number;
  readonly uid?: number;
}

/** By path, without a slash before it. */
export type Payload = ReadonlyMap<string, FileProjection>;

export interface PayloadPlace {
  /** Microseconds: when it was written, and the cluster's epoch. */
  readonly now: number;
  readonly epochMs: number;
  /** Makes the name of the directory differ from others of the same second. */
  readonly salt: string;
  readonly onDisk: boolean;
  readonly fsGroup: number | undefined;
}

const SETGID = 0o2000;
/** What a group of its own adds to files, and to directories. */
const GROUP_FILE_BITS = 0o440;
const GROUP_DIRECTORY_BITS = SETGID | 0o550;
/** tmpfs as it comes from mount(8); other directories are made for everybody (emptydir.go). */
const TMPFS_MODE = 0o1777;
const DISK_MODE = 0o777;

export function samePayload(a: Payload, b: Payload): boolean {
  if (a.size !== b.size) return false;
  for (const [path, file] of a) {
    const other = b.get(path);
    if (other?.content !== file.content || other.mode !== file.mode) return false;
  }
  return true;
}

export function payloadTree(payload: Payload, place: PayloadPlace): FileTree {
  const { fsGroup, onDisk, now } = place;
  const gid = fsGroup === undefined ? {} : { gid: fsGroup };
  const directory = (mode: number): FileSource => ({
    kind: 'directory',
    mode: fsGroup === undefined ? mode : mode | GROUP_DIRECTORY_BITS,
    modifiedAt: now,
    ...gid,
  });
  const link = (content: string): FileSource => ({
    kind: 'link',
    content,
    modifiedAt: now,
    ...gid,
  });
  const name = directoryName(place);
  const files: Record<string, FileSource> = {
    '/': directory(onDisk ? DISK_MODE : TMPFS_MODE),
    [`/${name}`]: directory(0o755),
    '/..data': link(name),
  };
  for (const path of [...payload.keys()].sort(compareText)) {
    const { content, mode, uid } = payload.get(path) as FileProjection;
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    for (let n = 1; n < parts.length; n++) {
      files[`/${name}/${parts.slice(0, n).join('/')}`] = directory(0o755);
    }
    const [first = ''] = parts;
    files[`/${first}`] = link(`..data/${first}`);
    files[`/${name}/${parts.join('/')}`] = {
      content: typeof content === 'string' ? content : (content.token ?? ''),
      mode: fsGroup === undefined ? mode : mode | GROUP_FILE_BITS,
      modifiedAt: now,
      ...gid,
      ...(uid === undefined ? {} : { uid }),
    };
  }
  return new FileTree(files);
}

/** `..2006_01_02_15_04_05.` and a number, as os.MkdirTemp makes it. */
function directoryName({ now, epochMs, salt }: PayloadPlace): string {
  const time = rfc3339(epochMs + Math.floor(now / 1_000)).replace(/Z$/, '');
  return `..${time.replace(/[-T:]/g, '_')}.${hashOf(salt)}`;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
