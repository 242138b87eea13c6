/**
 * What the scheduler has decided about volumes and claims and the API server has not shown yet.
 *
 * Models: pkg/scheduler/framework/plugins/volumebinding passive_assume_cache.go (v1.36)
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/generated/types.ts';
import { keyFor, keyOf } from '../../../api/meta/object.ts';
import type { Lookup } from '../lookup.ts';

/** Holds as long as the API server shows |seen|: whatever it shows next is newer. */
interface Assumed<T> {
  readonly seen: T;
  readonly assumed: T;
}

export class AssumedVolumes {
  readonly #lookup: () => Lookup;
  readonly #volumes = new Map<string, Assumed<PersistentVolume>>();
  readonly #claims = new Map<string, Assumed<PersistentVolumeClaim>>();

  constructor(lookup: () => Lookup) {
    this.#lookup = lookup;
  }

  get lookup(): Lookup {
    return this.#lookup();
  }

  volume(name: string): PersistentVolume | undefined {
    return current(this.#volumes, name, this.lookup.volume(name));
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return current(this.#claims, keyFor(namespace, name), this.lookup.claim(namespace, name));
  }

  *volumesOfClass(name: string): Generator<PersistentVolume> {
    for (const seen of this.lookup.volumesOfClass(name)) {
      yield current(this.#volumes, seen.metadata.name, seen) ?? seen;
    }
  }

  assumeVolume(assumed: PersistentVolume): void {
    const { name } = assumed.metadata;
    const seen = this.lookup.volume(name);
    if (seen) this.#volumes.set(name, { seen, assumed });
  }

  assumeClaim(assumed: PersistentVolumeClaim): void {
    const { namespace = '', name } = assumed.metadata;
    const seen = this.lookup.claim(namespace, name);
    if (seen) this.#claims.set(keyOf(assumed), { seen, assumed });
  }

  forgetVolume(name: string): void {
    this.#volumes.delete(name);
  }

  forgetClaim(claim: PersistentVolumeClaim): void {
    this.#claims.delete(keyOf(claim));
  }
}

function current<T>(
  books: Map<string, Assumed<T>>,
  key: string,
  seen: T | undefined,
): T | undefined {
  const known = books.get(key);
  if (!known) return seen;
  if (known.seen === seen) return known.assumed;
  books.delete(key);
  return seen;
}
