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
  /** `10.244.1.0/24`. */
  readonly cidr: string;
  #prefix: string;
  #used = new Set<number>();
  #last = FIRST - 1;

  constructor(cidr: string) {
    this.cidr = cidr;
    this.#prefix = cidr.slice(0, cidr.lastIndexOf('.') + 1);
  }

  /** null: all are taken. */
  take(): string | null {
    for (let n = 0; n <= LAST - FIRST; n++) {
      this.#last = this.#last >= LAST ? FIRST : this.#last + 1;
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
    return `${this.#prefix}1-${this.#prefix}${LAST}`;
  }
}
