/**
 * What the Job controller remembers between syncs: finalizers it is taking off, failures since the
 * last success, Jobs it has finished but not yet seen finished.
 *
 * Models: kubernetes pkg/controller/job tracking_utils.go, backoff_utils.go (v1.36)
 */
import type { Pod } from '../../../api/generated/types.ts';
import type { ObjectKey } from '../../../api/meta/object.ts';
import { ConsistencyStore } from '../../client/consistency.ts';
import type { BackoffRecord } from './backoff.ts';

const NONE: ReadonlySet<string> = new Set();

export class JobMemory {
  readonly store = new ConsistencyStore();
  /** uids */
  readonly finished = new Set<string>();
  readonly #untracking = new Map<ObjectKey, Set<string>>();
  readonly #records = new Map<ObjectKey, BackoffRecord>();

  expectedUntracked(key: ObjectKey): ReadonlySet<string> {
    const expected = this.#untracking.get(key);
    return expected ? new Set(expected) : NONE;
  }

  expectUntracked(key: ObjectKey, pods: readonly Pod[]): void {
    const expected = this.#untracking.get(key) ?? new Set();
    for (const pod of pods) expected.add(pod.metadata.uid);
    this.#untracking.set(key, expected);
  }

  untracked(key: ObjectKey, uid: string): void {
    const expected = this.#untracking.get(key);
    if (expected?.delete(uid) && expected.size === 0) this.#untracking.delete(key);
  }

  record(key: ObjectKey): BackoffRecord | undefined {
    return this.#records.get(key);
  }

  setRecord(key: ObjectKey, record: BackoffRecord): void {
    this.#records.set(key, record);
  }

  /** The Job has ended. */
  forgetRecord(key: ObjectKey): void {
    this.#records.delete(key);
  }

  forget(key: ObjectKey, uid: string): void {
    this.#records.delete(key);
    this.#untracking.delete(key);
    this.finished.delete(uid);
    this.store.forget(key);
  }
}
