/**
 * Where the page stands in time, and how it gets on: playing at a pace, stepping, going back. The
 * present is the cluster's own; the past is only looked at.
 */
import { isDrawn } from '../../port/drawn.ts';
import type { Pace } from '../../port/protocol.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Span } from '../../kernel/trace.ts';
import type { Cluster } from '../cluster.ts';
import type { StepRecogniser } from '../view/ten-steps.ts';
import { MAX_REAL_MS, microsPerMs } from './pace.ts';

/** Events run in one portion at most; whoever pumps then looks at the clock and its messages. */
export const PORTION = 400;
/** `step` gives up after this much virtual time, or this many events (a second or two of work). */
const STEP_LIMIT_US = 120_000_000;
const STEP_LIMIT_EVENTS = 40_000;
/** A cluster at rest goes on at ten times real time when it may go as fast as it can. */
const MAX_RESTING_US_PER_MS = 10_000;
/** The past at full speed. */
const MAX_PAST_US_PER_MS = 100_000;
/** Spans looked through for the next one that is drawn. */
const MAX_SPANS_AHEAD = 5_000;
/** Stretches of one pump through the past. */
const MAX_PAST_STRETCHES = 100;

export type StepTo = 'step' | 'event';

export class Playback {
  playing = true;
  pace: Pace = 'story';
  #cluster: Cluster;
  #recogniser: StepRecogniser;
  /** Moment of the past that is looked at; null = now. */
  #viewAt: number | null = null;
  /** When something that was not periodic happened last. */
  #lastWorkAt: number;
  /** Parts of a microsecond that have passed. */
  #carry = 0;
  /** Real time that the last pump did not get through, in milliseconds. */
  #owedMs = 0;
  /** Drawn spans that have begun, and the last of them. */
  #drawn = 0;
  #lastDrawn = 0;

  constructor(cluster: Cluster, recogniser: StepRecogniser) {
    this.#cluster = cluster;
    this.#recogniser = recogniser;
    this.#lastWorkAt = cluster.kernel.now;
  }

  get past(): boolean {
    return this.#viewAt !== null;
  }

  /** Moment that is shown. */
  get at(): number {
    return this.#viewAt ?? this.#kernel.now;
  }

  /** Where history has been compacted to. */
  get oldestAt(): number {
    return Math.min(this.#cluster.server.store.oldestAt, this.#kernel.now);
  }

  get #kernel(): Kernel {
    return this.#cluster.kernel;
  }

