/**
 * The status of a PodDisruptionBudget: healthy Pods against those that must be, and Pods whose
 * eviction has been granted but not yet seen.
 *
 * Models: kubernetes pkg/controller/disruption/disruption.go,
 *         k8s.io/component-helpers/apps/poddisruptionbudget helpers.go (v1.36)
 */
import type {
  Condition,
  LabelSelector,
  Pod,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { isPodReady, isPodTerminal, podCondition } from '../../../api/meta/pod-state.ts';
import { parseTime, rfc3339 } from '../../../api/meta/time.ts';

/** DeletionTimeout: an evicted Pod that is not being deleted after this long counts again. */
const DELETION_TIMEOUT_MS = 2 * 60_000;
/** stalePodDisruptionTimeout: a DisruptionTarget nobody followed up is taken back after this long. */
const STALE_CONDITION_MS = 2 * 60_000;

const DISRUPTION_ALLOWED = 'DisruptionAllowed';
const TERMINATION_BY_KUBELET = 'TerminationByKubelet'; // v1.PodReasonTerminationByKubelet

export interface DisruptedPods {
  readonly pods: Readonly<Record<string, string>>;
  /** Granted long ago and still there. */
  readonly notDeleted: readonly Pod[];
  /** Milliseconds until the next one is given up. */
  readonly recheckMs: number | undefined;
}

/** Upstream buildDisruptedPodMap: what is still waited for of status.disruptedPods. */
export function disruptedPods(
  pods: readonly Pod[],
  old: Readonly<Record<string, string>> | undefined,
  nowMs: number,
): DisruptedPods {
  const left: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  let recheckMs: number | undefined;
  if (old === undefined) return { pods: left, notDeleted, recheckMs };
  for (const pod of pods) {
    const granted = old[pod.metadata.name];
    if (pod.metadata.deletionTimestamp !== undefined || granted === undefined) continue;
    const ms = parseTime(granted) + DELETION_TIMEOUT_MS - nowMs;
    if (ms < 0) {
      notDeleted.push(pod);
      continue;
    }
    left[pod.metadata.name] = granted;
    if (recheckMs === undefined || ms < recheckMs) recheckMs = ms;
  }
  return { pods: left, notDeleted, recheckMs };
}

export function countHealthy(
  pods: readonly Pod[],
  disrupted: Readonly<Record<string, string>>,
  nowMs: number,
): number {
  let healthy = 0;
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const granted = disrupted[pod.metadata.name];
    if (granted !== undefined && parseTime(granted) + DELETION_TIMEOUT_MS > nowMs) continue;
    if (isPodReady(pod)) healthy++;
  }
  return healthy;
}

export interface Counts {
  readonly healthy: number;
  readonly desired: number;
  readonly expected: number;
  readonly disrupted: Readonly<Record<string, string>>;
}

/** The status that follows from |counts|, or undefined when it is there already. */
export function budgetStatus(
  pdb: PodDisruptionBudget,
  counts: Counts,
  nowMs: number,
): PodDisruptionBudgetStatus | undefined {
  const { healthy, desired, expected, disrupted } = counts;
  const spare = healthy - desired;
  // A budget that matches nothing yet allows nothing: its first Pods are safe until it is synced.
  const allowed = expected <= 0 || spare <= 0 ? 0 : spare;
  const old = pdb.status;
  const generation = pdb.metadata.generation ?? 0;
  const same =
    (old.currentHealthy ?? 0) === healthy &&
    (old.desiredHealthy ?? 0) === desired &&
    (old.expectedPods ?? 0) === expected &&
    (old.disruptionsAllowed ?? 0) === allowed &&
    sameTimes(old.disruptedPods ?? {}, disrupted) &&
    (old.observedGeneration ?? 0) === generation;
  const condition: Wanted = {
    type: DISRUPTION_ALLOWED,
    status: allowed > 0 ? 'True' : 'False',
    observedGeneration: generation,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  if (same && isUpToDate(old.conditions, condition)) return undefined;
  return {
    observedGeneration: generation,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: withCondition(old.conditions ?? [], condition, nowMs),
  };
}

/** Upstream failSafe: when the counts cannot be known, nothing may be evicted. */
export function failedStatus(
  pdb: PodDisruptionBudget,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const { observedGeneration = 0, conditions = [] } = pdb.status;
  const condition: Wanted = {
    type: DISRUPTION_ALLOWED,
    status: 'False',
    observedGeneration,
    reason: 'SyncFailed',
    message,
  };
  return {
    ...pdb.status,
    disruptionsAllowed: 0,
    conditions: withCondition(conditions, condition, nowMs),
  };
}

type Wanted = Omit<Condition, 'lastTransitionTime'>;

function isUpToDate(conditions: readonly Condition[] | undefined, wanted: Wanted): boolean {
  const old = conditions?.find((c) => c.type === wanted.type);
  return (
    old !== undefined &&
    (old.observedGeneration ?? 0) === wanted.observedGeneration &&
    old.status === wanted.status &&
    old.reason === wanted.reason
  );
}

/** Upstream SetStatusCondition. */
function withCondition(
  conditions: readonly Condition[],
  wanted: Wanted,
  nowMs: number,
): readonly Condition[] {
  const old = conditions.find((c) => c.type === wanted.type);
  const now = rfc3339(nowMs);
  const lastTransitionTime = old?.status === wanted.status ? old.lastTransitionTime : now;
  const next: Condition = { ...wanted, lastTransitionTime };
  return old ? conditions.map((c) => (c === old ? next : c)) : [...conditions, next];
}

function sameTimes(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/**
 * Milliseconds after which the Pod's DisruptionTarget counts as forgotten; undefined when it has none
 * that could be.
 */
export function msUntilStale(pod: Pod, nowMs: number): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
  const condition = podCondition(pod, 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === TERMINATION_BY_KUBELET) return undefined;
  const since = parseTime(condition.lastTransitionTime ?? rfc3339(nowMs));
  return Math.max(0, since + STALE_CONDITION_MS - nowMs);
}

/** How Go prints a *LabelSelector. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.keys(matchLabels)
    .sort(compareText)
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
  );
}
