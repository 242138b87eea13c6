/**
 * Volumes that a PersistentVolumeClaim stands for, once it is bound: hostPath, local and CSI ones.
 *
 * Models: pkg/kubelet/volumemanager/populator createVolumeSpec, getPVCExtractPV, getPVSpec;
 * pkg/volume/local; component-helpers storage/ephemeral (v1.36)
 * Simplified: block volumes and PersistentVolumes of other kinds are refused by name.
 */
import type {
  PersistentVolume as PersistentVolumeObject,
  PersistentVolumeClaim as ClaimObject,
  Pod,
} from '../../../../api/generated/types.ts';
import { PersistentVolumeClaim } from '../../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../../api/kinds/persistent-volume.ts';
import type { KubeObject } from '../../../../api/meta/object.ts';
import type { Kind } from '../../../../api/meta/define-kind.ts';
import { ApiError } from '../../../../api/meta/status.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { KubeletContext } from '../context.ts';
import { mountCsi } from './csi.ts';
import { hostVolume } from './host-path.ts';
import { MountError, VolumeNotProcessed } from './mount-error.ts';
import type { MountedVolume } from './node-volumes.ts';
import { giveToGroup } from './ownership.ts';
import type { Plugin, SetUp } from './plugin.ts';
import { refusalOf } from './refused.ts';

const PROTECTION = 'kubernetes.io/pvc-protection';

export const persistentVolumeClaim: Plugin<{ claimName: string; readOnly?: boolean }> = (setUp) =>
  mountClaim(setUp, setUp.source.claimName, setUp.source.readOnly === true);

/** The claim was made for the Pod, under the name of both. */
export const ephemeral: Plugin<object> = (setUp) =>
  mountClaim(setUp, `${setUp.pod.metadata.name}-${setUp.name}`, false, true);

function* mountClaim(
  { context, pod, old, name }: SetUp<unknown>,
  claimName: string,
  readOnly: boolean,
  isEphemeral = false,
): Proc<MountedVolume> {
  if (old) return old;
  const key = `${pod.metadata.namespace}/${claimName}`;
  const claim = yield* processed(key, claimOf(context, pod, claimName));
  if (isEphemeral && !isOwner(pod, claim)) {
    const { namespace } = pod.metadata;
    const why = `was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
    throw new VolumeNotProcessed(`PVC ${key} ${why}`);
  }
  const volume = yield* processed(key, volumeOf(context, claim));
  const { volumeMode = 'Filesystem' } = volume.spec;
  const isMounted = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some((c) =>
    c.volumeMounts?.some((m) => m.name === name),
  );
  if (isMounted && volumeMode !== 'Filesystem') {
    const why = `has volumeMode ${volumeMode}, but is specified in volumeMounts`;
    throw new VolumeNotProcessed(`volume ${name} ${why}`);
  }
  if (!isMounted && volumeMode === 'Filesystem') {
    const why = 'has volumeMode Filesystem, but is specified in volumeDevices';
    throw new VolumeNotProcessed(`volume ${name} ${why}`);
  }
  if (volume.spec.csi && volumeMode !== 'Block') {
    return yield* mountCsi(context, pod, claim, volume, readOnly);
  }
  return mountVolume(context, pod, volume, readOnly);
}

/** What goes wrong on the way to the PersistentVolume is told under the claim's name. */
function* processed<T>(key: string, work: Proc<T>): Proc<T> {
  try {
    return yield* work;
  } catch (error) {
    if (!(error instanceof VolumeNotProcessed)) throw error;
    throw new VolumeNotProcessed(`error processing PVC ${key}: ${error.message}`);
  }
}

function* claimOf(context: KubeletContext, pod: Pod, name: string): Proc<ClaimObject> {
  const namespace = pod.metadata.namespace ?? '';
  const claim = yield* fetched(context, PersistentVolumeClaim, namespace, name, 'PVC');
  const { deletionTimestamp, finalizers = [] } = claim.metadata;
  if (deletionTimestamp !== undefined && !finalizers.includes(PROTECTION)) {
    throw new VolumeNotProcessed('PVC is being deleted');
  }
  if (claim.status.phase !== 'Bound') throw new VolumeNotProcessed('PVC is not bound');
  if ((claim.spec.volumeName ?? '') === '') {
    throw new VolumeNotProcessed('PVC has empty pvc.Spec.VolumeName');
  }
  return claim;
}

function* volumeOf(context: KubeletContext, claim: ClaimObject): Proc<PersistentVolumeObject> {
  const name = claim.spec.volumeName ?? '';
  const volume = yield* fetched(context, PersistentVolume, '', name, `PV ${name}`);
  const found = `found PV object ${name} but`;
  const { claimRef } = volume.spec;
  if (!claimRef) {
    const why = 'it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim';
    throw new VolumeNotProcessed(`${found} ${why}`);
  }
  const { uid } = claim.metadata;
  if (claimRef.uid !== uid) {
    const why = `its pv.Spec.ClaimRef.UID ${claimRef.uid} does not point to claim.UID ${uid}`;
    throw new VolumeNotProcessed(`${found} ${why}`);
  }
  return volume;
}

function* fetched<T extends KubeObject>(
  { client }: KubeletContext,
  kind: Kind<T>,
  namespace: string,
  name: string,
  what: string,
): Proc<T> {
  try {
    return yield* client.get(kind, namespace, name);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new VolumeNotProcessed(`failed to fetch ${what} from API server: ${error.message}`);
  }
}

function isOwner(pod: Pod, claim: ClaimObject): boolean {
  return (claim.metadata.ownerReferences ?? []).some(
    (o) => o.controller === true && o.uid === pod.metadata.uid,
  );
}

function mountVolume(
  context: KubeletContext,
  pod: Pod,
  { metadata: { name }, spec }: PersistentVolumeObject,
  readOnly: boolean,
): MountedVolume {
  if (spec.volumeMode === 'Block') {
    throw new MountError('block volumes are not simulated', 'MapVolume.SetUp failed', name);
  }
  try {
    if (spec.hostPath) return { ...hostVolume(context.volumes, spec.hostPath), readOnly };
    if (spec.local) return { ...local(context, pod, name, spec.local.path), readOnly };
    throw refusalOf(spec);
  } catch (error) {
    if (!(error instanceof MountError)) throw error;
    throw new MountError(error.message, error.operation, name);
  }
}

/** A disk of the node; a Pod's group is given all that is on it. */
function local(context: KubeletContext, pod: Pod, name: string, path: string): MountedVolume {
  const { host } = context.volumes;
  if (host.kind(path) === null) {
    const operation = 'MountVolume.NewMounter initialization failed';
    throw new MountError(`path "${path}" does not exist`, operation, name);
  }
  giveToGroup(host, path, pod.spec.securityContext ?? {});
  return {
    store: host,
    path: path === '/' ? '' : path,
    readOnly: false,
    plugin: 'kubernetes.io~local-volume',
    own: false,
  };
}
