/**
 * Stories: what something went through, as texts in order of time, and whether two of them are the
 * same. States that lasted less than chance allows may be missing in either.
 */
import type { Difference } from './compare.ts';

export interface Moment {
  /** Milliseconds. */
  readonly at: number;
  readonly text: string;
}

/**
 * Order between containers, Pods or nodes within 300 ms is chance (README of goldens/node), and single
 * steps take up to a second: what lasts less than this may have been skipped.
 */
const CHANCE_MS = 800;

/** Without doubles that follow one another. */
export function distinct(moments: readonly Moment[]): readonly Moment[] {
  return moments.filter((m, i) => m.text !== moments[i - 1]?.text);
}

/** |own| may go on where the recording had ended. */
export function storyDifference(recorded: readonly Moment[], own: readonly Moment[]): Difference {
  const wanted = distinct(recorded);
  const got = distinct(own);
  const failed = new Set<number>();
  let furthest = -1;
  let other: Moment | undefined;
  // Depth first: the i-th recorded state and the j-th own one are next.
  const stack: [number, number][] = [[0, 0]];
  while (stack.length > 0) {
    const [i, j] = stack.pop() as [number, number];
    if (i === wanted.length) return undefined;
    const key = i * (got.length + 1) + j;
    if (failed.has(key)) continue;
    failed.add(key);
    const [a, b] = [wanted[i] as Moment, got[j]];
    if (i > furthest) {
      furthest = i;
      other = b;
    }
    if (isShort(wanted, i)) stack.push([i + 1, j]);
    if (b !== undefined && isShort(got, j)) stack.push([i, j + 1]);
    if (b !== undefined && a.text === b.text) stack.push([i + 1, j + 1]);
  }
  const missing = wanted[furthest]?.text ?? '';
  return `${furthest + 1} of ${wanted.length}: ${textsDiffer(missing, other?.text)}`;
}

/** Never the last: it stays. */
function isShort(moments: readonly Moment[], i: number): boolean {
  const next = moments[i + 1];
  return next !== undefined && next.at - (moments[i] as Moment).at < CHANCE_MS;
}

/** The first line that differs. */
function textsDiffer(expected: string, actual: string | undefined): string {
  if (actual === undefined) return `missing: ${JSON.stringify(expected)}`;
  const [a, b] = [expected.split('\n'), actual.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  if (at < 0) return `not expected: ${JSON.stringify(b[a.length])}`;
  return `expected ${JSON.stringify(a[at])} got ${JSON.stringify(b[at] ?? '')}`;
}
