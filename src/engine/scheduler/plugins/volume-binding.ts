/**
 * VolumeBinding: the claims of a Pod must exist, and on the node they must have their volumes or be
 * able to get some. Claims that wait for a node get their volume when the Pod gets the node, and the
 * Pod is bound when they have it.
 *
 * Models:     pkg/scheduler/framework/plugins/volumebinding volume_binding.go (v1.36)
 * Simplified: does not score: upstream does only with the gate StorageCapacityScoring, which is off
 */
import type { PersistentVolumeClaim, Pod } from '../../../api/generated/types.ts';
import {
  boundVolume,
  isFullyBound,
  SELECTED_NODE,
} from '../../../api/kinds/persistent-volume/binding.ts';
import { claimNameOf, claimNames } from '../../../api/kinds/pod/claims.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { keyOf } from '../../../api/meta/object.ts';
import type { ClusterEvent } from '../events.ts';
import {
  defineFactory,
  definePlugin,
  failure,
  isRefusal,
  type Plugin,
  type Refusal,
  refuse,
  SKIP,
} from '../framework.ts';
import type { Lookup } from '../lookup.ts';
import type { VolumeBindingArgs } from '../plugin-args.ts';
import { AssumedVolumes } from '../volumes/assumed-volumes.ts';
import { bindVolumes } from '../volumes/bind-volumes.ts';
import {
  findVolumes,
  limitOf,
  type PodClaims,
  podClaims,
  type PodVolumes,
} from '../volumes/find-volumes.ts';

const UNBOUND = refuse('pod has unbound immediate PersistentVolumeClaims', true);
/** On a CSINode: plugins of Kubernetes whose work a driver does there. */
const MIGRATED_PLUGINS = 'storage.alpha.kubernetes.io/migrated-plugins';

interface State {
  readonly claims: PodClaims;
  /** What the filter has found for each node that will do. */
  readonly byNode: Map<string, PodVolumes>;
  /** Known when the node is chosen: nothing is left to do. */
  allBound: boolean;
}

export const volumeBinding = defineFactory<VolumeBindingArgs>(
  'VolumeBinding',
  ({ bindTimeoutSeconds }, { snapshot }) => {
    const books = new AssumedVolumes(() => snapshot.lookup);
    return create(books, bindTimeoutSeconds);
  },
);

function create(books: AssumedVolumes, timeoutSeconds: number): Plugin {
  return definePlugin<State, null>({
    name: 'VolumeBinding',
    preFilter(pod): State | typeof SKIP | Refusal {
      if (claimNames(pod).length === 0) return SKIP;
      const refusal = claimsRefusal(pod, books.lookup);
      if (refusal) return refusal;
      const claims = podClaims(pod, books);
      return claims.immediate.length > 0 ? UNBOUND : { claims, byNode: new Map(), allBound: false };
    },
    filter({ claims, byNode }, _pod, node) {
      const found = findVolumes(claims, node, books);
      if (isRefusal(found)) return found;
      byNode.set(node.name, found);
      return null;
    },
    reserve(state, pod, node) {
      const volumes = state.byNode.get(node);
      state.allBound = !volumes || isAllBound(pod, books);
      if (volumes && !state.allBound) state.byNode.set(node, assume(volumes, node, books));
      return null;
    },
    unreserve(state, _pod, node) {
      const volumes = state.byNode.get(node);
      for (const { volume } of volumes?.bindings ?? []) books.forgetVolume(volume.metadata.name);
      for (const claim of volumes?.provisions ?? []) books.forgetClaim(claim);
    },
    willPreBind: (state) => !state.allBound,
    *preBind(state, pod, node, context) {
      const volumes = state.byNode.get(node);
      if (!volumes) return failure(`no pod volume found for node ${JSON.stringify(node)}`);
      const problem = yield* bindVolumes(pod, node, volumes, books, timeoutSeconds, context);
      return problem === '' ? null : failure(problem);
    },
    events: [
      'storage.k8s.io/StorageClassAdd',
      'storage.k8s.io/StorageClassUpdate',
      'PersistentVolumeClaimAdd',
      'PersistentVolumeClaimUpdate',
      'PersistentVolumeAdd',
      'PersistentVolumeUpdate',
      'NodeAdd',
      'NodeUpdateNodeLabel',
      'storage.k8s.io/CSINodeAdd',
      'storage.k8s.io/CSINodeUpdate',
      'storage.k8s.io/CSIDriverUpdate',
      'storage.k8s.io/CSIStorageCapacityAdd',
      'storage.k8s.io/CSIStorageCapacityUpdate',
    ],
    helps,
  });
}

