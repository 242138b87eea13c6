/** Marks of the timeline: where each of the ten steps began, the reader's acts, warnings. */
import type { ObjectRow, StepRow } from '../../port/protocol.ts';
import type { Act } from './state.ts';

export interface TimelineMark {
  readonly sort: 'step' | 'act' | 'warning';
  /** Microseconds. */
  readonly at: number;
  /** Step number, the act's name and object, or the warning's reason. */
  readonly what: string;
  readonly object: string;
}

/** More marks than this melt into each other on any screen. */
const MARKS_SHOWN = 200;

const MICROS_PER_MS = 1_000;

export function stepMarks(steps: readonly StepRow[]): readonly TimelineMark[] {
  const first = new Map<number, StepRow>();
  for (const row of steps) {
    const known = first.get(row.step);
    if (known === undefined || row.at < known.at) first.set(row.step, row);
  }
  return [...first.values()].map((row) => ({
    sort: 'step',
    at: row.at,
    what: String(row.step),
    object: row.object,
  }));
}

export function actMarks(acts: readonly Act[]): readonly TimelineMark[] {
  return acts
    .slice(-MARKS_SHOWN)
    .map((act) => ({ sort: 'act', at: act.at, what: act.name, object: act.object }));
}

export function warningMarks(
  events: Iterable<ObjectRow | undefined>,
  epochMs: number,
): readonly TimelineMark[] {
  const marks: TimelineMark[] = [];
  for (const row of events) {
    const event = row?.event;
    if (event === undefined || event.type !== 'Warning') continue;
    const at = (event.lastMs - epochMs) * MICROS_PER_MS;
    // What a cluster went through before the run is no part of it.
    if (at < 0) continue;
    marks.push({ sort: 'warning', at, what: event.reason, object: event.about });
  }
  return marks.sort((a, b) => a.at - b.at).slice(-MARKS_SHOWN);
}
