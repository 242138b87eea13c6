/**
 * hostPath: a path of the node's own disk.
 *
 * Models: pkg/volume/hostpath (v1.36); containerd makes a missing directory when a container is made.
 */
import type { HostPathVolumeSource } from '../../../../api/generated/types.ts';
import type { FileKind } from '../../runtime/file-tree.ts';
import { parentOf } from '../../runtime/file-tree.ts';
import { showsLogs } from '../../runtime/log-files.ts';
import type { NodeDisk } from '../../runtime/node-disk.ts';
import { MountError } from './mount-error.ts';
import type { MountedVolume, NodeVolumes } from './node-volumes.ts';
import type { Plugin } from './plugin.ts';

type PathType = NonNullable<HostPathVolumeSource['type']>;

const WANTED: Partial<Record<PathType, readonly [kind: FileKind, name: string]>> = {
  Directory: ['directory', 'a directory'],
  DirectoryOrCreate: ['directory', 'a directory'],
  File: ['file', 'a file'],
  FileOrCreate: ['file', 'a file'],
  Socket: ['socket', 'a socket file'],
  CharDevice: ['character device', 'a character device'],
  BlockDevice: ['block device', 'a block device'],
};

export const hostPath: Plugin<HostPathVolumeSource> = function* ({ context, source, old }) {
  if (showsLogs(source.path)) context.runtime.logFiles.show();
  return old ?? hostVolume(context.volumes, source);
};

export function hostVolume(
  volumes: NodeVolumes,
  { path, type = '' }: HostPathVolumeSource,
): MountedVolume {
  const { host } = volumes;
  if (path.split('/').includes('..')) {
    throw new MountError(`invalid HostPath \`${path}\`: must not contain '..'`);
  }
  const plain = path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
  checkType(host, plain, type);
  return { store: host, path: plain === '/' ? '' : plain, readOnly: false, plugin: '', own: false };
}

function checkType(host: NodeDisk, path: string, type: PathType): void {
  const wanted = WANTED[type];
  if (!wanted) return;
  const kind = host.kind(path);
  if (kind === wanted[0]) return;
  const creates = type === 'DirectoryOrCreate' || type === 'FileOrCreate';
  if (kind !== null || !creates) {
    throw new MountError(`hostPath type check failed: ${path} is not ${wanted[1]}`);
  }
  if (type === 'DirectoryOrCreate') makeDirectories(host, path);
  else {
    const error = host.write(path, '', true, 0o644);
    if (error !== null) throw new MountError(`open ${path}: ${error.toLowerCase()}`);
  }
}

/** os.MkdirAll with 0755. */
export function makeDirectories(host: NodeDisk, path: string): void {
  if (path === '/' || host.kind(path) === 'directory') return;
  makeDirectories(host, parentOf(path));
  const error = host.makeDirectory(path, 0o755);
  if (error !== null) throw new MountError(`mkdir ${path}: ${error.toLowerCase()}`);
}
