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
import { MAX_REAL_MS, type Moment, type Rate, rateOf, type Telling, tellingOf } from './pace.ts';

/** Events run in one portion at most; whoever pumps then looks at the clock and its messages. */
export const PORTION = 250;
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

/** Requests of a person that are remembered. */
const MAX_ACTS = 1_000;
const PERSON = 'kubectl';

export type StepTo = 'step' | 'event';

export class Playback {
  playing = true;
  pace: Pace = 'story';
  #cluster: Cluster;
  #recogniser: StepRecogniser;
  /** Moment of the past that is looked at; null = now. */
  #viewAt: number | null = null;
  /** When something that is drawn began or ended last. */
  #movedAt: number;
  /** When requests of a person began: the story begins with them. */
  #acts: number[] = [];
  #telling: Telling & { readonly added: number } = { added: -1, slow: [], pods: 0 };
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
    this.#movedAt = cluster.kernel.now;
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
    if (!isDrawn(span)) return;
    this.#movedAt = this.#kernel.now;
    if (span.id <= this.#lastDrawn) return;
    if (span.kind === 'request' && span.from === PERSON) this.#onAct(span.start);
    this.#lastDrawn = span.id;
    this.#drawn++;
  }

  #onAct(at: number): void {
    this.#acts.push(at);
    if (this.#acts.length > MAX_ACTS) this.#acts.splice(0, MAX_ACTS / 2);
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

  /** The pace of now. */
  #rate(): Rate {
    return rateOf(this.pace, (): Moment => {
      const at = this.#kernel.now + this.#carry;
      return { settled: this.#cluster.atRest, quietUs: at - this.#movedAt, ...this.#told(at) };
    });
  }

  #told(at: number): Pick<Moment, 'sinceStepUs' | 'pods'> {
    const { added, steps } = this.#recogniser;
    if (this.#telling.added !== added) this.#telling = { added, ...tellingOf(steps) };
    const { slow, pods } = this.#telling;
    const sinceStepUs = at - Math.max(lastUpTo(slow, at), lastUpTo(this.#acts, at));
    return { sinceStepUs, pods };
  }

  /** Event by event: the pace may change at each, as when a quiet stretch ends within |ms|. */
  #runPaced(ms: number): boolean {
    const kernel = this.#kernel;
    let left = ms;
    for (let n = 0; n < PORTION; n++) {
      const { usPerMs, holdsUs } = this.#rate();
      const next = kernel.nextAt;
      const wait = next === undefined ? Number.POSITIVE_INFINITY : next - kernel.now - this.#carry;
      const stretch = Math.min(Math.max(wait, 0), holdsUs, left * usPerMs);
      left -= stretch / usPerMs;
      if (stretch === wait || wait <= 0) {
        this.#carry = 0;
        kernel.step();
        continue;
      }
      this.#carry += stretch;
      const whole = Math.floor(this.#carry);
      this.#carry -= whole;
      kernel.advanceTo(kernel.now + whole);
      if (left <= 0) return false;
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
    for (let n = 0; n < PORTION && !kernel.settled; n++) kernel.step();
    return !kernel.settled;
  }

  /** The past goes by as it did when it was the present: slowly where messages fly. */
  #playPast(from: number, ms: number): void {
    let at = from;
    let left = ms;
    for (let n = 0; n < MAX_PAST_STRETCHES && left > 0; n++) {
      const { before, after } = this.#drawnAround(at);
      const { usPerMs, holdsUs } = this.#pastRate(at, before, after);
      const stretch = Math.min(holdsUs, left * usPerMs, (after ?? Number.POSITIVE_INFINITY) - at);
      left -= stretch / usPerMs;
      at += stretch;
    }
    if (at >= this.#kernel.now) this.toNow();
    else this.#viewAt = Math.floor(at);
  }

  #pastRate(at: number, before: number, after: number | null): Rate {
    if (this.pace === 'max') {
      return { usPerMs: MAX_PAST_US_PER_MS, holdsUs: Number.POSITIVE_INFINITY };
    }
    return rateOf(this.pace, (): Moment => {
      return { settled: after === null, quietUs: at - before, ...this.#told(at) };
    });
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

/** The last of |moments| that is not after |at|; they are in order. */
function lastUpTo(moments: readonly number[], at: number): number {
  for (let i = moments.length - 1; i >= 0; i--) {
    const moment = moments[i] as number;
    if (moment <= at) return moment;
  }
  return Number.NEGATIVE_INFINITY;
}
