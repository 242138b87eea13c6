/**
 * Which Pods a ReplicaSet gives up first when it has too many.
 *
 * Models: kubernetes pkg/controller/controller_utils.go (ActivePodsWithRanks),
 *         pkg/controller/replicaset/replica_set.go (getPodsToDelete) (v1.36)
 */
import type { Pod } from '../../api/generated/types.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { isPodActive, isPodReady, podReadySinceMs } from '../../api/meta/pod-state.ts';
import { parseTime } from '../../api/meta/time.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const VALID_COST = /^(0|-\d+|[1-9]\d*)$/;
const MAX_INT32 = 2_147_483_647;
const NANOS_PER_MS = 1_000_000;

/** Everything the order looks at, worked out once per Pod. */
interface Candidate {
  readonly pod: Pod;
  readonly assigned: boolean;
  readonly phase: number;
  readonly ready: boolean;
  readonly cost: number;
  readonly rank: number;
  /** Place in the list: equal ones keep it. */
  readonly order: number;
  readonly readySinceMs: number | undefined;
  readonly readyScale: number;
  readonly restarts: number;
  readonly sidecarRestarts: number;
  readonly createdMs: number;
  readonly createdScale: number;
}

/**
 * |count| of |pods|, those to be deleted first in front. |related| are the Pods of all ReplicaSets of
 * the same owner: a Pod that shares its node with more of them goes first.
 */
export function chooseVictims(
  pods: readonly Pod[],
  related: Iterable<Pod>,
  count: number,
  nowMs: number,
): Pod[] {
  if (count >= pods.length) return [...pods];
  const onNode = new Map<string, number>();
  for (const pod of related) {
    if (!isPodActive(pod)) continue;
    const node = pod.spec.nodeName ?? '';
    onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const ages = new Ages(nowMs);
  const candidates = pods.map((pod, order) =>
    candidate(pod, onNode.get(pod.spec.nodeName ?? '') ?? 0, order, ages),
  );
  const compare = (a: Candidate, b: Candidate): number => compareVictims(a, b) || a.order - b.order;
  return smallest(candidates, count, compare).map((c) => c.pod);
}

/** Very many Pods were created within the same few seconds: each second is read and scaled once. */
class Ages {
  readonly #nowMs: number;
  readonly #created = new Map<string, number>();
  readonly #scales = new Map<number, number>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  createdMs(text: string): number {
    let ms = this.#created.get(text);
    if (ms === undefined) this.#created.set(text, (ms = parseTime(text)));
    return ms;
  }

  /** Of the age of something that began at |sinceMs|. */
  scale(sinceMs: number): number {
    let scale = this.#scales.get(sinceMs);
    if (scale === undefined) this.#scales.set(sinceMs, (scale = logScale(this.#nowMs - sinceMs)));
    return scale;
  }
}

/**
 * The |count| smallest in order: a few of very many Pods are found without sorting all. Begins at the
 * end of the list, where the youngest stand, which mostly go first.
 */
function smallest<T>(items: readonly T[], count: number, compare: (a: T, b: T) => number): T[] {
  if (count < 1) return [];
  let found = items.slice(-count).sort(compare);
  let more: T[] = [];
  const merge = (): void => {
    found = [...found, ...more].sort(compare).slice(0, count);
    more = [];
  };
  for (let i = items.length - count - 1; i >= 0; i--) {
    const item = items[i] as T;
    if (compare(item, found[count - 1] as T) >= 0) continue;
    more.push(item);
    if (more.length >= count) merge();
  }
  merge();
  return found;
}

function candidate(pod: Pod, rank: number, order: number, ages: Ages): Candidate {
  const phase = pod.status.phase;
  const readySinceMs = podReadySinceMs(pod);
  const createdMs = ages.createdMs(pod.metadata.creationTimestamp);
  return {
    pod,
    assigned: (pod.spec.nodeName ?? '') !== '',
    phase: phase === 'Running' ? 2 : phase === 'Unknown' ? 1 : 0,
    ready: isPodReady(pod),
    cost: deletionCost(pod),
    rank,
    order,
    readySinceMs,
    readyScale: readySinceMs === undefined ? 0 : ages.scale(readySinceMs),
    restarts: maxRestarts(pod.status.containerStatuses),
    sidecarRestarts: maxRestarts(
      pod.status.initContainerStatuses?.filter((s) => isSidecar(pod, s.name)),
    ),
    createdMs,
    createdScale: ages.scale(createdMs),
  };
}

/** Negative: |a| goes before |b|. */
function compareVictims(a: Candidate, b: Candidate): number {
  if (a.assigned !== b.assigned) return a.assigned ? 1 : -1;
  if (a.phase !== b.phase) return a.phase - b.phase;
  if (a.ready !== b.ready) return a.ready ? 1 : -1;
  if (a.cost !== b.cost) return a.cost - b.cost;
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (a.readySinceMs !== b.readySinceMs) {
    if (a.readySinceMs === undefined) return -1;
    if (b.readySinceMs === undefined) return 1;
    return byAgeScale(a, b, a.readyScale - b.readyScale);
  }
  if (a.restarts !== b.restarts) return b.restarts - a.restarts;
  if (a.sidecarRestarts !== b.sidecarRestarts) return b.sidecarRestarts - a.sidecarRestarts;
  if (a.createdMs === b.createdMs) return 0;
  return byAgeScale(a, b, a.createdScale - b.createdScale);
}

/** Younger first, on a scale of powers of two; within one power the uid decides, which is as good as chance. */
function byAgeScale(a: Candidate, b: Candidate, diff: number): number {
  return diff === 0 ? compareText(a.pod.metadata.uid, b.pod.metadata.uid) : diff;
}

/** The whole part of log2 of an age in nanoseconds; -1 for none. */
function logScale(ageMs: number): number {
  let nanos = ageMs * NANOS_PER_MS;
  if (nanos <= 0) return -1;
  let scale = 0;
  while (nanos >= 2) {
    nanos /= 2;
    scale++;
  }
  return scale;
}

export function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  if (text === undefined || !VALID_COST.test(text)) return 0;
  const cost = Number(text);
  return cost >= -MAX_INT32 - 1 && cost <= MAX_INT32 ? cost : 0;
}

function maxRestarts(statuses: readonly { readonly restartCount: number }[] | undefined): number {
  let max = 0;
  for (const status of statuses ?? []) max = Math.max(max, status.restartCount);
  return max;
}

function isSidecar(pod: Pod, name: string): boolean {
  return pod.spec.initContainers?.find((c) => c.name === name)?.restartPolicy === 'Always';
}
