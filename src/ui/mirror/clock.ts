/**
 * Smooth time for drawing. Frames come about ten times a second; between two of them the shown
 * moment runs evenly from the one before to the newest, one frame late, so tokens never jump back.
 */
import type { Frame } from '../../port/protocol.ts';

/** Longest stretch of wall time over which one frame's advance is spread, in milliseconds. */
const LONGEST_SPREAD_MS = 400;

interface Tick {
  /** Microseconds of virtual time. */
  readonly from: number;
  readonly to: number;
  readonly wallMs: number;
  readonly spreadMs: number;
}

let tick: Tick = { from: 0, to: 0, wallMs: 0, spreadMs: 1 };

export function clockTick(frame: Frame, wallMs: number): void {
  const shown = shownTime(wallMs);
  const spreadMs = Math.min(Math.max(wallMs - tick.wallMs, 1), LONGEST_SPREAD_MS);
  // A jump (seek, reset, step back) is a cut, not a movement.
  const cut = frame.whole || frame.at < tick.to;
  tick = { from: cut ? frame.at : shown, to: frame.at, wallMs, spreadMs };
}

/** Host time at which the newest frame came in. */
export function frameWallMs(): number {
  return tick.wallMs;
}

/** Virtual microseconds to draw at host time |wallMs| (`performance.now()`). */
export function shownTime(wallMs: number): number {
  const share = Math.min(Math.max((wallMs - tick.wallMs) / tick.spreadMs, 0), 1);
  return tick.from + (tick.to - tick.from) * share;
}

/** True while `shownTime` has not yet arrived at the newest frame. */
export function clockMoves(wallMs: number): boolean {
  return tick.from !== tick.to && wallMs - tick.wallMs < tick.spreadMs;
}