  onSpan(span: Span): void {
    if (span.end >= 0 || span.id <= this.#lastDrawn || !isDrawn(span)) return;
    this.#lastDrawn = span.id;
    this.#drawn++;
  }

  /** Lets |realMs| of real time pass. True when there is more to do at once. */
  pump(realMs: number): boolean {
    const ms = Math.min(Math.max(realMs, 0) + this.#owedMs, MAX_REAL_MS);
    this.#owedMs = 0;
    if (this.#viewAt !== null) {
      this.#playPast(this.#viewAt, ms);
      return false;
    }
    return this.pace === 'max' ? this.#runFlat(ms) : this.#runPaced(ms);
  }

  toNow(): void {
    this.#viewAt = null;
  }

  seek(at: number | null): void {
    if (at === null || at >= this.#kernel.now) {
      this.toNow();
      return;
    }
    this.playing = false;
    this.#viewAt = Math.max(Math.floor(at), this.oldestAt);
  }

  step(to: StepTo): void {
    this.playing = false;
    const { past, at } = this;
    if (past) {
      this.seek(this.#moments(to).find((m) => m > at) ?? null);
      return;
    }
    const kernel = this.#kernel;
    const { added } = this.#recogniser;
    const drawn = this.#drawn;
    const there = (): boolean =>
      kernel.settled || (to === 'step' ? this.#recogniser.added > added : this.#drawn > drawn);
    kernel.runUntil(there, { maxTime: kernel.now + STEP_LIMIT_US, maxSteps: STEP_LIMIT_EVENTS });
    this.#lastWorkAt = kernel.now;
    this.#carry = 0;
  }

  stepBack(to: StepTo): void {
    this.playing = false;
    const { at } = this;
    const earlier = this.#moments(to).filter((m) => m < at);
    this.seek(earlier.at(-1) ?? Math.max(0, this.oldestAt));
  }

  /** Moments one can step to, in order. */
  #moments(to: StepTo): readonly number[] {
    const moments = new Set<number>();
    if (to === 'step') {
      for (const step of this.#recogniser.steps) moments.add(step.seen);
    } else {
      const { trace } = this.#kernel;
      for (const span of trace.from(trace.firstId)) if (isDrawn(span)) moments.add(span.start);
    }
    return [...moments].sort((a, b) => a - b);
  }

  /** From the last thing that happened to the next; null when only periodic work is due. */
  #gap(): number | null {
    const next = this.#kernel.nextWorkAt;
    return next === undefined ? null : next - this.#lastWorkAt;
  }

  /** Event by event: the pace may change at each, as when a quiet stretch ends within |ms|. */
  #runPaced(ms: number): boolean {
    const kernel = this.#kernel;
    let left = ms;
    for (let n = 0; n < PORTION; n++) {
      const rate = microsPerMs(this.pace, this.pace === 'story' ? this.#gap() : null);
      const next = kernel.nextAt;
      const wait = next === undefined ? Number.POSITIVE_INFINITY : next - kernel.now - this.#carry;
      if (wait > left * rate) {
        this.#carry += left * rate;
        const whole = Math.floor(this.#carry);
        this.#carry -= whole;
        kernel.advanceTo(kernel.now + whole);
        return false;
      }
      left -= Math.max(wait, 0) / rate;
      this.#carry = 0;
      this.#runOne();
    }
    this.#owedMs = left;
    return true;
  }

  #runFlat(ms: number): boolean {
    const kernel = this.#kernel;
    if (kernel.settled) {
      const until = kernel.now + Math.floor(ms * MAX_RESTING_US_PER_MS);
      kernel.runUntil(until, { maxSteps: PORTION });
    }
    for (let n = 0; n < PORTION && !kernel.settled; n++) this.#runOne();
    return !kernel.settled;
  }

  #runOne(): void {
    const kernel = this.#kernel;
    const work = kernel.nextWorkAt === kernel.nextAt;
    kernel.step();
    if (work) this.#lastWorkAt = kernel.now;
  }

  /** The past goes by as it did when it was the present: slowly where messages fly. */
  #playPast(from: number, ms: number): void {
    let at = from;
    let left = ms;
    for (let n = 0; n < MAX_PAST_STRETCHES && left > 0; n++) {
      const { before, after } = this.#drawnAround(at);
      const gap = after === null ? null : after - before;
      const perMs = this.pace === 'max' ? MAX_PAST_US_PER_MS : microsPerMs(this.pace, gap);
      const reach = at + left * perMs;
      if (after === null || reach < after) {
        at = reach;
        break;
      }
      left -= (after - at) / perMs;
      at = after;
    }
    if (at >= this.#kernel.now) this.toNow();
    else this.#viewAt = Math.floor(at);
  }

  /** Drawn moments next to |at|: the last one up to it, the first one after it. */
  #drawnAround(at: number): { before: number; after: number | null } {
    const { trace } = this.#kernel;
    let low = trace.firstId;
    let high = trace.lastId + 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((trace.get(mid) as Span).start <= at) low = mid + 1;
      else high = mid;
    }
    const find = (by: 1 | -1, first: number): number | null => {
      for (let id = first, n = 0; n < MAX_SPANS_AHEAD; id += by, n++) {
        const span = trace.get(id);
        if (!span) return null;
        if (isDrawn(span)) return span.start;
      }
      return null;
    };
    return { before: find(-1, low - 1) ?? at, after: find(1, low) };
  }
}
