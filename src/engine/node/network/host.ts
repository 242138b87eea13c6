/**
 * One address of the cluster's network and its open ports: a Pod's sandbox, or a node.
 *
 * Models: sockets of a network namespace (bind(2), listen(2)).
 */
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Future } from '../../../kernel/wait.ts';
import {
  AddressInUse,
  type Connection,
  type ConnectFailure,
  type Datagram,
  type HttpResponse,
  type ListenOptions,
  type RequestHandler,
} from '../runtime/program.ts';

/** net.ipv4.ip_local_port_range. */
const FIRST_EPHEMERAL = 32_768;
const EPHEMERAL_PORTS = 28_232;

export interface TcpListener {
  readonly options: ListenOptions;
  /** Whoever listens: what the port answers happens on its behalf. */
  readonly scope: Scope | null;
  /** One of the two. */
  readonly http: RequestHandler | null;
  readonly tcp: ((connection: Connection) => void) | null;
  /** False: whoever would answer has gone. */
  readonly isOpen?: () => boolean;
  /** Answers that callers wait for: the end of the server is the end of them. */
  readonly pending: Set<Future<HttpResponse | ConnectFailure>>;
}

export interface UdpListener {
  readonly scope: Scope | null;
  readonly onDatagram: (datagram: Datagram) => void;
  /** Told when a datagram came to a port that nobody has open (ICMP). */
  readonly onRefused: (() => void) | null;
}

export class Host {
  readonly address: string;
  /** Answers whether the machine behind the address runs. */
  isUp: () => boolean;
  #tcp: Map<number, TcpListener> | null = null;
  #udp: Map<number, UdpListener> | null = null;
  #nextPort = FIRST_EPHEMERAL;

  constructor(address: string, isUp: () => boolean) {
    this.address = address;
    this.isUp = isUp;
  }

  tcp(port: number): TcpListener | undefined {
    return this.#tcp?.get(port);
  }

  udp(port: number): UdpListener | undefined {
    return this.#udp?.get(port);
  }

  /** Port 0: any that is free. Answers the port. */
  openTcp(port: number, listener: TcpListener): number {
    this.#tcp ??= new Map();
    const chosen = port === 0 ? this.#free(this.#tcp) : port;
    if (this.#tcp.has(chosen)) throw new AddressInUse(`port ${chosen} is taken`);
    this.#tcp.set(chosen, listener);
    return chosen;
  }

  closeTcp(port: number, listener: TcpListener): void {
    if (this.#tcp?.get(port) === listener) this.#tcp.delete(port);
    for (const answer of listener.pending) answer.resolve('reset');
    listener.pending.clear();
  }

  openUdp(port: number, listener: UdpListener): number {
    this.#udp ??= new Map();
    const chosen = port === 0 ? this.#free(this.#udp) : port;
    if (this.#udp.has(chosen)) throw new AddressInUse(`port ${chosen} is taken`);
    this.#udp.set(chosen, listener);
    return chosen;
  }

  closeUdp(port: number, listener: UdpListener): void {
    if (this.#udp?.get(port) === listener) this.#udp.delete(port);
  }

  /** Port of a connection that this end opens. */
  ephemeralPort(): number {
    const port = this.#nextPort;
    this.#nextPort = FIRST_EPHEMERAL + ((port + 1 - FIRST_EPHEMERAL) % EPHEMERAL_PORTS);
    return port;
  }

  #free(taken: ReadonlyMap<number, unknown>): number {
    for (let tries = 0; tries < EPHEMERAL_PORTS; tries++) {
      const port = this.ephemeralPort();
      if (!taken.has(port)) return port;
    }
    throw new AddressInUse('all ports are taken');
  }
}
