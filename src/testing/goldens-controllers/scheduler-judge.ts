/**
 * Compares what a scheduler did with what was recorded: nodes or sentences, Events, the changes of
 * each object in their order, scores, moves of the queue.
 */
import { jsonMergePatch } from '../../api/meta/merge-patch.ts';
import type { Difference } from '../goldens-harness/compare.ts';
import type {
  PodResult,
  QueueLine,
  SchedulerCase,
  SchedulerEvent,
  TraceChange,
} from './scheduler-case.ts';
import type { SchedulerOutcome, Versions } from './scheduler-replay.ts';

const UID = /<uid:\d+>|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Times may differ by this much (README of goldens/controllers). */
const TOLERANCE_MS = 500;
/** Volumes and claims are looked at again this often. */
const VOLUMES_MS = 15_000;
/** Pods that wait for so long are tried in any case, when the scheduler looks for them next. */
const UNSCHEDULABLE_MS = 300_000;
const FLUSH_MS = 30_000;

export interface Verdict {
  readonly difference: Difference;
  /** Another draw among equal nodes may lead where the recording went. */
  readonly drawn: boolean;
}

export function judgeScheduler(recorded: SchedulerCase, outcome: SchedulerOutcome): Verdict {
  const drawn = resultsOf(recorded).some(({ pod, node }) => {
    const equals = outcome.equals.get(pod) ?? [];
    return node !== null && equals.includes(node) && nodeOf(outcome, pod) !== node;
  });
  const difference =
    refusals(outcome) ??
    results(recorded, outcome) ??
    events(recorded, outcome) ??
    traces(recorded, outcome) ??
    scores(recorded, outcome) ??
    queue(recorded, outcome);
  return { difference, drawn };
}

function refusals({ refused }: SchedulerOutcome): Difference {
  return refused[0];
}

