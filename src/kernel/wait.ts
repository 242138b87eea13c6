/** Things a process can wait for: a value that comes once, a signal, a bounded channel. */
import { assert } from './assert.ts';
import type { Waitable, Waiter } from './process.ts';

/** A value or error that comes once. Waiting after it came returns it at once. */
export class Future<T> implements Waitable {
  declare readonly __type?: T;
  #settled: { ok: boolean; value: unknown } | null = null;
  #waiters: Waiters = null;

  get settled(): boolean {
    return this.#settled !== null;
  }

  resolve(value: T): void {
    this.#settle(true, value);
  }

  reject(error: unknown): void {
    this.#settle(false, error);
  }

  #settle(ok: boolean, value: unknown): void {
    if (this.#settled) return;
    this.#settled = { ok, value };
    const waiters = this.#waiters;
    this.#waiters = null;
    wakeAll(waiters, ok, value);
  }

  subscribe(waiter: Waiter): void {
    if (!this.#settled) this.#waiters = withWaiter(this.#waiters, waiter);
    else if (this.#settled.ok) waiter.wake(this.#settled.value);
    else waiter.wakeError(this.#settled.value);
  }

  unsubscribe(waiter: Waiter): void {
    this.#waiters = withoutWaiter(this.#waiters, waiter);
  }
}

/** Wakes everybody who waits at the moment it fires. */
export class Signal<T = void> implements Waitable {
  declare readonly __type?: T;
  #waiters: Waiters = null;

  fire(value: T): void {
    const waiters = this.#waiters;
    this.#waiters = null;
    wakeAll(waiters, true, value);
  }

  subscribe(waiter: Waiter): void {
    this.#waiters = withWaiter(this.#waiters, waiter);
  }

  unsubscribe(waiter: Waiter): void {
    this.#waiters = withoutWaiter(this.#waiters, waiter);
  }
}

/** Mostly there is one: it takes no list. */
type Waiters = Waiter | Waiter[] | null;

function withWaiter(waiters: Waiters, waiter: Waiter): Waiters {
  if (waiters === null) return waiter;
  if (!Array.isArray(waiters)) return [waiters, waiter];
  waiters.push(waiter);
  return waiters;
}

function withoutWaiter(waiters: Waiters, waiter: Waiter): Waiters {
  if (waiters === waiter) return null;
  if (!Array.isArray(waiters)) return waiters;
  const i = waiters.indexOf(waiter);
  if (i >= 0) waiters.splice(i, 1);
  return waiters.length === 0 ? null : waiters;
}

function wakeAll(waiters: Waiters, ok: boolean, value: unknown): void {
  if (waiters === null) return;
  if (!Array.isArray(waiters)) {
    ok ? waiters.wake(value) : waiters.wakeError(value);
    return;
  }
  for (const w of waiters) ok ? w.wake(value) : w.wakeError(value);
}

/** Marks the end of a channel. */
export const CLOSED: unique symbol = Symbol('closed');

/**
 * A bounded queue between a producer and one consumer. `push` answers false when it is full: the
 * producer decides whether to drop, to wait or to end the consumer (back-pressure).
 */
export class Channel<T> implements Waitable {
  declare readonly __type?: T | typeof CLOSED;
  #items: T[] = [];
  #head = 0;
  #waiter: Waiter | null = null;
  #closed = false;

  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  push(item: T): boolean {
    if (this.#closed || this.length >= this.capacity) return false;
    if (this.#waiter) {
      const w = this.#waiter;
      this.#waiter = null;
      w.wake(item);
      return true;
    }
    this.#items.push(item);
    return true;
  }

  /** What is queued, without waiting. */
  take(): T | undefined {
    if (this.#head >= this.#items.length) return undefined;
    const item = this.#items[this.#head++] as T;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  close(): void {
    this.#closed = true;
    const w = this.#waiter;
    this.#waiter = null;
    w?.wake(CLOSED);
  }

  subscribe(waiter: Waiter): void {
    assert(this.#waiter === null, 'a channel has one consumer');
    const item = this.take();
    if (item !== undefined) waiter.wake(item);
    else if (this.#closed) waiter.wake(CLOSED);
    else this.#waiter = waiter;
  }

  unsubscribe(waiter: Waiter): void {
    if (this.#waiter === waiter) this.#waiter = null;
  }
}
