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

/** IsPodResizeInProgress: a container runs with other resources than it is promised. */
export function isResizing(p: PodRecord): boolean {
  return p.containers.some((c) => {
    if (!c.actuated || c.kind === 'ephemeral') return false;
    if (p.observed.containers.get(c.name)?.state !== 'running') return false;
    return !sameResources(c.actuated, containerResources(p.pod, c.spec));
  });
}

/**
 * validateMemoryResizeAction: why the memory limits of |list| cannot be lowered now; null: they can,
 * or none is lowered. The limit of the Pod is the sum, where each container has one.
 */
export function limitBelowUsage(
  p: PodRecord,
  list: readonly ContainerRecord[],
  usage: (container: string) => number,
): string | null {
  const running = p.containers.filter((c) => c.kind !== 'init' && c.actuated);
  const total = (limit: (c: ContainerRecord) => number | undefined): number | undefined =>
    running.reduce<number | undefined>((sum, c) => {
      const bytes = limit(c);
      return sum === undefined || bytes === undefined ? undefined : sum + bytes;
    }, 0);
  const wanted = (c: ContainerRecord): number | undefined =>
    containerResources(p.pod, c.spec).memoryLimitBytes;
  const [had, wants] = [total((c) => c.actuated?.memoryLimitBytes), total(wanted)];
  const used = running.reduce((sum, c) => sum + usage(c.name), 0);
  const errors: string[] = [];
  if (wants !== undefined && (had === undefined || wants < had) && used >= wants) {
    errors.push(`attempting to set pod memory limit (${wants}) below current usage (${used})`);
  }
  for (const c of list) {
    const limit = wanted(c);
    const before = c.actuated?.memoryLimitBytes;
    if (limit === undefined || (before !== undefined && limit >= before)) continue;
    if (usage(c.name) < limit) continue;
    // Upstream prints the usage of the Pod here.
    const figures = `memory limit (${limit}) below current usage (${used})`;
    errors.push(`attempting to set container "${c.name}" ${figures}`);
  }
  if (errors.length === 0) return null;
  const text = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
  return `cannot decrease memory limits: ${text}`;
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
