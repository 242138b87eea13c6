/** The scheduler's record of a decision as a table of nodes × plugins. */
import type { Decision, DecisionRow } from '../../port/protocol-decision.ts';
import type { DecisionRecord } from '../scheduler/decisions.ts';

/** At most so many rows of refused nodes: the words are in the sentence, and they repeat. */
const MAX_ROWS = 5_000;

export function decisionTable(pod: string, record: DecisionRecord): Decision {
  const { help, scorers, totals, feasible } = record;
  const best = Math.max(...totals);
  const ofScorers = (of: (k: number) => number): Record<string, number> =>
    Object.fromEntries(scorers.map((s, k) => [s, of(k)]));
  const rows = [...feasible.map((_, i) => feasibleRow(record, i)), ...refusedRows(record)];
  return {
    pod,
    at: record.at,
    node: record.node,
    message: record.message,
    filters: record.filters,
    scores: scorers,
    weights: ofScorers((k) => record.weights[k] ?? 1),
    rows: rows.slice(0, MAX_ROWS).sort((a, b) => (a.node < b.node ? -1 : 1)),
    profile: record.profile,
    attempt: record.attempt,
    allNodes: record.allNodes,
    equals:
      totals.length === 0
        ? feasible.slice(0, 1)
        : feasible.filter((_, i) => (totals[i] as number) === best),
    help: help
      ? {
          message: help.message,
          nominated: help.nominate ?? '',
          victims: help.victims.map((key) => `Pod/${key}`),
        }
      : null,
  };
}

function passed(filters: readonly string[]): Record<string, string> {
  return Object.fromEntries(filters.map((f) => [f, '']));
}

function feasibleRow(record: DecisionRecord, i: number): DecisionRow {
  const { scorers, weights } = record;
  const points = scorers.map((_, k) => record.scores[k]?.[i] ?? 0);
  const byScorer = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(scorers.map((s, k) => [s, values[k] ?? 0]));
  return {
    node: record.feasible[i] ?? '',
    verdicts: passed(record.filters),
    raw: byScorer(scorers.map((_, k) => record.raw[k]?.[i] ?? 0)),
    normalized: byScorer(points.map((p, k) => p / (weights[k] ?? 1))),
    points: byScorer(points),
    total: record.totals[i] ?? null,
  };
}

function refusedRows({ filters, refused }: DecisionRecord): readonly DecisionRow[] {
  return refused.flatMap(({ plugin, refusal, nodes }) => {
    const verdicts = {
      ...passed(filters.slice(0, Math.max(0, filters.indexOf(plugin)))),
      [plugin]: refusal.reasons.join(', '),
    };
    const resolvable = !refusal.unresolvable;
    const empty = { raw: {}, normalized: {}, points: {}, total: null };
    return nodes.map((node) => ({ node, verdicts, resolvable, ...empty }));
  });
}
