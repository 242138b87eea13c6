/**
 * What is to be done for one claim.
 *
 * Models: pkg/controller/volume/persistentvolume pv_controller.go syncUnboundClaim, syncBoundClaim,
 *         bind, provisionClaim (v1.36)
 */
import type {
  PersistentVolume as Volume,
  PersistentVolumeClaim as Claim,
} from '../../../api/generated/types.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  boundVolume,
  isMeantFor,
  SELECTED_NODE,
} from '../../../api/kinds/persistent-volume/binding.ts';
import { classOf, STORAGE_CLASS_ANNOTATION } from '../../../api/kinds/persistent-volume/parts.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { isDefaultStorageClass, StorageClass } from '../../../api/kinds/storage-class.ts';
import { keyOf, type ObjectKey } from '../../../api/meta/object.ts';
import { newest } from '../../../api/meta/newest.ts';
import { isPodTerminal } from '../../../api/meta/pod-state.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Retry } from '../../client/controller.ts';
import { boundClaim, claimInPhase, driverOf, has, provisionedClaim } from './drafts.ts';
import { bestMatch, mismatch } from './match.ts';
import { BY_CLAIM, type VolumeWorld } from './world.ts';

const IN_TREE = 'kubernetes.io/';

export class ClaimSync {
  readonly #world: VolumeWorld;

  constructor(world: VolumeWorld) {
    this.#world = world;
  }

  *sync(key: ObjectKey): Proc {
    const claim = this.#world.claims.get(key);
    if (!claim) return;
    if (has(claim, BIND_COMPLETED)) yield* this.#checkBound(claim);
    else if (claim.spec.volumeName) yield* this.#bindNamed(claim, claim.spec.volumeName);
    else yield* this.#findVolume(claim);
  }

  *#findVolume(claim: Claim): Proc {
    const { context } = this.#world;
    const isDelayed = this.#classOf(claim)?.volumeBindingMode === 'WaitForFirstConsumer';
    const volume = bestMatch(claim, this.#world.candidates(claim, isDelayed), isDelayed);
    context.note('a volume that fits', volume?.metadata.name ?? 'none');
    if (volume) return yield* this.#bind(volume, claim);
    if (yield* this.#takeDefaultClass(claim)) return;
    if (isDelayed && !has(claim, SELECTED_NODE)) this.#tellWaiting(claim);
    else if (classOf(claim) !== '') return yield* this.#provision(claim);
    else {
      const text = 'no persistent volumes available for this claim and no storage class is set';
      this.#tell(claim, 'Normal', 'FailedBinding', text);
    }
    yield* this.#setPending(claim);
  }

  *#bindNamed(claim: Claim, name: string): Proc {
    const volume = this.#world.volumes.get(name);
    if (!volume) return yield* this.#setPending(claim);
    if (volume.spec.claimRef === undefined) {
      const why = mismatch(claim, volume);
      if (why === '') return yield* this.#bind(volume, claim);
      const text = `Cannot bind to requested volume "${name}": ${why}`;
      this.#tell(claim, 'Warning', 'VolumeMismatch', text);
      return yield* this.#setPending(claim);
    }
    if (isMeantFor(volume, claim)) return yield* this.#bind(volume, claim);
    const text = `volume "${name}" already bound to a different claim.`;
    this.#tell(claim, 'Warning', 'FailedBinding', text);
    if (!has(claim, BOUND_BY_CONTROLLER)) return yield* this.#setPending(claim);
    const { namespace, name: other } = volume.spec.claimRef;
    const start = `invalid binding of claim "${keyOf(claim)}" to volume "${name}"`;
    throw new Retry(`${start}: volume already claimed by "${namespace}/${other}"`);
  }

