/**
 * NodeResourcesFit: what the Pod requests must be free; emptier nodes are preferred (LeastAllocated).
 *
 * Models: pkg/scheduler/framework/plugins/noderesources/fit.go, least_allocated.go (v1.36)
 */
import { definePlugin, MAX_NODE_SCORE, type Refusal } from '../framework.ts';
import { NodeInfo } from '../node-info.ts';
import { type PodResources, podResources } from '../resources.ts';

export const nodeResourcesFit = definePlugin<PodResources, PodResources>({
  name: 'NodeResourcesFit',
  weight: 1,
  preFilter: (pod) => podResources(pod),
  filter: (state, _pod, node) => insufficient(state, node),
  preScore: (pod) => podResources(pod),
  score(state, _pod, node) {
    const { allocatable } = node;
    const cpu = least(node.nonZeroCpuMilli + state.nonZeroCpuMilli, allocatable.cpuMilli);
    const memory = least(node.nonZeroMemory + state.nonZeroMemory, allocatable.memory);
    const weights = (allocatable.cpuMilli > 0 ? 1 : 0) + (allocatable.memory > 0 ? 1 : 0);
    return weights === 0 ? 0 : Math.floor((cpu + memory) / weights);
  },
  events: [
    'AssignedPodDelete',
    'AssignedPodUpdatePodScaleDown',
    'NodeAdd',
    'NodeUpdateNodeAllocatable',
  ],
  helps: (event, pod) =>
    event.type !== 'NodeAdd' || insufficient(podResources(pod), new NodeInfo(event.node)) === null,
});

function least(requested: number, capacity: number): number {
  if (capacity === 0 || requested > capacity) return 0;
  return Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}

function insufficient(wanted: PodResources, node: NodeInfo): Refusal | null {
  const { requests } = wanted;
  const { allocatable, requested } = node;
  // Most nodes have room: nothing is made for those.
  if (
    requests.other === null &&
    node.podCount < node.allowedPods &&
    (requests.cpuMilli === 0 || requests.cpuMilli <= allocatable.cpuMilli - requested.cpuMilli) &&
    (requests.memory === 0 || requests.memory <= allocatable.memory - requested.memory) &&
    (requests.ephemeral === 0 || requests.ephemeral <= allocatable.ephemeral - requested.ephemeral)
  )
    return null;
  return lacking(wanted, node);
}

function lacking(wanted: PodResources, node: NodeInfo): Refusal | null {
  const { requests } = wanted;
  const { allocatable, requested } = node;
  let reasons: string[] | null = null;
  let unresolvable = false;
  const lack = (name: string, want: number, used: number, all: number): void => {
    if (want === 0 || want <= all - used) return;
    (reasons ??= []).push(`Insufficient ${name}`);
    if (want > all) unresolvable = true;
  };
  if (node.pods.size + 1 > node.allowedPods) {
    (reasons ??= []).push('Too many pods');
    if (node.allowedPods === 0) unresolvable = true;
  }
  lack('cpu', requests.cpuMilli, requested.cpuMilli, allocatable.cpuMilli);
  lack('memory', requests.memory, requested.memory, allocatable.memory);
  lack('ephemeral-storage', requests.ephemeral, requested.ephemeral, allocatable.ephemeral);
  if (requests.other) {
    for (const [name, want] of requests.other) {
      lack(name, want, requested.other?.get(name) ?? 0, allocatable.other?.get(name) ?? 0);
    }
  }
  return reasons === null ? null : { reasons, unresolvable };
}
