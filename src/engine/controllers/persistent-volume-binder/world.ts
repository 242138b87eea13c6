/** What both halves of the binder share: the newest objects, and writes that keep them so. */
import { PersistentVolumeClaim } from '../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../api/kinds/persistent-volume.ts';
import { classOf } from '../../../api/kinds/persistent-volume/parts.ts';
import { keyFor, keyOf } from '../../../api/meta/object.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { type VolumePhase, volumeInPhase } from './drafts.ts';
import { Latest } from './latest.ts';

/** Index of Pods by the keys of their claims. */
export const BY_CLAIM = 'claim';
/** Index of volumes that nobody has, by class. */
const FREE = 'free';
/** Index of volumes by the key of the claim that they name. */
const BY_CLAIM_REF = 'claim-ref';
const NONE: readonly string[] = [];

function freeIn(volume: PersistentVolume): readonly string[] {
  return volume.spec.claimRef === undefined ? [classOf(volume)] : NONE;
}

function meantFor({ spec: { claimRef } }: PersistentVolume): readonly string[] {
  return claimRef === undefined ? NONE : [keyFor(claimRef.namespace, claimRef.name ?? '')];
}

export class VolumeWorld {
  readonly context: ControllerContext;
  readonly volumes: Latest<PersistentVolume>;
  readonly claims: Latest<PersistentVolumeClaim>;

  constructor(context: ControllerContext) {
    this.context = context;
    const volumes = context.informers.for(PersistentVolume);
    volumes.addIndex(FREE, freeIn);
    volumes.addIndex(BY_CLAIM_REF, meantFor);
    this.volumes = new Latest(volumes);
    this.claims = new Latest(context.informers.for(PersistentVolumeClaim));
  }

  /** Volumes that may be |claim|'s: those that name it, and those of its class that nobody has. */
  candidates(claim: PersistentVolumeClaim, isDelayed: boolean): readonly PersistentVolume[] {
    const informer = this.context.informers.for(PersistentVolume);
    const named = informer.by(BY_CLAIM_REF, keyOf(claim));
    // The scheduler chooses for claims that wait for their first Pod.
    const free = isDelayed ? [] : informer.by(FREE, classOf(claim)).keys();
    return [...named.keys(), ...free].flatMap((name) => this.volumes.get(name) ?? []);
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
