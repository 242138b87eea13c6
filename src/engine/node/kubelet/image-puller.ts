/**
 * Sees to it that an image is on the node: pull policy, credentials, back-off, and how many are
 * pulled at a time.
 *
 * Models: pkg/kubelet/images/image_manager.go, puller.go, helpers.go (registryPullQPS 5, burst 10;
 * serializeImagePulls unless maxParallelImagePulls is set); kubelet_pods.go getPullSecretsForPod;
 * kuberuntime/kuberuntime_manager.go getImageVolumes (v1.36)
 */
import type { Secret } from '../../../api/generated/types.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import type { Latency } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import { type ImageName, parseImageName, repositoryOf } from '../runtime/image-name.ts';
import { PullError, type PulledImage } from '../runtime/images.ts';
import { Backoff } from './backoff.ts';
import { goDuration, type KubeletContext, recordPodEvent } from './context.ts';
import { KeyringError, lookUp, type PullCredentials } from './image-keyring.ts';
import type { ImageRecords } from './image-records.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

export interface ImageFailure {
  readonly ok: false;
  readonly event: 'PULL_FAILED' | 'PULL_BACK_OFF' | 'IMAGE_REFUSED';
  readonly reason: string;
  readonly message: string;
}

export type ImageResult = { readonly ok: true; readonly image: PulledImage } | ImageFailure;

/** ImageStatus: a look into containerd's store. */
const INSPECT: Latency = { p10: 400, p50: 900, p90: 3_000 };
/** registryPullQPS and registryBurst, in pulls. */
const PULLS_PER_SECOND = 5;
const PULL_BURST = 10;
const MICROS_PER_PULL = 1_000_000 / PULLS_PER_SECOND;

/** What is asked for, by whom. */
interface Wish {
  readonly p: PodRecord;
  /** A container, or null for a volume of the Pod. */
  readonly c: ContainerRecord | null;
  readonly image: string;
  readonly name: ImageName;
  readonly policy: string;
}

/** What a Pod's round has found out. */
interface PodImages {
  secrets: readonly Secret[];
  /** By volume. */
  readonly failures: Map<string, ImageFailure>;
}

export class ImagePuller {
  readonly #context: KubeletContext;
  readonly #records: ImageRecords;
  readonly #backoff = new Backoff();
  readonly #lastErrors = new Map<string, string>();
  readonly #pods = new Map<PodRecord, PodImages>();
  readonly #waiting: Future<void>[] = [];
  readonly #parallel: number;
  #running = 0;
  /** Of the rate limiter: when its bucket will be full. */
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(context: KubeletContext, records: ImageRecords, parallel = 1) {
    this.#context = context;
    this.#records = records;
    this.#parallel = Math.max(1, parallel);
  }

  ensure(p: PodRecord, c: ContainerRecord): Proc<ImageResult> {
    const { image = '', imagePullPolicy = 'IfNotPresent' } = c.spec;
    return this.#ensure(p, c, image, imagePullPolicy);
  }

