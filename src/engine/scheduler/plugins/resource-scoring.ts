/**
 * Scores of nodes by how much of their resources is taken, shared by NodeResourcesFit and
 * NodeResourcesBalancedAllocation.
 *
 * Models:     pkg/scheduler/framework/plugins/noderesources resource_allocation.go, least_allocated.go,
 *             most_allocated.go, requested_to_capacity_ratio.go; plugins/helper shape_score.go (v1.36)
 * Simplified: extended resources that a DeviceClass stands for are not looked for among devices
 */
import { MAX_NODE_SCORE } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { ALL_CPU, ALL_MEMORY, NON_ZERO_CPU, NON_ZERO_MEMORY } from '../node-table.ts';
import type { ResourceWeight, ScoringStrategy, ShapePoint } from '../plugin-args.ts';
import { isScalar, type Resources } from '../resources.ts';

/** Scores of a shape go up to this: MaxCustomPriorityScore. */
const MAX_SHAPE_SCORE = 10;

/** How one resource is scored: |requested| with the Pod, of |capacity|. */
type ResourceScore = (requested: number, capacity: number) => number;

export type Scorer = (pod: Resources, node: NodeInfo) => number;

export function amountOf(r: Resources, name: string): number {
  switch (name) {
    case 'cpu':
      return r.cpuMilli;
    case 'memory':
      return r.memory;
    case 'ephemeral-storage':
      return r.ephemeral;
    default:
      return r.other?.get(name) ?? 0;
  }
}

/** What is taken of a node, with the defaults for containers that request nothing. */
function nonZeroOf(node: NodeInfo, name: string): number {
  if (name === 'cpu') return node.nonZeroCpuMilli;
  return name === 'memory' ? node.nonZeroMemory : amountOf(node.requested, name);
}

/** A resource that only some nodes have counts only for Pods that ask for it. */
export function isScored(pod: Resources, name: string): boolean {
  return !isScalar(name) || amountOf(pod, name) !== 0;
}

export function scorerOf(strategy: ScoringStrategy): Scorer {
  const { resources } = strategy;
  switch (strategy.type) {
    case 'LeastAllocated':
      return isDefault(resources) ? leastOfCpuAndMemory : weighted(resources, least, false);
    case 'MostAllocated':
      return weighted(resources, most, false);
    case 'RequestedToCapacityRatio':
      return weighted(resources, ratio(strategy.requestedToCapacityRatio?.shape ?? []), true);
  }
}

function isDefault(resources: readonly ResourceWeight[]): boolean {
  const [first, second] = resources;
  return (
    resources.length === 2 &&
    first?.name === 'cpu' &&
    second?.name === 'memory' &&
    first.weight === 1 &&
    second.weight === 1
  );
}

/** The default: the mean of both, without a list for each node. */
function leastOfCpuAndMemory(pod: Resources, node: NodeInfo): number {
  const { row } = node;
  const { numbers } = node.table;
  const allCpu = numbers[row + ALL_CPU] as number;
  const allMemory = numbers[row + ALL_MEMORY] as number;
  const cpu = least((numbers[row + NON_ZERO_CPU] as number) + pod.cpuMilli, allCpu);
  const memory = least((numbers[row + NON_ZERO_MEMORY] as number) + pod.memory, allMemory);
  const weights = (allCpu > 0 ? 1 : 0) + (allMemory > 0 ? 1 : 0);
  return weights === 0 ? 0 : Math.floor((cpu + memory) / weights);
}

/** |isRatio|: resources without a score do not count, and the mean is rounded. */
function weighted(
  resources: readonly ResourceWeight[],
  score: ResourceScore,
  isRatio: boolean,
): Scorer {
  return (pod, node) => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const capacity = amountOf(node.allocatable, name);
      if (capacity === 0 || !isScored(pod, name)) continue;
      const one = score(nonZeroOf(node, name) + amountOf(pod, name), capacity);
      if (isRatio && one <= 0) continue;
      sum += one * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return isRatio ? Math.round(sum / weights) : Math.floor(sum / weights);
  };
}

function least(requested: number, capacity: number): number {
  if (capacity === 0 || requested > capacity) return 0;
  return Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}

/** Pods without requests may make more than there is. */
function most(requested: number, capacity: number): number {
  return Math.floor((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);
}

function ratio(shape: readonly ShapePoint[]): ResourceScore {
  const points = shape.map(({ utilization, score }) => ({
    utilization,
    score: score * (MAX_NODE_SCORE / MAX_SHAPE_SCORE),
  }));
  return (requested, capacity) =>
    onShape(points, requested > capacity ? 100 : Math.floor((requested * 100) / capacity));
}

/** Between two points of the shape a straight line, in whole numbers. */
function onShape(shape: readonly ShapePoint[], utilization: number): number {
  let before: ShapePoint | null = null;
  for (const point of shape) {
    if (utilization <= point.utilization) {
      if (!before) return point.score;
      const rise = (point.score - before.score) * (utilization - before.utilization);
      return before.score + Math.trunc(rise / (point.utilization - before.utilization));
    }
    before = point;
  }
  return before?.score ?? 0;
}
