/**
 * What a kubelet says of its machine: labels, capacity, conditions. Pure.
 *
 * Models: pkg/kubelet/kubelet_node_status.go, nodestatus/setters.go (v1.36)
 */
import type { Node, NodeCondition, NodeStatus } from '../../../api/generated/types.ts';
import type { Input } from '../../../api/meta/object.ts';
import { binaryQuantity, bytes, canonicalQuantity } from '../../../api/meta/quantity.ts';

type Resources = Readonly<Record<string, string>>;

/** A machine as it was bought. */
export interface MachineInfo {
  readonly name: string;
  /** InternalIP. */
  readonly address: string;
  readonly zone: string;
  readonly capacity: Resources;
  readonly allocatable: Resources;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  /** maxParallelImagePulls of its kubelet; 1: one after the other. */
  readonly parallelPulls: number;
}

const KUBELET_VERSION = 'v1.36.3';
const RUNTIME_VERSION = 'containerd://2.4.2';
const KERNEL_VERSION = '6.12.41-amd64';
const OS_IMAGE = 'Debian GNU/Linux 13 (trixie)';

/** Disk of every machine: 250 GB. */
export const DISK_BYTES = 264_212_084 * 1024;
/** Hard eviction thresholds: memory.available<100Mi, nodefs.available<5% (a 32-bit float). */
const EVICTION_MEMORY_BYTES = 100 * 1024 * 1024;
const EVICTION_DISK_FRACTION = 0.05000000074505806;

export function resourcesOf(spec: {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
}): { readonly capacity: Resources; readonly allocatable: Resources } {
  const memory = bytes(spec.memory);
  const capacity = {
    cpu: canonicalQuantity(spec.cpu),
    'ephemeral-storage': binaryQuantity(DISK_BYTES),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: binaryQuantity(memory),
    pods: String(spec.pods),
  };
  const disk = DISK_BYTES - Math.floor(DISK_BYTES * EVICTION_DISK_FRACTION);
  const allocatable = {
    ...capacity,
    'ephemeral-storage': String(disk),
    memory: binaryQuantity(Math.max(0, memory - EVICTION_MEMORY_BYTES)),
  };
  return { capacity, allocatable };
}

export function newNode(machine: MachineInfo, status: NodeStatus): Input<Node> {
  const { name, zone } = machine;
  return {
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(zone === '' ? {} : { 'topology.kubernetes.io/zone': zone }),
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {},
    status,
  };
}

export interface NodeStatusInput {
  readonly machine: MachineInfo;
  readonly images: NodeStatus['images'];
  readonly networkReady: boolean;
  /** Conditions as last published. */
  readonly old: readonly NodeCondition[];
  /** RFC 3339. */
  readonly now: string;
}

export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { machine } = input;
  return {
    capacity: machine.capacity,
    allocatable: machine.allocatable,
    conditions: nodeConditions(input),
    addresses: [
      { type: 'InternalIP', address: machine.address },
      { type: 'Hostname', address: machine.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: KERNEL_VERSION,
      osImage: OS_IMAGE,
      containerRuntimeVersion: RUNTIME_VERSION,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    ...(input.images && input.images.length > 0 ? { images: input.images } : {}),
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

const NETWORK_NOT_READY =
  '[container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady ' +
  'message:Network plugin returns error: cni plugin not initialized, ' +
  'CSINode is not yet initialized]';

function nodeConditions({ old, now, networkReady }: NodeStatusInput): readonly NodeCondition[] {
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
    make('MemoryPressure', 'False', 'KubeletHasSufficientMemory', sufficient('memory available')),
    make('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    make('PIDPressure', 'False', 'KubeletHasSufficientPID', sufficient('PID available')),
    networkReady
      ? make('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : make('Ready', 'False', 'KubeletNotReady', NETWORK_NOT_READY),
  ];
  const others = old.filter((c) => !own.some((o) => o.type === c.type));
  return [...others, ...own];
}

function sufficient(what: string): string {
  return `kubelet has sufficient ${what}`;
}

/** nodeStatusHasChanged: everything but the times of heartbeats. */
export function withoutHeartbeats(status: NodeStatus): NodeStatus {
  return {
    ...status,
    conditions: (status.conditions ?? []).map(({ lastHeartbeatTime: _, ...rest }) => rest),
  };
}