  /** Reads the Secrets that the Pod names; those that are missing are told, every round. */
  *readSecrets(p: PodRecord): Proc {
    const names = (p.pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
    if (names.length === 0) return;
    const secrets: Secret[] = [];
    const missing: string[] = [];
    for (const name of names) {
      const secret = yield* this.#context.references.secretObject(p.identity.namespace, name);
      if (secret) secrets.push(secret);
      else missing.push(name);
    }
    this.#podImages(p).secrets = secrets;
    if (missing.length === 0) return;
    const message =
      `Unable to retrieve some image pull secrets (${missing.join(', ')}); ` +
      'attempting to pull the image may not succeed.';
    recordPodEvent(this.#context, p, 'Warning', 'FailedToRetrieveImagePullSecret', message);
  }

  /** The images that volumes show, every round. */
  *ensureVolumes(p: PodRecord): Proc {
    for (const { image, name } of p.pod.spec.volumes ?? []) {
      if (!image) continue;
      const { reference = '', pullPolicy = 'IfNotPresent' } = image;
      const result = yield* this.#ensure(p, null, reference, pullPolicy);
      const { failures } = this.#podImages(p);
      if (result.ok) failures.delete(name);
      else failures.set(name, result);
    }
  }

  /** Why the container cannot start, when an image that it mounts is not there: the last one. */
  volumeFailures(p: PodRecord, c: ContainerRecord): readonly ImageFailure[] {
    const failures = this.#pods.get(p)?.failures;
    if (!failures || failures.size === 0) return [];
    return (c.spec.volumeMounts ?? []).flatMap(({ name }) => failures.get(name) ?? []);
  }

  /** Until when a container's image is not pulled again, in microseconds; null: it may be at once. */
  backoffEndsAt(p: PodRecord, c: ContainerRecord): number | null {
    return this.#backoff.updateEndsAt(keyOf(p, c.spec.image ?? ''));
  }

  forget(p: PodRecord): void {
    this.#pods.delete(p);
    const images = [
      ...p.containers.map((c) => c.spec.image ?? ''),
      ...(p.pod.spec.volumes ?? []).flatMap((v) => v.image?.reference ?? []),
    ];
    for (const image of images) {
      const key = keyOf(p, image);
      this.#backoff.forget(key);
      this.#lastErrors.delete(key);
    }
  }

  #podImages(p: PodRecord): PodImages {
    let images = this.#pods.get(p);
    if (!images) this.#pods.set(p, (images = { secrets: [], failures: new Map() }));
    return images;
  }

  *#ensure(
    p: PodRecord,
    c: ContainerRecord | null,
    image: string,
    policy: string,
  ): Proc<ImageResult> {
    const { rng, runtime } = this.#context;
    const name = parseImageName(image);
    if ('error' in name) return this.#invalidName(p, c, image, name.error);
    const wish: Wish = { p, c, image, name, policy };
    yield rng.latency(INSPECT);
    const present = policy === 'Always' ? undefined : runtime.images.find(image);
    try {
      if (present && !this.#mustPull(wish, present.id)) {
        const text = `Container image "${image}" already present on machine`;
        this.#event(wish, 'Normal', 'Pulled', `${text} and can be accessed by the pod`);
        return { ok: true, image: present };
      }
      if (policy === 'Never') {
        const message = `Container image "${image}" is not present with pull policy of Never`;
        this.#event(wish, 'Warning', 'ErrImageNeverPull', message);
        return { ok: false, event: 'IMAGE_REFUSED', reason: 'ErrImageNeverPull', message };
      }
      return yield* this.#pull(wish, this.#credentials(wish));
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      const { message } = error;
      return { ok: false, event: 'PULL_FAILED', reason: message, message };
    }
  }

