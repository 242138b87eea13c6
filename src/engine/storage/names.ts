/** What the driver is called, and where it says so. */

export const DRIVER = 'csi.kubeglass.dev';
/** Service account of its controllers. */
export const ACCOUNT = 'csi-controller';
export const ZONE = 'topology.kubernetes.io/zone';

/** The driver's name where a slash or a dot is not allowed: finalizers of the attacher. */
export const ATTACHER_FINALIZER = 'external-attacher/csi-kubeglass-dev';
/** sig-storage-lib-external-provisioner: on volumes whose disk goes with them. */
export const PROVISIONER_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const PROVISIONER_ANNOTATIONS = [
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
] as const;
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
