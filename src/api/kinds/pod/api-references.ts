/**
 * Which objects of the API a Pod stands on: mirrors of static Pods may need none. Pure.
 *
 * Models: pkg/api/pod util.go HasAPIObjectReference (v1.36)
 */
import type { Container, Pod } from '../../generated/types.ts';

/** The first sort of object that a Pod needs of the API; '' = none. */
export function referenceOf(spec: Pod['spec']): string {
  if (spec.serviceAccountName) return 'serviceaccounts';
  if (refersTo(spec, 'secret')) return 'secrets';
  if (refersTo(spec, 'configMap')) return 'configmaps';
  if ((spec.resourceClaims ?? []).length > 0) return 'resourceclaims';
  for (const volume of spec.volumes ?? []) {
    if (volume.csi) return 'csidrivers (via CSI volumes)';
    if (volume.glusterfs) return 'endpoints (via glusterFS volumes)';
    if (volume.persistentVolumeClaim) return 'persistentvolumeclaims';
    if (volume.ephemeral) return 'persistentvolumeclaims (via ephemeral volumes)';
    for (const source of volume.projected?.sources ?? []) {
      if (source.serviceAccountToken) return 'serviceaccounts (via projected volumes)';
      if (source.clusterTrustBundle) return 'clustertrustbundles';
      if (source.podCertificate) return 'podcertificates';
    }
  }
  return '';
}

function refersTo(spec: Pod['spec'], what: 'secret' | 'configMap'): boolean {
  const containers = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ] as readonly Container[];
  const inContainers = containers.some(
    ({ env = [], envFrom = [] }) =>
      envFrom.some((source) => source[`${what}Ref`] !== undefined) ||
      env.some(({ valueFrom }) => valueFrom?.[`${what}KeyRef`] !== undefined),
  );
  const inVolumes = (spec.volumes ?? []).some(
    (volume) =>
      volume[what] !== undefined ||
      volume.projected?.sources?.some((source) => source[what] !== undefined),
  );
  if (inContainers || inVolumes || what === 'configMap') return inContainers || inVolumes;
  return (
    (spec.imagePullSecrets ?? []).length > 0 ||
    (spec.volumes ?? []).some(
      (volume) =>
        volume.azureFile ??
        volume.cephfs?.secretRef ??
        volume.cinder?.secretRef ??
        volume.flexVolume?.secretRef ??
        volume.iscsi?.secretRef ??
        volume.rbd?.secretRef ??
        volume.scaleIO?.secretRef ??
        volume.storageos?.secretRef ??
        volume.csi?.nodePublishSecretRef,
    )
  );
}
