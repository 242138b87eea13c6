/**
 * Who a process is to the files, and what that allows. Pure.
 *
 * Models: path_resolution(7), capabilities(7), inode_permission of Linux
 */
import type { FileEntry } from './file-tree.ts';

export const READ = 4;
export const WRITE = 2;
export const EXECUTE = 1;

const SETGID = 0o2000;
const STICKY = 0o1000;

export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Permission bits that new files do not get. */
  readonly umask: number;
  /** CAP_DAC_OVERRIDE: permission bits do not count. */
  readonly overrides: boolean;
  /** CAP_CHOWN and CAP_FOWNER: files of others may be given away and changed. */
  readonly owns: boolean;
}

export const DEFAULT_UMASK = 0o022;

export const ROOT: Credentials = {
  uid: 0,
  gid: 0,
  groups: [],
  umask: DEFAULT_UMASK,
  overrides: true,
  owns: true,
};

export function isMember(who: Credentials, gid: number): boolean {
  return who.gid === gid || who.groups.includes(gid);
}

/** Whether |who| may do all of |want| (READ | WRITE | EXECUTE) with it. */
export function allows(entry: FileEntry, who: Credentials, want: number): boolean {
  const isDirectory = entry.kind === 'directory';
  if (who.overrides) {
    return isDirectory || (want & EXECUTE) === 0 || (entry.mode & 0o111) !== 0;
  }
  const shift = entry.uid === who.uid ? 6 : isMember(who, entry.gid) ? 3 : 0;
  return ((entry.mode >> shift) & want) === want;
}

/** In a sticky directory only the owner of a file, or of the directory, removes it. */
export function mayRemove(directory: FileEntry, entry: FileEntry, who: Credentials): boolean {
  if ((directory.mode & STICKY) === 0 || who.owns) return true;
  return entry.uid === who.uid || directory.uid === who.uid;
}

/** Owner and mode of what |who| makes in |directory| when asking for |mode|. */
export function newOwner(
  directory: FileEntry,
  who: Credentials,
  mode: number,
  isDirectory: boolean,
): { readonly uid: number; readonly gid: number; readonly mode: number } {
  const inherits = (directory.mode & SETGID) !== 0;
  return {
    uid: who.uid,
    gid: inherits ? directory.gid : who.gid,
    mode: (mode & ~who.umask) | (inherits && isDirectory ? SETGID : 0),
  };
}
