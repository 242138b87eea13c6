/**
 * Volumes that show the files of an image, which the image puller has seen to.
 *
 * Models: pkg/volume/image, containerd 2.x internal/cri/server mutateMounts (v1.36)
 */
import type { ImageVolumeSource } from '../../../../api/generated/types.ts';
import { EMPTY_TREE } from '../../runtime/file-tree.ts';
import type { Plugin } from './plugin.ts';

/** The runtime mounts the image; to the kubelet the volume is an empty place. */
export const image: Plugin<ImageVolumeSource> = function* ({ context, old }) {
  if (old) return old;
  const store = context.volumes.written(() => EMPTY_TREE, true);
  return { store, path: '', readOnly: true, plugin: 'kubernetes.io~image', own: true };
};
