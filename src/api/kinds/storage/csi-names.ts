/**
 * Names that everybody who deals with volumes of a CSI driver makes alike.
 *
 * Models: pkg/volume/csi csi_attacher.go getAttachmentName, pkg/volume/util GetUniqueVolumeName (v1.36)
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeUtf8 } from '../../meta/utf8.ts';

/** Name of the VolumeAttachment. */
export function attachmentName(handle: string, driver: string, node: string): string {
  const hash = sha256(encodeUtf8(`${handle}${driver}${node}`));
  return `csi-${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** How status.volumesInUse and status.volumesAttached of a Node call the volume. */
export function uniqueVolumeName(driver: string, handle: string): string {
  return `kubernetes.io/csi/${driver}^${handle}`;
}
