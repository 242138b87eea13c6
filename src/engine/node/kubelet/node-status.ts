/**
 * What a kubelet says of its machine: labels, capacity, conditions. Pure.
 *
 * Models: pkg/kubelet/kubelet_node_status.go, nodestatus/setters.go (v1.36)
 */
import type { Node, NodeAddress, NodeCondition, NodeStatus } from '../../../api/generated/types.ts';
import type { Input } from '../../../api/meta/object.ts';
import { binaryQuantity, bytes, canonicalQuantity } from '../../../api/meta/quantity.ts';
import type { KubeletSettings, NodeTaint } from '../../../port/protocol-node.ts';
import { reservedOf } from './settings.ts';

type Resources = Readonly<Record<string, string>>;

/** A machine as it was bought. */
export interface MachineInfo {
  readonly name: string;
  /** InternalIP. */
  readonly address: string;
  readonly zone: string;
  readonly capacity: Resources;
  readonly allocatable: Resources;
  /** Its cloud says its addresses and its place (--cloud-provider=external). */
  readonly external?: boolean;
  /** With which it registers. */
  readonly taints: readonly NodeTaint[];
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  /** Of its kubelet. */
  readonly settings: KubeletSettings;
  /** `containerd://2.4.2+unknown`. */
  readonly runtimeVersion: string;
}

const KUBELET_VERSION = 'v1.36.3';
const KERNEL_VERSION = '6.12.41-amd64';
const OS_IMAGE = 'Debian GNU/Linux 13 (trixie)';

/** Disk of every machine: 250 GB. */
export const DISK_BYTES = 264_212_084 * 1024;
/** What the hard eviction thresholds keep back of the machine is nobody's to allocate. */
export function resourcesOf(
  spec: { readonly cpu: string; readonly memory: string },
  { maxPods, evictionHard }: KubeletSettings,
): { readonly capacity: Resources; readonly allocatable: Resources } {
  const memory = bytes(spec.memory);
  const capacity = {
    cpu: canonicalQuantity(spec.cpu),
    'ephemeral-storage': binaryQuantity(DISK_BYTES),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: binaryQuantity(memory),
    pods: String(maxPods),
  };
  const kept = (signal: string, total: number): number =>
    reservedOf(evictionHard[signal] ?? '0', total);
  const disk = DISK_BYTES - kept('nodefs.available', DISK_BYTES);
  const left = Math.max(0, memory - kept('memory.available', memory));
  const allocatable = {
    ...capacity,
    'ephemeral-storage': binaryQuantity(disk),
    memory: binaryQuantity(left),
  };
  return { capacity, allocatable };
}

export function newNode(machine: MachineInfo, status: NodeStatus): Input<Node> {
  const { name, zone, external = false } = machine;
  return {
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(zone === '' || external ? {} : { 'topology.kubernetes.io/zone': zone }),
      },
      annotations: {
        ...(external ? { 'alpha.kubernetes.io/provided-node-ip': machine.address } : {}),
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: machine.taints.length > 0 ? { taints: machine.taints } : {},
    status,
  };
}

/** What the machine is short of. */
export interface Pressure {
  readonly memory: boolean;
  readonly disk: boolean;
  readonly pid: boolean;
}

export interface NodeStatusInput {
  readonly machine: MachineInfo;
  readonly images: NodeStatus['images'];
  /** Volumes of storage drivers that Pods want, and which of them the control plane has attached. */
  readonly volumesInUse?: readonly string[];
  readonly volumesAttached?: NodeStatus['volumesAttached'];
  /** What keeps the node from being ready. */
  readonly errors: readonly string[];
  readonly pressure: Pressure;
  /** Conditions as last published. */
  readonly old: readonly NodeCondition[];
  readonly oldAddresses?: readonly NodeAddress[];
  /** RFC 3339. */
  readonly now: string;
}

