/**
 * The images on one node, and pulling more: time by size and bandwidth, one pull after the other,
 * layers that are already there are not pulled again.
 *
 * Models: containerd's CRI image service (PullImage, ImageStatus, ListImages) and the registries
 * behind it. Which images exist is given by engine/images.
 * Simplified: no credentials; unpacking is part of the modelled time.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import { Registry, type RegistryAnswer } from '../../images/registry.ts';
import { fullName, type ImageName, parseImageName, repositoryOf } from './image-name.ts';
import type { ImageDefinition, ImageTag } from './program.ts';
import { compareText } from './text.ts';

export interface PulledImage {
  readonly definition: ImageDefinition;
  readonly tag: string;
  /** `docker.io/library/nginx@sha256:…`: imageID of container statuses. */
  readonly reference: string;
  /** `docker.io/library/nginx:1.25`. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** A refusal of the runtime; `grpc` is how it looks through the gRPC client. */
export class PullError extends Error {
  override readonly name = 'PullError';
}

export interface PullProgress {
  readonly image: string;
  readonly sizeBytes: number;
  readonly startedAt: number;
  readonly endsAt: number;
}

/**
 * Time for resolving a name and fetching the manifest: two or three round trips to a registry.
 * (goldens/node/images, whose registry was on the same machine: 10 to 20 ms; a far one: ten times.)
 */
const RESOLVE: Latency = { p10: 60_000, p50: 140_000, p90: 420_000 };
/** Asking for a name the registry does not have is one round trip (images/image-not-found). */
const REFUSE: Latency = { p10: 6_000, p50: 12_000, p90: 60_000 };
/** Default bandwidth, unpacking included: 400 Mbit/s, a common cloud instance. */
export const DEFAULT_PULL_BYTES_PER_SECOND = 50_000_000;

export class ImageStore {
  readonly bytesPerSecond: number;
  #kernel: Kernel;
  #rng: Rng;
  #nodeAddress: string;
  readonly #registry: Registry;
  /** By full name and by reference. */
  #present = new Map<string, PulledImage>();
  #layers = new Set<string>();
  #pulling = new Map<string, PullProgress>();
  /** Told when the list of images has changed. */
  onChange: (() => void) | null = null;

  constructor(
    kernel: Kernel,
    rng: Rng,
    catalogue: readonly ImageDefinition[],
    nodeAddress: string,
    bytesPerSecond = DEFAULT_PULL_BYTES_PER_SECOND,
  ) {
    this.#kernel = kernel;
    this.#rng = rng;
    this.#nodeAddress = nodeAddress;
    this.bytesPerSecond = bytesPerSecond;
    this.#registry = new Registry(catalogue);
  }

  /** The image, if it is on the node; undefined also for names that are none. */
  find(text: string): PulledImage | undefined {
    const name = parseImageName(text);
    if ('error' in name) return undefined;
    return this.#present.get(fullName(name));
  }

  /** Percent of the running pull of this image; null when it is not being pulled. */
  progress(text: string): number | null {
    const name = parseImageName(text);
    const pull = 'error' in name ? undefined : this.#pulling.get(fullName(name));
    if (!pull) return null;
    const whole = pull.endsAt - pull.startedAt;
    const part = this.#kernel.now - pull.startedAt;
    return whole <= 0 ? 100 : Math.max(0, Math.min(100, Math.floor((part * 100) / whole)));
  }

  /** As a Node's status lists them: the largest first, at most 50 (nodeStatusMaxImages). */
  list(): readonly { readonly names: readonly string[]; readonly sizeBytes: number }[] {
    const byReference = new Map<string, { names: string[]; sizeBytes: number }>();
    for (const image of this.#present.values()) {
      let entry = byReference.get(image.reference);
      if (!entry) {
        entry = { names: [image.reference], sizeBytes: image.sizeBytes };
        byReference.set(image.reference, entry);
      }
      if (!entry.names.includes(image.name)) entry.names.push(image.name);
    }
    return [...byReference.values()]
      .sort((a, b) => b.sizeBytes - a.sizeBytes || compareText(a.names[0] ?? '', b.names[0] ?? ''))
      .slice(0, 50);
  }

