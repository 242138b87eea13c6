/**
 * Scales of the swimlanes: from a moment to its place, 0 to 1, and back.
 *
 * The even scale gives each second the same width. The story scale gives room to what happens and
 * little to the quiet between: a gap is as wide as the logarithm of its length.
 */
export interface Axis {
  /** Microseconds at the two ends. */
  readonly from: number;
  readonly to: number;
  /** Where |at| lies; below 0 or above 1 outside the ends. */
  share(at: number): number;
  moment(share: number): number;
}

/** A gap of this length counts as one unit, in microseconds; shorter ones hardly count. */
const UNIT_US = 2_000;
/** More moments than this have no room to be told apart. */
export const MOMENTS_SHOWN = 300;

export function evenAxis(from: number, to: number): Axis {
  const span = Math.max(to - from, 1);
  return {
    from,
    to,
    share: (at) => (at - from) / span,
    moment: (share) => from + share * span,
  };
}

/** |moments|: when something began or ended, in any order. */
export function storyAxis(moments: readonly number[], from: number, to: number): Axis {
  const inside = [...new Set(moments)].filter((at) => at > from && at < to).sort((a, b) => a - b);
  const shown = inside.slice(-MOMENTS_SHOWN);
  const start = shown.length < inside.length ? (shown[0] as number) : from;
  const knots = [start, ...shown.filter((at) => at > start), Math.max(to, start + 1)];
  const places = [0];
  for (let i = 1; i < knots.length; i++) {
    const gap = (knots[i] as number) - (knots[i - 1] as number);
    places.push((places[i - 1] as number) + Math.log1p(gap / UNIT_US));
  }
  const whole = places[places.length - 1] as number;
  const shares = places.map((place) => place / whole);
  return {
    from: start,
    to,
    share: (at) => between(knots, shares, at),
    moment: (share) => between(shares, knots, share),
  };
}

/** Value of the line through the points (|xs|, |ys|) at |x|; beyond the ends it goes on straight. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) <= x) low = middle;
    else high = middle;
  }
  const x0 = xs[low] as number;
  const y0 = ys[low] as number;
  const slope = ((ys[high] as number) - y0) / Math.max((xs[high] as number) - x0, Number.EPSILON);
  return y0 + (x - x0) * slope;
}

/** 1, 2 or 5 times a power of ten, not below |least|. */
export function tickStep(least: number): number {
  let step = 1;
  while (step * 10 <= least) step *= 10;
  for (const factor of [1, 2, 5]) if (step * factor >= least) return step * factor;
  return step * 10;
}

/** Moments worth a mark on the axis, about |count| of them. */
export function axisTicks(axis: Axis, count: number): readonly number[] {
  const even = Math.abs(axis.moment(0.5) - (axis.from + axis.to) / 2) < 1;
  if (!even) {
    return Array.from({ length: count }, (_, i) => axis.moment(i / count));
  }
  const every = tickStep((axis.to - axis.from) / Math.max(count, 1));
  const ticks: number[] = [];
  for (let at = Math.ceil(axis.from / every) * every; at <= axis.to; at += every) ticks.push(at);
  return ticks;
}