export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { machine } = input;
  return {
    capacity: machine.capacity,
    allocatable: machine.allocatable,
    conditions: nodeConditions(input),
    addresses: addressesOf(input),
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: KERNEL_VERSION,
      osImage: OS_IMAGE,
      containerRuntimeVersion: machine.runtimeVersion,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    ...(input.images && input.images.length > 0 ? { images: input.images } : {}),
    ...listed('volumesInUse', input.volumesInUse),
    ...listed('volumesAttached', input.volumesAttached),
    runtimeHandlers: ['', 'runc'].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: true, userNamespaces: false },
    })),
    features: { supplementalGroupsPolicy: true },
    declaredFeatures: [
      'ExtendWebSocketsToKubelet',
      'InPlacePodLevelResourcesVerticalScaling',
      'InPlacePodVerticalScalingInitContainers',
      'RestartAllContainersOnContainerExits',
    ],
  };
}

function listed<K extends string, T>(
  key: K,
  list: readonly T[] | undefined,
): { readonly [key in K]?: readonly T[] } {
  return list && list.length > 0 ? ({ [key]: list } as { readonly [key in K]: readonly T[] }) : {};
}

/** nodestatus.NodeAddress: what a cloud has said stays. */
function addressesOf({ machine, oldAddresses = [] }: NodeStatusInput): readonly NodeAddress[] {
  if (machine.external && oldAddresses.length > 0) return oldAddresses;
  return [
    { type: 'InternalIP', address: machine.address },
    { type: 'Hostname', address: machine.name },
  ];
}

/** runtimeState.networkErrors, and the volume manager's of a node that has just been registered. */
export const NETWORK_NOT_READY =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady ' +
  'message:Network plugin returns error: cni plugin not initialized';
export const CSI_NOT_READY = 'CSINode is not yet initialized';

function nodeConditions(input: NodeStatusInput): readonly NodeCondition[] {
  const { old, now, pressure } = input;
  const [first = '', ...more] = input.errors;
  const errors = more.length === 0 ? first : `[${input.errors.join(', ')}]`;
  const make = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = old.find((c) => c.type === type);
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    return {
      type,
      status,
      lastHeartbeatTime: now,
      lastTransitionTime: since ?? now,
      reason,
      message,
    };
  };
  const own = [
    pressure.memory
      ? make('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', short('memory available'))
      : make('MemoryPressure', 'False', 'KubeletHasSufficientMemory', enough('memory available')),
    pressure.disk
      ? make('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : make('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pressure.pid
      ? make('PIDPressure', 'True', 'KubeletHasInsufficientPID', short('PID available'))
      : make('PIDPressure', 'False', 'KubeletHasSufficientPID', enough('PID available')),
    errors === ''
      ? make('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : make('Ready', 'False', 'KubeletNotReady', errors),
  ];
  const others = old.filter((c) => !own.some((o) => o.type === c.type));
  return [...others, ...own];
}

function enough(what: string): string {
  return `kubelet has sufficient ${what}`;
}

function short(what: string): string {
  return `kubelet has insufficient ${what}`;
}

/** Reasons of the kubelet's Events about a condition: when it holds, and when it does not. */
const NEWS: Readonly<Record<string, readonly [holds: string, not: string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};

/** Reasons of the Events about conditions that are others than before. */
export function conditionNews(
  before: readonly NodeCondition[],
  now: readonly NodeCondition[],
): readonly string[] {
  return now.flatMap(({ type, status }) => {
    const reasons = NEWS[type];
    if (!reasons || before.find((c) => c.type === type)?.status === status) return [];
    return [reasons[status === 'True' ? 0 : 1]];
  });
}

/** nodeStatusHasChanged: everything but the times of heartbeats. */
export function withoutHeartbeats(status: NodeStatus): NodeStatus {
  return {
    ...status,
    conditions: (status.conditions ?? []).map(({ lastHeartbeatTime: _, ...rest }) => rest),
  };
}
