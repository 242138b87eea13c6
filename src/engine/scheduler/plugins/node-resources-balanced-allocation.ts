/**
 * NodeResourcesBalancedAllocation: prefers nodes whose use of cpu and memory stays in balance.
 *
 * Models: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go (v1.36): half of the
 *         score is how the Pod changes the balance, so 75 is neutral on an even node
 */
import { definePlugin, MAX_NODE_SCORE, SKIP } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podResources, type Resources } from '../resources.ts';

export const nodeResourcesBalancedAllocation = definePlugin<null, Resources>({
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  preScore(pod) {
    const { requests } = podResources(pod);
    return requests.cpuMilli === 0 && requests.memory === 0 ? SKIP : requests;
  },
  score(requests, _pod, node) {
    const before = balance(node, 0, 0);
    const after = balance(node, requests.cpuMilli, requests.memory);
    return MAX_NODE_SCORE / 2 + Math.trunc((MAX_NODE_SCORE / 2 + after - before) / 2);
  },
});

/** 100 when both are used alike, less the further they are apart. */
function balance(node: NodeInfo, cpuMilli: number, memory: number): number {
  const { allocatable, requested } = node;
  let deviation = 0;
  if (allocatable.cpuMilli > 0 && allocatable.memory > 0) {
    const a = Math.min(1, (requested.cpuMilli + cpuMilli) / allocatable.cpuMilli);
    const b = Math.min(1, (requested.memory + memory) / allocatable.memory);
    deviation = Math.abs(a - b) / 2;
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}
