/**
 * What the kernel remembers of translated datagrams, so that answers come from the address that was
 * asked.
 *
 * Models: conntrack of Linux for UDP; its bound drops the oldest flow first.
 */
import type { Address } from './connection.ts';

/** Far below nf_conntrack_max of a machine: flows here live for one question. */
const MAX_FLOWS = 4_096;

/** A flow that is not what its two ends take it for. */
export interface Flow {
  /** What the client has sent to, and expects answers from. */
  readonly asked: Address;
  /** Where answers go in truth. */
  readonly client: Address;
}

export class Translations {
  readonly #flows = new Map<string, Flow>();

  /** |endpoint| sees datagrams of this flow come from |source|. */
  note(source: Address, endpoint: Address, flow: Flow): void {
    const key = flowKey(source, endpoint);
    this.#flows.delete(key);
    this.#flows.set(key, flow);
    if (this.#flows.size <= MAX_FLOWS) return;
    const [oldest] = this.#flows.keys();
    if (oldest !== undefined) this.#flows.delete(oldest);
  }

  /** The flow to which an answer from |endpoint| to |source| belongs. */
  find(source: Address, endpoint: Address): Flow | undefined {
    return this.#flows.get(flowKey(source, endpoint));
  }
}

function flowKey(source: Address, endpoint: Address): string {
  return `${source.address}:${source.port} ${endpoint.address}:${endpoint.port}`;
}
