/**
 * Sees to it that an image is on the node: pull policy, back-off, one pull after the other.
 *
 * Models: pkg/kubelet/images/image_manager.go, puller.go (serializeImagePulls: true) (v1.36)
 * Simplified: no pull secrets; the registries modelled here ask for none.
 */
import { type Proc, wait } from '../../../kernel/process.ts';
import type { Latency } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import { parseImageName } from '../runtime/image-name.ts';
import { PullError, type PulledImage } from '../runtime/images.ts';
import { Backoff } from './backoff.ts';
import { goDuration, type KubeletContext, recordPodEvent } from './context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

export type ImageResult =
  | { readonly ok: true; readonly image: PulledImage }
  | {
      readonly ok: false;
      readonly event: 'PULL_FAILED' | 'PULL_BACK_OFF' | 'IMAGE_REFUSED';
      readonly reason: string;
      readonly message: string;
    };

/** ImageStatus: a look into containerd's store. */
const INSPECT: Latency = { p10: 400, p50: 900, p90: 3_000 };

export class ImagePuller {
  #context: KubeletContext;
  #backoff = new Backoff();
  #lastErrors = new Map<string, string>();
  #busy = false;
  #waiting: Future<void>[] = [];

  constructor(context: KubeletContext) {
    this.#context = context;
  }

  *ensure(p: PodRecord, c: ContainerRecord): Proc<ImageResult> {
    const { rng, runtime } = this.#context;
    const image = c.spec.image ?? '';
    const parsed = parseImageName(image);
    if ('error' in parsed) return this.#invalidName(p, c, image, parsed.error);
    yield rng.latency(INSPECT);
    const present = runtime.images.find(image);
    const policy = c.spec.imagePullPolicy ?? 'IfNotPresent';
    if (present && policy !== 'Always') {
      const text = `Container image "${image}" already present on machine`;
      recordPodEvent(
        this.#context,
        p,
        'Normal',
        'Pulled',
        `${text} and can be accessed by the pod`,
        c,
      );
      return { ok: true, image: present };
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      recordPodEvent(this.#context, p, 'Warning', 'ErrImageNeverPull', message, c);
      return { ok: false, event: 'IMAGE_REFUSED', reason: 'ErrImageNeverPull', message };
    }
    return yield* this.#pull(p, c, image);
  }

  /** Until when a container's image is not pulled again, in microseconds; null: it may be at once. */
  backoffEndsAt(p: PodRecord, c: ContainerRecord): number | null {
    return this.#backoff.updateEndsAt(keyOf(p, c));
  }

  forget(p: PodRecord): void {
    for (const c of p.containers) {
      const key = keyOf(p, c);
      this.#backoff.forget(key);
      this.#lastErrors.delete(key);
    }
  }

  #invalidName(p: PodRecord, c: ContainerRecord, image: string, error: string): ImageResult {
    const why = `couldn't parse image name "${image}": ${error}`;
    const message = `Failed to apply default image tag "${image}": ${why}`;
    recordPodEvent(this.#context, p, 'Warning', 'InspectFailed', message, c);
    return { ok: false, event: 'IMAGE_REFUSED', reason: 'InvalidImageName', message };
  }

  *#pull(p: PodRecord, c: ContainerRecord, image: string): Proc<ImageResult> {
    const { kernel, runtime } = this.#context;
    const key = keyOf(p, c);
    if (this.#backoff.lastsSinceUpdate(key, kernel.now)) return this.#inBackOff(p, c, image, key);
    this.#lastErrors.delete(key);
    recordPodEvent(this.#context, p, 'Normal', 'Pulling', `Pulling image "${image}"`, c);
    const askedAt = kernel.now;
    yield* this.#turn();
    const startedAt = kernel.now;
    try {
      const pulled = yield* runtime.pullImage(p.identity.uid, c.name, c.kind !== 'app', image);
      const took = goDuration(kernel.now - startedAt);
      const waited = goDuration(kernel.now - askedAt);
      const message =
        `Successfully pulled image "${image}" in ${took} (${waited} including waiting). ` +
        `Image size: ${pulled.sizeBytes} bytes.`;
      recordPodEvent(this.#context, p, 'Normal', 'Pulled', message, c);
      return { ok: true, image: pulled };
    } catch (error) {
      if (!(error instanceof PullError)) throw error;
      const message = `Failed to pull image "${image}": ${error.message}`;
      recordPodEvent(this.#context, p, 'Warning', 'Failed', message, c);
      this.#backoff.next(key, kernel.now, kernel.now);
      this.#lastErrors.set(key, `ErrImagePull: ${error.message}`);
      return { ok: false, event: 'PULL_FAILED', reason: 'ErrImagePull', message: error.message };
    } finally {
      this.#done();
    }
  }

  #inBackOff(p: PodRecord, c: ContainerRecord, image: string, key: string): ImageResult {
    const text = `Back-off pulling image "${image}"`;
    recordPodEvent(this.#context, p, 'Normal', 'BackOff', text, c);
    const last = this.#lastErrors.get(key);
    const message = last === undefined ? text : `${text}: ${last}`;
    return { ok: false, event: 'PULL_BACK_OFF', reason: 'ImagePullBackOff', message };
  }

  *#turn(): Proc {
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    const turn = new Future<void>();
    this.#waiting.push(turn);
    yield* wait(turn);
  }

  #done(): void {
    const next = this.#waiting.shift();
    if (next) next.resolve();
    else this.#busy = false;
  }
}

function keyOf(p: PodRecord, c: ContainerRecord): string {
  return `${p.identity.uid}_${c.spec.image}`;
}
