/**
 * Volumes and claims that find each other, as the binder and the scheduler both see it.
 *
 * Models: k8s.io/component-helpers storage/volume pv_helpers.go (v1.36)
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../generated/types.ts';

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On a claim: the node of its first Pod, chosen by the scheduler. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** Of classes whose volumes somebody makes by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

const FILESYSTEM = 'Filesystem';

/** Upstream isPVCFullyBound. */
export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[BIND_COMPLETED] !== undefined && (spec.volumeName ?? '') !== '';
}

export function hasOtherMode(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec.volumeMode ?? FILESYSTEM) !== (volume.spec.volumeMode ?? FILESYSTEM);
}

export function hasOtherAttributes(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): boolean {
  const wanted = claim.spec.volumeAttributesClassName ?? '';
  return wanted !== (volume.spec.volumeAttributesClassName ?? '');
}

export function offersModes(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const offered = volume.spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => offered.includes(mode));
}

/** Whether |volume| names |claim|, with its uid or without one. */
export function isMeantFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const ref = volume.spec.claimRef;
  const { name, namespace, uid } = claim.metadata;
  if (ref?.name !== name || ref.namespace !== namespace) return false;
  return (ref.uid ?? '') === '' || ref.uid === uid;
}

/** The volume takes the claim. */
export function boundVolume(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const ref = volume.spec.claimRef;
  const isSame = ref?.name === name && ref.namespace === namespace && ref.uid === uid;
  const wasMeant = isMeantFor(volume, claim);
  const { metadata } = volume;
  const isMarked = wasMeant || metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
  const annotations = { ...metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  const marked = isMarked ? volume : { ...volume, metadata: { ...metadata, annotations } };
  if (isSame) return marked;
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    apiVersion: 'v1',
    resourceVersion,
  };
  return { ...marked, spec: { ...volume.spec, claimRef } };
}
