/**
 * Mounts that an OCI runtime cannot make, in its words.
 *
 * Models: libcontainer/rootfs_linux.go mountToRootfs, checkProcMount (runc 1.1)
 */
import type { FileTree } from './file-tree.ts';
import type { Mount } from './mount-table.ts';

/** What of /proc may be mounted over (lxcfs and its kind do so). */
const PROC_FILES = [
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/slabinfo',
  '/proc/net/dev',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
];

/** MS_BIND | MS_REC, and MS_RDONLY. */
const FLAGS = 'flags: 0x500';

/** Null: it can be made. |sourceText| names what is mounted, on the node's disk. */
export function mountRefusal(
  tree: FileTree,
  mount: Mount,
  sourceText: () => string,
): string | null {
  const { path, source, sourcePath } = mount;
  // The root of a file system is not looked at: to make it may be much work, as for a token.
  const kind = sourcePath === undefined ? 'directory' : source.entryAt(sourcePath)?.kind;
  const isDirectory = (kind ?? 'directory') === 'directory';
  const failed = (why: string): string =>
    `error during container init: error mounting "${sourceText()}" to rootfs at "${path}": ${why}`;
  if (path === '/proc') return failed(`"${path}" cannot be mounted because it is not of type proc`);
  if (path.startsWith('/proc/') && !PROC_FILES.includes(path)) {
    return failed(`"${path}" cannot be mounted because it is inside /proc`);
  }
  const target = tree.entry(path);
  if (!target || (target.kind === 'directory') === isDirectory) return null;
  const flags = `${FLAGS}${mount.readOnly === true ? 1 : 0}`;
  return failed(`mount ${sourceText()}:${path} (via /proc/self/fd/6), ${flags}: not a directory`);
}
