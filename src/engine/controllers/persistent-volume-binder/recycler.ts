/**
 * Volumes that are wiped and offered anew: a Pod on some node removes what is in them.
 *
 * Models: pkg/controller/volume/persistentvolume pv_controller.go recycleVolumeOperation;
 *         pkg/volume/util/recyclerclient recycler_client.go; pkg/volume/plugins.go
 *         NewPersistentVolumeRecyclerPodTemplate (v1.36)
 */
import type {
  PersistentVolume as Volume,
  PersistentVolumeClaim as Claim,
  Pod as PodObject,
} from '../../../api/generated/types.ts';
import { Event } from '../../../api/kinds/event.ts';
import { PersistentVolumeClaim } from '../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../api/kinds/persistent-volume.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { type Input, keyFor, keyOf } from '../../../api/meta/object.ts';
import { isPodTerminal } from '../../../api/meta/pod-state.ts';
import { bytes } from '../../../api/meta/quantity.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import { wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import { isRefusal } from '../../client/refusal.ts';
import { watchObjects } from '../../client/watch-objects.ts';
import { unboundVolume } from './drafts.ts';
import { BY_CLAIM, type VolumeWorld } from './world.ts';

const NAMESPACE = 'default';
const IMAGE = 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.6';
const COMMAND =
  'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';
/** --pv-recycler-minimum-timeout-nfs, -hostpath; both allow 30 s more for each GiB. */
const MINIMUM_SECONDS = { nfs: 300, hostPath: 60 } as const;
const SECONDS_PER_GIB = 30;
const GIB = 1024 ** 3;

export class Recycler {
  readonly #world: VolumeWorld;
  /** Volumes that are being wiped. */
  readonly #running = new Set<string>();
  /** Ends of the Pods that do it, by key: '' or why it went wrong. */
  readonly #ends = new Map<string, Future<string>>();

  constructor(world: VolumeWorld) {
    this.#world = world;
    const look = (pod: PodObject): void => {
      const end = this.#ends.get(keyOf(pod));
      if (!end) return;
      const { phase, message } = pod.status;
      if (phase === 'Succeeded') end.resolve('');
      if (phase === 'Failed') end.resolve(message ?? 'pod failed, pod.Status.Message unknown');
    };
    world.context.informers.for(Pod).addHandler({
      onUpdate: look,
      onDelete: (pod) => this.#ends.get(keyOf(pod))?.resolve('recycler pod was deleted'),
    });
  }

