/**
 * The network namespace of a Pod: its address and its open ports. Containers of the Pod reach each
 * other here; so does the kubelet for its probes. Other addresses are asked of the cluster network,
 * where there is one.
 *
 * Models: a network namespace with its loopback. Simplified: HTTP requests instead of packets.
 */
import type { Proc } from '../../../kernel/process.ts';
import {
  AddressInUse,
  type ConnectFailure,
  type HttpRequest,
  type HttpResponse,
  type NetworkHook,
  type RequestHandler,
} from './program.ts';

/** A request over loopback, there and back; from `ab` against a small server. */
const LOOPBACK_US = 150;
/** How long connect(2) tries an address that nobody answers at (tcp_syn_retries = 6). */
const CONNECT_TIMEOUT_US = 127_000_000;

export interface ClusterNetwork {
  readonly resolve?: (name: string) => Proc<readonly string[] | null>;
  readonly nameserver?: string;
  request(address: string, port: number, request: HttpRequest): Proc<HttpResponse | ConnectFailure>;
}

export class PodNetwork implements NetworkHook {
  readonly address: string;
  readonly #cluster: ClusterNetwork | undefined;
  readonly #ports = new Map<number, RequestHandler>();

  constructor(address: string, cluster?: ClusterNetwork) {
    this.address = address;
    this.#cluster = cluster;
  }

  get resolve(): NetworkHook['resolve'] {
    return this.#cluster?.resolve;
  }

  get nameserver(): string | undefined {
    return this.#cluster?.nameserver;
  }

  /** Ports that something listens on, in order of opening. */
  get openPorts(): readonly number[] {
    return [...this.#ports.keys()];
  }

  listen(port: number, onRequest: RequestHandler): () => void {
    if (this.#ports.has(port)) throw new AddressInUse(`port ${port}`);
    this.#ports.set(port, onRequest);
    return () => {
      if (this.#ports.get(port) === onRequest) this.#ports.delete(port);
    };
  }

  *request(address: string, port: number, request: HttpRequest): Proc<HttpResponse | ConnectFailure> {
    const isOwn = address === this.address || address === '0.0.0.0' || address.startsWith('127.');
    if (isOwn) {
      yield LOOPBACK_US;
      return yield* this.receive(port, { remoteAddress: address, ...request });
    }
    if (this.#cluster) {
      return yield* this.#cluster.request(address, port, { remoteAddress: this.address, ...request });
    }
    yield CONNECT_TIMEOUT_US;
    return 'timeout';
  }

  /** What the Pod answers at one of its ports, whoever asks. */
  *receive(port: number, request: HttpRequest): Proc<HttpResponse | 'refused'> {
    const handler = this.#ports.get(port);
    if (!handler) return 'refused';
    const answer = handler(request);
    return 'next' in answer ? yield* answer : answer;
  }
}
