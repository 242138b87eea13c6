/**
 * Who is at work at the moment shown, and what was last asked, stored and decided: what the boxes
 * light up and write, read from the spans. Changes at most once a frame.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { isDrawn } from '../../port/drawn.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { frameWallMs } from '../mirror/clock.ts';
import { mirror } from '../mirror/store.ts';
import type { MirrorState } from '../mirror/state.ts';
import { LASTING, lastBegun } from './tokens.ts';

export interface Activity {
  /** By component: the work item, scheduling cycle, Pod sync or CRI call that it is busy with. */
  readonly busy: ReadonlyMap<string, SpanRow>;
  /** Newest request, newest request that wrote into etcd, newest scheduling cycle; house-keeping does
   *  not count. */
  readonly request: SpanRow | null;
  readonly write: SpanRow | null;
  readonly decision: SpanRow | null;
  /** Objects written a moment ago. */
  readonly fresh: ReadonlySet<string>;
}

const IDLE: Activity = {
  busy: new Map(),
  request: null,
  write: null,
  decision: null,
  fresh: new Set(),
};

/** Spans looked at before the shown moment; enough for a busy second of a large cluster. */
const LOOK_BACK_SPANS = 3_000;

export function activityAt(
  spans: readonly SpanRow[],
  t: number,
  holdOf: (span: SpanRow) => number,
  limit: number = LOOK_BACK_SPANS,
): Activity {
  const busy = new Map<string, SpanRow>();
  const fresh = new Set<string>();
  const txns = new Map<number, SpanRow>();
  const newest: { request: SpanRow | null; write: SpanRow | null; decision: SpanRow | null } = {
    request: null,
    write: null,
    decision: null,
  };
  const last = lastBegun(spans, t);
  for (let i = last; i >= 0 && i > last - limit; i--) {
    const span = spans[i] as SpanRow;
    const going = span.end === LASTING || t < Math.max(span.end, span.start + holdOf(span));
    switch (span.kind) {
      case 'work':
      case 'schedule':
      case 'sync':
        if (going && !busy.has(span.from)) busy.set(span.from, span);
        if (span.kind === 'schedule') newest.decision ??= span;
        break;
      case 'cri':
        if (going && !busy.has(span.to)) busy.set(span.to, span);
        break;
      case 'etcd':
        txns.set(span.parent, span);
        break;
      case 'request': {
        if (!isDrawn(span)) break;
        newest.request ??= span;
        const txn = txns.get(span.id);
        // Stored is what has been committed, not what is on its way.
        if (txn === undefined || txn.end === LASTING || txn.end > t) break;
        newest.write ??= span;
        if (going) fresh.add(span.object);
        break;
      }
      default:
        break;
    }
  }
  return { busy, fresh, ...newest };
}

/** Keeps parts that are the same, so that selectors see no change. */
export function settleActivity(before: Activity, next: Activity): Activity {
  const busy = sameMap(before.busy, next.busy) ? before.busy : next.busy;
  const fresh = sameSet(before.fresh, next.fresh) ? before.fresh : next.fresh;
  return { ...next, busy, fresh };
}

function sameMap<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  if (a.size !== b.size) return false;
  for (const value of a) if (!b.has(value)) return false;
  return true;
}

export const activity = createStore<Activity>(() => IDLE);

export function useActivity<T>(selector: (state: Activity) => T): T {
  return useStore(activity, selector);
}

// --- How fast virtual time passes -----------------------------------------------------------------

/** Everything stays visible for about this long at least, in milliseconds of the reader's time. */
const VISIBLE_MS = 300;
/** Above this many virtual seconds a second nothing can be followed: wires are lit instead. */
const BLUR_RATE = 20;
/** Virtual microseconds in a wall millisecond at real time. */
const REAL_TIME = 1_000;

export interface Tempo {
  /** Shortest time a message is shown, in microseconds of virtual time. */
  readonly hold: number;
  /** Too fast for moving tokens. */
  readonly blur: boolean;
}

/**
 * |rate| is virtual microseconds a wall millisecond. The hold goes in powers of two, so that tokens
 * do not tremble with the measured rate.
 */
export function tempoOf(rate: number): Tempo {
  if (rate <= 0) return { hold: 0, blur: false };
  const hold = 2 ** Math.floor(Math.log2(Math.max(rate * VISIBLE_MS, 1)));
  return { hold, blur: rate > BLUR_RATE * REAL_TIME };
}

/** While time stands: what is under way at that moment, and what just was, as a step ends with it. */
const STANDING: Tempo = { hold: 1_500, blur: false };

/**
 * The hold by the moment from which on it held. When time begins to fly, what was over long ago must
 * not come back: a message keeps the hold of the time at which it began.
 */
export class Holds {
  #eras: { readonly from: number; readonly hold: number }[] = [];

  /** From virtual time |at| on messages are held for |hold| microseconds. */
  begin(at: number, hold: number): void {
    const last = this.#eras.at(-1);
    if (last?.hold === hold) return;
    // A jump back in time: nothing is known of what comes after.
    this.#eras = this.#eras.filter((era) => era.from < at).slice(-ERAS_KEPT);
    this.#eras.push({ from: at, hold });
  }

  of(start: number): number {
    for (let i = this.#eras.length - 1; i >= 0; i--) {
      const era = this.#eras[i];
      if (era !== undefined && era.from <= start) return era.hold;
    }
    return 0;
  }
}

const ERAS_KEPT = 32;

const holds = new Holds();
let standing = false;

/** How long |span| is shown at least, in microseconds of virtual time. */
export function holdOf(span: SpanRow): number {
  // When time slows down, what flew by under a long hold must not linger.
  return standing ? STANDING.hold : Math.min(holds.of(span.start), tempo.hold);
}

let tempo: Tempo = { hold: 0, blur: false };
let lastAt = 0;
let lastWallMs = 0;

export function currentTempo(): Tempo {
  return tempo;
}

/** Follows the mirror while the canvas is on the page. */
export function followMirror(): () => void {
  const take = (state: MirrorState): void => {
    const wallMs = frameWallMs();
    standing = !state.playing || state.past;
    if (standing) {
      tempo = STANDING;
    } else if (state.at > lastAt && wallMs > lastWallMs) {
      tempo = tempoOf((state.at - lastAt) / Math.max(wallMs - lastWallMs, 16));
      holds.begin(lastAt, tempo.hold);
    }
    lastAt = state.at;
    lastWallMs = wallMs;
    const next = activityAt(state.spans.all, state.at, holdOf);
    activity.setState(settleActivity(activity.getState(), next), true);
  };
  take(mirror.getState());
  return mirror.subscribe((state, before) => {
    if (state.version !== before.version) take(state);
  });
}
