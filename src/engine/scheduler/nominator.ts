/**
 * Which waiting Pods have been promised room on which node: they count there when others of no higher
 * priority are tried.
 *
 * Models: pkg/scheduler/backend/queue nominator.go (v1.36)
 */
import type { Pod } from '../../api/generated/types.ts';

const NOBODY: ReadonlyMap<string, Pod> = new Map();

export class Nominator {
  /** By node, then uid. */
  #pods = new Map<string, Map<string, Pod>>();
  #nodes = new Map<string, string>();

  get size(): number {
    return this.#nodes.size;
  }

  /** By uid. */
  on(node: string): ReadonlyMap<string, Pod> {
    return this.#pods.get(node) ?? NOBODY;
  }

  nodeOf(pod: Pod): string | undefined {
    return this.#nodes.get(pod.metadata.uid);
  }

  /** |node| '' takes the promise back. */
  set(pod: Pod, node: string): void {
    this.delete(pod);
    if (node === '') return;
    const { uid } = pod.metadata;
    this.#nodes.set(uid, node);
    const there = this.#pods.get(node);
    if (there) there.set(uid, pod);
    else this.#pods.set(node, new Map([[uid, pod]]));
  }

  /**
   * The Pod has changed. News that say nothing of a node can be older than the promise, which then
   * stays; news that take a node back end it.
   */
  update(pod: Pod, old: Pod): void {
    const now = nominatedNode(pod);
    const keeps = now === '' && nominatedNode(old) === '';
    this.set(pod, keeps ? (this.nodeOf(pod) ?? '') : now);
  }

  delete(pod: Pod): void {
    const { uid } = pod.metadata;
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    const there = this.#pods.get(node);
    there?.delete(uid);
    if (there?.size === 0) this.#pods.delete(node);
  }
}

export function nominatedNode(pod: Pod): string {
  return pod.status.nominatedNodeName ?? '';
}
