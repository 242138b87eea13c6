/**
 * Which claims and volumes are the driver's affair, and what a volume of it looks like. Pure.
 *
 * Models: sig-storage-lib-external-provisioner v13 shouldProvision, shouldDelete; external-provisioner
 *         v6 pkg/controller controller.go Provision
 */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../../api/generated/types.ts';
import { classOf } from '../../api/kinds/persistent-volume/parts.ts';
import type { Input } from '../../api/meta/object.ts';
import {
  DRIVER,
  PROVISIONED_BY,
  PROVISIONER_ANNOTATIONS,
  PROVISIONER_FINALIZER,
  SELECTED_NODE,
} from './names.ts';
import { nodeAffinityFor } from './topology.ts';

const FSTYPE = 'csi.storage.k8s.io/fstype';
const DEFAULT_FSTYPE = 'ext4';
/** What the provisioner writes even where there are no secrets. */
const NO_SECRETS = {
  'volume.kubernetes.io/provisioner-deletion-secret-name': '',
  'volume.kubernetes.io/provisioner-deletion-secret-namespace': '',
};

export function isMeantForDriver({ metadata, spec }: PersistentVolumeClaim): boolean {
  if ((spec.volumeName ?? '') !== '') return false;
  const { annotations = {} } = metadata;
  const name = PROVISIONER_ANNOTATIONS.map((key) => annotations[key]).find((v) => v !== undefined);
  return name === DRIVER;
}

/** Nobody has chosen a node yet, and the class wants one to be chosen. */
export function waitsForScheduler(
  { metadata }: PersistentVolumeClaim,
  { volumeBindingMode }: StorageClass,
): boolean {
  if (volumeBindingMode !== 'WaitForFirstConsumer') return false;
  return (metadata.annotations?.[SELECTED_NODE] ?? '') === '';
}

/** Why no volume can be made for the claim; null: one can. */
export function refusalOf(
  { spec }: PersistentVolumeClaim,
  { parameters = {} }: StorageClass,
): string | null {
  const source = spec.dataSourceRef ?? spec.dataSource;
  if (source !== undefined) {
    const what = source.kind === 'PersistentVolumeClaim' ? 'clone operations' : 'snapshot restore';
    return `CSI driver does not support ${what}: snapshots and clones are not simulated`;
  }
  if ((spec.volumeAttributesClassName ?? '') !== '') {
    return 'rpc error: code = InvalidArgument desc = volume attributes classes are not simulated';
  }
  const unknown = Object.keys(parameters).find((key) => key !== FSTYPE);
  if (unknown === undefined) return null;
  return `rpc error: code = InvalidArgument desc = Invalid parameter key ${unknown} for CreateVolume`;
}

export function volumeFor(
  claim: PersistentVolumeClaim,
  name: string,
  storageClass: StorageClass,
  disk: { readonly handle: string; readonly zone: string },
): Input<PersistentVolume> {
  const { namespace, uid, resourceVersion } = claim.metadata;
  const { reclaimPolicy = 'Delete', mountOptions, parameters } = storageClass;
  const { accessModes, volumeMode = 'Filesystem', resources } = claim.spec;
  const isDeleted = reclaimPolicy === 'Delete';
  const fsType = parameters?.[FSTYPE] ?? DEFAULT_FSTYPE;
  return {
    metadata: {
      name,
      annotations: { [PROVISIONED_BY]: DRIVER, ...NO_SECRETS },
      ...(isDeleted ? { finalizers: [PROVISIONER_FINALIZER] } : {}),
    },
    spec: {
      capacity: { storage: resources.requests?.['storage'] ?? '0' },
      ...(accessModes === undefined ? {} : { accessModes }),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: classOf(claim),
      volumeMode,
      ...(mountOptions === undefined ? {} : { mountOptions }),
      csi: {
        driver: DRIVER,
        volumeHandle: disk.handle,
        ...(volumeMode === 'Filesystem' ? { fsType } : {}),
        volumeAttributes: { 'storage.kubernetes.io/csiProvisionerIdentity': `1-${DRIVER}` },
      },
      claimRef: {
        kind: 'PersistentVolumeClaim',
        ...(namespace === undefined ? {} : { namespace }),
        name: claim.metadata.name,
        uid,
        apiVersion: 'v1',
        resourceVersion,
      },
      ...nodeAffinityFor(disk.zone),
    },
  };
}

/** The claim is gone, and the volume and its disk are to go too. */
export function deletedBy({ metadata, spec, status }: PersistentVolume): boolean {
  if (metadata.annotations?.[PROVISIONED_BY] !== DRIVER) return false;
  if (spec.persistentVolumeReclaimPolicy !== 'Delete' || status.phase !== 'Released') return false;
  // Once it is being deleted, there is a disk only as long as the finalizer says so.
  if (metadata.deletionTimestamp === undefined) return true;
  return metadata.finalizers?.includes(PROVISIONER_FINALIZER) === true;
}
