/**
 * Replays the recordings of the node side (goldens/node): one cluster for each case, real kubectl,
 * virtual time. A case matches when everything does that was recorded of it.
 */
import path from 'node:path';
import type { ReplayTopic } from '../testing/goldens-harness/load.ts';
import {
  isRequestsCase,
  type NodeCase,
  type NodeRecording,
  type RequestsCase,
} from '../testing/goldens-harness/node-case.ts';
import { requestsDifference } from '../testing/goldens-harness/node-requests.ts';
import type { Playable } from '../testing/goldens-harness/playable.ts';
import { findKubectl } from './goldens-kubectl.ts';
import { NodePlayer, type Played } from './goldens-node/player.ts';

/** As many as a small machine has cores. */
const AT_ONCE = 2;

export async function playNodes(
  recordings: readonly NodeRecording[],
  options: { readonly root: string; readonly chosen: (topic: string, name: string) => boolean },
): Promise<readonly ReplayTopic[]> {
  const wanted = recordings.filter(
    (r) => r.asked !== false && options.chosen(`node/${r.topic}`, r.case),
  );
  if (wanted.length === 0) return [];
  const kubectl = findKubectl(options.root);
  const cases = recordings.filter((r): r is NodeCase => !isRequestsCase(r));
  const needed = new Set(
    wanted.map((r) => (isRequestsCase(r) ? cases.find((c) => `${c.topic}/${c.case}` === r.of) : r)),
  );
  const played = new Map<NodeCase, Played>();
  const queue = cases.filter((c) => needed.has(c));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      played.set(next, await new NodePlayer(next, path.resolve(kubectl.path)).play());
    }
  };
  if (kubectl.path !== '') await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const outcome = (r: NodeRecording): string | undefined => {
    if (kubectl.path === '') return kubectl.problem;
    return isRequestsCase(r) ? requestsOutcome(r, cases, played) : caseOutcome(r, played.get(r));
  };
  const topics = new Map<string, Playable[]>();
  for (const r of wanted) {
    const difference = outcome(r);
    const playable: Playable = {
      name: r.case,
      units: 1,
      paths: [],
      play: () => [{ unit: '', difference }],
    };
    const list = topics.get(r.topic);
    if (list) list.push(playable);
    else topics.set(r.topic, [playable]);
  }
  return [...topics].map(([topic, list]) => ({ name: `node/${topic}`, cases: list }));
}

function requestsOutcome(
  recorded: RequestsCase,
  cases: readonly NodeCase[],
  played: ReadonlyMap<NodeCase, Played>,
): string | undefined {
  const of = cases.find((c) => `${c.topic}/${c.case}` === recorded.of);
  const seen = of && played.get(of)?.seen;
  if (!seen) return `${recorded.of} was not played`;
  return requestsDifference(recorded.requests, seen.requests, of.durationMs);
}

function caseOutcome(recorded: NodeCase, played: Played | undefined): string | undefined {
  if (!played) return 'it was not played';
  if (played.difference !== undefined) return played.difference;
  for (const part of ['auditApply', 'auditRollingUpdate', 'auditDelete'] as const) {
    const audit = recorded[part];
    if (!audit) continue;
    const last = Math.max(...audit.requests.map((r) => r.at));
    const own = played.seen.requests
      .map((r) => ({ ...r, at: r.at - audit.startAt }))
      .filter((r) => r.at >= 0 && r.at <= last + LATE_MS);
    const difference = requestsDifference(audit.requests, own);
    if (difference !== undefined) return `${part}: ${difference}`;
  }
  return undefined;
}

/** What takes longer here than there is still counted. */
const LATE_MS = 2_000;
