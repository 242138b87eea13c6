/**
 * What the node lifecycle controller concludes from a Node's heartbeats: its health, the conditions
 * to write when they have stopped, the taints that follow from conditions, the state of a zone.
 *
 * Models: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go (v1.36)
 */
import type { Lease, Node, NodeCondition, Taint } from '../../../api/generated/types.ts';
import { sameTaint } from '../../../api/meta/taints.ts';
import { parseTime, rfc3339 } from '../../../api/meta/time.ts';

const STARTUP_GRACE_MS = 60_000; // --node-startup-grace-period

/** Flags of kube-controller-manager that say when a Node counts as silent. */
export interface NodeFlags {
  readonly monitorPeriodUs: number;
  readonly graceMs: number;
}

export const DEFAULT_NODE_FLAGS: NodeFlags = {
  monitorPeriodUs: 5_000_000, // --node-monitor-period
  graceMs: 50_000, // --node-monitor-grace-period
};

export const UNREACHABLE: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
export const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' };

const UNSCHEDULABLE_KEY = 'node.kubernetes.io/unschedulable';

/** Condition type → status → key of the taint. */
const TAINT_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY.key, Unknown: UNREACHABLE.key },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};

const MANAGED_KEYS = new Set([
  UNSCHEDULABLE_KEY,
  ...Object.values(TAINT_KEYS).flatMap((byStatus) => Object.values(byStatus)),
]);

/** Conditions that become Unknown when the kubelet is silent. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** What is remembered of a Node between two looks. */
export interface NodeHealth {
  /** When a sign of life was last seen, by the controller's own clock. */
  readonly probeMs: number;
  readonly ready: NodeCondition | undefined;
  readonly renewTime: string | undefined;
}

export interface Assessment {
  readonly health: NodeHealth;
  /** Ready as it was found, and as it now is. */
  readonly observed: string;
  readonly current: string | undefined;
  /** Conditions to write; undefined when nothing is to be written. */
  readonly conditions: readonly NodeCondition[] | undefined;
}

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status.conditions?.find((c) => c.type === 'Ready');
}

/** Upstream tryUpdateNodeHealth without its writing. */
export function assess(
  saved: NodeHealth | undefined,
  node: Node,
  lease: Lease | undefined,
  flags: NodeFlags,
  nowMs: number,
): Assessment {
  const ready = readyCondition(node);
  const graceMs = ready ? flags.graceMs : STARTUP_GRACE_MS;
  const renewTime = lease?.spec.renewTime;
  const renewed =
    renewTime !== undefined &&
    (saved?.renewTime === undefined || parseTime(saved.renewTime) < parseTime(renewTime));
  const health: NodeHealth = {
    probeMs: renewed ? nowMs : probeMs(saved, node, ready, nowMs),
    ready,
    renewTime: renewed ? renewTime : saved?.renewTime,
  };
  const observed = ready?.status ?? 'Unknown';
  if (nowMs <= health.probeMs + graceMs) {
    return { health, observed, current: ready?.status, conditions: undefined };
  }
  const conditions = silentConditions(node, nowMs);
  const next = conditions.find((c) => c.type === 'Ready');
  const unchanged = ready !== undefined && next === ready;
  return {
    health: { ...health, ready: next },
    observed,
    current: next?.status,
    conditions: unchanged ? undefined : conditions,
  };
}

function probeMs(
  saved: NodeHealth | undefined,
  node: Node,
  ready: NodeCondition | undefined,
  nowMs: number,
): number {
  if (!saved) return ready ? nowMs : parseTime(node.metadata.creationTimestamp);
  // Conditions came, went, or carry a new heartbeat.
  const same = saved.ready?.lastHeartbeatTime === ready?.lastHeartbeatTime;
  const both = (saved.ready === undefined) === (ready === undefined);
  return both && same ? saved.probeMs : nowMs;
}

/** All the kubelet's conditions as Unknown; those that are so already stay the same objects. */
function silentConditions(node: Node, nowMs: number): NodeCondition[] {
  const now = rfc3339(nowMs);
  const conditions = [...(node.status.conditions ?? [])];
  for (const type of KUBELET_CONDITIONS) {
    const at = conditions.findIndex((c) => c.type === type);
    const old = conditions[at];
    if (!old) {
      conditions.push({
        type,
        status: 'Unknown',
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: now,
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
      });
    } else if (old.status !== 'Unknown') {
      conditions[at] = {
        ...old,
        status: 'Unknown',
        lastTransitionTime: now,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      };
    }
  }
  return conditions;
}

/** NoSchedule taints that the conditions of |node| ask for and it lacks, and those it has in excess. */
export function noScheduleTaints(node: Node): { add: Taint[]; remove: Taint[] } {
  const wanted: Taint[] = [];
  const want = (key: string | undefined): void => {
    if (key !== undefined) wanted.push({ key, effect: 'NoSchedule' });
  };
  for (const { type, status } of node.status.conditions ?? []) want(TAINT_KEYS[type]?.[status]);
  if (node.spec.unschedulable === true) want(UNSCHEDULABLE_KEY);
  const existing = (node.spec.taints ?? []).filter(
    (t) => t.effect === 'NoSchedule' && MANAGED_KEYS.has(t.key),
  );
  return {
    add: wanted.filter((t) => !existing.some((e) => sameTaint(e, t))),
    remove: existing.filter((t) => !wanted.some((w) => sameTaint(w, t))),
  };
}

/** Labels that repeat the stable ones under their old names; undefined when all are there. */
export function missingLabels(node: Node): Record<string, string> | undefined {
  const labels = node.metadata.labels ?? {};
  const missing: Record<string, string> = {};
  for (const what of ['os', 'arch']) {
    const value = labels[`kubernetes.io/${what}`];
    const old = `beta.kubernetes.io/${what}`;
    if (value !== undefined && labels[old] !== value) missing[old] = value;
  }
  return Object.keys(missing).length > 0 ? missing : undefined;
}

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

const UNHEALTHY_ZONE_THRESHOLD = 0.55; // --unhealthy-zone-threshold
const MIN_UNHEALTHY_NODES = 3; // ComputeZoneState: more than two

/** Upstream ComputeZoneState, from the Ready statuses of a zone's Nodes. */
export function zoneState(ready: readonly (string | undefined)[]): ZoneState {
  const healthy = ready.filter((status) => status === 'True').length;
  const unhealthy = ready.length - healthy;
  if (healthy === 0 && unhealthy > 0) return 'FullDisruption';
  const partial =
    unhealthy >= MIN_UNHEALTHY_NODES && unhealthy / ready.length >= UNHEALTHY_ZONE_THRESHOLD;
  return partial ? 'PartialDisruption' : 'Normal';
}

/** Region and zone of a Node as one key. */
export function zoneOf(node: Node): string {
  const { labels = {} } = node.metadata;
  const region = labels['topology.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`;
}
