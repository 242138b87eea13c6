/**
 * Expectations: how many creations and deletions of its own a controller still has to see in its
 * cache before it may trust what it counts there.
 *
 * Models: pkg/controller/controller_utils.go ControllerExpectations, UIDTrackingControllerExpectations
 */
import type { Kernel } from '../../kernel/kernel.ts';

/** ExpectationsTimeout: after this long the cache is trusted again. */
const TIMEOUT_US = 5 * 60 * 1_000_000;

interface Expected {
  add: number;
  readonly deletions: Set<string>;
  readonly since: number;
}

export class Expectations {
  #kernel: Kernel;
  #expected = new Map<string, Expected>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** True when everything announced for |key| has been seen (or was given up long ago). */
  met(key: string): boolean {
    const e = this.#expected.get(key);
    if (!e) return true;
    if (e.add <= 0 && e.deletions.size === 0) return true;
    return this.#kernel.now - e.since > TIMEOUT_US;
  }

  expectCreations(key: string, count: number): void {
    this.#expected.set(key, { add: count, deletions: new Set(), since: this.#kernel.now });
  }

  /** |objects| are keys or uids, as long as `deletionSeen` is told the same. */
  expectDeletions(key: string, objects: readonly string[]): void {
    this.#expected.set(key, { add: 0, deletions: new Set(objects), since: this.#kernel.now });
  }

  /** Both at once, as the DaemonSet controller announces them. */
  expect(key: string, creations: number, deletions: readonly string[]): void {
    const { now } = this.#kernel;
    this.#expected.set(key, { add: creations, deletions: new Set(deletions), since: now });
  }

  creationSeen(key: string, count = 1): void {
    const e = this.#expected.get(key);
    if (e) e.add -= count;
  }

  deletionSeen(key: string, object: string): void {
    this.#expected.get(key)?.deletions.delete(object);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
