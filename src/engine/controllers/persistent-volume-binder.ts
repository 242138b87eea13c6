/**
 * PersistentVolume binder: brings claims and volumes together, and says what becomes of volumes
 * whose claim is gone.
 *
 * Models:     kubernetes pkg/controller/volume/persistentvolume pv_controller.go,
 *             pv_controller_base.go (v1.36)
 * Watches:    PersistentVolumeClaim (primary), PersistentVolume, StorageClass, Pod
 * Writes:     both, and their status; Pods that recycle volumes; Events
 * Simplified: no volume plugin of Kubernetes itself makes volumes here
 */
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { claimNames } from '../../api/kinds/pod/claims.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import { keyFor, keyOf, objectRef } from '../../api/meta/object.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { isFullyBound } from '../../api/kinds/persistent-volume/binding.ts';
import { ClaimSync } from './persistent-volume-binder/claim-sync.ts';
import { BY_CLAIM, VolumeWorld } from './persistent-volume-binder/world.ts';
import { VolumeSync } from './persistent-volume-binder/volume-sync.ts';

const RESYNC_US = 15_000_000; // --pvclaimbinder-sync-period
const VOLUME = 'PersistentVolume//';
const CLAIM = 'PersistentVolumeClaim/';

/** Keys are object references: of claims and of volumes. */
export function persistentVolumeBinder(): ControllerDefinition<PersistentVolumeClaim> {
  let claims: ClaimSync | null = null;
  let volumes: VolumeSync | null = null;
  return defineController<PersistentVolumeClaim>({
    name: 'persistentvolume-binder-controller',
    serviceAccount: 'persistent-volume-binder',
    eventSource: 'persistentvolume-controller',
    primary: PersistentVolumeClaim,
    ownHandlers: true,
    refOf: (key) => key,
    workers: 1,
    start(context) {
      const world = new VolumeWorld(context);
      claims = new ClaimSync(world);
      volumes = new VolumeSync(world);
      watch(context);
      context.informers.whenSynced(() => resync(context));
    },
    *reconcile(key) {
      if (key.startsWith(VOLUME)) yield* volumes?.sync(key.slice(VOLUME.length)) ?? [];
      else yield* claims?.sync(key.slice(CLAIM.length)) ?? [];
    },
  });
}

function watch({ informers, queue }: ControllerContext): void {
  const wake = (object: PersistentVolume | PersistentVolumeClaim): void =>
    queue.add(objectRef(object));
  informers.for(PersistentVolumeClaim).addHandler({
    onAdd: wake,
    onUpdate: wake,
    onDelete({ spec }) {
      if (spec.volumeName) queue.add(VOLUME + spec.volumeName);
    },
  });
  informers.for(PersistentVolume).addHandler({
    onAdd: wake,
    onUpdate: wake,
    onDelete({ spec }) {
      const { namespace, name } = spec.claimRef ?? {};
      if (name !== undefined) queue.add(CLAIM + keyFor(namespace, name));
    },
  });
  informers.for(StorageClass);
  informers.for(Pod).addIndex(BY_CLAIM, claimNames);
}

/** The two are each other's, and say so: a look at them would find nothing to do. */
function isSettled(
  claim: PersistentVolumeClaim | undefined,
  volume: PersistentVolume | undefined,
): boolean {
  return (
    claim?.status.phase === 'Bound' &&
    volume?.status.phase === 'Bound' &&
    isFullyBound(claim) &&
    claim.spec.volumeName === volume.metadata.name &&
    volume.spec.claimRef?.uid === claim.metadata.uid
  );
}

/** A new volume wakes no claims: those that wait are looked at again from time to time. */
function resync(context: ControllerContext): void {
  const { informers, kernel, queue, scope } = context;
  kernel.with(0, false, scope, () => {
    const claims = informers.for(PersistentVolumeClaim);
    const volumes = informers.for(PersistentVolume);
    // Upstream's order is that of a Go map; here the youngest claim is first.
    for (const claim of [...claims.all()].reverse()) {
      const volume = volumes.get(claim.spec.volumeName ?? '');
      if (!isSettled(claim, volume)) queue.add(CLAIM + keyOf(claim));
    }
    for (const volume of volumes.all()) {
      const { namespace, name = '' } = volume.spec.claimRef ?? {};
      const isBound = isSettled(claims.get(keyFor(namespace, name)), volume);
      if (!isBound) queue.add(VOLUME + volume.metadata.name);
    }
  });
  context.after(RESYNC_US, () => resync(context), true);
}