  *#checkBound(claim: Claim): Proc {
    const name = claim.spec.volumeName ?? '';
    const gone = 'Data on the volume is lost!';
    if (name === '') {
      const text = `Bound claim has lost reference to PersistentVolume. ${gone}`;
      return yield* this.#lose(claim, 'ClaimLost', text);
    }
    const volume = this.#world.volumes.get(name);
    if (!volume) {
      const text = `Bound claim has lost its PersistentVolume. ${gone}`;
      return yield* this.#lose(claim, 'ClaimLost', text);
    }
    const ref = volume.spec.claimRef;
    if (ref === undefined || ref.uid === claim.metadata.uid)
      return yield* this.#bind(volume, claim);
    const text = 'Two claims are bound to the same volume, this one is bound incorrectly';
    yield* this.#lose(claim, 'ClaimMisbound', text);
  }

  /** Four writes, each of which may have happened before: volume and claim, and their status. */
  *#bind(volume: Volume, claim: Claim): Proc {
    const world = this.#world;
    const taken = yield* world.updateVolume(boundVolume(volume, claim), volume);
    const bound = yield* world.setPhase(taken, 'Bound');
    const next = yield* world.updateClaim(boundClaim(claim, bound), claim);
    yield* world.updateClaimStatus(claimInPhase(next, 'Bound', bound), next);
  }

  *#lose(claim: Claim, reason: string, message: string): Proc {
    if (claim.status.phase === 'Lost') return;
    const lost = yield* this.#world.updateClaimStatus(claimInPhase(claim, 'Lost'), claim);
    this.#tell(lost, 'Warning', reason, message);
  }

  *#setPending(claim: Claim): Proc {
    yield* this.#world.updateClaimStatus(claimInPhase(claim, 'Pending'), claim);
  }

  /** Claims from before there was a default class get it later. */
  *#takeDefaultClass(claim: Claim): Proc<boolean> {
    if (has(claim, STORAGE_CLASS_ANNOTATION)) return false;
    if (claim.spec.storageClassName !== undefined) return false;
    const classes = [...this.#world.context.informers.for(StorageClass).all()];
    const chosen = newest(classes.filter(isDefaultStorageClass));
    if (!chosen) return false;
    const spec = { ...claim.spec, storageClassName: chosen.metadata.name };
    yield* this.#world.updateClaim({ ...claim, spec }, claim);
    return true;
  }

  #tellWaiting(claim: Claim): void {
    const pods = this.#world.context.informers.for(Pod).by(BY_CLAIM, keyOf(claim));
    const waiting = [...pods.values()]
      .filter((pod) => !isPodTerminal(pod) && (pod.spec.nodeName ?? '') === '')
      .map((pod) => pod.metadata.name);
    if (waiting.length === 0) {
      const text = 'waiting for first consumer to be created before binding';
      return this.#tell(claim, 'Normal', 'WaitForFirstConsumer', text);
    }
    const who = waiting.length === 1 ? `pod ${waiting[0]}` : `pods ${waiting.join(',')}`;
    this.#tell(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${who} to be scheduled`);
  }

  /** Volumes are made by programs outside of this controller, or by hand. */
  *#provision(claim: Claim): Proc {
    const storageClass = this.#classOf(claim);
    if (!storageClass) {
      const text = `storageclass.storage.k8s.io "${classOf(claim)}" not found`;
      return this.#tell(claim, 'Warning', 'ProvisioningFailed', text);
    }
    const { provisioner } = storageClass;
    const driver = driverOf(provisioner) ?? provisioner;
    if (driver.startsWith(IN_TREE)) {
      const text = `no volume plugin matched name: ${provisioner}`;
      return this.#tell(claim, 'Warning', 'ProvisioningFailed', text);
    }
    const next = yield* this.#world.updateClaim(provisionedClaim(claim, driver), claim);
    const text =
      `Waiting for a volume to be created either by the external provisioner '${driver}' ` +
      'or manually by the system administrator. If volume creation is delayed, please verify that ' +
      'the provisioner is running and correctly registered.';
    this.#tell(next, 'Normal', 'ExternalProvisioning', text);
  }

  #classOf(claim: Claim): StorageClass | undefined {
    return this.#world.context.get(StorageClass, classOf(claim));
  }

  #tell(claim: Claim, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#world.context.events.record(claim, { type, reason, message });
  }
}
