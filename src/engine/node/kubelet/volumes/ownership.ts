/** A Pod's fsGroup on volumes that were there before. Models: pkg/volume/volume_linux.go (v1.36) */
import type { PodSecurityContext } from '../../../../api/generated/types.ts';
import { joinPath } from '../../runtime/file-tree.ts';
import type { FileSystem } from '../../runtime/program.ts';

/** rwMask, and what directories get beside it. */
const FILE_BITS = 0o660;
const DIRECTORY_BITS = 0o2770;

export function giveToGroup(
  files: FileSystem,
  path: string,
  { fsGroup, fsGroupChangePolicy }: PodSecurityContext,
): void {
  if (fsGroup === undefined) return;
  const root = files.stat(path);
  const isRight = root?.gid === fsGroup && (root.mode & DIRECTORY_BITS) === DIRECTORY_BITS;
  if (fsGroupChangePolicy === 'OnRootMismatch' && isRight) return;
  change(files, path, fsGroup);
}

function change(files: FileSystem, path: string, gid: number): void {
  const stat = files.linkStat(path);
  if (!stat) return;
  files.setOwner(path, null, gid, true);
  if (stat.kind === 'link') return;
  const isDirectory = stat.kind === 'directory';
  files.setMode(path, stat.mode | (isDirectory ? DIRECTORY_BITS : FILE_BITS));
  if (!isDirectory) return;
  for (const name of files.list(path) ?? []) change(files, joinPath(path, name), gid);
}
