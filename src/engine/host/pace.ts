/**
 * How much virtual time passes in a stretch of real time. Pure: the host asks, the wall is elsewhere.
 */
import type { Pace } from '../../port/protocol.ts';

/**
 * Story: while messages fly. A request takes about 2.4 ms and its watch event 0.6 ms, so that each
 * causal step is about a second and its token can be followed.
 */
const STORY_BUSY_US_PER_SECOND = 4_000;
/** Story: a quiet stretch, however long, passes in this many seconds of watching. */
const STORY_QUIET_SECONDS = 0.8;
/** Gaps up to this long count as busy. */
const STORY_BUSY_GAP_US = 4_000;
/** Real stretches longer than this (a sleeping laptop, a hidden tab) do not leap. */
export const MAX_REAL_MS = 250;

/**
 * Microseconds of virtual time in a millisecond of real time; Infinity at full speed. |gapUs| is the
 * length of the present quiet stretch, from the last event to the next; null when nothing but
 * periodic work is due.
 */
export function microsPerMs(pace: Pace, gapUs: number | null): number {
  switch (pace) {
    case '1x':
      return 1_000;
    case '10x':
      return 10_000;
    case 'max':
      return Number.POSITIVE_INFINITY;
    case 'story': {
      if (gapUs === null) return 1_000;
      if (gapUs <= STORY_BUSY_GAP_US) return STORY_BUSY_US_PER_SECOND / 1_000;
      return Math.max(gapUs / STORY_QUIET_SECONDS, STORY_BUSY_US_PER_SECOND) / 1_000;
    }
  }
}
