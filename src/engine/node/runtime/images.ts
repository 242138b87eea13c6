/**
 * The images on one node, and pulling more: time by size and bandwidth; layers that are already
 * there, or on their way, are not pulled again.
 *
 * Models: containerd's CRI image service (PullImage, ImageStatus, ListImages, RemoveImage). Which
 * images exist, and who may have them, the registries know (engine/images/registry).
 * Simplified: unpacking is part of the modelled time; unpacked files take twice the compressed size.
 */
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import type { Account } from '../../images/registry/hosts.ts';
import { refusalText } from '../../images/registry/refusals.ts';
import {
  Registry,
  type RegistryCaller,
  type RegistryRefusal,
} from '../../images/registry/registry.ts';
import { fullName, type ImageName, parseImageName, repositoryOf } from './image-name.ts';
import type { ImageDefinition, ImageTag } from './program.ts';
import { compareText } from './text.ts';
import { Transfers } from './transfers.ts';

/** An image of the node. */
export interface PulledImage {
  readonly definition: ImageDefinition;
  readonly tag: string;
  /** `sha256:…`: what the runtime calls it. */
  readonly id: string;
  /** `docker.io/library/nginx@sha256:…`: imageID of container statuses. */
  readonly reference: string;
  /** `docker.io/library/nginx:1.25`; '' when it has no tag here. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** A refusal of the runtime, in the words that come through its gRPC client. */
export class PullError extends Error {
  override readonly name = 'PullError';
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
/** Compressed blob and unpacked snapshot, as against the compressed blob alone. */
const DISK_PER_BYTE = 3;
/** nodeStatusMaxImages, MaxNamesPerImageInNodeStatus (pkg/kubelet, v1.36). */
const MAX_LISTED = 50;
const MAX_NAMES = 5;
/** The sandbox image: containerd pins it. */
const PINNED = 'registry.k8s.io/pause';

class StoredImage implements PulledImage {
  readonly definition: ImageDefinition;
  readonly tag: string;
  readonly id: string;
  readonly sizeBytes: number;
  readonly pinned: boolean;
  /** `repository:tag` and `repository@digest`, each in order. */
  tags: string[] = [];
  digests: string[] = [];

  constructor(definition: ImageDefinition, tag: string) {
    const { digest, sizeBytes } = definition.tags[tag] as ImageTag;
    this.definition = definition;
    this.tag = tag;
    this.id = digest;
    this.sizeBytes = sizeBytes;
    this.pinned = definition.repository === PINNED;
  }

  get name(): string {
    return this.tags[0] ?? '';
  }

  get reference(): string {
    return this.digests[0] ?? this.id;
  }

  get layers(): readonly { readonly digest: string; readonly sizeBytes: number }[] {
    const { layers, digest, sizeBytes } = this.definition.tags[this.tag] as ImageTag;
    return layers ?? [{ digest, sizeBytes }];
  }

  /** True when it was not called that before. */
  addName(name: ImageName): boolean {
    const repository = repositoryOf(name);
    const before = this.tags.length + this.digests.length;
    this.digests = withText(this.digests, `${repository}@${this.id}`);
    if (name.tag !== '' && name.digest === '') {
      this.tags = withText(this.tags, `${repository}:${name.tag}`);
    }
    return this.tags.length + this.digests.length > before;
  }
}

/** A layer on its way; it does not come when whoever fetches it has ended. */
interface Coming {
  readonly done: Future<void>;
  readonly scope: Scope | null;
}

/** The disk that images share with the rest of the machine. */
export interface StoreDisk {
  /** False when they do not fit. */
  take(bytes: number, held: number): boolean;
}

interface Resolved {
  readonly name: ImageName;
  readonly definition: ImageDefinition;
  readonly tag: string;
}

export class ImageStore {
  readonly bytesPerSecond: number;
  readonly #kernel: Kernel;
  readonly #rng: Rng;
  readonly #nodeAddress: string;
  readonly #registry: Registry;
  readonly #transfers: Transfers;
  readonly #disk: StoreDisk | null;
  /** By full name and by reference. */
  readonly #byName = new Map<string, StoredImage>();
  readonly #byId = new Map<string, StoredImage>();
  /** Layers on the disk, with their sizes; on their way: done when they are there. */
  readonly #layers = new Map<string, number>();
  readonly #coming = new Map<string, Coming>();
  readonly #pulling = new Map<string, () => number>();
  #layerBytes = 0;
  /** Told when the list of images has changed. */
  onChange: (() => void) | null = null;

