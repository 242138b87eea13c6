/**
 * The scheduler's own picture of the nodes: changed Pod by Pod as news comes in, never rebuilt.
 *
 * Models: pkg/scheduler/backend/cache cache.go, node_tree.go (v1.36)
 */
import type { Node, Pod } from '../../api/generated/types.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import type { Selector } from '../../api/meta/selectors.ts';
import { EMPTY_LOOKUP, type Lookup } from './lookup.ts';
import { NodeInfo } from './node-info.ts';
import { NodeTable } from './node-table.ts';
import { PlacedPods } from './placed-pods.ts';
import type { Tally } from './tally.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** The values that nodes have for a label. */
export interface Domains {
  /** By value a number from 0 on. */
  readonly ids: ReadonlyMap<string, number>;
  readonly values: ReadonlySet<string>;
  /** The number of a node's value, by slot; -1 = it has none. */
  readonly bySlot: Int32Array;
  /** No node is without the label. */
  readonly everywhere: boolean;
}

export class Snapshot {
  lookup: Lookup = EMPTY_LOOKUP;
  readonly nodes = new Map<string, NodeInfo>();
  /** Slots of nodes are below this. */
  slots = 0;
  #freeSlots: number[] = [];
  readonly #table = new NodeTable();
  #order: readonly NodeInfo[] | null = null;
  /** Where each placed (or assumed) Pod is. */
  #placed = new Map<ObjectKey, string>();
  /** What is asked about Pods on nodes. */
  readonly pods = new PlacedPods();
  /** Values of node labels and how many nodes have them, by label, as far as they were asked for. */
  #domains = new Map<string, Domains>();
  /** On how many nodes an image is, for ImageLocality; its size is what the first of them said. */
  #images = new Map<string, { nodes: number; sizeBytes: number }>();

  /** Nodes in the order in which they are tried: zones in turn. */
  get order(): readonly NodeInfo[] {
    this.#order ??= interleaved([...this.nodes.values()]);
    return this.#order;
  }

  setNode(node: Node): void {
    const info = this.nodes.get(node.metadata.name);
    if (info) {
      const { labels, images } = info;
      if (labels[ZONE] !== node.metadata.labels?.[ZONE]) this.#order = null;
      info.setNode(node);
      if (labels !== info.labels) this.#forgetDomains();
      if (images !== info.images) {
        this.#countImages(info.images, 1);
        this.#countImages(images, -1);
      }
      return;
    }
    const made = new NodeInfo(node, this.#freeSlots.pop() ?? this.slots++, this.#table);
    this.nodes.set(node.metadata.name, made);
    this.#countImages(made.images, 1);
    this.#order = null;
    this.#forgetDomains();
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (!info) return;
    for (const [key, pod] of info.pods) {
      this.#placed.delete(key);
      this.pods.change(pod, info, -1);
    }
    this.nodes.delete(name);
    this.#freeSlots.push(info.slot);
    this.#order = null;
    this.#countImages(info.images, -1);
    this.#forgetDomains();
  }

  /** Also for a Pod that is only assumed to be there, until its binding is seen. */
  addPod(pod: Pod, nodeName: string): void {
    const key = keyOf(pod);
    this.removePod(key);
    const info = this.nodes.get(nodeName);
    if (!info) return;
    info.addPod(pod);
    this.#placed.set(key, nodeName);
    this.pods.change(pod, info, 1);
  }

  removePod(key: ObjectKey): void {
    const nodeName = this.#placed.get(key);
    if (nodeName === undefined) return;
    this.#placed.delete(key);
    const info = this.nodes.get(nodeName);
    const pod = info?.pods.get(key);
    if (!info || !pod) return;
    info.removePod(key);
    this.pods.change(pod, info, -1);
  }

  /** A newer version of a Pod that is counted already and counts as before. */
  refreshPod(pod: Pod): void {
    const key = keyOf(pod);
    const info = this.nodes.get(this.#placed.get(key) ?? '');
    if (info?.pods.has(key)) info.pods.set(key, pod);
  }

  /** Pods of |namespace| that |selector| matches, those being deleted left out. */
  selected(namespace: string, selector: Selector): Tally {
    return this.pods.selected(namespace, selector);
  }

  /** All values that nodes have for a label. */
  domains(label: string): Domains {
    let domains = this.#domains.get(label);
    if (!domains) {
      const ids = new Map<string, number>();
      const bySlot = new Int32Array(this.slots).fill(-1);
      let having = 0;
      for (const { labels, slot } of this.nodes.values()) {
        const value = labels[label];
        if (value === undefined) continue;
        let id = ids.get(value);
        if (id === undefined) ids.set(value, (id = ids.size));
        bySlot[slot] = id;
        having++;
      }
      const everywhere = having === this.nodes.size;
      domains = { ids, values: new Set(ids.keys()), bySlot, everywhere };
      this.#domains.set(label, domains);
    }
    return domains;
  }

  #forgetDomains(): void {
    this.#domains.clear();
    this.pods.forgetDomains();
  }

  /** Selector of the Services and the workload that select a Pod; set by the scheduler. */
  ownerSelector: (pod: Pod) => Selector | null = () => null;

  image(name: string): { readonly nodes: number; readonly sizeBytes: number } | undefined {
    return this.#images.get(name);
  }

  #countImages(images: ReadonlyMap<string, number>, sign: 1 | -1): void {
    for (const [name, sizeBytes] of images) {
      const known = this.#images.get(name);
      if (!known) this.#images.set(name, { nodes: sign, sizeBytes });
      else if (known.nodes + sign === 0) this.#images.delete(name);
      else known.nodes += sign;
    }
  }
}

/** Zones in turn, so that the first nodes tried are spread. */
function interleaved(nodes: readonly NodeInfo[]): readonly NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const zone = info.labels[ZONE] ?? '';
    const list = zones.get(zone);
    if (list) list.push(info);
    else zones.set(zone, [info]);
  }
  if (zones.size <= 1) return nodes;
  const result: NodeInfo[] = [];
  for (let i = 0; result.length < nodes.length; i++) {
    for (const list of zones.values()) {
      const info = list[i];
      if (info) result.push(info);
    }
  }
  return result;
}
