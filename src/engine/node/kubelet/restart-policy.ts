/**
 * Whether a container that has ended is to be started again. Pure.
 *
 * Models: pkg/api/v1/pod/util.go ContainerShouldRestart, pkg/kubelet/container/helpers.go
 * ShouldContainerBeRestarted (v1.36: restart policies and rules of single containers are on)
 */
import type { Container, Pod } from '../../../api/generated/types.ts';
import type { ContainerInfo } from '../runtime/runtime-types.ts';

/** Init container that stays: a sidecar. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function shouldRestart(container: Container, pod: Pod, exitCode: number): boolean {
  if (container.restartPolicy !== undefined && matchesRule(container, exitCode)) return true;
  switch (container.restartPolicy ?? pod.spec.restartPolicy) {
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

/** A rule that asks for a restart; RestartAllContainers restarts this one too. */
function matchesRule(container: Container, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const { operator, values = [] } = rule.exitCodes ?? {};
    const listed = values.includes(exitCode);
    if (operator === 'In' ? listed : operator === 'NotIn' && !listed) return true;
  }
  return false;
}
