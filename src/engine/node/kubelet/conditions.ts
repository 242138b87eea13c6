/**
 * The conditions that the kubelet gives a Pod. Pure.
 *
 * Models: pkg/kubelet/status/generate.go, status_manager.go updateLastTransitionTime and
 * mergePodStatus (v1.36)
 */
import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '../../../api/generated/types.ts';
import { byName, isTerminal, type PodPhase } from './phase.ts';
import { isSidecar } from './restart-policy.ts';

/** PodConditionByKubelet (pkg/kubelet/types/pod_status.go). */
const OWNED = new Set([
  'PodScheduled',
  'Ready',
  'Initialized',
  'ContainersReady',
  'PodResizeInProgress',
  'PodResizePending',
  'PodReadyToStartContainers',
  'AllContainersRestarting',
]);

export function ownedByKubelet(condition: PodCondition): boolean {
  return OWNED.has(condition.type);
}

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

const TRUE: Verdict = { status: 'True' };

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: PodPhase;
  readonly initStatuses: readonly ContainerStatus[];
  readonly statuses: readonly ContainerStatus[];
  readonly sandboxReady: boolean;
  /** Those about a resize. */
  readonly resize: readonly PodCondition[];
  /** Whether all containers are being restarted; null: the Pod has no rule for that. */
  readonly restartingAll: boolean | null;
  /** Conditions as last published: for times, and for those that others own. */
  readonly old: readonly PodCondition[];
  /** RFC 3339. */
  readonly now: string;
}

/** All conditions, in the order in which the kubelet writes them. */
export function podConditions(input: ConditionInput): readonly PodCondition[] {
  const { pod, old, now } = input;
  const generation = pod.metadata.generation ?? 0;
  const others = (pod.status.conditions ?? []).filter((c) => !ownedByKubelet(c));
  const make = (type: string, verdict: Verdict): PodCondition =>
    stamped(type, verdict, generation, old, now);
  const containersReady = containersReadyVerdict(input);
  return [
    ...others,
    ...input.resize,
    make('PodReadyToStartContainers', { status: input.sandboxReady ? 'True' : 'False' }),
    make('Initialized', initializedVerdict(input)),
    make('Ready', readyVerdict(pod, others, containersReady)),
    make('ContainersReady', containersReady),
    make('PodScheduled', TRUE),
    ...(input.restartingAll === null
      ? []
      : [stamped('AllContainersRestarting', restartingVerdict(input), 0, old, now)]),
  ];
}

/** NeedToReconcilePodReadiness: somebody has set the condition of a readiness gate. */
export function readinessIsOld(pod: Pod): boolean {
  const { spec, status } = pod;
  if (!spec.readinessGates) return false;
  const now = withReadiness(pod, status, '');
  return now.some((c, i) => {
    const old = status.conditions?.[i];
    return c.type === 'Ready' && (c.status !== old?.status || c.message !== old.message);
  });
}

/** The conditions of a status in which some container has become ready, or is so no longer. */
export function withReadiness(pod: Pod, status: PodStatus, now: string): readonly PodCondition[] {
  const old = status.conditions ?? [];
  const others = (pod.status.conditions ?? []).filter((c) => !ownedByKubelet(c));
  const generation = pod.metadata.generation ?? 0;
  const verdict = containersReadyVerdict({
    pod,
    phase: (status.phase ?? 'Pending') as PodPhase,
    initStatuses: status.initContainerStatuses ?? [],
    statuses: status.containerStatuses ?? [],
  });
  return old.map((c) => {
    if (c.type === 'ContainersReady') return stamped(c.type, verdict, generation, old, now);
    if (c.type !== 'Ready') return c;
    return stamped(c.type, readyVerdict(pod, others, verdict), generation, old, now);
  });
}

/** GenerateAllContainersRestartingCondition, which has no observed generation. */
function restartingVerdict({ phase, restartingAll }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  if (restartingAll !== true) return { status: 'False' };
  const message = 'container exited with restart policy rule';
  return { status: 'True', reason: 'RestartAllContainersStarted', message };
}

/** The same list with one condition of the kubelet set anew. */
export function withCondition(
  conditions: readonly PodCondition[],
  type: string,
  verdict: { readonly status: 'True' | 'False'; readonly reason?: string },
  generation: number,
  now: string,
): readonly PodCondition[] {
  return conditions.map((c) =>
    c.type === type ? stamped(type, verdict, generation, conditions, now) : c,
  );
}

