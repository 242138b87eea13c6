/**
 * Replays the recordings of the node side (goldens/node): one cluster for each case, real kubectl,
 * virtual time. A case matches when everything does that was recorded of it.
 *
 * Waits with jitter, and who comes first, are chance in a recording as they are here: a miss is played
 * again with other seeds, and matches when one of these clusters does what the recorded one did.
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
const SEEDS = [7, 8, 9];

export async function playNodes(
  recordings: readonly NodeRecording[],
  options: {
    readonly root: string;
    readonly chosen: (topic: string, name: string) => boolean;
    /** Listed as a miss: other seeds are not tried for it. */
    readonly known: (topic: string, name: string) => boolean;
  },
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
  const played = new Map<NodeCase, Played[]>();
  const outcome = (r: NodeRecording): string | undefined => {
    if (kubectl.path === '') return kubectl.problem;
    return isRequestsCase(r) ? requestsOutcome(r, cases, played) : caseOutcome(r, played.get(r));
  };
  const judges = (c: NodeCase): readonly NodeRecording[] =>
    wanted.filter((r) => r === c || (isRequestsCase(r) && r.of === `${c.topic}/${c.case}`));
  const isKnown = (r: NodeRecording): boolean => options.known(`node/${r.topic}`, r.case);
  const queue = cases.filter((c) => needed.has(c));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const tries: Played[] = [];
      played.set(next, tries);
      for (const seed of SEEDS) {
        tries.push(await new NodePlayer(next, path.resolve(kubectl.path), seed).play());
        if (judges(next).every((r) => outcome(r) === undefined || isKnown(r))) break;
      }
    }
  };
  if (kubectl.path !== '') await Promise.all(Array.from({ length: AT_ONCE }, worker));
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
  played: ReadonlyMap<NodeCase, readonly Played[]>,
): string | undefined {
  const of = cases.find((c) => `${c.topic}/${c.case}` === recorded.of);
  const tries = of && played.get(of);
  if (!tries) return `${recorded.of} was not played`;
  const deletes = of.commands.some((c) => /delete (?:ns|namespace)/.test(c.args ?? c.shell ?? ''));
  return best(
    tries.map(({ seen }) =>
      requestsDifference(recorded.requests, seen.requests, of.durationMs, deletes),
    ),
  );
}

function caseOutcome(recorded: NodeCase, tries: readonly Played[] | undefined): string | undefined {
  if (!tries) return 'it was not played';
  return best(tries.map((played) => playedOutcome(recorded, played)));
}

/** None, if there is one without; else that of the first. */
function best(differences: readonly (string | undefined)[]): string | undefined {
  return differences.includes(undefined) ? undefined : differences[0];
}

function playedOutcome(recorded: NodeCase, played: Played): string | undefined {
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
