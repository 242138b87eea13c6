/**
 * Discrete-event simulation: virtual time in microseconds, one queue, seeded random streams,
 * processes, the trace. Knows nothing of what is simulated, and never looks at the wall clock.
 *
 * 1. `now` only grows, and only between events.
 * 2. Events at the same time run in the order in which they were scheduled.
 * 3. Everything an event schedules inherits its cause and whether it is periodic, unless said otherwise.
 * 4. Bounds: events at one instant, events in the queue. Passing one stops the run.
 */
import { assert, EngineAssertion } from './assert.ts';
import { EventQueue, type Scope, Timer } from './event-queue.ts';
import { Process, type Proc, type SpawnOptions } from './process.ts';
import { Rng } from './rng.ts';
import { type Span, type SpanEnd, type SpanStart, Trace } from './trace.ts';

export const MICROS_PER_MS = 1_000;
export const MICROS_PER_SECOND = 1_000_000;

const MAX_EVENTS_AT_ONE_INSTANT = 2_000_000;
const MAX_QUEUED_EVENTS = 8_000_000;

export interface KernelConfig {
  readonly seed: number;
  /** Wall time that virtual time zero stands for, in milliseconds since 1970. */
  readonly epochMs: number;
  /** Virtual microseconds at which the run begins; negative = a time before zero. Default 0. */
  readonly startAt?: number;
  /** Spans kept. */
  readonly traceCapacity: number;
}

export interface TimerOptions {
  readonly periodic?: boolean;
  readonly cause?: number;
  readonly scope?: Scope | null;
}

interface Ambient {
  readonly cause: number;
  readonly periodic: boolean;
  readonly scope: Scope | null;
}

export class Kernel {
  readonly trace: Trace;
  readonly seed: number;
  readonly epochMs: number;
  #queue = new EventQueue();
  #now = 0;
  #seq = 0;
  #steps = 0;
  #atThisInstant = 0;
  #streams = new Map<string, Rng>();
  #failure: EngineAssertion | null = null;
  /** Span that is the cause of whatever is being done now. */
  cause = 0;
  /** Whether what is being done now is periodic work. */
  periodic = false;
  /** Component on whose behalf something is being done now. */
  scope: Scope | null = null;

  constructor(config: KernelConfig) {
    this.seed = config.seed;
    this.epochMs = config.epochMs;
    this.#now = config.startAt ?? 0;
    this.trace = new Trace(config.traceCapacity);
  }

  /** Microseconds of virtual time; zero is where outside acts may begin. */
  get now(): number {
    return this.#now;
  }

