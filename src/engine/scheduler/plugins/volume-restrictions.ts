/**
 * VolumeRestrictions: disks that one Pod at a time can write, and claims for one Pod alone
 * (ReadWriteOncePod).
 *
 * Models: pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go (v1.36)
 */
import type { Pod, Volume } from '../../../api/generated/types.ts';
import { keyFor, keyOf } from '../../../api/meta/object.ts';
import { definePlugin, type Refusal, refuse, SKIP } from '../framework.ts';
import type { Snapshot } from '../snapshot.ts';

const DISK_CONFLICT = refuse('node(s) had no available disk');
const POD_CONFLICT = refuse(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
);

interface State {
  /** Claims of the Pod that are for one Pod alone, by name. */
  readonly exclusive: ReadonlySet<string>;
  /** How many Pods with a node use them. */
  users: number;
}

export const volumeRestrictions = definePlugin<State, null>({
  name: 'VolumeRestrictions',
  preFilter(pod, snapshot): State | typeof SKIP | Refusal {
    const { volumes } = pod.spec;
    if (!volumes || volumes.length === 0) return SKIP;
    const exclusive = exclusiveClaims(pod, volumes, snapshot);
    if (!(exclusive instanceof Set)) return exclusive;
    let users = 0;
    for (const name of exclusive) {
      if (snapshot.pods.claimUsers(keyFor(pod.metadata.namespace, name)) > 0) users++;
    }
    return users === 0 && !volumes.some(isDisk) ? SKIP : { exclusive, users };
  },
  clone: (state) => ({ ...state }),
  addPod(state, _pod, other) {
    state.users += usesOf(state, other);
  },
  removePod(state, _pod, other) {
    state.users -= usesOf(state, other);
  },
  filter(state, pod, node) {
    if (hasDisk(pod)) {
      for (const other of node.pods.values()) if (disksClash(pod, other)) return DISK_CONFLICT;
    }
    return state.users > 0 ? POD_CONFLICT : null;
  },
  events: ['AssignedPodDelete', 'NodeAdd', 'PersistentVolumeClaimAdd'],
  helps(event, pod) {
    if (event.type === 'AssignedPodDelete') return deletionHelps(event.pod, pod);
    if (event.type !== 'PersistentVolumeClaimAdd') return true;
    const key = keyOf(event.object);
    return (pod.spec.volumes ?? []).some(
      (v) =>
        v.persistentVolumeClaim !== undefined &&
        keyFor(pod.metadata.namespace, v.persistentVolumeClaim.claimName) === key,
    );
  },
});

function exclusiveClaims(
  pod: Pod,
  volumes: readonly Volume[],
  { lookup }: Snapshot,
): Set<string> | Refusal {
  const names = new Set<string>();
  for (const { persistentVolumeClaim } of volumes) {
    if (!persistentVolumeClaim) continue;
    const { claimName } = persistentVolumeClaim;
    const claim = lookup.claim(pod.metadata.namespace ?? '', claimName);
    if (!claim) return refuse(`persistentvolumeclaim ${JSON.stringify(claimName)} not found`, true);
    if (claim.spec.accessModes?.includes('ReadWriteOncePod')) names.add(claimName);
  }
  return names;
}

/** By name alone, as upstream: a namesake in another namespace counts too. */
function usesOf({ exclusive }: State, other: Pod): number {
  if (exclusive.size === 0) return 0;
  let uses = 0;
  for (const { persistentVolumeClaim } of other.spec.volumes ?? []) {
    if (persistentVolumeClaim && exclusive.has(persistentVolumeClaim.claimName)) uses++;
  }
  return uses;
}

function isDisk(v: Volume): boolean {
  return (
    v.gcePersistentDisk !== undefined ||
    v.awsElasticBlockStore !== undefined ||
    v.rbd !== undefined ||
    v.iscsi !== undefined
  );
}

function hasDisk(pod: Pod): boolean {
  return pod.spec.volumes?.some(isDisk) === true;
}

function disksClash(pod: Pod, other: Pod): boolean {
  const theirs = other.spec.volumes ?? [];
  return (pod.spec.volumes ?? []).some((a) => isDisk(a) && theirs.some((b) => clash(a, b)));
}

/** The same disk in both, unless both only read it. An EBS volume is never shared. */
function clash(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    const [x, y] = [a.gcePersistentDisk, b.gcePersistentDisk];
    if (x.pdName === y.pdName && !(x.readOnly && y.readOnly)) return true;
  }
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) {
    if (a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID) return true;
  }
  if (a.iscsi && b.iscsi) {
    const [x, y] = [a.iscsi, b.iscsi];
    if (x.iqn === y.iqn && !(x.readOnly && y.readOnly)) return true;
  }
  if (!a.rbd || !b.rbd) return false;
  const [x, y] = [a.rbd, b.rbd];
  const isSame = (x.pool ?? '') === (y.pool ?? '') && x.image === y.image;
  return isSame && x.monitors.some((m) => y.monitors.includes(m)) && !(x.readOnly && y.readOnly);
}

function deletionHelps(deleted: Pod, pod: Pod): boolean {
  if (deleted.metadata.namespace !== pod.metadata.namespace) return false;
  if (disksClash(pod, deleted)) return true;
  const claims = new Set<string>();
  for (const v of pod.spec.volumes ?? []) {
    if (v.persistentVolumeClaim) claims.add(v.persistentVolumeClaim.claimName);
  }
  return (deleted.spec.volumes ?? []).some(
    (v) => v.persistentVolumeClaim && claims.has(v.persistentVolumeClaim.claimName),
  );
}
