/**
 * Volume expander: tells of claims that are to grow and whose volume it cannot enlarge itself.
 *
 * Models:     kubernetes pkg/controller/volume/expand expand_controller.go (v1.36)
 * Watches:    PersistentVolumeClaim (primary)
 * Writes:     Events
 * Simplified: no volume plugin of Kubernetes itself enlarges anything here: flexVolume and portworx,
 *             the last ones that could, are not simulated
 */
import type {
  PersistentVolume as VolumeObject,
  PersistentVolumeClaim as ClaimObject,
} from '../../api/generated/types.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import {
  PRE_RESIZE_CAPACITY,
  sizeHeld,
  sizeWanted,
} from '../../api/kinds/persistent-volume-claim/resize.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { keyOf } from '../../api/meta/object.ts';
import { compareQuantity } from '../../api/meta/quantity.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  Retry,
} from '../client/controller.ts';

const WORKERS = 10; // defaultWorkerCount, expand_controller.go
const WAITS = 'waiting for an external controller to expand this PVC';

export function volumeExpander(): ControllerDefinition<ClaimObject> {
  return defineController<ClaimObject>({
    name: 'persistentvolume-expander-controller',
    serviceAccount: 'expand-controller',
    eventSource: 'volume_expand',
    primary: PersistentVolumeClaim,
    ownHandlers: true,
    workers: WORKERS,
    start({ informers, queue }) {
      const wake = (claim: ClaimObject): void => {
        if (claim.status.phase === 'Bound') queue.add(keyOf(claim));
      };
      informers.for(PersistentVolumeClaim).addHandler({
        onAdd: wake,
        onUpdate(next, old) {
          const isWanted = compareQuantity(sizeWanted(next), sizeWanted(old)) > 0;
          if (isWanted || compareQuantity(sizeHeld(next), sizeHeld(old)) > 0) wake(next);
        },
        onDelete: wake,
      });
    },
    reconcile: expand,
  });
}

function* expand(key: string, context: ControllerContext): Proc {
  const claim = context.get(PersistentVolumeClaim, key);
  if (!claim) return;
  const volume = yield* context.client.get(PersistentVolume, '', claim.spec.volumeName ?? '');
  const ref = volume.spec.claimRef;
  if (ref?.namespace !== claim.metadata.namespace || ref?.uid !== claim.metadata.uid) {
    throw new Retry(`persistent Volume is not bound to PVC being updated : ${key}`);
  }
  context.note(`as large as ${sizeWanted(claim)}`, sizeHeld(claim));
  if (!isToGrow(claim, volume)) return;
  const reason = 'ExternalExpanding';
  context.events.record(claim, { type: 'Normal', reason, message: WAITS });
}

/** Pure: whether the claim is smaller than it is meant to be, or has not been told that it grew. */
export function isToGrow(claim: ClaimObject, volume: VolumeObject): boolean {
  if (volume.metadata.annotations?.[PRE_RESIZE_CAPACITY] !== undefined) return true;
  return compareQuantity(sizeWanted(claim), sizeHeld(claim)) > 0;
}