  /** Virtual wall time in milliseconds since 1970 (whole). */
  get nowMs(): number {
    return this.epochMs + Math.floor(this.#now / MICROS_PER_MS);
  }

  /** Events run so far. */
  get steps(): number {
    return this.#steps;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** True when nothing but periodic work is due. */
  get settled(): boolean {
    return this.#queue.work === 0;
  }

  get failure(): EngineAssertion | null {
    return this.#failure;
  }

  /** Time of the next event, or undefined. */
  get nextAt(): number | undefined {
    return this.#queue.peek()?.at;
  }

  /** Time of the next event that is not periodic, or undefined. */
  get nextWorkAt(): number | undefined {
    return this.#queue.peekWork()?.at;
  }

  rng(stream: string): Rng {
    let rng = this.#streams.get(stream);
    if (!rng) {
      rng = new Rng(this.seed, stream);
      this.#streams.set(stream, rng);
    }
    return rng;
  }

  /** Runs |run| after |us| microseconds; whole microseconds, never in the past. */
  after(us: number, run: () => void, options?: TimerOptions): Timer {
    return this.schedule(
      us,
      run,
      options?.periodic ?? this.periodic,
      options?.cause ?? this.cause,
      options?.scope === undefined ? this.scope : options.scope,
    );
  }

  /** Runs |run| at |at| microseconds. */
  at(at: number, run: () => void, options?: TimerOptions): Timer {
    return this.after(Math.max(0, at - this.#now), run, options);
  }

  schedule(
    us: number,
    run: () => void,
    periodic: boolean,
    cause: number,
    scope: Scope | null,
  ): Timer {
    const delay = us > 0 ? Math.round(us) : 0;
    const timer = new Timer(this.#now + delay, this.#seq++, run, periodic, cause, scope);
    this.#queue.push(timer);
    if (this.#queue.size > MAX_QUEUED_EVENTS) {
      throw this.#failed(`more than ${MAX_QUEUED_EVENTS} events wait in the queue`);
    }
    return timer;
  }

  cancel(timer: Timer): void {
    this.#queue.cancel(timer);
  }

  spawn<T>(name: string, body: Proc<T>, options: SpawnOptions = {}): Process<T> {
    return new Process<T>(this, name, body, options);
  }

  begin(span: SpanStart): Span {
    return this.trace.begin(this.#now, this.cause, span);
  }

  end(span: Span, end?: SpanEnd): void {
    this.trace.end(this.#now, span, end);
  }

  point(span: SpanStart): Span {
    return this.trace.point(this.#now, this.cause, span);
  }

  /** Runs the next event. False when there is none. */
  step(): boolean {
    if (this.#failure) throw this.#failure;
    const timer = this.#queue.pop();
    if (!timer) return false;
    if (timer.at > this.#now) {
      this.#now = timer.at;
      this.#atThisInstant = 0;
    } else if (++this.#atThisInstant > MAX_EVENTS_AT_ONE_INSTANT) {
      throw this.#failed(`more than ${MAX_EVENTS_AT_ONE_INSTANT} events at one instant`);
    }
    this.#steps++;
    if (timer.scope !== null && !timer.scope.alive) return true;
    this.cause = timer.cause;
    this.periodic = timer.periodic;
    this.scope = timer.scope;
    try {
      timer.run();
    } catch (error) {
      throw this.#failed(error instanceof Error ? error.message : String(error), error);
    } finally {
      this.cause = 0;
      this.periodic = false;
      this.scope = null;
    }
    if (this.#failure) throw this.#failure;
    return true;
  }

  /**
   * Runs until virtual time |until| (microseconds, inclusive) or until |done| answers true after an
   * event, at most |maxSteps| events. True when it got there.
   */
  runUntil(
    until: number | (() => boolean),
    limits: { maxSteps?: number; maxTime?: number } = {},
  ): boolean {
    const maxTime = typeof until === 'number' ? until : (limits.maxTime ?? Number.MAX_SAFE_INTEGER);
    const done = typeof until === 'number' ? null : until;
    const maxSteps = limits.maxSteps ?? Number.MAX_SAFE_INTEGER;
    if (done?.()) return true;
    for (let n = 0; n < maxSteps; n++) {
      const next = this.#queue.peek();
      if (!next || next.at > maxTime) {
        if (maxTime < Number.MAX_SAFE_INTEGER) this.#now = Math.max(this.#now, maxTime);
        return done === null;
      }
      this.step();
      if (done?.()) return true;
    }
    return false;
  }

  /** Lets quiet time pass: no event is due before |at|. */
  advanceTo(at: number): void {
    const next = this.#queue.peek()?.at ?? at;
    assert(next >= at, `an event is due at ${next}, before ${at}`);
    this.#now = Math.max(this.#now, at);
  }

  /** Time passes in which nothing happens: the machine was off. What was due is due that much later. */
  leap(us: number): void {
    assert(us >= 0 && Number.isSafeInteger(us), `a leap of ${us} µs`);
    this.#queue.shift(us);
    this.#now += us;
  }

  /** Called by a process before it runs; answers what to give back to `leave`. */
  enter(ambient: Ambient): Ambient {
    const before = { cause: this.cause, periodic: this.periodic, scope: this.scope };
    this.cause = ambient.cause;
    this.periodic = ambient.periodic;
    this.scope = ambient.scope;
    return before;
  }

  leave(before: Ambient): void {
    this.cause = before.cause;
    this.periodic = before.periodic;
    this.scope = before.scope;
  }

  /** Runs |body| with another cause, as work or periodic, on behalf of |scope|. */
  with<T>(cause: number, periodic: boolean, scope: Scope | null, body: () => T): T {
    const before = this.enter({ cause, periodic, scope });
    try {
      return body();
    } finally {
      this.leave(before);
    }
  }

  /** An error nobody waits for: the run stops with seed and step. */
  stopWith(error: unknown, where: string): void {
    this.#failed(`${where}: ${error instanceof Error ? error.message : String(error)}`, error);
  }

  #failed(message: string, cause?: unknown): EngineAssertion {
    this.#failure ??= new EngineAssertion(
      `${message} (seed ${this.seed}, step ${this.#steps}, t=${this.#now} µs)`,
      cause === undefined ? undefined : { cause },
    );
    return this.#failure;
  }
}
