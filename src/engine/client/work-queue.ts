/**
 * Rate-limited work queue of keys. A key is queued once however often it is added; while it is being
 * worked on, a further add makes it come again afterwards.
 *
 * Models: k8s.io/client-go util/workqueue (queue.go, delaying_queue.go, default_rate_limiters.go)
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Timer } from '../../kernel/event-queue.ts';

/** Back-off of a key that fails: |baseUs| doubling to |maxUs|. */
export interface RetryLimits {
  readonly baseUs: number;
  readonly maxUs: number;
}

/** DefaultTypedItemBasedRateLimiter: 5 ms doubling to 1000 s. */
const DEFAULT_RETRY: RetryLimits = { baseUs: 5_000, maxUs: 1_000_000_000 };

/** Causes kept of a key that several events have added; more would not fit on a screen. */
const MAX_CAUSES = 8;

export interface WorkItem {
  readonly key: string;
  /** Spans that made this key due, oldest first. */
  readonly causes: readonly number[];
  /** Virtual microseconds at which it was added. */
  readonly since: number;
  readonly periodic: boolean;
}

interface Entry {
  key: string;
  causes: number[];
  since: number;
  periodic: boolean;
}

export class WorkQueue {
  #kernel: Kernel;
  readonly #retry: RetryLimits;
  #queue: string[] = [];
  #head = 0;
  #dirty = new Map<string, Entry>();
  #processing = new Set<string>();
  #failures = new Map<string, number>();
  #timers = new Map<string, Timer>();
  /** Told when a key can be taken. */
  onReady: () => void = () => {};

  constructor(kernel: Kernel, retry: RetryLimits = DEFAULT_RETRY) {
    this.#kernel = kernel;
    this.#retry = retry;
  }

  /** Keys waiting (not those being worked on). */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Adds |key|; the kernel's current cause becomes one of its causes. */
  add(key: string): void {
    const { cause, periodic, now } = this.#kernel;
    const entry = this.#dirty.get(key);
    if (entry) {
      if (cause !== 0 && !entry.causes.includes(cause) && entry.causes.length < MAX_CAUSES) {
        entry.causes.push(cause);
      }
      if (!periodic) entry.periodic = false;
      return;
    }
    this.#dirty.set(key, { key, causes: cause === 0 ? [] : [cause], since: now, periodic });
    if (this.#processing.has(key)) return;
    this.#queue.push(key);
    this.onReady();
  }

  /** Adds |key| after |us| microseconds; an earlier pending time wins. */
  addAfter(key: string, us: number, periodic = this.#kernel.periodic): void {
    if (us <= 0) {
      this.add(key);
      return;
    }
    const pending = this.#timers.get(key);
    if (pending && !pending.fired && !pending.cancelled) {
      if (pending.at <= this.#kernel.now + us) return;
      this.#kernel.cancel(pending);
    }
    const timer = this.#kernel.after(
      us,
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      { periodic },
    );
    this.#timers.set(key, timer);
  }

  /** Adds |key| after its own back-off, which doubles with every failure. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseUs, maxUs } = this.#retry;
    this.addAfter(key, Math.min(baseUs * 2 ** Math.min(failures, 30), maxUs), false);
  }

  /** The key went well: its back-off starts again from the beginning. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Takes the next key to work on, or undefined. */
  take(): WorkItem | undefined {
    const key = this.#queue[this.#head];
    if (key === undefined) return undefined;
    this.#head++;
    if (this.#head > 256 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const entry = this.#dirty.get(key) as Entry;
    this.#dirty.delete(key);
    this.#processing.add(key);
    return entry;
  }

  /** The work on |key| has ended; if it was added meanwhile it is queued again. */
  done(key: string): void {
    this.#processing.delete(key);
    if (!this.#dirty.has(key)) return;
    this.#queue.push(key);
    this.onReady();
  }
}
