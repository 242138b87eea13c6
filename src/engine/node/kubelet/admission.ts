/**
 * Whether the node can take a Pod that has been bound to it. Pure.
 *
 * Models: pkg/kubelet/lifecycle/predicate.go with the scheduler's general predicates
 * (pkg/scheduler/scheduler.go AdmissionCheck), pkg/kubelet/eviction/eviction_manager.go Admit,
 * pkg/kubelet/sysctl/allowlist.go, pkg/kubelet/nodeshutdown (v1.36)
 * Simplified: of a host's addresses a port is taken on all.
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import { podQosClass, podRequests } from '../../../api/kinds/pod/resources.ts';
import { hostPortsOf } from '../../../api/kinds/pod/host-ports.ts';
import { matchesRequired } from '../../../api/meta/node-selector.ts';
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import { toleratedBy } from '../../../api/meta/taints.ts';
import { isCritical } from './critical.ts';
import type { MachineInfo, Pressure } from './node-status.ts';
import { isTerminal } from './phase.ts';
import type { PodRecord } from './pod-record.ts';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
  /** What there is too little of, and how much is missing. */
  readonly missing?: { readonly resource: string; readonly amount: number };
}

export interface AdmissionInput {
  readonly p: PodRecord;
  /** Pods that hold something of the node: never |p| itself. */
  readonly others: readonly PodRecord[];
  readonly machine: MachineInfo;
  readonly node: Node | undefined;
  readonly pressure: Pressure;
  readonly shuttingDown: boolean;
}

/** Everything that stands against it, in the order in which the kubelet asks. */
export function refusals(input: AdmissionInput): readonly Refusal[] {
  const { p, others, machine, node, pressure } = input;
  const first =
    underPressure(p.pod, pressure) ?? forbiddenSysctl(p.pod) ?? otherSystem(p.pod, node);
  if (first) return [first];
  const found = [
    ...insufficient(p, others, machine),
    ...mismatches(p, others, node),
    ...untolerated(p, node),
  ];
  return found.length === 0 && input.shuttingDown ? [SHUTTING_DOWN] : found;
}

/** GetActivePods: those that have not been told to end for good. */
export function holdsResources(p: PodRecord): boolean {
  return !p.terminated && !isTerminal(p.pod.status.phase) && p.state !== 'rejected';
}

const SHUTTING_DOWN: Refusal = {
  reason: 'NodeShutdown',
  message: 'Pod was rejected as the node is shutting down.',
};

function underPressure(pod: Pod, { memory, disk, pid }: Pressure): Refusal | null {
  if (!(memory || disk || pid) || isCritical(pod)) return null;
  if (memory && !disk && !pid) {
    if (podQosClass(pod) !== 'BestEffort') return null;
    const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const;
    if (toleratedBy(pod.spec.tolerations, taint)) return null;
  }
  const conditions = [
    ...(memory ? ['MemoryPressure'] : []),
    ...(disk ? ['DiskPressure'] : []),
    ...(pid ? ['PIDPressure'] : []),
  ];
  return { reason: 'Evicted', message: `The node had condition: [${conditions.join(' ')}]. ` };
}

/** pkg/kubelet/sysctl/safe_sysctls.go. */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

function forbiddenSysctl({ spec }: Pod): Refusal | null {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const plain = name.replaceAll('/', '.');
    if (!SAFE_SYSCTLS.has(plain)) return forbidden(`"${plain}" not allowlisted`);
    const isNet = plain.startsWith('net.');
    if (isNet ? spec.hostNetwork === true : spec.hostIPC === true) {
      return forbidden(`"${plain}" not allowed with host ${isNet ? 'Net' : 'IPC'} enabled`);
    }
  }
  return null;
}

function forbidden(what: string): Refusal {
  return { reason: 'SysctlForbidden', message: `forbidden sysctl: ${what}` };
}

