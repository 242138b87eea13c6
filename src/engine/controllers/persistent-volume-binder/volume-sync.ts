/**
 * What is to be done for one volume.
 *
 * Models: pkg/controller/volume/persistentvolume pv_controller.go syncVolume, reclaimVolume,
 *         unbindVolume, deleteVolumeOperation (v1.36)
 */
import type {
  PersistentVolume as Volume,
  PersistentVolumeClaim as Claim,
} from '../../../api/generated/types.ts';
import { hasOtherMode } from '../../../api/kinds/persistent-volume/binding.ts';
import { PersistentVolumeClaim } from '../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../api/kinds/persistent-volume.ts';
import { keyFor, keyOf } from '../../../api/meta/object.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import { unboundVolume } from './drafts.ts';
import { Recycler } from './recycler.ts';
import type { VolumeWorld } from './world.ts';

const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const IN_TREE = 'kubernetes.io/';
const HOST_PATH = 'kubernetes.io/host-path';
/** Volume plugins of kube-controller-manager that cannot delete: app/plugins.go. */
const UNDELETABLE = ['nfs', 'fc', 'iscsi'] as const;

export class VolumeSync {
  readonly #world: VolumeWorld;
  readonly #recycler: Recycler;

  constructor(world: VolumeWorld) {
    this.#world = world;
    this.#recycler = new Recycler(world);
  }

  *sync(name: string): Proc {
    const world = this.#world;
    const volume = world.volumes.get(name);
    if (!volume) return;
    // A volume may be reserved for a claim that does not exist yet.
    if ((volume.spec.claimRef?.uid ?? '') === '') {
      yield* world.setPhase(volume, 'Available');
      return;
    }
    const claim = yield* this.#claimOf(volume);
    if (!claim) yield* this.#release(volume);
    else if ((claim.spec.volumeName ?? '') === '') this.#wakeClaim(volume, claim);
    else if (claim.spec.volumeName === name) yield* world.setPhase(volume, 'Bound');
    else yield* this.#leave(volume);
  }

  /** The claim that the volume is bound to, with this very uid. */
  *#claimOf(volume: Volume): Proc<Claim | undefined> {
    const { namespace = '', name = '', uid } = volume.spec.claimRef ?? {};
    const known = this.#world.claims.get(keyFor(namespace, name));
    if (known?.metadata.uid === uid) return known;
    // The cache may be behind, unless the volume has been let go already.
    if (!known && isLetGo(volume)) return undefined;
    try {
      const { client } = this.#world.context;
      const claim = yield* client.get(PersistentVolumeClaim, namespace, name);
      return claim.metadata.uid === uid ? claim : undefined;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #wakeClaim(volume: Volume, claim: Claim): void {
    const { context } = this.#world;
    if (!hasOtherMode(claim, volume)) {
      context.queue.add(`PersistentVolumeClaim/${keyOf(claim)}`);
      return;
    }
    const tell = (object: Volume | Claim, message: string): void => {
      const type = 'Warning';
      context.events.record(object, { type, reason: 'VolumeMismatch', message });
    };
    const why = 'due to incompatible volumeMode.';
    const wanted = `PersistentVolumeClaim "${claim.metadata.name}"`;
    tell(volume, `Cannot bind PersistentVolume to requested ${wanted} ${why}`);
    const offered = `PersistentVolume "${volume.metadata.name}"`;
    tell(claim, `Cannot bind ${offered} to requested PersistentVolumeClaim ${why}`);
  }

  /** The claim has got another volume. */
  *#leave(volume: Volume): Proc {
    const { spec, metadata } = volume;
    const wasMade = metadata.annotations?.[PROVISIONED_BY] !== undefined;
    if (wasMade && spec.persistentVolumeReclaimPolicy === 'Delete') {
      return yield* this.#release(volume);
    }
    const free = yield* this.#world.updateVolume(unboundVolume(volume), volume);
    yield* this.#world.setPhase(free, 'Available');
  }

  *#release(volume: Volume): Proc {
    const released = isLetGo(volume) ? volume : yield* this.#world.setPhase(volume, 'Released');
    const policy = released.spec.persistentVolumeReclaimPolicy;
    if (policy === 'Delete') yield* this.#delete(released);
    else if (policy === 'Recycle') this.#recycler.start(released);
  }

  *#delete(volume: Volume): Proc {
    const why = deletionFailure(volume);
    if (why === null) return;
    const { client, events } = this.#world.context;
    if (why === '') {
      yield* client.delete(PersistentVolume, '', volume.metadata.name);
      return;
    }
    if (volume.status.phase === 'Failed') return;
    const failed = yield* this.#world.setPhase(volume, 'Failed', why);
    events.record(failed, { type: 'Warning', reason: 'VolumeFailedDelete', message: why });
  }
}

function isLetGo({ status }: Volume): boolean {
  return status.phase === 'Released' || status.phase === 'Failed';
}

/** Pure: why the volume cannot be deleted; '' = it can; null = somebody else does it. */
export function deletionFailure({ metadata, spec }: Volume): string | null {
  const maker = metadata.annotations?.[PROVISIONED_BY] ?? '';
  const isHostPath = maker === HOST_PATH || (maker === '' && spec.hostPath !== undefined);
  if (isHostPath) {
    const path = spec.hostPath?.path ?? '';
    if (/\/tmp\/.+/.test(path)) return '';
    return `host_path deleter only supports /tmp/.+ but received provided ${path}`;
  }
  if (maker !== '') {
    if (!maker.startsWith(IN_TREE)) return null;
    return `no volume plugin matched name: ${maker}`;
  }
  if (spec.csi !== undefined) return null;
  const isKnown = UNDELETABLE.some((source) => spec[source] !== undefined);
  const why = isKnown ? 'no deletable volume plugin matched' : 'no volume plugin matched';
  return `error getting deleter volume plugin for volume "${metadata.name}": ${why}`;
}