  constructor(
    kernel: Kernel,
    rng: Rng,
    registry: Registry | readonly ImageDefinition[],
    nodeAddress: string,
    bytesPerSecond = DEFAULT_PULL_BYTES_PER_SECOND,
    disk: StoreDisk | null = null,
  ) {
    this.#kernel = kernel;
    this.#rng = rng;
    this.#nodeAddress = nodeAddress;
    this.bytesPerSecond = bytesPerSecond;
    this.#registry = registry instanceof Registry ? registry : new Registry(registry);
    this.#transfers = new Transfers(kernel, bytesPerSecond);
    this.#disk = disk;
  }

  /** The image, if it is on the node; undefined also for names that are none. */
  find(text: string): PulledImage | undefined {
    const byId = this.#byId.get(text);
    if (byId) return byId;
    const name = parseImageName(text);
    return 'error' in name ? undefined : this.#byName.get(fullName(name));
  }

  /** What an image volume shows of an image of this node: the files of its definition. */
  tree(text: string): ImageDefinition | undefined {
    return this.find(text)?.definition;
  }

  /** Percent of the running pull of this image; null when it is not being pulled. */
  progress(text: string): number | null {
    const name = parseImageName(text);
    const percent = 'error' in name ? undefined : this.#pulling.get(fullName(name));
    return percent ? percent() : null;
  }

