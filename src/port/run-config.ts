/** The clusters that runs begin with when nobody says otherwise. */
import type { NodeSpec, RunConfig } from './protocol.ts';

export const DEFAULT_EPOCH = '2026-01-01T00:00:00Z';
export const DEFAULT_NODES = 3;
export const DEFAULT_SEED = 1;

/** Pods that a kubelet takes by default (KubeletConfiguration maxPods). */
export const DEFAULT_MAX_PODS = 110;

/** `node-1`, `node-2`, … */
export function defaultNode(number: number): NodeSpec {
  return { name: `node-${number}`, cpu: '4', memory: '8Gi', pods: DEFAULT_MAX_PODS, zone: '' };
}

/** What the page begins with: a cluster as kubeadm makes it, with its own node and CoreDNS. */
export function pageRunConfig(seed: number): RunConfig {
  const more = { controlPlane: true, dns: true, metrics: true, storage: true, decisions: true };
  return { ...defaultRunConfig(seed), ...more };
}

export function defaultRunConfig(
  seed: number = DEFAULT_SEED,
  nodes: number = DEFAULT_NODES,
  stopped: readonly string[] = [],
): RunConfig {
  return {
    seed,
    epoch: DEFAULT_EPOCH,
    nodes: Array.from({ length: nodes }, (_, i) => defaultNode(i + 1)),
    stopped,
  };
}
