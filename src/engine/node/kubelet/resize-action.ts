/**
 * Whether a running container has other resources than the Pod is allowed, and what that asks for.
 * Pure.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodResizeAction,
 * isContainerResourceResizeInProgress (v1.36)
 */
import type { Container, Pod } from '../../../api/generated/types.ts';
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import { type ContainerResources, NO_RESOURCES } from '../runtime/cgroup.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

export type ResizeAction = 'none' | 'update' | 'restart';

export function resizeAction(p: PodRecord, c: ContainerRecord): ResizeAction {
  const { actuated } = c;
  if (!actuated || c.state !== 'running') return 'none';
  const wanted = containerResources(p.pod, c.spec);
  if (sameResources(actuated, wanted)) return 'none';
  const cpu =
    actuated.cpuLimitMillis !== wanted.cpuLimitMillis ||
    actuated.cpuRequestMillis !== wanted.cpuRequestMillis;
  const memory =
    actuated.memoryLimitBytes !== wanted.memoryLimitBytes ||
    actuated.memoryRequestBytes !== wanted.memoryRequestBytes;
  const restarts = c.spec.resizePolicy?.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' &&
      ((resourceName === 'cpu' && cpu) || (resourceName === 'memory' && memory)),
  );
  return restarts === true ? 'restart' : 'update';
}

/**
 * CPU and memory of a container's cgroup (generateLinuxContainerResources): a limit stands in for a
 * missing request, a limit of the Pod for a missing limit.
 */
export function containerResources(
  pod: Pod,
  container: Pick<Container, 'resources'>,
): ContainerResources {
  const { limits, requests } = container.resources ?? {};
  const ofPod = pod.spec.resources?.limits;
  const cpu = read(limits?.['cpu'] ?? ofPod?.['cpu'], milliCpu);
  const memory = read(limits?.['memory'] ?? ofPod?.['memory'], bytes);
  const cpuRequest = read(requests?.['cpu'], milliCpu) ?? cpu;
  const memoryRequest = read(requests?.['memory'], bytes) ?? memory;
  if (cpu === undefined && memory === undefined && !cpuRequest && !memoryRequest) {
    return NO_RESOURCES;
  }
  return {
    cpuLimitMillis: cpu,
    memoryLimitBytes: memory,
    cpuRequestMillis: cpuRequest,
    memoryRequestBytes: memoryRequest,
  };
}

function read(quantity: string | undefined, of: (text: string) => number): number | undefined {
  return quantity === undefined ? undefined : of(quantity);
}

export function sameResources(a: ContainerResources, b: ContainerResources): boolean {
  return (
    a.cpuRequestMillis === b.cpuRequestMillis &&
    a.cpuLimitMillis === b.cpuLimitMillis &&
    a.memoryRequestBytes === b.memoryRequestBytes &&
    a.memoryLimitBytes === b.memoryLimitBytes
  );
}
