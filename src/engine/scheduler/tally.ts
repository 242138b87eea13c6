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
  readonly labels: Readonly<Record<string, string>>;
}

export class Tally {
  readonly byNode = new Map<TallyNode, number>();
  readonly #byLabel = new Map<string, Map<string, number>>();

  count(node: TallyNode): number {
    return this.byNode.get(node) ?? 0;
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
    for (const [label, sums] of this.#byLabel) addTo(sums, node.labels[label], n);
  }

  forgetDomains(): void {
    this.#byLabel.clear();
  }
}

function addTo<K>(map: Map<K, number>, key: K | undefined, n: number): void {
  if (key === undefined) return;
  const sum = (map.get(key) ?? 0) + n;
  if (sum === 0) map.delete(key);
  else map.set(key, sum);
}
