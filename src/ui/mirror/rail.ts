/**
 * The ten-step rail: which steps are to come, under way or done at the moment that is shown.
 *
 * A step is done when it has ended for every object that it concerns: steps 6 to 10 concern each
 * Pod that step 5 made. Steps that this run skips (a bare Pod needs no ReplicaSet) count as done
 * once a later one has begun.
 */
import type { StepRow } from '../../port/protocol.ts';

export const STEP_COUNT = 10;
/** From here on there is one entry per Pod. */
const FIRST_POD_STEP = 5;
/** The engine tells the steps of so many Pods of a story; of larger ones these stand for all. */
export const PODS_TOLD = 300;

export type StepState = 'todo' | 'current' | 'done';

export interface RailStep {
  readonly step: number;
  readonly state: StepState;
  /** Seen so far and expected in the end: 2 of 3 Pods. */
  readonly done: number;
  readonly expected: number;
  /** A later step has begun, this one never: it is not part of this run. */
  readonly skipped: boolean;
  /** First entry of the step, or null. */
  readonly first: StepRow | null;
}

/**
 * The rows of the newest apply that had begun at |at|: those that its step 1 rows caused. One file
 * may hold several objects; their first steps follow the same act.
 *
 * @param acts Moments at which the reader acted, oldest first.
 */
export function newestStory(
  rows: readonly StepRow[],
  at: number,
  acts: readonly number[],
): readonly StepRow[] {
  const begun = rows.map((row) => row.step === 1 && row.at <= at);
  const newest = rows[begun.lastIndexOf(true)];
  if (newest === undefined) return [];
  const since = acts.reduce((act, t) => (t <= newest.at ? Math.max(act, t) : act), -Infinity);
  const from = since === -Infinity ? newest.at : since;
  const inStory: boolean[] = [];
  return rows.filter((row, i) => {
    // A cause stands before what it causes.
    const told = row.trigger === null ? row.at >= from && row.at <= at : inStory[row.trigger];
    inStory[i] = told === true;
    return told === true;
  });
}

/**
 * @param at Moment that is shown, in microseconds.
 * @param missing How many Pods are wanted beside those that have been made.
 */
export function railSteps(
  rows: readonly StepRow[],
  at: number,
  missing: number,
): readonly RailStep[] {
  const seen = rows.filter((row) => row.at <= at);
  const made = new Set(seen.filter((row) => row.step >= FIRST_POD_STEP).map((row) => row.object));
  const furthest = seen.reduce((max, row) => Math.max(max, row.step), 0);
  const list: RailStep[] = [];
  let current = 0;
  for (let step = 1; step <= STEP_COUNT; step++) {
    const own = seen.filter((row) => row.step === step);
    const ended = own.filter((row) => row.end !== null && row.end <= at);
    const least =
      step >= FIRST_POD_STEP
        ? Math.max(Math.min(made.size + missing, Math.max(made.size, PODS_TOLD)), 1)
        : 1;
    const skipped = own.length === 0 && step < furthest;
    const complete = skipped || (own.length > 0 && ended.length >= Math.max(least, own.length));
    if (!complete && current === 0 && furthest > 0) current = step;
    list.push({
      step,
      state: complete ? 'done' : current === step ? 'current' : 'todo',
      done: new Set(ended.map((row) => row.object)).size,
      expected: least,
      skipped,
      first: own[0] ?? null,
    });
  }
  return list;
}
