/** What both halves of the binder share: the newest objects, and writes that keep them so. */
import { PersistentVolumeClaim } from '../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../api/kinds/persistent-volume.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { type VolumePhase, volumeInPhase } from './drafts.ts';
import { Latest } from './latest.ts';

/** Index of Pods by the keys of their claims. */
export const BY_CLAIM = 'claim';

export class VolumeWorld {
  readonly context: ControllerContext;
  readonly volumes: Latest<PersistentVolume>;
  readonly claims: Latest<PersistentVolumeClaim>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.volumes = new Latest(context.informers.for(PersistentVolume));
    this.claims = new Latest(context.informers.for(PersistentVolumeClaim));
  }

  /** Writes |next| unless it is |old| itself; answers what is stored. */
  *updateVolume(next: PersistentVolume, old: PersistentVolume): Proc<PersistentVolume> {
    if (next === old) return old;
    return this.volumes.wrote(yield* this.context.client.update(PersistentVolume, next));
  }

  *updateClaim(
    next: PersistentVolumeClaim,
    old: PersistentVolumeClaim,
  ): Proc<PersistentVolumeClaim> {
    if (next === old) return old;
    return this.claims.wrote(yield* this.context.client.update(PersistentVolumeClaim, next));
  }

  *updateClaimStatus(
    next: PersistentVolumeClaim,
    old: PersistentVolumeClaim,
  ): Proc<PersistentVolumeClaim> {
    if (next === old) return old;
    return this.claims.wrote(yield* this.context.client.updateStatus(PersistentVolumeClaim, next));
  }

  *setPhase(volume: PersistentVolume, phase: VolumePhase, message = ''): Proc<PersistentVolume> {
    const next = volumeInPhase(volume, phase, message);
    if (next === volume) return volume;
    return this.volumes.wrote(yield* this.context.client.updateStatus(PersistentVolume, next));
  }
}
