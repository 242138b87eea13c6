/**
 * A number by node, and the sums of it by the values of a node label: made when first asked for, kept
 * up to date from then on.
 *
 * Models: pkg/scheduler/framework/plugins/interpodaffinity topologyToMatchedTermCount,
 *         podtopologyspread TpValueToMatchNum (v1.36); upstream counts anew for every Pod
 */

/** The part of a node's record that counts here; one and the same object for as long as it exists. */
export interface TallyNode {
  readonly name: string;
  /** A small whole number of its own, for arrays over all nodes. */
  readonly slot: number;
  readonly labels: Readonly<Record<string, string>>;
}

export class Tally {
  readonly byNode = new Map<TallyNode, number>();
  readonly #byLabel = new Map<string, Map<string, number>>();
  /** The same by slot, once somebody wants to look at many nodes. */
  #bySlot: Uint32Array | null = null;

  count(node: TallyNode): number {
    return this.byNode.get(node) ?? 0;
  }

  /** By slot of the node; |slots| are in use. Good until a node comes or goes. */
  bySlot(slots: number): Uint32Array {
    let bySlot = this.#bySlot;
    if (!bySlot || bySlot.length < slots) {
      bySlot = new Uint32Array(slots);
      for (const [node, n] of this.byNode) bySlot[node.slot] = n;
      this.#bySlot = bySlot;
    }
    return bySlot;
  }

  /** Sums by value of |label| over the nodes that have it; values without any do not occur. */
  byDomain(label: string): ReadonlyMap<string, number> {
    let sums = this.#byLabel.get(label);
    if (!sums) {
      sums = new Map();
      for (const [node, n] of this.byNode) addTo(sums, node.labels[label], n);
      this.#byLabel.set(label, sums);
    }
    return sums;
  }

  add(node: TallyNode, n: number): void {
    addTo(this.byNode, node, n);
    const bySlot = this.#bySlot;
    if (bySlot) bySlot[node.slot] = (bySlot[node.slot] ?? 0) + n;
    for (const [label, sums] of this.#byLabel) addTo(sums, node.labels[label], n);
  }

  forgetDomains(): void {
    this.#byLabel.clear();
    this.#bySlot = null;
  }
}

function addTo<K>(map: Map<K, number>, key: K | undefined, n: number): void {
  if (key === undefined) return;
  const sum = (map.get(key) ?? 0) + n;
  if (sum === 0) map.delete(key);
  else map.set(key, sum);
}
