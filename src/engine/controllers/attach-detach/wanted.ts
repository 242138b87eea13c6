/**
 * Which Pods want a volume on which node. Pure.
 *
 * Models: pkg/controller/volume/attachdetach/util util.go, cache/desired_state_of_world.go;
 *         pkg/volume/util IsPodTerminated, IsMultiAttachAllowed (v1.36)
 */
import type {
  ContainerStatus,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '../../../api/generated/types.ts';
import { claimNameOf } from '../../../api/kinds/pod/claims.ts';
import { isPodTerminal } from '../../../api/meta/pod-state.ts';

/** Several nodes may have it at once. */
export function mayBeShared({ spec }: PersistentVolume): boolean {
  const modes = spec.accessModes ?? [];
  // Who asks for nothing may do anything.
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany');
}

/** It runs no more, and what it had mounted may go. */
export function hasEnded(pod: Pod): boolean {
  if (isPodTerminal(pod)) return true;
  if (pod.metadata.deletionTimestamp === undefined) return false;
  return !(pod.status.containerStatuses ?? []).some(mayRun);
}

function mayRun({ state }: ContainerStatus): boolean {
  return state?.terminated === undefined && state?.waiting === undefined;
}

/** The claim that |volume| is bound to, if the two agree. */
export function isBoundTo(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
): boolean {
  return (
    claim !== undefined &&
    claim.status.phase === 'Bound' &&
    claim.spec.volumeName === volume.metadata.name &&
    volume.spec.claimRef?.uid === claim.metadata.uid
  );
}

/** Of |pods|, which name |claim|, those on a node that want it there, by node. */
export function wantedBy(
  pods: Iterable<Pod>,
  claim: PersistentVolumeClaim,
): ReadonlyMap<string, readonly Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = pod.spec.nodeName ?? '';
    if (node === '' || hasEnded(pod) || !mayUse(pod, claim)) continue;
    const list = byNode.get(node);
    if (list) list.push(pod);
    else byNode.set(node, [pod]);
  }
  return byNode;
}

/** A claim by the name of one that is made for a Pod has to be that Pod's own. */
function mayUse(pod: Pod, { metadata }: PersistentVolumeClaim): boolean {
  return (pod.spec.volumes ?? []).some((volume) => {
    if (claimNameOf(pod, volume) !== metadata.name) return false;
    if (volume.ephemeral === undefined) return true;
    const owners = metadata.ownerReferences ?? [];
    return owners.some((o) => o.controller === true && o.uid === pod.metadata.uid);
  });
}

/** Whom a volume that is taken keeps waiting, and by whom: the end of the Event's sentence. */
export function takenBy(pod: Pod, users: readonly Pod[]): string {
  if (users.length === 0) {
    return "Volume is already exclusively attached to one node and can't be attached to another";
  }
  // Nobody is told the names of Pods in others' namespaces.
  const own = users.filter((u) => u.metadata.namespace === pod.metadata.namespace);
  const others = users.length - own.length;
  if (own.length === 0) {
    return `Volume is already used by ${others} pod(s) in different namespaces`;
  }
  const names = own.map((u) => u.metadata.name).join(', ');
  const more = others > 0 ? ` and ${others} pod(s) in different namespaces` : '';
  return `Volume is already used by pod(s) ${names}${more}`;
}
