/** The scheduler's record of a decision as a table of nodes × plugins. */
import type { Decision, DecisionRow } from '../../port/protocol-decision.ts';
import type { DecisionRecord } from '../scheduler/decisions.ts';

/** At most so many rows of refused nodes: the words are in the sentence, and they repeat. */
const MAX_ROWS = 5_000;

export function decisionTable(pod: string, record: DecisionRecord): Decision {
  const { help, scorers, weights, totals, feasible, filters } = record;
  const best = Math.max(...totals);
  const rows = [...feasibleRows(record), ...refusedRows(record)];
  return {
    pod,
    at: record.at,
    node: record.node,
    message: record.message,
    filters,
    scores: scorers,
    weights: byName(scorers, weights),
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

function byName(names: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(names.map((name, k) => [name, values[k] ?? 0]));
}

function passed(filters: readonly string[]): Record<string, string> {
  return Object.fromEntries(filters.map((f) => [f, '']));
}

function feasibleRows(record: DecisionRecord): readonly DecisionRow[] {
  const { feasible, filters, scorers, weights, raw, scores, totals } = record;
  const verdicts = passed(filters);
  return feasible.map((node, i) => {
    const points = scores.map((column) => column[i] ?? 0);
    return {
      node,
      verdicts,
      raw: byName(
        scorers,
        raw.map((column) => column[i] ?? 0),
      ),
      normalized: byName(
        scorers,
        points.map((p, k) => p / (weights[k] ?? 1)),
      ),
      points: byName(scorers, points),
      total: totals[i] ?? null,
    };
  });
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
