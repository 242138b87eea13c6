/**
 * emptyDir: a directory on the node's disk, or a tmpfs of limited size.
 *
 * Models: pkg/volume/emptydir (v1.36). Simplified: huge pages are refused by name; what lies in memory
 * is not counted with the Pod's processes.
 */
import type { EmptyDirVolumeSource, Pod } from '../../../../api/generated/types.ts';
import { podLimits } from '../../../../api/kinds/pod/resources.ts';
import { bytes } from '../../../../api/meta/quantity.ts';
import { Disk, FileStore } from '../../runtime/file-system.ts';
import { FileTree } from '../../runtime/file-tree.ts';
import type { KubeletContext } from '../context.ts';
import { MountError } from './mount-error.ts';
import type { MountedVolume } from './node-volumes.ts';
import type { Plugin } from './plugin.ts';

const PLUGIN = 'kubernetes.io~empty-dir';
/** A Pod's group may write, and what is made in it belongs to the group. */
const GROUP_BITS = 0o2770;

/** The empty directory by mode and group: most volumes of a node are alike. */
const trees = new Map<string, FileTree>();

export const emptyDir: Plugin<EmptyDirVolumeSource> = function* ({ context, pod, source, old }) {
  if (old) return old;
  const { medium = '', sizeLimit } = source;
  const limit = sizeLimit === undefined ? 0 : bytes(sizeLimit);
  if (medium === '') {
    const { disk } = context.volumes;
    const store = new FileStore({ base: treeFor(pod, 0o777), clock: context.kernel, disk });
    return { store, path: '', readOnly: false, plugin: PLUGIN, own: true };
  }
  if (medium !== 'Memory') {
    throw new MountError(`volumes of medium ${medium} are not simulated`);
  }
  return memory(context, pod, limit);
};

function memory(context: KubeletContext, pod: Pod, limit: number): MountedVolume {
  const disk = new Disk(memorySize(context, pod, limit));
  const base = treeFor(pod, 0o1777);
  const store = new FileStore({ base, clock: context.kernel, type: 'tmpfs', disk });
  return { store, path: '', readOnly: false, plugin: PLUGIN, own: true };
}

/** calculateEmptyDirMemorySize: what the node can give, the Pod may use, the volume may hold. */
function memorySize(context: KubeletContext, pod: Pod, limit: number): number {
  let size = bytes(context.allocatable['memory'] ?? '0');
  const ofPod = bytes(podLimits(pod.spec)['memory'] ?? '0');
  if (ofPod > 0) size = Math.min(size, ofPod);
  return limit > 0 ? Math.min(size, limit) : size;
}

function treeFor(pod: Pod, mode: number): FileTree {
  const { fsGroup } = pod.spec.securityContext ?? {};
  const key = `${mode}/${fsGroup ?? ''}`;
  let tree = trees.get(key);
  if (!tree) {
    const owner = fsGroup === undefined ? { mode } : { mode: mode | GROUP_BITS, gid: fsGroup };
    tree = new FileTree({ '/': { kind: 'directory', ...owner } });
    trees.set(key, tree);
  }
  return tree;
}