  /** Begins it, unless it is under way. */
  start({ metadata: { name } }: Volume): void {
    if (this.#running.has(name)) return;
    this.#running.add(name);
    const { kernel, scope } = this.#world.context;
    kernel.spawn(`recycle ${name}`, this.#guarded(name), { scope });
  }

  /** What cannot be read or written now is tried again at the next look at the volume. */
  *#guarded(name: string): Proc {
    try {
      yield* this.#recycle(name);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    } finally {
      this.#running.delete(name);
    }
  }

  *#recycle(name: string): Proc {
    const { client, events } = this.#world.context;
    const volume = yield* client.get(PersistentVolume, '', name);
    if (!(yield* this.#isReleased(volume)) || this.#isUsed(volume)) return;
    const pod = recyclerPod(volume);
    if (!pod) {
      yield* this.#fail(volume, 'No recycler plugin found for the volume!');
      return;
    }
    const why = yield* this.#wipe(volume, pod);
    if (why !== '') {
      yield* this.#fail(volume, `Recycle failed: ${why}`);
      return;
    }
    const tell = { type: 'Normal', reason: 'VolumeRecycled', message: 'Volume recycled' } as const;
    events.record(volume, tell);
    const free = yield* this.#world.updateVolume(unboundVolume(volume), volume);
    yield* this.#world.setPhase(free, 'Available');
  }

  /** isVolumeReleased: the claim is gone, or has another volume. */
  *#isReleased({ metadata, spec }: Volume): Proc<boolean> {
    const { namespace = '', name = '', uid = '' } = spec.claimRef ?? {};
    if (uid === '') return false;
    let claim: Claim | undefined = this.#world.claims.get(keyFor(namespace, name));
    if (claim !== undefined && claim.metadata.uid !== uid) {
      try {
        const { client } = this.#world.context;
        claim = yield* client.get(PersistentVolumeClaim, namespace, name);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
        claim = undefined;
      }
    }
    if (claim?.metadata.uid !== uid) return true;
    return claim.spec.volumeName !== metadata.name;
  }

  /** A Pod may be on its way to a claim that is gone. */
  #isUsed(volume: Volume): boolean {
    const { namespace, name = '' } = volume.spec.claimRef ?? {};
    const key = keyFor(namespace, name);
    if (this.#world.claims.get(key)) return false;
    const pods = [...this.#world.context.informers.for(Pod).by(BY_CLAIM, key).values()];
    const users = pods.filter((pod) => !isPodTerminal(pod)).map(keyOf);
    if (users.length === 0) return false;
    const message = `Volume is used by pods: ${users.sort().join(',')}`;
    const { events } = this.#world.context;
    events.record(volume, { type: 'Normal', reason: 'VolumeFailedRecycle', message });
    return true;
  }

  *#fail(volume: Volume, message: string): Proc {
    if (volume.status.phase === 'Failed') return;
    const failed = yield* this.#world.setPhase(volume, 'Failed', message);
    const { events } = this.#world.context;
    events.record(failed, { type: 'Warning', reason: 'VolumeFailedRecycle', message });
  }

  /** '' or why it went wrong. What is told about the Pod is told about the volume too. */
  *#wipe(volume: Volume, pod: Input<PodObject>): Proc<string> {
    const { client, events, scope } = this.#world.context;
    const name = pod.metadata?.name ?? '';
    const key = keyFor(NAMESPACE, name);
    const stop = watchObjects(client, {
      kind: Event,
      namespace: NAMESPACE,
      field: { name: 'involvedObject.name', value: name },
      scope,
      onAdded: ({ type, message }) => {
        const kind = type === 'Warning' ? 'Warning' : 'Normal';
        const text = `Recycler pod: ${message ?? ''}`;
        events.record(volume, { type: kind, reason: 'RecyclerPod', message: text });
      },
    });
    const end = new Future<string>();
    this.#ends.set(key, end);
    try {
      yield* client.create(Pod, pod);
      const why = yield* wait(end);
      yield* this.#remove(name);
      return why === undefined || why === '' ? '' : `failed to recycle volume: ${why}`;
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) {
        yield* this.#remove(name);
        return 'old recycler pod found, will retry later';
      }
      if (!isApiError(error)) throw error;
      return `unexpected error creating recycler pod:  ${error.message}`;
    } finally {
      this.#ends.delete(key);
      stop();
    }
  }

  *#remove(name: string): Proc {
    try {
      yield* this.#world.context.client.delete(Pod, NAMESPACE, name);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}

/** Pure: the Pod that wipes |volume|; null: there is no way to do it. */
export function recyclerPod({ metadata, spec }: Volume): Input<PodObject> | null {
  const { hostPath, nfs } = spec;
  if (hostPath === undefined && nfs === undefined) return null;
  const gib = Math.floor(bytes(spec.capacity?.['storage'] ?? '0') / GIB);
  const least = hostPath === undefined ? MINIMUM_SECONDS.nfs : MINIMUM_SECONDS.hostPath;
  const source = hostPath === undefined ? { nfs } : { hostPath: { path: hostPath.path } };
  return {
    metadata: { name: `recycler-for-${metadata.name}`, namespace: NAMESPACE },
    spec: {
      activeDeadlineSeconds: Math.max(gib * SECONDS_PER_GIB, least),
      restartPolicy: 'Never',
      volumes: [{ name: 'vol', ...source } as NonNullable<PodObject['spec']['volumes']>[number]],
      containers: [
        {
          name: 'pv-recycler',
          image: IMAGE,
          command: ['/bin/sh'],
          args: ['-c', COMMAND],
          volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
        },
      ],
    },
  };
}
