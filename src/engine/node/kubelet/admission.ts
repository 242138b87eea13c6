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
  p: PodRecord,
  records: Iterable<PodRecord>,
  machine: MachineInfo,
  node: Node | undefined,
): Refusal | null {
  const others: PodRecord[] = [];
  for (const r of records) if (r !== p && isActive(r)) others.push(r);
  return fits(p, others, machine) ?? matchesNode(p.pod, node) ?? portsFree(p.pod, others);
}

function isActive(p: PodRecord): boolean {
  return !p.terminated && !isTerminal(p.pod.status.phase) && p.state !== 'rejected';
}

function requestsOf(p: PodRecord): Readonly<Record<string, string>> {
  p.requests ??= podRequests(p.pod.spec);
  return p.requests;
}

function fits(p: PodRecord, others: readonly PodRecord[], machine: MachineInfo): Refusal | null {
  const { allocatable } = machine;
  const pods = Number(allocatable['pods'] ?? '0');
  if (others.length + 1 > pods) return outOf('pods', 1, others.length, pods);
  const wanted = requestsOf(p);
  for (const name of Object.keys(wanted)) {
    const requested = amount(name, wanted[name]);
    if (requested === 0) continue;
    const capacity = amount(name, allocatable[name]);
    let used = 0;
    for (const other of others) used += amount(name, requestsOf(other)[name]);
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

function portsFree(pod: Pod, others: readonly PodRecord[]): Refusal | null {
  const wanted = hostPorts(pod);
  if (wanted.size === 0) return null;
  for (const other of others) {
    for (const port of hostPorts(other.pod)) {
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