function isAllBound(pod: Pod, books: AssumedVolumes): boolean {
  return (pod.spec.volumes ?? []).every((volume) => {
    const name = claimNameOf(pod, volume);
    if (name === undefined) return true;
    const claim = books.claim(pod.metadata.namespace ?? '', name);
    return claim !== undefined && isFullyBound(claim);
  });
}

/** The objects as they are to be written, which count from now on. */
function assume(
  { bindings, provisions }: PodVolumes,
  node: string,
  books: AssumedVolumes,
): PodVolumes {
  const assumed: PodVolumes = {
    bindings: bindings.map(({ claim, volume }) => ({ claim, volume: boundVolume(volume, claim) })),
    provisions: provisions.map((claim) => withNode(claim, node)),
  };
  for (const { volume } of assumed.bindings) books.assumeVolume(volume);
  for (const claim of assumed.provisions) books.assumeClaim(claim);
  return assumed;
}

function withNode(claim: PersistentVolumeClaim, node: string): PersistentVolumeClaim {
  const { metadata } = claim;
  const annotations = { ...metadata.annotations, [SELECTED_NODE]: node };
  return { ...claim, metadata: { ...metadata, annotations } };
}

/** Why the Pod's claims will not do, whatever the node. */
function claimsRefusal(pod: Pod, lookup: Lookup): Refusal | null {
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = lookup.claim(pod.metadata.namespace ?? '', name);
    const reason = claimProblem(pod, name, claim, volume.ephemeral !== undefined);
    if (reason !== null) return refuse(reason, true);
  }
  return null;
}

function claimProblem(
  pod: Pod,
  name: string,
  claim: PersistentVolumeClaim | undefined,
  isEphemeral: boolean,
): string | null {
  const quoted = JSON.stringify(name);
  if (!claim) {
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
      : `persistentvolumeclaim ${quoted} not found`;
  }
  if (claim.status?.phase === 'Lost') {
    const lost = `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume`;
    return `${lost} ${JSON.stringify(claim.spec.volumeName ?? '')}`;
  }
  if (claim.metadata.deletionTimestamp !== undefined) {
    return `persistentvolumeclaim ${quoted} is being deleted`;
  }
  const { namespace = '', name: podName, uid } = pod.metadata;
  const isOwned = claim.metadata.ownerReferences?.some((o) => o.controller && o.uid === uid);
  if (isEphemeral && !isOwned) {
    const whose = `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName}`;
    return `${whose} (pod is not owner)`;
  }
  return null;
}

function helps(event: ClusterEvent, pod: Pod): boolean {
  switch (event.type) {
    case 'PersistentVolumeClaimAdd':
    case 'PersistentVolumeClaimUpdate':
      return claimNames(pod).includes(keyOf(event.object));
    case 'storage.k8s.io/StorageClassUpdate':
      return !equalJson(event.object.allowedTopologies, event.old?.allowedTopologies);
    case 'storage.k8s.io/CSINodeUpdate':
      return (
        event.object.metadata.annotations?.[MIGRATED_PLUGINS] !==
        event.old?.metadata.annotations?.[MIGRATED_PLUGINS]
      );
    case 'storage.k8s.io/CSIDriverUpdate': {
      const { object, old } = event;
      const isUsed = pod.spec.volumes?.some((v) => v.csi?.driver === object.metadata.name);
      return (
        isUsed === true &&
        old?.spec.storageCapacity === true &&
        object.spec.storageCapacity !== true
      );
    }
    case 'storage.k8s.io/CSIStorageCapacityUpdate': {
      const before = event.old && limitOf(event.old);
      const now = limitOf(event.object);
      return now !== null && (before === null || now > before);
    }
    default:
      return true;
  }
}
