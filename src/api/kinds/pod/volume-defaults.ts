/**
 * Defaults of volumes, in place.
 *
 * Models: pkg/apis/core/v1 defaults.go, zz_generated.defaults.go (v1.36)
 */
import type { Volume } from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';
import { imageTag } from './image-name.ts';
import { roundResourceList } from './resources.ts';

const FILE_MODE = 0o644; // SecretVolumeSourceDefaultMode and its siblings, core/v1 types.go
const TOKEN_EXPIRATION_SECONDS = 3600; // SetDefaults_ServiceAccountTokenProjection

type VolumeDraft = Draft<Volume>;

export function defaultVolume(volume: VolumeDraft): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  if (volume.secret !== undefined) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= FILE_MODE;
    for (const { fieldRef } of volume.downwardAPI.items ?? []) {
      if (fieldRef !== undefined) fieldRef.apiVersion ??= 'v1';
    }
  }
  if (volume.projected !== undefined) defaultProjected(volume.projected);
  if (volume.image !== undefined) {
    volume.image.pullPolicy ??=
      imageTag(volume.image.reference ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  }
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim !== undefined) {
    claim.spec.volumeMode ??= 'Filesystem';
    const { limits, requests } = claim.spec.resources;
    if (limits !== undefined) roundResourceList(limits);
    if (requests !== undefined) roundResourceList(requests);
  }
  defaultNetworkVolume(volume);
}

function hasSource(volume: VolumeDraft): boolean {
  for (const key in volume) {
    if (key !== 'name' && volume[key as keyof VolumeDraft] !== undefined) return true;
  }
  return false;
}

function defaultProjected(projected: NonNullable<VolumeDraft['projected']>): void {
  projected.defaultMode ??= FILE_MODE;
  for (const source of projected.sources ?? []) {
    for (const { fieldRef } of source.downwardAPI?.items ?? []) {
      if (fieldRef !== undefined) fieldRef.apiVersion ??= 'v1';
    }
    if (source.serviceAccountToken !== undefined) {
      source.serviceAccountToken.expirationSeconds ??= TOKEN_EXPIRATION_SECONDS;
    }
  }
}

export function defaultNetworkVolume(volume: VolumeDraft): void {
  if (volume.iscsi !== undefined) volume.iscsi.iscsiInterface ??= 'default';
  if (volume.rbd !== undefined) {
    volume.rbd.pool ??= 'rbd';
    volume.rbd.user ??= 'admin';
    volume.rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (volume.azureDisk !== undefined) {
    volume.azureDisk.cachingMode ??= 'ReadWrite';
    volume.azureDisk.fsType ??= 'ext4';
    volume.azureDisk.readOnly ??= false;
    volume.azureDisk.kind ??= 'Shared';
  }
  if (volume.scaleIO !== undefined) {
    volume.scaleIO.storageMode ??= 'ThinProvisioned';
    volume.scaleIO.fsType ??= 'xfs';
  }
}