function stamped(
  type: string,
  verdict: Verdict,
  generation: number,
  old: readonly PodCondition[],
  now: string,
): PodCondition {
  const before = old.find((c) => c.type === type);
  const same = before !== undefined && before.status === verdict.status;
  // The very object, if nothing changes: who compares it sees so at once.
  if (
    same &&
    (before.observedGeneration ?? 0) === generation &&
    before.reason === verdict.reason &&
    before.message === verdict.message &&
    (before.lastTransitionTime ?? null) !== null &&
    (before.lastProbeTime ?? null) === null
  ) {
    return before;
  }
  // Spreads of what may be missing would give every condition a shape of its own.
  const { status } = verdict;
  const lastTransitionTime = (same ? before.lastTransitionTime : undefined) ?? now;
  const condition: { -readonly [K in keyof PodCondition]: PodCondition[K] } =
    generation === 0
      ? { type, status, lastTransitionTime }
      : { type, observedGeneration: generation, status, lastTransitionTime };
  if (verdict.reason !== undefined) condition.reason = verdict.reason;
  if (verdict.message !== undefined) condition.message = verdict.message;
  return condition;
}

function containersReadyVerdict({
  pod,
  phase,
  initStatuses,
  statuses,
}: Pick<ConditionInput, 'pod' | 'phase' | 'initStatuses' | 'statuses'>): Verdict {
  const unknown: string[] = [];
  const unready: string[] = [];
  const look = (container: Container, all: readonly ContainerStatus[]): void => {
    const status = byName(all, container.name);
    if (!status) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  };
  for (const c of pod.spec.initContainers ?? []) if (isSidecar(c)) look(c, initStatuses);
  for (const c of pod.spec.containers) look(c, statuses);
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  if (phase === 'Succeeded' && unknown.length === 0) {
    return { status: 'False', reason: 'PodCompleted' };
  }
  const message = join(listed('unknown', unknown), listed('unready', unready));
  return message === '' ? TRUE : { status: 'False', reason: 'ContainersNotReady', message };
}

function readyVerdict(
  pod: Pod,
  others: readonly PodCondition[],
  containersReady: Verdict,
): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const gates = pod.spec.readinessGates;
  if (!gates) return TRUE;
  const missing: string[] = [];
  for (const { conditionType } of gates) {
    const condition = others.find((c) => c.type === conditionType);
    const name = `"${conditionType}"`;
    if (!condition) {
      missing.push(`corresponding condition of pod readiness gate ${name} does not exist.`);
    } else if (condition.status !== 'True') {
      missing.push(
        `the status of pod readiness gate ${name} is not "True", but ${condition.status}`,
      );
    }
  }
  if (missing.length === 0) return TRUE;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}

function initializedVerdict(input: ConditionInput): Verdict {
  const { pod, phase, initStatuses, statuses } = input;
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const c of pod.spec.initContainers ?? []) {
    const status = byName(initStatuses, c.name);
    if (!status) unknown.push(c.name);
    else if (!(isSidecar(c) ? status.started : status.ready)) incomplete.push(c.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) {
    return { status: 'True', reason: 'PodCompleted' };
  }
  if (statuses.some(hasStarted)) return TRUE;
  const message = join(listed('unknown', unknown), listed('incomplete', incomplete));
  return message === '' ? TRUE : { status: 'False', reason: 'ContainersNotInitialized', message };
}

/** HasAnyRegularContainerStarted (pkg/kubelet/container/helpers.go). */
function hasStarted(status: ContainerStatus): boolean {
  return status.state.running !== undefined || status.state.terminated !== undefined;
}

function listed(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `containers with ${what} status: [${names.join(' ')}]`;
}

function join(a: string, b: string): string {
  return a !== '' && b !== '' ? `${a}, ${b}` : a + b;
}

/** A Pod that is over cannot be ready, whatever its last conditions said. */
export function readinessOfEnded(
  conditions: readonly PodCondition[],
  phase: PodPhase,
  generation: number,
  now: string,
): readonly PodCondition[] {
  const ready = conditions.some(
    (c) => (c.type === 'Ready' || c.type === 'ContainersReady') && c.status === 'True',
  );
  if (!isTerminal(phase) || !ready) return conditions;
  const verdict = {
    status: 'False',
    reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted',
  } as const;
  const once = withCondition(conditions, 'Ready', verdict, generation, now);
  return withCondition(once, 'ContainersReady', verdict, generation, now);
}