  #mustPull(wish: Wish, id: string): boolean {
    const repository = repositoryOf(wish.name);
    return this.#records.mustPull(wish.image, id, repository, () => this.#credentials(wish));
  }

  #credentials({ p, name }: Wish): readonly PullCredentials[] {
    const secrets = this.#pods.get(p)?.secrets ?? [];
    return secrets.length === 0 ? [] : lookUp(secrets, repositoryOf(name));
  }

  #invalidName(
    p: PodRecord,
    c: ContainerRecord | null,
    image: string,
    error: string,
  ): ImageFailure {
    const why = `couldn't parse image name "${image}": ${error}`;
    const message = `Failed to apply default image tag "${image}": ${why}`;
    recordPodEvent(this.#context, p, 'Warning', 'InspectFailed', message, c ?? undefined);
    return { ok: false, event: 'IMAGE_REFUSED', reason: 'InvalidImageName', message };
  }

  *#pull(wish: Wish, credentials: readonly PullCredentials[]): Proc<ImageResult> {
    const { kernel } = this.#context;
    const { p, image } = wish;
    const key = keyOf(p, image);
    if (this.#backoff.lastsSinceUpdate(key, kernel.now)) return this.#inBackOff(wish, key);
    this.#lastErrors.delete(key);
    this.#event(wish, 'Normal', 'Pulling', `Pulling image "${image}"`);
    this.#records.beginPull(image);
    const askedAt = kernel.now;
    yield* this.#turn();
    const startedAt = kernel.now;
    try {
      const { pulled, used } = yield* this.#tryAll(wish, credentials);
      const took = goDuration(kernel.now - startedAt);
      const waited = goDuration(kernel.now - askedAt);
      const message =
        `Successfully pulled image "${image}" in ${took} (${waited} including waiting). ` +
        `Image size: ${pulled.sizeBytes} bytes.`;
      this.#event(wish, 'Normal', 'Pulled', message);
      this.#records.recordPulled(pulled.id, repositoryOf(wish.name), used);
      return { ok: true, image: pulled };
    } catch (error) {
      if (!(error instanceof PullError)) throw error;
      return this.#failed(wish, key, error.message);
    } finally {
      this.#records.endPull(image);
      this.#done();
    }
  }

  /** One set of credentials after the other, until the registry takes one. */
  *#tryAll(
    { p, c, image }: Wish,
    credentials: readonly PullCredentials[],
  ): Proc<{ readonly pulled: PulledImage; readonly used: PullCredentials | null }> {
    const { runtime } = this.#context;
    if (!this.#accept()) throw new PullError('pull QPS exceeded');
    const { uid } = p.identity;
    const init = c !== null && c.kind !== 'app';
    const container = c?.name ?? '';
    if (credentials.length === 0) {
      return { pulled: yield* runtime.pullImage(uid, container, init, image), used: null };
    }
    const errors: string[] = [];
    for (const used of credentials) {
      try {
        const { username, password } = used;
        const account = { username, password };
        return { pulled: yield* runtime.pullImage(uid, container, init, image, account), used };
      } catch (error) {
        if (!(error instanceof PullError)) throw error;
        if (!errors.includes(error.message)) errors.push(error.message);
      }
    }
    throw new PullError(errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
  }

  #failed(wish: Wish, key: string, message: string): ImageFailure {
    const { kernel } = this.#context;
    const text = `Failed to pull image "${wish.image}": ${message}`;
    this.#event(wish, 'Warning', 'Failed', text);
    this.#backoff.next(key, kernel.now, kernel.now);
    this.#lastErrors.set(key, `ErrImagePull: ${message}`);
    return { ok: false, event: 'PULL_FAILED', reason: 'ErrImagePull', message };
  }

  #inBackOff(wish: Wish, key: string): ImageFailure {
    const text = `Back-off pulling image "${wish.image}"`;
    this.#event(wish, 'Normal', 'BackOff', text);
    const last = this.#lastErrors.get(key);
    const message = last === undefined ? text : `${text}: ${last}`;
    return { ok: false, event: 'PULL_BACK_OFF', reason: 'ImagePullBackOff', message };
  }

  #event({ p, c }: Wish, type: 'Normal' | 'Warning', reason: string, message: string): void {
    recordPodEvent(this.#context, p, type, reason, message, c ?? undefined);
  }

  /** flowcontrol.NewTokenBucketRateLimiter, TryAccept. */
  #accept(): boolean {
    const { now } = this.#context.kernel;
    const fullAt = Math.max(this.#fullAt, now) + MICROS_PER_PULL;
    if (fullAt - now > PULL_BURST * MICROS_PER_PULL) return false;
    this.#fullAt = fullAt;
    return true;
  }

  *#turn(): Proc {
    if (this.#running < this.#parallel) {
      this.#running++;
      return;
    }
    const turn = new Future<void>();
    this.#waiting.push(turn);
    yield* wait(turn);
  }

  #done(): void {
    const next = this.#waiting.shift();
    if (next) next.resolve();
    else this.#running--;
  }
}

function keyOf(p: PodRecord, image: string): string {
  return `${p.identity.uid}_${image}`;
}
