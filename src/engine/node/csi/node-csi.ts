/**
 * Volumes of storage drivers on one machine: which Pods want them, what the Node object says of them,
 * what is mounted. It belongs to the machine and survives the kubelet, not the power.
 *
 * Models: pkg/kubelet/volumemanager/cache desired_state_of_world.go, actual_state_of_world.go (v1.36)
 */
import type { FileStore } from '../runtime/file-system.ts';
import type { NodeDriver } from './driver.ts';

export interface StagedVolume {
  readonly store: FileStore;
  /** uids of the Pods that have it mounted. */
  readonly pods: Set<string>;
}

export class NodeCsi {
  readonly drivers: ReadonlyMap<string, NodeDriver>;
  /** uids of Pods by the volumes that they want, under the names that Nodes use. */
  readonly #wanted = new Map<string, Set<string>>();
  readonly #staged = new Map<string, StagedVolume>();
  #reported: ReadonlySet<string> = new Set();
  #attached: ReadonlySet<string> = new Set();
  /** Volumes by handle whose disk has been enlarged, and nobody has looked at them since. */
  readonly #grown = new Set<string>();
  /** The list of volumes in use has changed: part of the Node's status at the next look. */
  onChange: () => void = () => {};
  /** Something has come that a Pod may wait for. */
  onNews: () => void = () => {};
  /** Pods with a volume whose disk has been enlarged. */
  onGrown: (uids: readonly string[]) => void = () => {};

  constructor(drivers: Iterable<NodeDriver> = []) {
    this.drivers = new Map(Array.from(drivers, (driver) => [driver.name, driver]));
    for (const driver of this.drivers.values()) {
      driver.onGrown((handle) => this.#hasGrown(`${driver.name}^${handle}`));
    }
  }

  /** status.volumesInUse. */
  get inUse(): readonly string[] {
    return [...this.#wanted.keys()].sort();
  }

  get users(): ReadonlySet<string> {
    const uids = new Set<string>();
    for (const pods of this.#wanted.values()) for (const uid of pods) uids.add(uid);
    return uids;
  }

  want(volume: string, uid: string): void {
    const pods = this.#wanted.get(volume);
    if (pods) {
      pods.add(uid);
      return;
    }
    this.#wanted.set(volume, new Set([uid]));
    this.onChange();
  }

  /** The Pod needs nothing any more; what nobody needs is unmounted. */
  release(uid: string): void {
    let isLess = false;
    for (const [volume, pods] of this.#wanted) {
      if (!pods.delete(uid)) continue;
      this.#staged.get(volume)?.pods.delete(uid);
      if (pods.size > 0) continue;
      this.#wanted.delete(volume);
      this.#staged.delete(volume);
      isLess = true;
    }
    if (isLess) this.onChange();
  }

  staged(volume: string): StagedVolume | undefined {
    return this.#staged.get(volume);
  }

  stage(volume: string, store: FileStore): StagedVolume {
    const known = this.#staged.get(volume);
    if (known) return known;
    const staged = { store, pods: new Set<string>() };
    this.#staged.set(volume, staged);
    return staged;
  }

  /** The Node object says that these are in use. */
  markReported(volumes: readonly string[]): void {
    this.#reported = new Set(volumes);
    if (this.#wanted.size > 0) this.onNews();
  }

  /** The Node object says that these are attached. */
  markAttached(volumes: readonly string[]): void {
    this.#attached = new Set(volumes);
    if (this.#wanted.size > 0) this.onNews();
  }

  /** The control plane may attach it, and has done so. */
  isReady(volume: string): boolean {
    return this.#reported.has(volume) && this.#attached.has(volume);
  }

  /** Its file system is as large as its disk. */
  settle(volume: string): void {
    this.#grown.delete(volume);
  }

  isGrown(volume: string): boolean {
    return this.#grown.has(volume);
  }

  /** A new kubelet knows nothing of what an earlier one has reported. */
  restart(): void {
    this.#reported = new Set();
  }

  /** The power is gone: nothing is mounted. */
  lose(): void {
    this.#wanted.clear();
    this.#staged.clear();
    this.#reported = new Set();
  }

  #hasGrown(name: string): void {
    const volume = `kubernetes.io/csi/${name}`;
    const staged = this.#staged.get(volume);
    if (!staged) return;
    this.#grown.add(volume);
    this.onGrown([...staged.pods]);
  }
}
