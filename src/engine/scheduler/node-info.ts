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
  addTo,
  copyOf,
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
  requested = noResources();
  nonZeroCpuMilli = 0;
  nonZeroMemory = 0;
  allocatable: Resources = noResources();
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

  constructor(node: Node, slot = 0) {
    this.slot = slot;
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
      this.allocatable = parseResources(allocatable);
      this.allowedPods = bytes(allocatable?.['pods'] ?? '0');
    }
    if (!old || old.status.images !== images) {
      const sizes = new Map<string, number>();
      for (const image of images ?? []) {
        for (const name of image.names ?? []) sizes.set(name, image.sizeBytes ?? 0);
      }
      this.images = sizes;
    }
  }

  /** A copy whose Pods can be added and removed in thought. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.node, this.slot);
    for (const [key, pod] of this.pods) copy.pods.set(key, pod);
    copy.podCount = this.podCount;
    copy.requested = copyOf(this.requested);
    copy.nonZeroCpuMilli = this.nonZeroCpuMilli;
    copy.nonZeroMemory = this.nonZeroMemory;
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
    const r = podResources(pod);
    addTo(this.requested, r.requests, sign);
    this.nonZeroCpuMilli += sign * r.nonZeroCpuMilli;
    this.nonZeroMemory += sign * r.nonZeroMemory;
  }
}
