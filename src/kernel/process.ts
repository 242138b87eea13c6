/**
 * Processes: generators that live for one exchange or one work item. A process yields a number of
 * microseconds to sleep, or something to wait for; the kernel resumes it. Lasting state never lives
 * in a process.
 *
 * Inside a process use `yield* sleep(us)`, `yield* wait(future)`, `yield* join(process)`.
 */
import type { Kernel } from './kernel.ts';
import type { Scope, Timer } from './event-queue.ts';

/** What a process may yield: microseconds to sleep, or a thing to wait for. */
export type Suspend = number | Waitable;

/** A process body that ends with a T. */
export type Proc<T = void> = Generator<Suspend, T, unknown>;

export interface Waitable {
  /** Calls `waiter.wake(value)` or `waiter.wakeError(error)` once, later, never within this call. */
  subscribe(waiter: Waiter): void;
  unsubscribe(waiter: Waiter): void;
}

export interface Waiter {
  readonly kernel: Kernel;
  wake(value: unknown): void;
  wakeError(error: unknown): void;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

export interface SpawnOptions {
  /** Span that is the cause of what this process does. Default: that of the running process. */
  readonly cause?: number;
  /** Heartbeats and resyncs: does not keep the cluster from being settled. Default: inherited. */
  readonly periodic?: boolean;
  /** Component it belongs to; it ends with it. Default: that of the running process. */
  readonly scope?: Scope | null;
  /** The error is kept for a later join instead of stopping the run. */
  readonly joined?: boolean;
  /** Told when the process fails; the run then goes on. */
  readonly onError?: (error: unknown) => void;
}

const NOBODY: readonly Waiter[] = [];

export class Process<T = unknown> implements Waitable, Waiter {
  readonly kernel: Kernel;
  readonly name: string;
  outcome: Outcome<T> | null = null;
  cause: number;
  readonly periodic: boolean;
  readonly scope: Scope | null;
  #gen: Proc<T>;
  #waitingFor: Waitable | null = null;
  #timer: Timer | null = null;
  #value: unknown = undefined;
  #isError = false;
  #waiters: Waiter[] | null = null;
  #options: SpawnOptions;

  constructor(kernel: Kernel, name: string, gen: Proc<T>, options: SpawnOptions) {
    this.kernel = kernel;
    this.name = name;
    this.#gen = gen;
    this.#options = options;
    this.cause = options.cause ?? kernel.cause;
    this.periodic = options.periodic ?? kernel.periodic;
    this.scope = options.scope === undefined ? kernel.scope : options.scope;
    this.#schedule(0, undefined, false);
  }

  get done(): boolean {
    return this.outcome !== null;
  }

  wake(value: unknown): void {
    this.#waitingFor = null;
    this.#schedule(0, value, false);
  }

  wakeError(error: unknown): void {
    this.#waitingFor = null;
    this.#schedule(0, error, true);
  }

  /** Ends the process where it waits; its `finally` blocks run. */
  cancel(): void {
    if (this.outcome) return;
    if (this.#timer) this.kernel.cancel(this.#timer);
    this.#waitingFor?.unsubscribe(this);
    this.#waitingFor = null;
    this.#timer = null;
    this.#finish({ ok: false, error: new Cancelled(this.name) }, true);
    this.#gen.return(undefined as never);
  }

  /** Waits for the end, however it ends. */
  *finished(): Proc<Outcome<T>> {
    if (!this.outcome) {
      try {
        yield this;
      } catch {
        // The outcome carries the error.
      }
    }
    return this.outcome as unknown as Outcome<T>;
  }

  subscribe(waiter: Waiter): void {
    if (!this.outcome) {
      (this.#waiters ??= []).push(waiter);
      return;
    }
    if (this.outcome.ok) waiter.wake(this.outcome.value);
    else waiter.wakeError(this.outcome.error);
  }

  unsubscribe(waiter: Waiter): void {
    const i = this.#waiters?.indexOf(waiter) ?? -1;
    if (i >= 0) this.#waiters?.splice(i, 1);
  }

  /** What the process goes on with waits in fields: one closure serves all of its events. */
  #schedule(delay: number, value: unknown, isError: boolean): void {
    this.#value = value;
    this.#isError = isError;
    this.#timer = this.kernel.schedule(delay, this.#step, this.periodic, this.cause, this.scope);
  }

  /** Runs as an event of its own, with the cause, periodicity and scope of this process. */
  #step = (): void => {
    const value = this.#value;
    this.#timer = null;
    this.#value = undefined;
    let result: IteratorResult<Suspend, T>;
    try {
      result = this.#isError ? this.#gen.throw(value) : this.#gen.next(value);
    } catch (error) {
      this.#finish({ ok: false, error }, false);
      return;
    }
    if (this.outcome) return; // cancelled itself
    if (result.done) {
      this.#finish({ ok: true, value: result.value }, false);
      return;
    }
    if (typeof result.value === 'number') {
      this.#schedule(result.value, undefined, false);
      return;
    }
    this.#waitingFor = result.value;
    result.value.subscribe(this);
  };

  #finish(outcome: Outcome<T>, cancelled: boolean): void {
    this.outcome = outcome;
    const waiters = this.#waiters ?? NOBODY;
    this.#waiters = null;
    for (const waiter of waiters) {
      if (outcome.ok) waiter.wake(outcome.value);
      else waiter.wakeError(outcome.error);
    }
    if (outcome.ok || cancelled || waiters.length > 0 || this.#options.joined) return;
    if (this.#options.onError) this.#options.onError(outcome.error);
    else this.kernel.stopWith(outcome.error, this.name);
  }
}

/** Lets |us| microseconds of virtual time pass. */
export function* sleep(us: number): Proc {
  yield us;
}

export function* wait<T>(waitable: Waitable & { readonly __type?: T }): Proc<T> {
  return (yield waitable) as T;
}

/** Waits for a process; its error is thrown here. */
export function* join<T>(process: Process<T>): Proc<T> {
  return (yield process) as T;
}

/** Runs all bodies at once and waits for all; none of their errors is lost or thrown. */
export function* all<T>(
  kernel: Kernel,
  name: string,
  bodies: readonly Proc<T>[],
): Proc<Outcome<T>[]> {
  const processes = bodies.map((body) => kernel.spawn(name, body, { joined: true }));
  const outcomes: Outcome<T>[] = [];
  for (const process of processes) {
    if (!process.done) {
      try {
        yield process;
      } catch {
        // The outcome below carries the error.
      }
    }
    outcomes.push(process.outcome as Outcome<T>);
  }
  return outcomes;
}
