/**
 * From a path to the file it stands for: mounts and symbolic links are followed, and every directory
 * on the way must let the process through.
 *
 * Models: path_resolution(7)
 */
import { allows, type Credentials, EXECUTE } from './credentials.ts';
import { NO_SUCH_FILE, NOT_A_DIRECTORY, PERMISSION_DENIED } from './file-system.ts';
import { type FileEntry, joinPath, parentOf } from './file-tree.ts';
import type { MountTable, Place } from './mount-table.ts';

const TOO_MANY_LINKS = 'Too many levels of symbolic links';
const NAME_TOO_LONG = 'File name too long';
/** linux/namei.h MAXSYMLINKS, linux/limits.h NAME_MAX. */
const MAX_LINKS = 40;
const MAX_NAME_LENGTH = 255;

export interface Found extends Place {
  /** The path without any link in it. */
  readonly path: string;
  /** Undefined: the directory is there, but not the file. */
  readonly entry: FileEntry | undefined;
}

/** A text is the error. |follow|: what the last name points to, where it is a link. */
export function walk(
  table: MountTable,
  who: Credentials,
  path: string,
  follow: boolean,
): Found | string {
  if (who.overrides) {
    const { store, inner, readOnly } = table.locate(path);
    const entry = store.entryAt(inner);
    // A file system's own paths have no links in them: what is found by one is the file itself.
    if (entry && !(follow && entry.kind === 'link')) return { path, store, inner, readOnly, entry };
    if (!entry && !store.hasLinks) {
      const parent = table.locate(parentOf(path));
      const kind = parent.store.entryAt(parent.inner)?.kind;
      if (kind === 'directory' && isShort(path)) return { path, store, inner, readOnly, entry };
    }
  }
  return walkSlowly(table, who, path, follow);
}

function walkSlowly(
  table: MountTable,
  who: Credentials,
  path: string,
  follow: boolean,
): Found | string {
  let names = path.split('/').filter((name) => name !== '');
  let at = '/';
  // Mount points matter to who looks into the root, not to who passes through it.
  let place = names.length === 0 ? table.locate(at) : table.rootPlace;
  let entry = place.store.entryAt(place.inner);
  let links = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const isLast = i === names.length - 1;
    if (!entry) return NO_SUCH_FILE;
    if (entry.kind !== 'directory') return NOT_A_DIRECTORY;
    if (!allows(entry, who, EXECUTE)) return PERMISSION_DENIED;
    if (name.length > MAX_NAME_LENGTH) return NAME_TOO_LONG;
    if (name === '.') continue;
    const directory = at;
    at = name === '..' ? parentOf(at) : joinPath(at, name);
    place = table.locate(at);
    entry = place.store.entryAt(place.inner);
    if (entry?.kind !== 'link' || (isLast && !follow)) continue;
    if (++links > MAX_LINKS) return TOO_MANY_LINKS;
    const target = entry.content;
    at = target.startsWith('/') ? '/' : directory;
    names = [...target.split('/').filter((part) => part !== ''), ...names.slice(i + 1)];
    i = -1;
    place = names.length === 0 ? table.locate(at) : at === '/' ? table.rootPlace : table.locate(at);
    entry = place.store.entryAt(place.inner);
  }
  return { path: at, ...place, entry };
}

function isShort(path: string): boolean {
  return path.length - path.lastIndexOf('/') - 1 <= MAX_NAME_LENGTH;
}
