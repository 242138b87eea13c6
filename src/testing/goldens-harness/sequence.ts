/**
 * Plays a recorded sequence: exchanges at their times, watches that are open meanwhile. Each step
 * with an answer and each watch is scored by itself.
 */
import type { Json, JsonObject } from './case.ts';
import { unfold } from './case.ts';
import { type Difference, firstDifference, withRaces } from './compare.ts';
import { Bindings } from './placeholders.ts';
import type { Outcome } from './playable.ts';
import { apiRequest, exchangeDifference, type Exchange } from './run-case.ts';
import type { GoldenTarget, MakeTarget, WatchReader } from './target.ts';

export interface RecordedWatch {
  readonly request: Exchange['request'];
  readonly code: number;
  readonly events: readonly { readonly type: string; readonly object: Json }[];
  readonly closedBy: 'client' | 'server';
}

export interface SequenceStep {
  /** Milliseconds since the case began. */
  readonly at?: number;
  readonly label?: string;
  readonly request?: Exchange['request'];
  readonly response?: Exchange['response'];
  readonly watch?: RecordedWatch;
  readonly waitSeconds?: number;
  readonly waitFor?: string;
  readonly ms?: number;
}

export interface Sequence {
  readonly name: string;
  readonly steps: readonly SequenceStep[];
  readonly varies?: readonly string[];
}

/** The recorder waited as long for a state before it gave up. */
const MAX_WAIT_SECONDS = 40;
const POLL_SECONDS = 0.05;
const MAX_READS = 5;
const REREAD_SECONDS = 0.02;
/** What a client still hears of what it has just done. */
const LINGER_SECONDS = 0.1;

export function isUnit(step: SequenceStep): boolean {
  return step.response !== undefined || step.watch !== undefined;
}

export function playSequence(sequence: Sequence, makeTarget: MakeTarget): Outcome[] {
  return new SequencePlayer(sequence, makeTarget()).play();
}

class SequencePlayer {
  readonly #sequence: Sequence;
  readonly #target: GoldenTarget;
  readonly #bindings = new Bindings();
  readonly #varies: readonly string[];
  readonly #open = new Map<number, WatchReader>();
  /** Virtual second at which recorded time zero stands. */
  #zero: number;

  constructor(sequence: Sequence, target: GoldenTarget) {
    this.#sequence = sequence;
    this.#varies = withRaces(sequence.varies ?? []);
    this.#target = target;
    this.#zero = target.now;
  }

  play(): Outcome[] {
    const outcomes: Outcome[] = [];
    const { steps } = this.#sequence;
    for (const [i, step] of steps.entries()) {
      const difference = this.#step(step, i, steps[i + 1]);
      if (isUnit(step)) outcomes.push({ unit: `steps[${i}]`, difference });
    }
    return outcomes;
  }

