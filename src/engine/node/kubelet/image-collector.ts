/**
 * Removes images that nobody uses when the disk gets full, those first that have not been used for
 * longest.
 *
 * Models: pkg/kubelet/images/image_gc_manager.go; pkg/kubelet/kubelet.go StartGarbageCollection
 * (v1.36)
 * Writes: Events of the Node: FreeDiskSpaceFailed, ImageGCFailed, InvalidDiskCapacity.
 * Simplified: imageMaximumGCAge is 0, as it is by default.
 */
import type { ImageStore } from '../runtime/images.ts';
import type { KubeletContext } from './context.ts';

/** ImageGCPeriod, and how often images are looked for (realImageGCManager.Start). */
const PERIOD_US = 300_000_000;
/** imageMinimumGCAge. */
const MIN_AGE_US = 120_000_000;
/** imageGCHighThresholdPercent, imageGCLowThresholdPercent. */
const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const UNIT = 1_024;

export interface CollectorParts {
  /** The file system that holds images. */
  readonly disk: { readonly capacityBytes: number; readonly freeBytes: number };
  /** Images, as Pods write them, that volumes show. */
  mounted(): Iterable<string>;
  event(type: 'Warning', reason: string, message: string): void;
}

interface Seen {
  readonly detectedAt: number;
  usedAt: number;
}

export class ImageCollector {
  readonly #context: KubeletContext;
  readonly #parts: CollectorParts;
  readonly #seen = new Map<string, Seen>();
  #failed = false;

  constructor(context: KubeletContext, parts: CollectorParts) {
    this.#context = context;
    this.#parts = parts;
  }

  start(): void {
    const { kernel, scope } = this.#context;
    this.#collect();
    const again = (): void => {
      kernel.after(
        PERIOD_US,
        () => {
          this.#collect();
          again();
        },
        { scope, periodic: true, cause: 0 },
      );
    };
    again();
  }

  /** DeleteUnusedImages: all that may go, for a node that is short of disk. Answers the bytes. */
  deleteUnused(): number {
    return this.#free(Number.POSITIVE_INFINITY);
  }

  #collect(): void {
    const problem = this.#garbageCollect();
    // Only repeated failures are worth an Event.
    if (problem !== null && this.#failed) this.#parts.event('Warning', 'ImageGCFailed', problem);
    this.#failed = problem !== null;
  }

  /** Null, or why it failed. */
  #garbageCollect(): string | null {
    const { capacityBytes, freeBytes } = this.#parts.disk;
    this.#detect();
    // A machine without a disk of its own has nothing to run out of.
    if (!Number.isFinite(capacityBytes)) return null;
    if (capacityBytes === 0) {
      const message = 'invalid capacity 0 on image filesystem';
      this.#parts.event('Warning', 'InvalidDiskCapacity', message);
      return message;
    }
    const usedPercent = 100 - Math.floor((freeBytes * 100) / capacityBytes);
    if (usedPercent < HIGH_PERCENT) return null;
    const wanted = Math.floor((capacityBytes * (100 - LOW_PERCENT)) / 100) - freeBytes;
    const freed = this.#free(wanted);
    if (freed >= wanted) return null;
    const message =
      "Insufficient free disk space on the node's image filesystem " +
      `(${usedPercent}% of ${formatSize(capacityBytes)} used). ` +
      `Failed to free sufficient space by deleting unused images (freed ${freed} bytes). ` +
      'Investigate disk usage, as it could be used by active images, logs, volumes, or other data.';
    this.#parts.event('Warning', 'FreeDiskSpaceFailed', message);
    return message;
  }

  get #images(): ImageStore {
    return this.#context.runtime.images;
  }

  /** Notes what is there and what is used now; answers the latter. */
  #detect(): ReadonlySet<string> {
    const { kernel, runtime } = this.#context;
    const used = new Set(runtime.imagesInUse());
    for (const reference of this.#parts.mounted()) {
      const image = this.#images.find(reference);
      if (image) used.add(image.id);
    }
    const present = new Set<string>();
    for (const { id } of this.#images.all()) {
      present.add(id);
      let seen = this.#seen.get(id);
      if (!seen) this.#seen.set(id, (seen = { detectedAt: kernel.now, usedAt: -Infinity }));
      if (used.has(id)) seen.usedAt = kernel.now;
    }
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    return used;
  }

  #free(wanted: number): number {
    const used = this.#detect();
    const { imageRecords, kernel } = this.#context;
    const candidates = this.#images
      .all()
      .filter(({ id, pinned }) => !pinned && !used.has(id))
      .map(({ id, sizeBytes }) => ({ id, sizeBytes, ...(this.#seen.get(id) as Seen) }))
      .sort((a, b) => compare(a.usedAt, b.usedAt) || compare(a.detectedAt, b.detectedAt));
    let freed = 0;
    for (const { detectedAt, id, sizeBytes } of candidates) {
      // Just pulled: a container is about to use it.
      if (kernel.now - detectedAt < MIN_AGE_US) continue;
      this.#images.remove(id);
      this.#seen.delete(id);
      freed += sizeBytes;
      if (freed >= wanted) break;
    }
    if (freed > 0) imageRecords.keepOnly(new Set(this.#images.all().map(({ id }) => id)));
    return freed;
  }
}

function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= UNIT && unit < UNITS.length - 1; unit++) size /= UNIT;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}