function otherSystem(pod: Pod, node: Node | undefined): Refusal | null {
  const wanted = pod.metadata.labels?.['kubernetes.io/os'];
  const os = node?.metadata.labels?.['kubernetes.io/os'] ?? 'linux';
  if (wanted !== undefined && wanted !== os) {
    const reason = 'PodOSSelectorNodeLabelDoesNotMatch';
    const label = "`kubernetes.io/os` label doesn't match node label";
    return { reason, message: `Failed to admit pod as the ${label}` };
  }
  if (pod.spec.os !== undefined && pod.spec.os.name !== 'linux') {
    const message = "Failed to admit pod as the OS field doesn't match node OS";
    return { reason: 'PodOSNotSupported', message };
  }
  return null;
}

function requestsOf(p: PodRecord): Readonly<Record<string, string>> {
  p.requests ??= podRequests(p.pod.spec);
  return p.requests;
}

/** What a Pod asks for of one resource: thousandths of a core, bytes, Pods. */
export function requestOf(p: PodRecord, resource: string): number {
  return resource === 'pods' ? 1 : amount(resource, requestsOf(p)[resource]);
}

/** noderesources.Fits: Pods first, then CPU, memory, disk, and the rest. */
function insufficient(
  p: PodRecord,
  others: readonly PodRecord[],
  { allocatable }: MachineInfo,
): readonly Refusal[] {
  const found: Refusal[] = [];
  const pods = Number(allocatable['pods'] ?? '0');
  if (others.length + 1 > pods) found.push(outOf('pods', 1, others.length, pods));
  const wanted = requestsOf(p);
  const names = Object.keys(wanted);
  const order = ['cpu', 'memory', 'ephemeral-storage', ...names.filter((n) => !PLAIN.has(n))];
  for (const name of order) {
    const requested = amount(name, wanted[name]);
    if (requested === 0) continue;
    // Resources that the node has never heard of are let through (removeMissingExtendedResources).
    if (name.includes('/') && allocatable[name] === undefined) continue;
    const capacity = amount(name, allocatable[name]);
    let used = 0;
    for (const other of others) used += amount(name, requestsOf(other)[name]);
    if (requested > capacity - used) found.push(outOf(name, requested, used, capacity));
  }
  return found;
}

const PLAIN = new Set(['cpu', 'memory', 'ephemeral-storage']);

function outOf(resource: string, requested: number, used: number, capacity: number): Refusal {
  const figures = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return {
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, ${figures}`,
    missing: { resource, amount: requested - (capacity - used) },
  };
}

function amount(name: string, quantity: string | undefined): number {
  if (quantity === undefined) return 0;
  return name === 'cpu' ? milliCpu(quantity) : bytes(quantity);
}

function mismatches(
  { pod }: PodRecord,
  others: readonly PodRecord[],
  node: Node | undefined,
): readonly Refusal[] {
  const found: Refusal[] = [];
  const labels = node?.metadata.labels ?? {};
  if (node && !matchesRequired(pod.spec, { name: node.metadata.name, labels })) {
    found.push(predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector"));
  }
  if (!portsFree(pod, others)) {
    found.push(
      predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports"),
    );
  }
  return found;
}

function portsFree(pod: Pod, others: readonly PodRecord[]): boolean {
  const wanted = hostPorts(pod);
  if (wanted.size === 0) return true;
  for (const other of others) {
    for (const port of hostPorts(other.pod)) if (wanted.has(port)) return false;
  }
  return true;
}

function hostPorts(pod: Pod): ReadonlySet<string> {
  return new Set(hostPortsOf(pod).map(({ protocol, port }) => `${protocol}/${port}`));
}

/** Of taints only NoExecute concerns the kubelet; static Pods stay whatever there is. */
function untolerated({ pod, isStatic }: PodRecord, node: Node | undefined): readonly Refusal[] {
  if (isStatic) return [];
  const taints = (node?.spec.taints ?? []).filter((t) => t.effect === 'NoExecute');
  if (taints.every((t) => toleratedBy(pod.spec.tolerations, t))) return [];
  return [predicate('TaintToleration', 'node(s) had untolerated taint(s)')];
}

function predicate(reason: string, why: string): Refusal {
  return { reason, message: `Predicate ${reason} failed: ${why}` };
}
