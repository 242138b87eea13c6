/**
 * Whether a container that has ended is to be started again. Pure.
 *
 * Models: pkg/api/v1/pod/util.go ContainerShouldRestart, FindMatchingContainerRestartRule,
 * AllContainersCouldRestart; pkg/kubelet/container/helpers.go ShouldContainerBeRestarted,
 * ShouldAllContainersRestart (v1.36: restart policies and rules of single containers are on)
 */
import type {
  Container,
  ContainerRestartRule,
  ContainerStatus,
  Pod,
  PodStatus,
} from '../../../api/generated/types.ts';
import type { ContainerInfo, PodRuntimeStatus } from '../runtime/runtime-types.ts';

const RESTART_ALL = 'RestartAllContainers';
/** Reason of containers that were removed for it (pkg/kubelet/kubelet_pods.go). */
export const RESTARTING_ALL = 'RestartingAllContainers';

/** Init container that stays: a sidecar. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function shouldRestart(container: Container, pod: Pod, exitCode: number): boolean {
  const { restartPolicy } = container;
  if (restartPolicy !== undefined) {
    const action = matchingRule(container, exitCode)?.action;
    if (action === 'Restart' || action === RESTART_ALL) return true;
  }
  switch (restartPolicy ?? pod.spec.restartPolicy) {
    case 'Never':
      return false;
    case 'OnFailure':
      return exitCode !== 0;
    default:
      return true;
  }
}

/** Also for containers that have never run: true. */
export function shouldBeStarted(
  container: Container,
  pod: Pod,
  info: ContainerInfo | undefined,
): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (!info) return true;
  switch (info.state) {
    case 'running':
      return false;
    case 'created':
      return true;
    case 'exited':
      return shouldRestart(container, pod, info.exitCode);
  }
}

/** The first rule that fits the exit code. */
function matchingRule(container: Container, exitCode: number): ContainerRestartRule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const { operator, values = [] } = exitCodes ?? {};
    const listed = values.includes(exitCode);
    return operator === 'In' ? listed : operator === 'NotIn' && !listed;
  });
}

export function restartsAll(container: Container, exitCode: number): boolean {
  return matchingRule(container, exitCode)?.action === RESTART_ALL;
}

/** Some container can ask for a restart of all. */
export function couldRestartAll({ spec }: Pod): boolean {
  const has = (c: Container): boolean =>
    c.restartPolicyRules?.some((r) => r.action === RESTART_ALL) === true;
  return spec.containers.some(has) || spec.initContainers?.some(has) === true;
}

/** A container has ended in a way that asks for it, or it has begun and is not done. */
export function allShouldRestart(pod: Pod, runtime: PodRuntimeStatus, old: PodStatus): boolean {
  if (!couldRestartAll(pod)) return false;
  const begun = old.conditions?.some(
    (c) => c.type === 'AllContainersRestarting' && c.status === 'True',
  );
  if (begun === true) return true;
  const { containers, initContainers = [] } = pod.spec;
  const asks = (c: Container, statuses: readonly ContainerStatus[] | undefined): boolean => {
    const info = runtime.containers.get(c.name);
    // Upstream asks the published status only about containers that the runtime has as ended.
    if (info?.state !== 'exited') return false;
    if (restartsAll(c, info.exitCode)) return true;
    const ended = statuses?.find((s) => s.name === c.name)?.state.terminated;
    return ended !== undefined && restartsAll(c, ended.exitCode);
  };
  return (
    initContainers.some((c) => asks(c, old.initContainerStatuses)) ||
    containers.some((c) => asks(c, old.containerStatuses))
  );
}

/** None of its containers is left in the runtime. */
export function allRemoved({ spec }: Pod, runtime: PodRuntimeStatus): boolean {
  const gone = (c: Container): boolean => !runtime.containers.has(c.name);
  return spec.containers.every(gone) && (spec.initContainers ?? []).every(gone);
}

/** setTerminationGracePeriod; |by|: the probe that wants it ended. */
export function gracePeriodSeconds(
  pod: Pod,
  container: Container,
  by: 'liveness' | 'startup' | null,
): number {
  const { deletionGracePeriodSeconds } = pod.metadata;
  if (deletionGracePeriodSeconds !== undefined) return deletionGracePeriodSeconds;
  const probe =
    by === 'liveness'
      ? container.livenessProbe
      : by === 'startup'
        ? container.startupProbe
        : undefined;
  return probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 2;
}
