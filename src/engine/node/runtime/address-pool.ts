/**
 * Addresses of a node's Pods, out of its podCIDR.
 *
 * Models: the CNI plugin host-local (plugins/ipam/host-local): the next free address after the one
 * handed out last, round and round; the first address is the bridge's.
 */

/** The last usable address of a /24 is .254. */
const FIRST = 2;
const LAST = 254;

export class AddressPool {
  readonly #prefix: string;
  readonly #used = new Set<number>();
  /** Bounds as host-local's errors name them; the bridge's own address is never handed out. */
  #first = FIRST - 1;
  #end = LAST;
  #last = FIRST - 1;

  /** |subnet| is a /24. */
  constructor(subnet: string) {
    this.#prefix = subnet.slice(0, subnet.lastIndexOf('.') + 1);
  }

  /** Bounds the range; what has been handed out stays taken. */
  bound(rangeStart?: string, rangeEnd?: string): void {
    this.#first = this.#number(rangeStart) ?? FIRST - 1;
    this.#end = this.#number(rangeEnd) ?? LAST;
    if (this.#last > this.#end) this.#last = this.#first - 1;
  }

  holds(subnet: string): boolean {
    return subnet.startsWith(this.#prefix);
  }

  /** null: all are taken. */
  take(): string | null {
    const first = Math.max(this.#first, FIRST);
    for (let n = first; n <= this.#end; n++) {
      this.#last = this.#last >= this.#end || this.#last < first ? first : this.#last + 1;
      if (this.#used.has(this.#last)) continue;
      this.#used.add(this.#last);
      return this.#prefix + this.#last;
    }
    return null;
  }

  free(address: string): void {
    if (address.startsWith(this.#prefix))
      this.#used.delete(Number(address.slice(this.#prefix.length)));
  }

  /** As host-local's error names the range. */
  get range(): string {
    return `${this.#prefix}${this.#first}-${this.#prefix}${this.#end}`;
  }

  #number(address: string | undefined): number | undefined {
    return address?.startsWith(this.#prefix)
      ? Number(address.slice(this.#prefix.length))
      : undefined;
  }
}
