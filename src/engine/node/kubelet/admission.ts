/**
 * Whether the node can take a Pod that has been bound to it. Pure.
 *
 * Models: pkg/kubelet/lifecycle/predicate.go with the scheduler's general predicates (v1.36)
 * Simplified: of affinity only nodeSelector; the scheduler has looked at the rest.
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import { podRequests } from '../../../api/kinds/pod/resources.ts';
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import type { MachineInfo } from './node-status.ts';
import { isTerminal } from './phase.ts';
import type { PodRecord } from './pod-record.ts';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** |records| are the Pods on the node, the new one among them. */
export function admit(
  pod: Pod,
  records: Iterable<PodRecord>,
  machine: MachineInfo,
  node: Node | undefined,
): Refusal | null {
  const others: Pod[] = [];
  for (const r of records) {
    if (r.pod.metadata.uid !== pod.metadata.uid && isActive(r)) others.push(r.pod);
  }
  return fits(pod, others, machine) ?? matchesNode(pod, node) ?? portsFree(pod, others);
}

function isActive(p: PodRecord): boolean {
  return !p.terminated && !isTerminal(p.pod.status.phase) && p.state !== 'rejected';
}

function fits(pod: Pod, others: readonly Pod[], machine: MachineInfo): Refusal | null {
  const { allocatable } = machine;
  const pods = Number(allocatable['pods'] ?? '0');
  if (others.length + 1 > pods) return outOf('pods', 1, others.length, pods);
  const wanted = podRequests(pod.spec);
  const names = Object.keys(wanted);
  if (names.length === 0) return null;
  const taken = others.map((other) => podRequests(other.spec));
  for (const name of names) {
    const requested = amount(name, wanted[name]);
    if (requested === 0) continue;
    const capacity = amount(name, allocatable[name]);
    let used = 0;
    for (const list of taken) used += amount(name, list[name]);
    if (requested > capacity - used) {
      // Resources that the node has never heard of are let through (removeMissingExtendedResources).
      if (name.includes('/') && allocatable[name] === undefined) continue;
      return outOf(name, requested, used, capacity);
    }
  }
  return null;
}

function outOf(name: string, requested: number, used: number, capacity: number): Refusal {
  const figures = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  const message = `Node didn't have enough resource: ${name}, ${figures}`;
  return { reason: `OutOf${name}`, message };
}

function amount(name: string, quantity: string | undefined): number {
  if (quantity === undefined) return 0;
  return name === 'cpu' ? milliCpu(quantity) : bytes(quantity);
}

function matchesNode(pod: Pod, node: Node | undefined): Refusal | null {
  if (!node) return null;
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) {
      return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
    }
  }
  return null;
}

function portsFree(pod: Pod, others: readonly Pod[]): Refusal | null {
  const wanted = hostPorts(pod);
  if (wanted.size === 0) return null;
  for (const other of others) {
    for (const port of hostPorts(other)) {
      if (!wanted.has(port)) continue;
      return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
    }
  }
  return null;
}

function hostPorts(pod: Pod): ReadonlySet<string> {
  const ports = new Set<string>();
  for (const c of pod.spec.containers) {
    for (const p of c.ports ?? []) {
      if (p.hostPort) ports.add(`${p.protocol ?? 'TCP'}/${p.hostPort}`);
    }
  }
  return ports;
}

function predicate(reason: string, why: string): Refusal {
  return { reason, message: `Predicate ${reason} failed: ${why}` };
}
