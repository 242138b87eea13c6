/**
 * The phase of a Pod from the statuses of its containers. Pure.
 *
 * Models: pkg/kubelet/kubelet_pods.go getPhase (v1.36)
 */
import type {
  Container,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
} from '../../../api/generated/types.ts';
import { isSidecar, RESTARTING_ALL, shouldRestart } from './restart-policy.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export function isTerminal(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

interface PhaseInput {
  readonly pod: Pod;
  readonly initStatuses: readonly ContainerStatus[];
  readonly statuses: readonly ContainerStatus[];
  /** The kubelet is done with it: nothing will be restarted. */
  readonly ended: boolean;
  /** Some app container of the present sandbox has been started. */
  readonly initialized: boolean;
}

interface AppTally {
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  stoppedForGood: number;
  succeeded: number;
}

export function podPhase(input: PhaseInput): PodPhase {
  const { pod, ended } = input;
  const init = initProgress(input);
  if (init === 'failed') return 'Failed';
  const tally = tallyContainers(input);
  if (init === 'pending' || tally.waiting > 0) return 'Pending';
  if (tally.running > 0 && tally.unknown === 0) return 'Running';
  if (tally.running === 0 && tally.stopped > 0 && tally.unknown === 0) {
    const over = ended || tally.stopped === tally.stoppedForGood;
    if (!over) return 'Running';
    return tally.stopped === tally.succeeded ? 'Succeeded' : 'Failed';
  }
  // A Pod without containers never gets past here.
  return pod.spec.containers.length === 0 && ended ? 'Failed' : 'Pending';
}

function initProgress({
  pod,
  initStatuses,
  initialized,
}: PhaseInput): 'pending' | 'failed' | 'done' {
  let pending = false;
  for (const container of pod.spec.initContainers ?? []) {
    const status = byName(initStatuses, container.name);
    if (isSidecar(container)) {
      const started = status?.state.running ? status.started === true : endedBefore(status);
      if (!started && !initialized) pending = true;
      continue;
    }
    const ended = status?.state.terminated ?? waitingAfter(status);
    if (!ended) pending = true;
    else if (ended.exitCode !== 0 && !runsAgain(container, pod, ended)) return 'failed';
  }
  return pending ? 'pending' : 'done';
}

function endedBefore(status: ContainerStatus | undefined): boolean {
  return status?.state.terminated !== undefined || waitingAfter(status) !== undefined;
}

/** How a container that waits to be started again ended the last time. */
function waitingAfter(
  status: ContainerStatus | undefined,
): ContainerStatus['state']['terminated'] | undefined {
  return status?.state.waiting ? status.lastState.terminated : undefined;
}

/** What was removed to restart all has not ended by itself. */
function runsAgain(container: Container, pod: Pod, ended: ContainerStateTerminated): boolean {
  return ended.reason === RESTARTING_ALL || shouldRestart(container, pod, ended.exitCode);
}

function tallyContainers({ pod, initStatuses, statuses }: PhaseInput): AppTally {
  const tally = { unknown: 0, running: 0, waiting: 0, stopped: 0, stoppedForGood: 0, succeeded: 0 };
  for (const container of pod.spec.initContainers ?? []) {
    if (!isSidecar(container)) continue;
    const status = byName(initStatuses, container.name);
    if (!status) tally.unknown++;
    else if (status.state.running) tally.running++;
    else if (status.state.waiting && !status.lastState.terminated) tally.waiting++;
  }
  for (const container of pod.spec.containers) {
    const status = byName(statuses, container.name);
    const ended = status?.state.terminated ?? waitingAfter(status);
    if (!status) tally.unknown++;
    else if (status.state.running) tally.running++;
    else if (!ended) tally.waiting++;
    else {
      tally.stopped++;
      if (!runsAgain(container, pod, ended)) tally.stoppedForGood++;
      if (status.state.terminated && ended.exitCode === 0) tally.succeeded++;
    }
  }
  return tally;
}

export function byName(
  statuses: readonly ContainerStatus[],
  name: string,
): ContainerStatus | undefined {
  for (const s of statuses) if (s.name === name) return s;
  return undefined;
}