interface Like {
  readonly metadata?: { readonly deletionTimestamp?: string };
  readonly spec?: {
    readonly nodeName?: string;
    readonly claimRef?: unknown;
    readonly volumeName?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly nominatedNodeName?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

function lastOf(outcome: SchedulerOutcome, pod: string): Like | undefined {
  return outcome.versions.get(`Pod/${pod}`)?.at(-1) as Like | undefined;
}

function nodeOf(outcome: SchedulerOutcome, pod: string): string | null {
  return lastOf(outcome, pod)?.spec?.nodeName ?? null;
}

/** Queue cases have one Pod, whose name they leave out. */
function resultsOf({ result, incoming }: SchedulerCase): readonly PodResult[] {
  if (Array.isArray(result)) return result as readonly PodResult[];
  const [pod] = incoming;
  return [{ ...(result as Omit<PodResult, 'pod'>), pod: pod?.metadata.name ?? '' }];
}

function results(recorded: SchedulerCase, outcome: SchedulerOutcome): Difference {
  for (const result of resultsOf(recorded)) {
    const { pod, node, condition, nominatedNodeName, absent } = result;
    const last = lastOf(outcome, pod);
    if ((last === undefined) !== (absent === true)) {
      return `${pod}: ${absent === true ? 'it is still there' : 'it is gone'}`;
    }
    if (last === undefined) continue;
    const own = last.spec?.nodeName ?? null;
    if (own !== node) {
      const said = last.status?.conditions?.find((c) => c.type === 'PodScheduled')?.message ?? '';
      return `${pod}: expected node ${node} got ${own} ${said}`;
    }
    const scheduled = last.status?.conditions?.find((c) => c.type === 'PodScheduled');
    for (const field of ['status', 'reason', 'message'] as const) {
      if (condition?.[field] === scheduled?.[field] || condition === undefined) continue;
      return `${pod}: PodScheduled ${field}: expected ${condition[field]} got ${scheduled?.[field]}`;
    }
    const nominated = last.status?.nominatedNodeName;
    if (nominatedNodeName !== nominated) {
      return `${pod}: nominatedNodeName: expected ${nominatedNodeName} got ${nominated}`;
    }
  }
  return undefined;
}

/** What is said of objects that were made a moment before may have been said then. */
function events(recorded: SchedulerCase, outcome: SchedulerOutcome): Difference {
  if (!recorded.events) return undefined;
  const expected = recorded.events.filter(isOfCase).map(eventLine);
  const own = outcome.events.filter(isOfCase).map(eventLine);
  const before = outcome.before.filter(isOfCase).map(eventLine);
  return missingFrom(expected, [...own, ...before]) ?? tooMuch(own, expected);
}

/** What is said of nodes that have just come is no part of a case. */
function isOfCase({ reason }: SchedulerEvent): boolean {
  return reason !== 'NodeNotReady';
}

function eventLine({ type, reason, object, message }: SchedulerEvent): string {
  return `${type} ${reason} ${object} ${message.replace(UID, '<uid>')}`;
}

/** The first of |expected| that is not there, each counted once; their order says nothing. */
export function missingFrom(expected: readonly string[], actual: readonly string[]): Difference {
  const left = [...actual];
  for (const line of expected) {
    const at = left.indexOf(line);
    if (at < 0)
      return `Event missing: ${line}${left[0] === undefined ? '' : `; there is ${left[0]}`}`;
    left.splice(at, 1);
  }
  return undefined;
}

/** The first that was not expected. */
export function tooMuch(actual: readonly string[], expected: readonly string[]): Difference {
  const left = [...expected];
  for (const line of actual) {
    const at = left.indexOf(line);
    if (at < 0) return `Event too much: ${line}`;
    left.splice(at, 1);
  }
  return undefined;
}

function traces(recorded: SchedulerCase, outcome: SchedulerOutcome): Difference {
  const expected = new Map<string, unknown[]>();
  const state = new Map<string, unknown>();
  for (const { node, pod } of recorded.placed) {
    state.set(`Pod/${pod.metadata.name}`, { spec: { nodeName: node } });
  }
  for (const change of recorded.trace ?? []) {
    if (change.type === 'ADDED' && !state.has(change.object)) {
      // Recorded without the status that the API server gives it.
      const [first] = outcome.versions.get(change.object) ?? [];
      state.set(change.object, { status: (first as Like | undefined)?.status });
    }
    const list = expected.get(change.object) ?? [];
    expected.set(change.object, list);
    const merged = merge(state.get(change.object), change);
    state.set(change.object, merged);
    list.push(merged);
  }
  for (const [object, versions] of expected) {
    const own = outcome.versions.get(object) ?? [];
    const isNew = recorded.trace?.find((c) => c.object === object)?.type === 'ADDED';
    const [first, ...later] = versions;
    const skipped = isNew ? [...later] : versions;
    const ownLater = isNew ? own.slice(1) : own;
    const { pod, node } =
      recorded.placed.find((p) => `Pod/${p.pod.metadata.name}` === object) ?? {};
    const base = pod ? [{ spec: { nodeName: node } }] : [];
    const before = isNew ? [own[0] ?? first] : base;
    const difference = storyDifference(
      story([...before, ...skipped] as Versions),
      story([...before, ...ownLater]),
    );
    if (difference !== undefined) return `${object}: ${difference}`;
  }
  return undefined;
}

function merge(before: unknown, { type, change }: TraceChange): unknown {
  return type === 'DELETED' ? undefined : jsonMergePatch(before ?? {}, change);
}

function storyDifference(expected: readonly string[], actual: readonly string[]): Difference {
  const length = Math.max(expected.length, actual.length);
  for (let i = 0; i < length; i++) {
    if (expected[i] === actual[i]) continue;
    return `change ${i + 1} of ${expected.length}: expected ${expected[i]} got ${actual[i]}`;
  }
  return undefined;
}

/** What the scheduler, the binder and the kubelet decide about an object, each state once. */
function story(versions: readonly unknown[]): string[] {
  const states = versions.map((version) => {
    if (version === undefined) return 'deleted';
    const { metadata, spec, status } = version as Like;
    const conditions = (status?.conditions ?? [])
      .filter((c) => c.type === 'PodScheduled' || c.type === 'DisruptionTarget')
      .filter((c) => c.type !== 'PodScheduled' || c.status === 'False')
      .map((c) => `${c.type}=${c.status} ${c.reason ?? ''} ${c.message ?? ''}`)
      .sort();
    const parts = {
      node: spec?.nodeName,
      nominated: status?.nominatedNodeName,
      volume: spec?.volumeName,
      claimed: spec?.claimRef !== undefined,
      deleting: metadata?.deletionTimestamp !== undefined,
      conditions: conditions.join('; ').replace(UID, '<uid>'),
    };
    return JSON.stringify(parts);
  });
  return states.filter((state, i) => state !== states[i - 1]);
}

function scores(recorded: SchedulerCase, outcome: SchedulerOutcome): Difference {
  for (const [pod, plugins] of Object.entries(recorded.scores ?? {})) {
    const own = outcome.scores.get(pod);
    for (const [plugin, byNode] of Object.entries(plugins)) {
      for (const [node, points] of Object.entries(byNode)) {
        // A plugin that has nothing to say is not asked here.
        const got = own?.[plugin]?.[node] ?? (points === 0 && own ? 0 : undefined);
        if (got === points) continue;
        return `${pod}: ${plugin} of ${node}: expected ${points} got ${got ?? 'nothing'}`;
      }
    }
  }
  return undefined;
}

/** Half a second, or the period of whoever looks only now and then (README: 15 s of volumes). */
function toleranceMs({ steps = [] }: SchedulerCase, intervalMs: number): number {
  if (intervalMs > UNSCHEDULABLE_MS) return FLUSH_MS;
  const bindsVolumes = steps.some(({ request }) => request?.path.endsWith('/persistentvolumes'));
  return bindsVolumes && intervalMs > TOLERANCE_MS ? VOLUMES_MS : TOLERANCE_MS;
}

function queue(recorded: SchedulerCase, outcome: SchedulerOutcome): Difference {
  const { attemptsAtMs } = recorded;
  if (attemptsAtMs) {
    const own = outcome.attempts;
    const text = own.map((at) => Math.round(at)).join(', ');
    for (const [i, at] of attemptsAtMs.entries()) {
      const wanted = at - (attemptsAtMs[i - 1] ?? 0);
      const interval = (own[i] ?? Number.POSITIVE_INFINITY) - (own[i - 1] ?? 0);
      if (Math.abs(interval - wanted) <= toleranceMs(recorded, wanted)) continue;
      return `attempt ${i + 1}: expected ${wanted} ms after the one before; they were at ${text}`;
    }
    if (own.length > attemptsAtMs.length) return `attempts too many: ${text}`;
  }
  const line = ({ what, event = '', queue: name = '' }: QueueLine): string =>
    `${what} ${event} ${name}`.trim();
  if (!recorded.queue) return undefined;
  return storyDifference(recorded.queue.map(line), outcome.queue.map(line));
}
