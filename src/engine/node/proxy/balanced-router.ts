/**
 * What arrives at a load balancer of the cloud: it is sent on to a port of one of the nodes behind it,
 * whose kube-proxy knows the way. Callers inside the cluster never get there: the rules of their own
 * node know the address.
 *
 * Models: a network load balancer that keeps the caller's address
 */
import type { ServiceRoute, ServiceRouter } from '../network/pod-network.ts';
import type { ServiceTable } from './service-table.ts';

export interface Balancers {
  /** Undefined: the address is no balancer's. */
  balancerAt(address: string): { readonly ports: ReadonlyMap<string, number> } | undefined;
  /** Addresses of the nodes behind it that can be sent to, for the port of nodes |nodePort|. */
  backendsAt(address: string): readonly string[];
}

export class BalancedRouter implements ServiceRouter {
  readonly #table: ServiceTable;
  readonly #balancers: Balancers;
  #next = 0;

  constructor(table: ServiceTable, balancers: Balancers) {
    this.#table = table;
    this.#balancers = balancers;
  }

  route(
    from: string,
    to: string,
    port: number,
    protocol: 'TCP' | 'UDP',
  ): ServiceRoute | 'refused' | 'dropped' | null {
    if (this.#table.isInside(from)) return this.#table.route(from, to, port, protocol);
    const balancer = this.#balancers.balancerAt(to);
    if (!balancer) return this.#table.route(from, to, port, protocol);
    const nodePort = balancer.ports.get(`${port}/${protocol}`);
    // Nobody listens there.
    if (nodePort === undefined) return 'dropped';
    const backends = this.#balancers
      .backendsAt(to)
      .filter((node) => this.#table.isHealthy(node, nodePort, protocol));
    const node = backends[this.#next++ % backends.length];
    return node === undefined ? 'dropped' : this.#table.route(from, node, nodePort, protocol);
  }
}