  #step(step: SequenceStep, i: number, next: SequenceStep | undefined): Difference {
    if (step.waitSeconds !== undefined) {
      this.#target.waitSeconds(step.waitSeconds);
      return undefined;
    }
    if (step.waitFor !== undefined) {
      this.#waitFor(next, i + 1, (step.ms ?? 0) / 1000);
      return undefined;
    }
    if (step.watch) return this.#finishWatch(step, step.watch, i);
    if (!step.request || !step.response) return undefined;
    this.#advanceTo(step.at);
    const exchange = { request: step.request, response: step.response };
    if (step.request.method === 'GET') this.#settle(exchange, i);
    return this.#exchange(exchange, i, this.#bindings);
  }

  /** A reader may have come a moment before controllers, or after: a read can be asked again. */
  #settle(exchange: Exchange, i: number): void {
    for (let n = 0; n < MAX_READS; n++) {
      if (this.#exchange(exchange, i, this.#bindings.copy()) === undefined) return;
      this.#target.waitSeconds(REREAD_SECONDS);
    }
  }

  #exchange(exchange: Exchange, i: number, bindings: Bindings): Difference {
    const varies = this.#varies;
    return exchangeDifference(exchange, `steps[${i}].response`, this.#target, bindings, varies);
  }

  /** Runs until the next answer can be as recorded: what it asks is asked again and again. */
  #waitFor(next: SequenceStep | undefined, i: number, seconds: number): void {
    const { request, response } = next ?? {};
    if (!request || !response || request.method !== 'GET') {
      this.#target.waitSeconds(seconds);
    } else {
      const limit = this.#target.now + Math.max(MAX_WAIT_SECONDS, 2 * seconds);
      while (this.#target.now < limit) {
        const trial = this.#bindings.copy();
        if (this.#exchange({ request, response }, i, trial) === undefined) break;
        this.#target.waitSeconds(POLL_SECONDS);
      }
    }
    // Recorded times go on from here, however long it took.
    if (next?.at !== undefined) this.#zero = this.#target.now - next.at / 1000;
  }

  /** Moves on to a recorded time, and opens the watches that were opened until then. */
  #advanceTo(at: number | undefined): void {
    if (at === undefined) return;
    const { steps } = this.#sequence;
    const due = steps
      .map((step, i) => ({ step, i }))
      .filter(({ step, i }) => step.watch && (step.at ?? 0) <= at && !this.#open.has(i))
      .sort((a, b) => (a.step.at ?? 0) - (b.step.at ?? 0));
    for (const { step, i } of due) {
      this.#waitUntil(step.at ?? 0);
      const request = apiRequest((step.watch as RecordedWatch).request, this.#bindings);
      this.#open.set(i, this.#target.watch(request));
    }
    this.#waitUntil(at);
  }

  #waitUntil(at: number): void {
    const left = this.#zero + at / 1000 - this.#target.now;
    if (left > 0) this.#target.waitSeconds(left);
  }

  #finishWatch(step: SequenceStep, watch: RecordedWatch, i: number): Difference {
    this.#advanceTo(step.at);
    const reader = this.#open.get(i) as WatchReader;
    const last = Math.max(0, ...watch.events.map((e) => (e as { at?: number }).at ?? 0));
    this.#waitUntil(last);
    if (watch.closedBy === 'server') {
      const limit = this.#target.now + MAX_WAIT_SECONDS;
      while (!reader.ended && this.#target.now < limit) this.#target.waitSeconds(POLL_SECONDS);
    } else {
      this.#target.waitSeconds(LINGER_SECONDS);
    }
    const events = reader.events();
    const { ended } = reader;
    reader.close();
    const path = `steps[${i}].watch`;
    if (reader.code !== watch.code) return `${path}.code: ${reader.code}, expected ${watch.code}`;
    if (watch.closedBy === 'server' && !ended) return `${path}: the server did not close it`;
    const varies = this.#varies;
    return watchDifference(watch, events, path, this.#bindings, varies);
  }
}

/**
 * Events in order. How many MODIFIED events controllers cause, and how many bookmarks come, is only
 * typical in the recordings: where the counts differ, those without a counterpart are left out.
 */
export function watchDifference(
  watch: RecordedWatch,
  events: readonly Json[],
  path: string,
  bindings: Bindings,
  varies: readonly string[],
): Difference {
  const expected = watch.events.map(({ type, object }) => unfold({ type, object } as Json));
  const where = `${path}.events`;
  if (varies.includes(where))
    return firstDifference(expected, [...events], where, bindings, varies);
  let at = 0;
  for (const [n, want] of expected.entries()) {
    let difference: Difference;
    let found = false;
    for (let k = at; k < events.length && !found; k++) {
      const trial = bindings.copy();
      const trialDifference = firstDifference(want, events[k], `${where}[${n}]`, trial, varies);
      difference ??= trialDifference;
      if (trialDifference === undefined) {
        firstDifference(want, events[k], where, bindings, varies);
        at = k + 1;
        found = true;
      } else if (!isOptional(events[k] as Json)) break;
    }
    if (!found && !isOptional(want)) return difference ?? `${where}[${n}]: missing ${brief(want)}`;
  }
  const extra = events.slice(at).find((event) => !isOptional(event));
  return extra === undefined ? undefined : `${where}: not expected ${brief(extra)}`;
}

function isOptional(event: Json): boolean {
  const { type, object } = event as unknown as { type: string; object: JsonObject };
  if (type === 'MODIFIED') return true;
  const { annotations } = (object['metadata'] ?? {}) as { annotations?: object };
  return type === 'BOOKMARK' && annotations === undefined;
}

function brief(value: Json): string {
  return JSON.stringify(value).slice(0, 200);
}