  /** Puts an image on the node without a pull: what the machine was set up with. */
  preload(text: string): void {
    const found = this.#resolve(text);
    if (found instanceof PullError) return;
    this.#add(found.name, found.definition, found.tag);
  }

  /** PullImage. Throws PullError with the runtime's words. */
  *pull(text: string): Proc<PulledImage> {
    const found = this.#resolve(text);
    if (found instanceof PullError) {
      yield this.#rng.latency(REFUSE);
      throw found;
    }
    const { name, definition, tag } = found;
    const key = fullName(name);
    const bytes = this.#missingBytes(repositoryOf(name), definition.tags[tag] as ImageTag);
    const line = definition.tags[tag]?.bytesPerSecond ?? this.bytesPerSecond;
    const time = this.#rng.latency(RESOLVE) + this.#transferUs(bytes, line);
    const { now } = this.#kernel;
    this.#pulling.set(key, { image: key, sizeBytes: bytes, startedAt: now, endsAt: now + time });
    try {
      yield time;
    } finally {
      this.#pulling.delete(key);
    }
    return this.#add(name, definition, tag);
  }

  #add(name: ImageName, definition: ImageDefinition, tag: string): PulledImage {
    const { sizeBytes, digest, layers } = definition.tags[tag] as ImageTag;
    const repository = repositoryOf(name);
    const image: PulledImage = {
      definition,
      tag,
      reference: `${repository}@${digest}`,
      name: name.tag === '' ? '' : `${repository}:${name.tag}`,
      sizeBytes,
    };
    const known = this.#present.has(fullName(name));
    this.#present.set(fullName(name), image);
    this.#present.set(image.reference, image);
    for (const layer of layers ?? []) this.#layers.add(layer.digest);
    if (!known) this.onChange?.();
    return image;
  }

  /** Bandwidth varies by a quarter from pull to pull. */
  #transferUs(bytes: number, bytesPerSecond: number): number {
    const percent = this.#rng.between(80, 125);
    return Math.floor((bytes / Math.min(bytesPerSecond, this.bytesPerSecond)) * 10_000 * percent);
  }

  #missingBytes(repository: string, tag: ImageTag): number {
    if (!tag.layers) return this.#present.has(`${repository}@${tag.digest}`) ? 0 : tag.sizeBytes;
    let bytes = 0;
    for (const layer of tag.layers) if (!this.#layers.has(layer.digest)) bytes += layer.sizeBytes;
    return bytes;
  }

  #resolve(
    text: string,
  ): { name: ImageName; definition: ImageDefinition; tag: string } | PullError {
    const name = parseImageName(text);
    if ('error' in name) return new PullError(name.error);
    const full = fullName(name);
    const failed = `failed to pull and unpack image "${full}": failed to resolve image: `;
    const answer = this.#registry.ask(name);
    if (answer.kind === 'found') return { name, definition: answer.definition, tag: answer.tag };
    return new PullError(this.#refusal(answer.kind, name, full, failed));
  }

  #refusal(
    kind: Exclude<RegistryAnswer['kind'], 'found'>,
    name: ImageName,
    full: string,
    failed: string,
  ): string {
    const manifest = `v2/${name.path}/manifests/${name.digest === '' ? name.tag : name.digest}`;
    switch (kind) {
      case 'notFound':
        return `rpc error: code = NotFound desc = ${failed}${full}: not found`;
      case 'denied': {
        const why = 'pull access denied, repository does not exist or may require authorization';
        return `${failed}${why}: server message: insufficient_scope: authorization failed`;
      }
      case 'rateLimited': {
        // Asked through a mirror on the node, as the recorded cluster had it.
        const url = `http://${this.#nodeAddress}:5000/${manifest}?ns=${name.domain}`;
        return `${failed}unexpected status from HEAD request to ${url}: 429 Too Many Requests`;
      }
      case 'unknownHost': {
        const host = name.domain.replace(/:\d+$/, '');
        const lookup = `lookup ${host} on ${this.#nodeAddress}:53: no such host`;
        const url = `https://${name.domain}/${manifest}`;
        return `${failed}failed to do request: Head "${url}": dial tcp: ${lookup}`;
      }
    }
  }
}