  /** Every image once. */
  all(): readonly (PulledImage & { readonly pinned: boolean })[] {
    return [...this.#byId.values()];
  }

  /** Bytes that layers and unpacked files take of the disk. */
  get diskBytes(): number {
    return this.#layerBytes * DISK_PER_BYTE;
  }

  /** As a Node's status lists them: the largest first. */
  list(): readonly { readonly names: readonly string[]; readonly sizeBytes: number }[] {
    return this.#sorted()
      .slice(0, MAX_LISTED)
      .map(({ digests, sizeBytes, tags }) => ({
        names: [...digests, ...tags].slice(0, MAX_NAMES),
        sizeBytes,
      }));
  }

  /** Puts an image on the node without a pull: what the machine was set up with. */
  preload(text: string): void {
    const found = this.#resolve(text, undefined);
    if (found instanceof PullError) return;
    for (const { digest, sizeBytes } of layersOf(found)) this.#addLayer(digest, sizeBytes);
    this.#add(found);
  }

  /** PullImage. Throws PullError with the runtime's words. */
  *pull(text: string, account?: Account): Proc<PulledImage> {
    const found = this.#resolve(text, account);
    if (found instanceof PullError) {
      yield this.#rng.latency(REFUSE);
      throw found;
    }
    yield this.#rng.latency(RESOLVE);
    if (!this.#byId.has(tagOf(found).digest)) this.#spend(found, account);
    yield* this.#fetch(found);
    return this.#add(found);
  }

  /** RemoveImage: layers that no other image has go with it. Answers the bytes it was. */
  remove(id: string): number {
    const image = this.#byId.get(id);
    if (!image) return 0;
    this.#byId.delete(id);
    for (const name of [...image.tags, ...image.digests]) this.#byName.delete(name);
    const kept = new Set<string>();
    for (const other of this.#byId.values()) for (const l of other.layers) kept.add(l.digest);
    for (const { digest, sizeBytes } of image.layers) {
      if (kept.has(digest) || !this.#layers.delete(digest)) continue;
      this.#layerBytes -= sizeBytes;
      this.#disk?.take(-sizeBytes * DISK_PER_BYTE, 0);
    }
    this.onChange?.();
    return image.sizeBytes;
  }

  #sorted(): StoredImage[] {
    return [...this.#byId.values()].sort(
      (a, b) => b.sizeBytes - a.sizeBytes || compareText(a.reference, b.reference),
    );
  }

  *#fetch(found: Resolved): Proc {
    const key = fullName(found.name);
    const missing = layersOf(found).filter((l) => !this.#layers.has(l.digest));
    const isComing = (digest: string): boolean => {
      const coming = this.#coming.get(digest);
      return coming !== undefined && coming.scope?.alive !== false;
    };
    const own = missing.filter((l) => !isComing(l.digest));
    const others = missing.flatMap((l) =>
      isComing(l.digest) ? (this.#coming.get(l.digest)?.done ?? []) : [],
    );
    const come: Coming = { done: new Future<void>(), scope: this.#kernel.scope };
    for (const { digest } of own) this.#coming.set(digest, come);
    const bytes = own.reduce((sum, l) => sum + l.sizeBytes, 0);
    try {
      if (bytes > 0) {
        yield* this.#transfers.run(bytes, this.#limit(found), (percent) =>
          this.#pulling.set(key, percent),
        );
        for (const { digest, sizeBytes } of own) {
          if (!this.#addLayer(digest, sizeBytes)) throw noSpace(found, digest);
        }
      }
    } finally {
      this.#pulling.delete(key);
      for (const { digest } of own) this.#coming.delete(digest);
      come.done.resolve();
    }
    for (const other of others) yield* wait(other);
  }

  #add({ name, definition, tag }: Resolved): StoredImage {
    const { digest } = definition.tags[tag] as ImageTag;
    let image = this.#byId.get(digest);
    if (!image) this.#byId.set(digest, (image = new StoredImage(definition, tag)));
    const isNew = image.addName(name);
    const full = fullName(name);
    const before = this.#byName.get(full);
    // A tag that has moved to another image leaves the older one without it.
    if (before && before !== image) before.tags = before.tags.filter((t) => t !== full);
    this.#byName.set(full, image);
    this.#byName.set(`${repositoryOf(name)}@${digest}`, image);
    if (isNew) this.onChange?.();
    return image;
  }

  /** False when there is no room for it. */
  #addLayer(digest: string, sizeBytes: number): boolean {
    if (this.#layers.has(digest)) return true;
    if (this.#disk && !this.#disk.take(sizeBytes * DISK_PER_BYTE, 0)) return false;
    this.#layers.set(digest, sizeBytes);
    this.#layerBytes += sizeBytes;
    return true;
  }

  /** Bandwidth varies by a quarter from pull to pull. */
  #limit(found: Resolved): number {
    const percent = this.#rng.between(80, 125);
    const line = Math.min(tagOf(found).bytesPerSecond ?? this.bytesPerSecond, this.bytesPerSecond);
    return Math.floor((line * 100) / percent);
  }

  #caller(account: Account | undefined): RegistryCaller {
    return { address: this.#nodeAddress, account, now: this.#kernel.now };
  }

  #spend(found: Resolved, account: Account | undefined): void {
    if (this.#registry.spend(found.name, this.#caller(account))) return;
    throw this.#refusal('budgetSpent', found.name, tagOf(found).digest);
  }

  #resolve(text: string, account: Account | undefined): Resolved | PullError {
    const name = parseImageName(text);
    if ('error' in name) return new PullError(name.error);
    const answer = this.#registry.ask(name, this.#caller(account));
    if (answer.kind !== 'found') return this.#refusal(answer.kind, name);
    return { name, definition: answer.definition, tag: answer.tag };
  }

  #refusal(kind: RegistryRefusal, name: ImageName, digest?: string): PullError {
    const host = this.#registry.host(name.domain);
    const nodeAddress = this.#nodeAddress;
    const more = digest === undefined ? {} : { digest };
    return new PullError(refusalText({ kind, name, host, nodeAddress, ...more }));
  }
}

function tagOf({ definition, tag }: Resolved): ImageTag {
  return definition.tags[tag] as ImageTag;
}

const INGEST = '/var/lib/containerd/io.containerd.content.v1.content/ingest';

function noSpace({ name }: Resolved, digest: string): PullError {
  const file = `${INGEST}/${digest.replace('sha256:', '')}/data`;
  return new PullError(
    `failed to pull and unpack image "${fullName(name)}": failed to copy: write ${file}: ` +
      'no space left on device',
  );
}

function layersOf(
  found: Resolved,
): readonly { readonly digest: string; readonly sizeBytes: number }[] {
  const { layers, digest, sizeBytes } = tagOf(found);
  return layers ?? [{ digest, sizeBytes }];
}

function withText(list: readonly string[], text: string): string[] {
  return list.includes(text) ? [...list] : [...list, text].sort(compareText);
}
