/**
 * What volumes and claims look like after each step of a binding; the same object where a step
 * changes nothing.
 *
 * Models: pkg/controller/volume/persistentvolume pv_controller.go, k8s.io/component-helpers
 *         storage/volume pv_helpers.go GetBindVolumeToClaim (v1.36)
 */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimStatus,
} from '../../../api/generated/types.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
} from '../../../api/kinds/persistent-volume/binding.ts';
import { PRE_RESIZE_CAPACITY } from '../../../api/kinds/persistent-volume-claim/resize.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { compareQuantity } from '../../../api/meta/quantity.ts';

const PROVISIONERS = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
] as const;

export type VolumePhase = NonNullable<PersistentVolume['status']['phase']>;
export type ClaimPhase = NonNullable<PersistentVolumeClaimStatus['phase']>;

/** Provisioners that were part of Kubernetes, and the drivers that do their work now. */
const MIGRATED: Readonly<Record<string, string>> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com',
  'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io',
  'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com',
  'kubernetes.io/cinder': 'cinder.csi.openstack.org',
  'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com',
  'kubernetes.io/portworx-volume': 'pxd.portworx.com',
};

export function driverOf(provisioner: string): string | undefined {
  return MIGRATED[provisioner];
}

export function has({ metadata }: KubeObject, annotation: string): boolean {
  return metadata.annotations?.[annotation] !== undefined;
}

function annotated<T extends KubeObject>(object: T, more: Readonly<Record<string, string>>): T {
  const { metadata } = object;
  const annotations = { ...metadata.annotations, ...more };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** The volume lets its claim go. One that was reserved by hand stays reserved. */
export function unboundVolume(volume: PersistentVolume): PersistentVolume {
  const { claimRef, ...spec } = volume.spec;
  if (!has(volume, BOUND_BY_CONTROLLER)) {
    const { uid: _uid, ...reserved } = claimRef ?? {};
    return { ...volume, spec: { ...spec, claimRef: reserved } };
  }
  const { annotations = {}, ...metadata } = volume.metadata;
  const { [BOUND_BY_CONTROLLER]: _by, ...left } = annotations;
  const rest = Object.keys(left).length === 0 ? metadata : { ...metadata, annotations: left };
  return { ...volume, metadata: rest, spec };
}

export function volumeInPhase(
  volume: PersistentVolume,
  phase: VolumePhase,
  message = '',
): PersistentVolume {
  if (volume.status.phase === phase) return volume;
  const { message: _old, ...status } = volume.status;
  return { ...volume, status: { ...status, phase, ...(message === '' ? {} : { message }) } };
}

/** The claim takes the volume. */
export function boundClaim(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): PersistentVolumeClaim {
  const { name } = volume.metadata;
  const isNew = claim.spec.volumeName !== name;
  const marks = {
    ...(isNew && !has(claim, BOUND_BY_CONTROLLER) ? { [BOUND_BY_CONTROLLER]: 'yes' } : {}),
    ...(has(claim, BIND_COMPLETED) ? {} : { [BIND_COMPLETED]: 'yes' }),
  };
  const marked = Object.keys(marks).length === 0 ? claim : annotated(claim, marks);
  return isNew ? { ...marked, spec: { ...claim.spec, volumeName: name } } : marked;
}

/** Without |volume|: what the claim had of one is gone. */
export function claimInPhase(
  claim: PersistentVolumeClaim,
  phase: ClaimPhase,
  volume?: PersistentVolume,
): PersistentVolumeClaim {
  const { accessModes: _modes, capacity, currentVolumeAttributesClassName, ...rest } = claim.status;
  if (volume === undefined) {
    const status = { ...rest, phase };
    return equalJson(status, claim.status) ? claim : { ...claim, status };
  }
  const { spec } = volume;
  const isNew = claim.status.phase !== phase;
  const before = volume.metadata.annotations?.[PRE_RESIZE_CAPACITY];
  const offered = before === undefined ? spec.capacity : { ...capacity, storage: before };
  const hasOther =
    before !== undefined ||
    capacity?.['storage'] === undefined ||
    compareQuantity(spec.capacity?.['storage'] ?? '0', capacity['storage']) !== 0;
  const size = isNew && hasOther ? offered : capacity;
  const wasPending = claim.status.phase === 'Pending' && phase === 'Bound';
  const attributes = wasPending ? spec.volumeAttributesClassName : currentVolumeAttributesClassName;
  const status: PersistentVolumeClaimStatus = {
    ...rest,
    phase,
    ...(spec.accessModes === undefined ? {} : { accessModes: spec.accessModes }),
    ...(size === undefined ? {} : { capacity: size }),
    ...(attributes === undefined ? {} : { currentVolumeAttributesClassName: attributes }),
  };
  return equalJson(status, claim.status) ? claim : { ...claim, status };
}

/** The claim tells who is to make its volume. */
export function provisionedClaim(
  claim: PersistentVolumeClaim,
  provisioner: string,
): PersistentVolumeClaim {
  const driver = driverOf(provisioner);
  const name = driver ?? provisioner;
  if (claim.metadata.annotations?.[PROVISIONERS[1]] === name) return claim;
  return annotated(claim, { [PROVISIONERS[0]]: name, [PROVISIONERS[1]]: name });
}
