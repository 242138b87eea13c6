/**
 * How much virtual time passes in a stretch of real time. Pure: the host asks, the wall is elsewhere.
 */
import type { Pace } from '../../port/protocol.ts';

/**
 * Story: while messages fly. A request takes about 2.4 ms and its watch event 0.6 ms, so that each
 * causal step is about a second and its token can be followed.
 */
const STORY_BUSY_US_PER_SECOND = 5_000;
/**
 * Story: a quiet stretch passes in this many seconds of watching, the longer the more, but never in
 * more than the most. The share goes with the root of its length: 10 ms in 0.15 s, 1 s in 0.6 s.
 */
const STORY_QUIET_LEAST_SECONDS = 0.1;
const STORY_QUIET_PER_ROOT_SECOND = 0.5;
const STORY_QUIET_MOST_SECONDS = 0.8;
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
      return Math.max(gapUs / quietSeconds(gapUs), STORY_BUSY_US_PER_SECOND) / 1_000;
    }
  }
}

function quietSeconds(gapUs: number): number {
  const rooted = STORY_QUIET_PER_ROOT_SECOND * Math.sqrt(gapUs / 1_000_000);
  return Math.min(STORY_QUIET_LEAST_SECONDS + rooted, STORY_QUIET_MOST_SECONDS);
}
