/**
 * NodeResourcesBalancedAllocation: prefers nodes whose resources are used alike.
 *
 * Models: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go (v1.36): half of the
 *         score is how the Pod changes the balance, so 75 is neutral on an even node
 */
import { defineFactory, definePlugin, MAX_NODE_SCORE, type Plugin, SKIP } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { ALL_CPU, ALL_MEMORY, FREE_CPU, FREE_MEMORY } from '../node-table.ts';
import type { NodeResourcesBalancedAllocationArgs, ResourceWeight } from '../plugin-args.ts';
import { podResources, type Resources } from '../resources.ts';
import { amountOf, isScored } from './resource-scoring.ts';

export const nodeResourcesBalancedAllocation = defineFactory<NodeResourcesBalancedAllocationArgs>(
  'NodeResourcesBalancedAllocation',
  create,
);

function create({ resources }: NodeResourcesBalancedAllocationArgs): Plugin {
  const isDefault =
    resources.length === 2 && resources[0]?.name === 'cpu' && resources[1]?.name === 'memory';
  return definePlugin<null, Resources>({
    name: 'NodeResourcesBalancedAllocation',
    weight: 1,
    preScore(pod) {
      const { requests } = podResources(pod);
      return resources.every(({ name }) => amountOf(requests, name) === 0) ? SKIP : requests;
    },
    score(requests, _pod, node) {
      const before = isDefault ? evenness(node, 0, 0) : balance(resources, requests, node, false);
      const after = isDefault
        ? evenness(node, requests.cpuMilli, requests.memory)
        : balance(resources, requests, node, true);
      return MAX_NODE_SCORE / 2 + Math.trunc((MAX_NODE_SCORE / 2 + after - before) / 2);
    },
  });
}

/** 100 when cpu and memory are used alike, less the further they are apart. */
function evenness(node: NodeInfo, cpuMilli: number, memory: number): number {
  const { row } = node;
  const { numbers } = node.table;
  const allCpu = numbers[row + ALL_CPU] as number;
  const allMemory = numbers[row + ALL_MEMORY] as number;
  let deviation = 0;
  if (allCpu > 0 && allMemory > 0) {
    const usedCpu = allCpu - (numbers[row + FREE_CPU] as number) + cpuMilli;
    const usedMemory = allMemory - (numbers[row + FREE_MEMORY] as number) + memory;
    deviation = Math.abs(Math.min(1, usedCpu / allCpu) - Math.min(1, usedMemory / allMemory)) / 2;
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}

/** The same of any resources: the standard deviation of the used fractions. */
function balance(
  resources: readonly ResourceWeight[],
  pod: Resources,
  node: NodeInfo,
  isWithPod: boolean,
): number {
  const fractions: number[] = [];
  let sum = 0;
  for (const { name } of resources) {
    const all = amountOf(node.allocatable, name);
    if (all === 0 || !isScored(pod, name)) continue;
    const used = amountOf(node.requested, name) + (isWithPod ? amountOf(pod, name) : 0);
    const fraction = Math.min(1, used / all);
    fractions.push(fraction);
    sum += fraction;
  }
  const [a = 0, b = 0] = fractions;
  let deviation = 0;
  if (fractions.length === 2) deviation = Math.abs(a - b) / 2;
  else if (fractions.length > 2) {
    const mean = sum / fractions.length;
    let squares = 0;
    for (const f of fractions) squares += (f - mean) * (f - mean);
    deviation = Math.sqrt(squares / fractions.length);
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}
