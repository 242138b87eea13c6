/**
 * PersistentVolumeClaim protection: a claim that was deleted stays while Pods on nodes use it.
 *
 * Models:     kubernetes pkg/controller/volume/pvcprotection pvc_protection_controller.go (v1.36)
 * Watches:    PersistentVolumeClaim (primary), Pod
 * Writes:     finalizers of PersistentVolumeClaims
 * Simplified: Pods are listed once for each claim, not once for all claims of a namespace
 */
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { claimNameOf, claimNames } from '../../api/kinds/pod/claims.ts';
import { isKeptBy, lacks, withFinalizer, withoutFinalizer } from '../../api/meta/finalizers.ts';
import { keyFor, keyOf } from '../../api/meta/object.ts';
import { isPodTerminal } from '../../api/meta/pod-state.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const FINALIZER = 'kubernetes.io/pvc-protection';
const BY_CLAIM = 'claim';

export function pvcProtectionController(): ControllerDefinition<PersistentVolumeClaim> {
  return defineController<PersistentVolumeClaim>({
    name: 'pvc-protection-controller',
    primary: PersistentVolumeClaim,
    ownHandlers: true,
    workers: 30, // concurrent namespaces, app/core.go startPersistentVolumeClaimProtectionController
    start({ informers, queue }) {
      const wake = (claim: PersistentVolumeClaim): void => {
        if (lacks(claim, FINALIZER) || isKeptBy(claim, FINALIZER)) queue.add(keyOf(claim));
      };
      informers.for(PersistentVolumeClaim).addHandler({ onAdd: wake, onUpdate: wake });
      const pods = informers.for(Pod);
      pods.addIndex(BY_CLAIM, claimNames);
      const release = (pod: Pod): void => {
        for (const key of claimNames(pod)) queue.add(key);
      };
      /** A Pod that is on a node and not finished frees nothing. */
      const mayRelease = (pod: Pod): void => {
        if (isPodTerminal(pod) || (pod.spec.nodeName ?? '') === '') release(pod);
      };
      pods.addHandler({ onAdd: mayRelease, onUpdate: mayRelease, onDelete: release });
    },
    reconcile: protect,
  });
}

function* protect(key: string, context: ControllerContext): Proc {
  const { client } = context;
  const claim = context.get(PersistentVolumeClaim, key);
  if (!claim) return;
  if (isKeptBy(claim, FINALIZER)) {
    const isUsed = yield* usedByAny(claim, context);
    context.note('a finalizer while Pods use it', isUsed ? 'used' : 'not used');
    if (!isUsed) yield* client.update(PersistentVolumeClaim, withoutFinalizer(claim, FINALIZER));
  } else if (lacks(claim, FINALIZER)) {
    yield* client.update(PersistentVolumeClaim, withFinalizer(claim, FINALIZER));
  }
}

/** The cache may be behind: the server is asked before a claim is let go. */
function* usedByAny(claim: PersistentVolumeClaim, context: ControllerContext): Proc<boolean> {
  const { namespace = '', name } = claim.metadata;
  const cached = context.informers.for(Pod).by(BY_CLAIM, keyFor(namespace, name));
  for (const pod of cached.values()) if (uses(pod, claim)) return true;
  const { items } = yield* context.client.list(Pod, { namespace });
  return items.some((pod) => uses(pod, claim));
}

/** Pure: whether |pod| is on a node with the claim mounted, or about to be. */
export function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if ((pod.spec.nodeName ?? '') === '') return false;
  const { name, ownerReferences = [] } = claim.metadata;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (claimNameOf(pod, volume) !== name) return false;
    if (volume.persistentVolumeClaim !== undefined) return true;
    const isShutDown = pod.metadata.deletionGracePeriodSeconds === 0;
    return !isShutDown && ownerReferences.some((r) => r.controller && r.uid === pod.metadata.uid);
  });
}
