/** The scheduler's last decisions as the objects that `kubectl get schedulingdecisions` shows. */
import type {
  DecisionContent,
  DecisionSource,
  KeptDecision,
  NodeResult,
} from '../../api/kinds/scheduling-decision.ts';
import { keyFor } from '../../api/meta/object.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { DecisionRow } from '../../port/protocol-decision.ts';
import type { DecisionRecord } from '../scheduler/decisions.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { decisionTable } from './decision.ts';

const MICROS_PER_MS = 1_000;

/** |scheduler| is asked each time: another may have taken over. */
export function decisionSource(scheduler: () => Scheduler, epochMs: number): DecisionSource {
  return {
    get(namespace, name) {
      const record = scheduler().decision(keyFor(namespace, name));
      return record ? kept(record, epochMs) : null;
    },
    *all() {
      for (const record of scheduler().decisions()) yield kept(record, epochMs);
    },
  };
}

function kept(record: DecisionRecord, epochMs: number): KeptDecision {
  const slash = record.pod.indexOf('/');
  return {
    namespace: record.pod.slice(0, slash),
    name: record.pod.slice(slash + 1),
    podUid: record.uid,
    content: (maxResults) => contentOf(record, epochMs, maxResults),
  };
}

function contentOf(record: DecisionRecord, epochMs: number, maxResults: number): DecisionContent {
  const table = decisionTable(record.pod, record);
  const { help, equals, rows } = table;
  const evaluated = rows.length;
  // The chosen node is always among them.
  const chosen = rows.filter((r) => r.node === record.node);
  const shown = [...chosen, ...rows.filter((r) => r.node !== record.node)].slice(0, maxResults);
  return {
    scheduler: record.scheduler,
    profile: record.profile,
    attempt: record.attempt,
    time: rfc3339(epochMs + Math.floor(record.at / MICROS_PER_MS)),
    ...(record.node === '' ? { message: record.message } : { node: record.node }),
    nodes: { all: record.allNodes, evaluated, feasible: record.feasible.length },
    plugins: {
      filter: table.filters,
      score: table.scores.map((name) => ({ name, weight: table.weights[name] ?? 1 })),
    },
    ...(equals.length > 1 ? { tie: equals } : {}),
    ...(help ? { preemption: preemptionOf(help, record.help?.victims ?? []) } : {}),
    results: shown.map((row) => resultOf(row, table.scores)),
  };
}

function preemptionOf(
  help: { readonly message: string; readonly nominated: string },
  victims: readonly string[],
): NonNullable<DecisionContent['preemption']> {
  return {
    ...(help.message === '' ? {} : { message: help.message }),
    ...(help.nominated === '' ? {} : { nominatedNode: help.nominated }),
    victims,
  };
}

function resultOf(row: DecisionRow, scorers: readonly string[]): NodeResult {
  const { node, resolvable, total } = row;
  if (resolvable !== undefined) {
    const refusal = Object.entries(row.verdicts).find(([, words]) => words !== '');
    const [refusedBy = '', words = ''] = refusal ?? [];
    return { node, feasible: false, refusedBy, reasons: words.split(', '), resolvable };
  }
  return {
    node,
    feasible: true,
    ...(total === null
      ? {}
      : {
          scores: scorers.map((plugin) => ({
            plugin,
            raw: row.raw[plugin] ?? 0,
            normalized: row.normalized[plugin] ?? 0,
            weighted: row.points[plugin] ?? 0,
          })),
          total,
        }),
  };
}
