/**
 * What the scheduler knows of one node, kept up to date Pod by Pod.
 *
 * Models: pkg/scheduler/framework/types.go NodeInfo (v1.36)
 */
import type { Node, Pod, Taint } from '../../api/generated/types.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { bytes } from '../../api/meta/quantity.ts';
import { clash, type HostPort, hostPortsOf } from '../../api/kinds/pod/host-ports.ts';
import {
  ALL_CPU,
  ALL_MEMORY,
  FREE_CPU,
  FREE_EPHEMERAL,
  FREE_MEMORY,
  FREE_PODS,
  NodeTable,
  NON_ZERO_CPU,
  NON_ZERO_MEMORY,
  ROW,
} from './node-table.ts';
import {
  noResources,
  parseResources,
  podResources,
  type Resources,
  statusCounts,
} from './resources.ts';

const NO_TAINTS: readonly Taint[] = [];
const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_FEATURES: readonly string[] = [];

export class NodeInfo {
  readonly name: string;
  /** Its place in arrays over all nodes. */
  readonly slot: number;
  node: Node;
  readonly pods = new Map<ObjectKey, Pod>();
  /** Size of |pods|: asked of every node for every Pod. */
  podCount = 0;
  /** Its numbers stand in |table| from |row| on. */
  readonly table: NodeTable;
  readonly row: number;
  allocatable: Resources = noResources();
  /** What is requested of extended resources and huge pages. */
  #requestedOther: Map<string, number> | null = null;
  allowedPods = 0;
  taints: readonly Taint[] = NO_TAINTS;
  labels: Readonly<Record<string, string>> = {};
  unschedulable = false;
  /** Size in bytes by image name. */
  images: ReadonlyMap<string, number> = new Map();
  /** What it has said that it can do (status.declaredFeatures). */
  declaredFeatures: readonly string[] = NO_FEATURES;
  /** Host ports in use, by Pod; most Pods have none. */
  #ports = new Map<ObjectKey, readonly HostPort[]>();
  /** Pods whose size their status says; most have that of their spec. */
  #resizing = new Set<ObjectKey>();

  constructor(node: Node, slot = 0, table = new NodeTable(), row = table.row(slot)) {
    this.slot = slot;
    this.table = table;
    this.row = row;
    table.clear(row);
    this.name = node.metadata.name;
    this.node = node;
    this.setNode(node);
  }

  setNode(node: Node): void {
    const old = this.node === node ? null : this.node;
    this.node = node;
    this.taints = node.spec.taints ?? NO_TAINTS;
    this.labels = node.metadata.labels ?? NO_LABELS;
    this.unschedulable = node.spec.unschedulable === true;
    this.declaredFeatures = node.status.declaredFeatures ?? NO_FEATURES;
    // A heartbeat changes neither.
    const { allocatable, images } = node.status;
    if (!old || old.status.allocatable !== allocatable) {
      this.#setAllocatable(parseResources(allocatable), bytes(allocatable?.['pods'] ?? '0'));
    }
    if (!old || old.status.images !== images) {
      const sizes = new Map<string, number>();
      for (const image of images ?? []) {
        for (const name of image.names ?? []) sizes.set(name, image.sizeBytes ?? 0);
      }
      this.images = sizes;
    }
  }

  /** All that its Pods request. */
  get requested(): Resources {
    const { numbers } = this.table;
    const { allocatable, row } = this;
    return {
      cpuMilli: allocatable.cpuMilli - (numbers[row + FREE_CPU] ?? 0),
      memory: allocatable.memory - (numbers[row + FREE_MEMORY] ?? 0),
      ephemeral: allocatable.ephemeral - (numbers[row + FREE_EPHEMERAL] ?? 0),
      other: this.#requestedOther,
    };
  }

  get nonZeroCpuMilli(): number {
    return this.table.numbers[this.row + NON_ZERO_CPU] ?? 0;
  }

  get nonZeroMemory(): number {
    return this.table.numbers[this.row + NON_ZERO_MEMORY] ?? 0;
  }

  #setAllocatable(allocatable: Resources, allowedPods: number): void {
    const old = this.allocatable;
    this.#add(FREE_PODS, allowedPods - this.allowedPods);
    this.#add(FREE_CPU, allocatable.cpuMilli - old.cpuMilli);
    this.#add(FREE_MEMORY, allocatable.memory - old.memory);
    this.#add(FREE_EPHEMERAL, allocatable.ephemeral - old.ephemeral);
    this.#add(ALL_CPU, allocatable.cpuMilli - old.cpuMilli);
    this.#add(ALL_MEMORY, allocatable.memory - old.memory);
    this.allocatable = allocatable;
    this.allowedPods = allowedPods;
  }

  #add(column: number, n: number): void {
    const { numbers } = this.table;
    const at = this.row + column;
    numbers[at] = (numbers[at] ?? 0) + n;
  }

  /** A copy whose Pods can be added and removed in thought. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.node, this.slot, new NodeTable(), 0);
    copy.table.numbers.set(this.table.numbers.subarray(this.row, this.row + ROW));
    for (const [key, pod] of this.pods) copy.pods.set(key, pod);
    copy.podCount = this.podCount;
    copy.#requestedOther = this.#requestedOther && new Map(this.#requestedOther);
    copy.#ports = new Map(this.#ports);
    copy.#resizing = new Set(this.#resizing);
    return copy;
  }

  /** True for a Pod whose next status can change what it takes of the node. */
  isResizing(key: ObjectKey): boolean {
    return this.#resizing.has(key);
  }

  addPod(pod: Pod): void {
    const key = keyOf(pod);
    if (this.pods.has(key)) this.removePod(key);
    this.pods.set(key, pod);
    this.podCount = this.pods.size;
    this.#count(pod, 1);
    const ports = hostPortsOf(pod);
    if (ports.length > 0) this.#ports.set(key, ports);
    if (statusCounts(pod)) this.#resizing.add(key);
  }

  removePod(key: ObjectKey): void {
    const pod = this.pods.get(key);
    if (!pod) return;
    this.pods.delete(key);
    this.podCount = this.pods.size;
    this.#count(pod, -1);
    this.#ports.delete(key);
    this.#resizing.delete(key);
  }

  isTaken(wanted: HostPort): boolean {
    for (const ports of this.#ports.values()) if (ports.some((p) => clash(p, wanted))) return true;
    return false;
  }

  #count(pod: Pod, sign: 1 | -1): void {
    const { requests, nonZeroCpuMilli, nonZeroMemory } = podResources(pod);
    this.#add(FREE_PODS, -sign);
    this.#add(FREE_CPU, -sign * requests.cpuMilli);
    this.#add(FREE_MEMORY, -sign * requests.memory);
    this.#add(FREE_EPHEMERAL, -sign * requests.ephemeral);
    this.#add(NON_ZERO_CPU, sign * nonZeroCpuMilli);
    this.#add(NON_ZERO_MEMORY, sign * nonZeroMemory);
    if (!requests.other) return;
    const other = (this.#requestedOther ??= new Map());
    for (const [name, n] of requests.other) other.set(name, (other.get(name) ?? 0) + sign * n);
  }
}
