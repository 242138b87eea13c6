/**
 * VolumeBinding: the claims of a Pod must exist and be bound, and the node must reach their volumes.
 *
 * Models:     pkg/scheduler/framework/plugins/volumebinding volume_binding.go, binder.go (v1.36)
 * Simplified: claims that wait for a consumer are bound by nobody: the Pod waits
 */
import type { PersistentVolumeClaim, Pod } from '../../../api/generated/types.ts';
import { claimNameOf, claimNames } from '../../../api/kinds/pod/claims.ts';
import { matchesTerm } from '../../../api/meta/node-selector.ts';
import { keyOf } from '../../../api/meta/object.ts';
import { definePlugin, type Refusal, refuse, SKIP } from '../framework.ts';
import type { VolumeLookup } from '../lookup.ts';

const UNBOUND = refuse('pod has unbound immediate PersistentVolumeClaims', true);
const WAITS = refuse("node(s) didn't find available persistent volumes to bind", true);
const ELSEWHERE = refuse("node(s) didn't match PersistentVolume's node affinity", true);
const NO_VOLUME = refuse(
  'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
  true,
);

interface State {
  readonly claims: readonly PersistentVolumeClaim[];
  readonly lookup: VolumeLookup;
}

export const volumeBinding = definePlugin<State, null>({
  name: 'VolumeBinding',
  preFilter(pod, snapshot): State | typeof SKIP | Refusal {
    const { lookup } = snapshot;
    if (claimNames(pod).length === 0) return SKIP;
    const claims: PersistentVolumeClaim[] = [];
    for (const volume of pod.spec.volumes ?? []) {
      const name = claimNameOf(pod, volume);
      if (name === undefined) continue;
      const claim = lookup.claim(pod.metadata.namespace ?? '', name);
      const refusal = claimRefusal(pod, name, claim, volume.ephemeral !== undefined);
      if (refusal) return refusal;
      claims.push(claim as PersistentVolumeClaim);
    }
    const immediate = claims.some((c) => !isBound(c) && !lookup.waitsForConsumer(c));
    return immediate ? UNBOUND : { claims, lookup };
  },
  filter({ claims, lookup }, _pod, node) {
    for (const claim of claims) {
      if (!isBound(claim)) return WAITS;
      const volume = lookup.volume(claim.spec.volumeName ?? '');
      if (!volume) return NO_VOLUME;
      const required = volume.spec.nodeAffinity?.required;
      if (required && !required.nodeSelectorTerms.some((term) => matchesTerm(term, node)))
        return ELSEWHERE;
    }
    return null;
  },
  events: [
    'PersistentVolumeClaimAdd',
    'PersistentVolumeClaimUpdate',
    'PersistentVolumeAdd',
    'PersistentVolumeUpdate',
    'NodeAdd',
    'NodeUpdateNodeLabel',
    'storage.k8s.io/StorageClassAdd',
    'storage.k8s.io/StorageClassUpdate',
  ],
  helps: (event, pod) =>
    (event.type !== 'PersistentVolumeClaimAdd' && event.type !== 'PersistentVolumeClaimUpdate') ||
    claimNames(pod).includes(keyOf(event.object)),
});

function isBound(claim: PersistentVolumeClaim): boolean {
  const completed = claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;
  return completed && (claim.spec.volumeName ?? '') !== '';
}

function claimRefusal(
  pod: Pod,
  name: string,
  claim: PersistentVolumeClaim | undefined,
  isEphemeral: boolean,
): Refusal | null {
  const quoted = JSON.stringify(name);
  if (!claim) {
    return refuse(
      isEphemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
        : `persistentvolumeclaim ${quoted} not found`,
      true,
    );
  }
  if (claim.status?.phase === 'Lost') {
    const lost = `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume`;
    return refuse(`${lost} ${JSON.stringify(claim.spec.volumeName ?? '')}`, true);
  }
  if (claim.metadata.deletionTimestamp !== undefined) {
    return refuse(`persistentvolumeclaim ${quoted} is being deleted`, true);
  }
  const { namespace = '', name: podName, uid } = pod.metadata;
  const isOwned = claim.metadata.ownerReferences?.some((o) => o.controller && o.uid === uid);
  if (isEphemeral && !isOwned) {
    const whose = `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName}`;
    return refuse(`${whose} (pod is not owner)`, true);
  }
  return null;
}
