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

const ZONE = 'topology.kubernetes.io/zone';

/** How many Pods a selector matches, by node name: kept while Pods come and go. */
export interface SelectorCount {
  readonly namespace: string;
  readonly selector: Selector;
  readonly byNode: Map<string, number>;
  /** The same by value of a node label: by label, then value. Made anew when labels change. */
  readonly byDomain: Map<string, Map<string, number>>;
}

/** Selectors counted at once; the oldest is forgotten and counted anew when needed. */
const MAX_COUNTS = 512;

export class Snapshot {
  lookup: Lookup = EMPTY_LOOKUP;
  readonly nodes = new Map<string, NodeInfo>();
  #order: readonly NodeInfo[] | null = null;
  /** Where each placed (or assumed) Pod is. */
  #placed = new Map<ObjectKey, string>();
  #counts = new Map<string, SelectorCount>();
  /** Values of node labels, by label, as far as they were asked for. */
  #values = new Map<string, ReadonlySet<string>>();
  /** Nodes by image name, for ImageLocality. */
  #imageNodes: Map<string, { nodes: number; sizeBytes: number }> | null = null;

  /** Nodes in the order in which they are tried: zones in turn. */
  get order(): readonly NodeInfo[] {
    this.#order ??= interleaved([...this.nodes.values()]);
    return this.#order;
  }

  setNode(node: Node): void {
    const info = this.nodes.get(node.metadata.name);
    this.#imageNodes = null;
    if (info) {
      if (info.labels !== node.metadata.labels) this.#forgetDomains();
      if (info.labels[ZONE] !== node.metadata.labels?.[ZONE]) this.#order = null;
      info.setNode(node);
      return;
    }
    this.nodes.set(node.metadata.name, new NodeInfo(node));
    this.#order = null;
    this.#forgetDomains();
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (!info) return;
    for (const key of info.pods.keys()) this.#placed.delete(key);
    this.nodes.delete(name);
    this.#order = null;
    this.#imageNodes = null;
    for (const count of this.#counts.values()) count.byNode.delete(name);
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
    this.#recount(pod, nodeName, 1);
  }

  removePod(key: ObjectKey): void {
    const nodeName = this.#placed.get(key);
    if (nodeName === undefined) return;
    this.#placed.delete(key);
    const info = this.nodes.get(nodeName);
    const pod = info?.pods.get(key);
    if (!info || !pod) return;
    info.removePod(key);
    this.#recount(pod, nodeName, -1);
  }

  /** Live counts of Pods that |selector| matches in |namespace|, terminating ones left out. */
  count(namespace: string, selector: Selector): ReadonlyMap<string, number> {
    return this.#counted(namespace, selector).byNode;
  }

  /** The same by value of the node label |label|, over all nodes that have it. */
  countByDomain(namespace: string, selector: Selector, label: string): ReadonlyMap<string, number> {
    const { byNode, byDomain } = this.#counted(namespace, selector);
    let domains = byDomain.get(label);
    if (!domains) {
      domains = new Map();
      for (const [name, n] of byNode) add(domains, this.nodes.get(name)?.labels[label], n);
      byDomain.set(label, domains);
    }
    return domains;
  }

  /** All values that nodes have for a label. */
  domains(label: string): ReadonlySet<string> {
    let values = this.#values.get(label);
    if (!values) {
      const found = new Set<string>();
      for (const { labels } of this.nodes.values()) {
        const value = labels[label];
        if (value !== undefined) found.add(value);
      }
      this.#values.set(label, (values = found));
    }
    return values;
  }

  #counted(namespace: string, selector: Selector): SelectorCount {
    const id = `${namespace}/${selector.toString()}`;
    let count = this.#counts.get(id);
    if (!count) {
      count = { namespace, selector, byNode: new Map(), byDomain: new Map() };
      for (const info of this.nodes.values()) {
        let n = 0;
        for (const pod of info.pods.values()) if (counts(count, pod)) n++;
        if (n > 0) count.byNode.set(info.name, n);
      }
      if (this.#counts.size >= MAX_COUNTS) {
        const oldest = this.#counts.keys().next().value;
        if (oldest !== undefined) this.#counts.delete(oldest);
      }
      this.#counts.set(id, count);
    }
    return count;
  }

  #forgetDomains(): void {
    this.#values.clear();
    for (const count of this.#counts.values()) count.byDomain.clear();
  }

  /** Selector of the Services and the workload that select a Pod; set by the scheduler. */
  ownerSelector: (pod: Pod) => Selector | null = () => null;

  /** On how many nodes an image is; its size is what the first of them said. */
  image(name: string): { readonly nodes: number; readonly sizeBytes: number } | undefined {
    if (!this.#imageNodes) {
      const map = new Map<string, { nodes: number; sizeBytes: number }>();
      for (const info of this.nodes.values()) {
        for (const [image, sizeBytes] of info.images) {
          const known = map.get(image);
          if (known) known.nodes++;
          else map.set(image, { nodes: 1, sizeBytes });
        }
      }
      this.#imageNodes = map;
    }
    return this.#imageNodes.get(name);
  }

  #recount(pod: Pod, nodeName: string, sign: 1 | -1): void {
    for (const count of this.#counts.values()) {
      if (!counts(count, pod)) continue;
      add(count.byNode, nodeName, sign);
      for (const [label, domains] of count.byDomain) {
        add(domains, this.nodes.get(nodeName)?.labels[label], sign);
      }
    }
  }
}

function add(into: Map<string, number>, key: string | undefined, n: number): void {
  if (key !== undefined) into.set(key, (into.get(key) ?? 0) + n);
}

function counts(count: SelectorCount, pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined &&
    (pod.metadata.namespace ?? '') === count.namespace &&
    count.selector.matches(pod.metadata.labels)
  );
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
