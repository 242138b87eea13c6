/**
 * What the scheduler knows of one node, kept up to date Pod by Pod.
 *
 * Models: pkg/scheduler/framework/types.go NodeInfo (v1.36)
 */
import type { Node, Pod, Taint } from '../../api/generated/types.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { clash, type HostPort, hostPortsOf } from '../../api/kinds/pod/host-ports.ts';
import { addTo, noResources, parseResources, podResources, type Resources } from './resources.ts';

const NO_TAINTS: readonly Taint[] = [];

export class NodeInfo {
  readonly name: string;
  node: Node;
  readonly pods = new Map<ObjectKey, Pod>();
  /** Size of |pods|: asked of every node for every Pod. */
  podCount = 0;
  readonly requested = noResources();
  nonZeroCpuMilli = 0;
  nonZeroMemory = 0;
  allocatable: Resources = noResources();
  allowedPods = 0;
  taints: readonly Taint[] = NO_TAINTS;
  labels: Readonly<Record<string, string>> = {};
  unschedulable = false;
  /** Size in bytes by image name. */
  images: ReadonlyMap<string, number> = new Map();
  /** Host ports in use, by Pod; most Pods have none. */
  readonly #ports = new Map<ObjectKey, readonly HostPort[]>();

  constructor(node: Node) {
    this.name = node.metadata.name;
    this.node = node;
    this.setNode(node);
  }

  setNode(node: Node): void {
    this.node = node;
    this.taints = node.spec.taints ?? NO_TAINTS;
    this.labels = node.metadata.labels ?? {};
    this.unschedulable = node.spec.unschedulable === true;
    const allocatable = node.status.allocatable ?? {};
    this.allocatable = parseResources(allocatable);
    this.allowedPods = Number(allocatable['pods'] ?? 0);
    const images = new Map<string, number>();
    for (const image of node.status.images ?? []) {
      for (const name of image.names ?? []) images.set(name, image.sizeBytes ?? 0);
    }
    this.images = images;
  }

  addPod(pod: Pod): void {
    const key = keyOf(pod);
    if (this.pods.has(key)) this.removePod(key);
    this.pods.set(key, pod);
    this.podCount = this.pods.size;
    this.#count(pod, 1);
    const ports = hostPortsOf(pod);
    if (ports.length > 0) this.#ports.set(key, ports);
  }

  removePod(key: ObjectKey): void {
    const pod = this.pods.get(key);
    if (!pod) return;
    this.pods.delete(key);
    this.podCount = this.pods.size;
    this.#count(pod, -1);
    this.#ports.delete(key);
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
