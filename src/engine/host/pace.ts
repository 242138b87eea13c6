/**
 * How much virtual time passes in a stretch of real time. Pure: playback asks, the wall is elsewhere.
 *
 * Story is slow where something happens for the first time, brisk where it happens again, and hurries
 * through what is quiet, the faster the longer it lasts: five minutes of back-off pass in less than a
 * second, yet the pace is that of the first moment again as soon as something moves.
 */
import type { Pace, StepRow } from '../../port/protocol.ts';

/**
 * Microseconds of virtual time in a millisecond of watching. A write takes about 2.4 ms and its watch
 * event 0.6 ms, so that each causal step takes about a second and its token can be followed.
 */
const STEP_RATE = 2;
/** A step is followed by the next one within this time. */
const STEP_LASTS_US = 3_500;
/** Other messages on their way. */
const BUSY_RATE = 12;
/** Quiet begins when nothing has moved for this long. */
const QUIET_AFTER_US = 3_000;
/** Share of the quiet so far that passes in a millisecond. */
const QUIET_GROWTH = 0.03;
/** Time itself, when nothing but periodic work is due. */
const REAL_RATE = 1_000;
/** Steps of a story that are told slowly: those on the way to a node, and of the first objects only. */
const LAST_SLOW_STEP = 8;
const SLOW_OBJECTS = 3;
/** A story of more Pods than this is told faster, in proportion. */
const PODS_AT_EASE = 10;
/** Real stretches longer than this (a sleeping laptop, a hidden tab) do not leap. */
export const MAX_REAL_MS = 250;

export interface Rate {
  /** Microseconds of virtual time in a millisecond of real time; Infinity at full speed. */
  readonly usPerMs: number;
  /** For how many microseconds it holds if nothing happens. */
  readonly holdsUs: number;
}

/** What Story depends on. */
export interface Moment {
  /** Nothing but periodic work is due, and nobody waits for a back-off to end. */
  readonly settled: boolean;
  /** Since something that is drawn began or ended. */
  readonly quietUs: number;
  /** Since a step that is told slowly; Infinity before any. */
  readonly sinceStepUs: number;
  /** Pods of the story so far. */
  readonly pods: number;
}

export function rateOf(pace: Pace, moment: () => Moment): Rate {
  switch (pace) {
    case '1x':
      return { usPerMs: REAL_RATE, holdsUs: Number.POSITIVE_INFINITY };
    case '10x':
      return { usPerMs: 10 * REAL_RATE, holdsUs: Number.POSITIVE_INFINITY };
    case 'max':
      return { usPerMs: Number.POSITIVE_INFINITY, holdsUs: Number.POSITIVE_INFINITY };
    case 'story':
      return storyRate(moment());
  }
}

export function storyRate({ settled, quietUs, sinceStepUs, pods }: Moment): Rate {
  if (sinceStepUs < STEP_LASTS_US) {
    return { usPerMs: STEP_RATE, holdsUs: STEP_LASTS_US - sinceStepUs };
  }
  if (settled) return { usPerMs: REAL_RATE, holdsUs: Number.POSITIVE_INFINITY };
  const busy = BUSY_RATE * Math.max(1, pods / PODS_AT_EASE);
  if (quietUs < QUIET_AFTER_US) return { usPerMs: busy, holdsUs: QUIET_AFTER_US - quietUs };
  // Held until the quiet has lasted twice as long.
  return { usPerMs: Math.max(busy, QUIET_GROWTH * quietUs), holdsUs: quietUs };
}

export interface Telling {
  /** Moments of the steps that are told slowly, in order. */
  readonly slow: readonly number[];
  /** Pods of the newest story. */
  readonly pods: number;
}

/** |steps| in the order in which they were recognised. */
export function tellingOf(steps: readonly StepRow[]): Telling {
  const slow: number[] = [];
  let seen = new Map<number, number>();
  for (const { step, seen: at } of steps) {
    if (step === 1) seen = new Map();
    const nth = (seen.get(step) ?? 0) + 1;
    seen.set(step, nth);
    if (step <= LAST_SLOW_STEP && nth <= SLOW_OBJECTS) slow.push(at);
  }
  return { slow, pods: seen.get(5) ?? seen.get(1) ?? 0 };
}
