/** Which plugins made a difference in a decision: plain functions of the record. */
import type { Decision } from '../../port/protocol-decision.ts';

export interface Shown {
  readonly filters: readonly string[];
  readonly scores: readonly string[];
}

/** Filters that refused a node, scores in which nodes differ. */
export function differing(decision: Decision): Shown {
  const { filters, rows, scores } = decision;
  const scored = rows.filter((row) => row.total !== null);
  return {
    filters: filters.filter((f) => rows.some((row) => (row.verdicts[f] ?? '') !== '')),
    scores: scores.filter((s) => {
      const first = scored[0]?.points[s];
      return scored.some((row) => row.points[s] !== first);
    }),
  };
}

/** Those with a total first, best first; then by name, as the engine has sorted them. */
export function ordered(decision: Decision): Decision['rows'] {
  return [...decision.rows].sort((a, b) => (b.total ?? -1) - (a.total ?? -1));
}

/** `37.5`, `37`: as short as it can be said. */
export function scoreText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
