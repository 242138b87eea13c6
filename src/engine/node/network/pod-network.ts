/**
 * Addresses and open ports: who answers where. Machines of one cluster share it; a Pod's programs see
 * their end of it as a NetworkHook.
 *
 * Models: the CNI bridge of each node, the routes between nodes, and what kube-proxy's rules make of
 * the addresses of Services on the way.
 * Simplified: requests, connections and datagrams instead of packets; nothing is lost. Outside the
 * cluster there is nothing: connections that leave it time out.
 */
import type { ServiceAnswer, ServiceCall } from '../../../api/meta/service-call.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { type Proc, sleep, wait } from '../../../kernel/process.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import { DNS_PORT, dnsText, parseAnswer } from '../runtime/dns-message.ts';
import type {
  Connection,
  ConnectFailure,
  Datagram,
  DnsAnswer,
  DnsQuestion,
  HttpRequest,
  HttpResponse,
  ListenOptions,
  NetworkHook,
  RequestHandler,
  UdpSocket,
} from '../runtime/program.ts';
import { type Address, connectionPair } from './connection.ts';
import { Host, type TcpListener, type UdpListener } from './host.ts';
import { requestOver, serveHttp } from './http-wire.ts';
import { Translations } from './translations.ts';

/** Round trip through two veth pairs and a bridge, or over the wire between nodes. */
const ROUND_TRIP: Latency = { p10: 80, p50: 160, p90: 500 };
/** A SYN that nobody answers: the client's own timeout is usually shorter. */
const CONNECT_TIMEOUT_US = 30_000_000;
/** On the bridge nobody knows the address: three ARP requests, then `No route to host`. */
const ARP_TIMEOUT_US = 3_060_000;
/** Addresses of Pods and machines: where the bridges and the wire between the nodes are. */
const CONNECTED = /^(?:10\.2(?:4[4-9]|5\d)|172\.30)\./;
const LOOPBACK = /^(?:127\.|localhost$)/;
const HTTP_TO_HTTPS: HttpResponse = {
  status: 400,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' },
  body: 'Client sent an HTTP request to an HTTPS server.\n',
};

/** Where the rules of kube-proxy send what goes to an address of a Service. */
export interface ServiceRoute extends Address {
  /** Source address that the endpoint sees, where the rules change it. */
  readonly source?: string;
}

/** A port of a node that leads to a Pod. */
export interface HostPort {
  readonly hostPort: number;
  /** '' for every address of the node. */
  readonly hostIP: string;
  readonly protocol: string;
  readonly containerPort: number;
}

/** Null: the address is none of a Service. */
export interface ServiceRouter {
  route(
    from: string,
    to: string,
    port: number,
    protocol: 'TCP' | 'UDP',
  ): ServiceRoute | 'refused' | 'dropped' | null;
}

export interface Attachment {
  readonly hook: NetworkHook;
  close(): void;
}

type Failure = 'refused' | 'timeout' | 'unreachable';

interface Reached {
  readonly listener: TcpListener;
  readonly client: Address;
  readonly server: Address;
}

export class PodNetwork {
  /** Addresses of Services, once somebody looks after them. */
  services: ServiceRouter | null = null;
  /** Clients for programs, where there is an API server. */
  cluster: NetworkHook['cluster'] = () => null;
  readonly #kernel: Kernel;
  readonly #rng: Rng;
  readonly #hosts = new Map<string, Host>();
  readonly #fixed = new Map<string, Host>();
  /** `172.30.0.2:80/TCP` → the Pod's address and port; with `lo ` before it on the node itself. */
  readonly #hostPorts = new Map<string, Address>();
  readonly #translations = new Translations();
  #nextQuery = 1;

  constructor(kernel: Kernel, rng: Rng) {
    this.#kernel = kernel;
    this.#rng = rng;
  }

  /** The network of one Pod (or of a machine). |close| takes the address away. */
  attach(address: string, isUp: () => boolean = () => true): Attachment {
    const host = this.#fixed.get(address) ?? new Host(address, isUp);
    host.isUp = isUp;
    this.#hosts.set(address, host);
    return new HostHook(this, host);
  }

  /** The address is nobody's from now on. */
  detach(host: Host): void {
    if (this.#hosts.get(host.address) === host) this.#hosts.delete(host.address);
  }

  /** The portmap plugin; the answer takes the ports away. */
  publish(node: string, address: string, ports: readonly HostPort[]): () => void {
    const keys: string[] = [];
    for (const { hostPort, hostIP, protocol, containerPort } of ports) {
      const everywhere = hostIP === '' || hostIP === '0.0.0.0';
      const tail = `${node}:${hostPort}/${protocol}`;
      const own = everywhere || LOOPBACK.test(hostIP) ? [`lo ${tail}`] : [];
      const outer = everywhere || hostIP === node ? [tail] : [];
      for (const key of [...own, ...outer]) {
        this.#hostPorts.set(key, { address, port: containerPort });
        keys.push(key);
      }
    }
    return () => {
      for (const key of keys) {
        if (this.#hostPorts.get(key)?.address === address) this.#hostPorts.delete(key);
      }
    };
  }

  /** A server that is there before the machine it runs on, and is no program of it. */
  serve(
    address: string,
    port: number,
    http: RequestHandler,
    options: ListenOptions,
    isOpen: () => boolean,
  ): void {
    const host = new Host(address, () => true);
    host.openTcp(port, { options, scope: null, http, tcp: null, isOpen, pending: new Set() });
    this.#fixed.set(address, host);
    this.#hosts.set(address, host);
  }

  /** The same for a call of the API server. */
  *answer(from: string, call: ServiceCall): Proc<ServiceAnswer> {
    const { address, body, method, path, port } = call;
    // Programs look their headers up as Go and nginx write them.
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(call.headers)) {
      headers[name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())] = value;
    }
    const answer = yield* this.request(from, address, port, { method, path, headers, body });
    if (typeof answer !== 'string') return answer;
    return { failure: answer === 'protocol' ? 'reset' : answer };
  }

  /** What |from| gets that asks |to|. */
  *request(
    from: string,
    to: string,
    port: number,
    request: HttpRequest,
  ): Proc<HttpResponse | ConnectFailure> {
    const reached = yield* this.#reach(from, to, port);
    if (typeof reached === 'string') return reached;
    const { listener, client } = reached;
    if (!listener.http) {
      if (request.tls || request.http2) return 'protocol';
      return yield* requestOver(this.#establish(reached, from, to, port), request);
    }
    const { tls = false, http2 = false } = listener.options;
    if (request.tls === true && !tls) return 'protocol';
    if (request.http2 && (!http2 || (tls && request.tls === false))) return 'protocol';
    if (request.tls === false && tls) return HTTP_TO_HTTPS;
    const answer = listener.http({
      ...request,
      remoteAddress: client.address,
      remotePort: client.port,
    });
    return isResponse(answer) ? answer : yield* this.#served(listener, answer);
  }

  *connect(from: string, to: string, port: number): Proc<Connection | ConnectFailure> {
    const reached = yield* this.#reach(from, to, port);
    return typeof reached === 'string' ? reached : this.#establish(reached, from, to, port);
  }

  /** Addresses of Services have nobody who would answer. */
  *echo(from: string, to: string): Proc<number | null> {
    const host = this.#hosts.get(LOOPBACK.test(to) ? from : to);
    if (!host?.isUp()) return null;
    const us = this.#rng.latency(ROUND_TRIP);
    yield* sleep(us);
    return us;
  }

  /** The way to a port that is open: takes the time of a handshake, or of waiting for it. */
  *#reach(from: string, to: string, port: number): Proc<Reached | Failure> {
    const route = this.#route(from, to, port, 'TCP');
    if (route === 'dropped') return yield* this.#timeout();
    yield* sleep(this.#rng.latency(ROUND_TRIP));
    if (route === 'refused') return 'refused';
    const host = this.#hosts.get(route.address);
    if (!host) return yield* this.#nobody(route.address);
    if (!host.isUp()) return yield* this.#timeout();
    const listener = host.tcp(route.port);
    if (!listener || !isBound(listener.options, LOOPBACK.test(to))) return 'refused';
    if (listener.isOpen?.() === false) return 'refused';
    const ownPort = this.#hosts.get(from)?.ephemeralPort() ?? 0;
    const source = LOOPBACK.test(to) ? '127.0.0.1' : (route.source ?? from);
    return { listener, client: { address: source, port: ownPort }, server: route };
  }

  *#timeout(): Proc<'timeout'> {
    yield* sleep(CONNECT_TIMEOUT_US);
    return 'timeout';
  }

  *#nobody(address: string): Proc<Failure> {
    if (!CONNECTED.test(address)) return yield* this.#timeout();
    yield* sleep(ARP_TIMEOUT_US);
    return 'unreachable';
  }

  #route(
    from: string,
    to: string,
    port: number,
    protocol: 'TCP' | 'UDP',
  ): ServiceRoute | 'refused' | 'dropped' {
    const own = LOOPBACK.test(to);
    const service = this.services?.route(from, own ? from : to, port, protocol) ?? null;
    // Ports of the node itself answer on localhost too, those of Services do not (nodePortAddresses).
    if (service !== null && !own) return service;
    const address = own ? from : to;
    const mapped = this.#hostPorts.get(`${own ? 'lo ' : ''}${address}:${port}/${protocol}`);
    return mapped ?? { address, port };
  }

  #establish(reached: Reached, from: string, to: string, port: number): Connection {
    const { listener, client, server } = reached;
    const kernel = this.#kernel;
    const [own, theirs] = connectionPair(
      kernel,
      { local: { address: from, port: client.port }, remote: { address: to, port } },
      { local: server, remote: client },
      Math.round(this.#rng.latency(ROUND_TRIP) / 2),
    );
    const { cause, periodic } = kernel;
    kernel.with(cause, periodic, listener.scope, () => {
      if (listener.tcp) listener.tcp(theirs);
      else if (listener.http) kernel.spawn('http', serveHttp(kernel, theirs, listener.http));
    });
    return own;
  }

  /** A handler that takes time runs on behalf of its server, and ends with it or with the caller. */
  *#served(listener: TcpListener, body: Proc<HttpResponse>): Proc<HttpResponse | ConnectFailure> {
    const kernel = this.#kernel;
    const answer = new Future<HttpResponse | ConnectFailure>();
    listener.pending.add(answer);
    const { cause, periodic } = kernel;
    const process = kernel.with(cause, periodic, listener.scope, () =>
      kernel.spawn('http', answering(body, answer)),
    );
    try {
      return yield* wait(answer);
    } finally {
      listener.pending.delete(answer);
      process.cancel();
    }
  }

  listen(
    host: Host,
    port: number,
    http: RequestHandler | null,
    tcp: ((connection: Connection) => void) | null,
    options: ListenOptions,
  ): { readonly port: number; readonly close: () => void } {
    const { scope } = this.#kernel;
    const listener: TcpListener = { options, scope, http, tcp, pending: new Set() };
    const chosen = host.openTcp(port, listener);
    return { port: chosen, close: () => host.closeTcp(chosen, listener) };
  }

  openUdp(
    host: Host,
    port: number,
    onDatagram: (datagram: Datagram) => void,
    onRefused: (() => void) | null,
  ): UdpSocket {
    const listener: UdpListener = { scope: this.#kernel.scope, onDatagram, onRefused };
    const chosen = host.openUdp(port, listener);
    return {
      port: chosen,
      sendTo: (address, to, text) => this.#send(host, chosen, { address, port: to }, text),
      close: () => host.closeUdp(chosen, listener),
    };
  }

  /** One datagram on its way; who is there is looked up when it arrives. */
  #send(host: Host, port: number, to: Address, text: string): void {
    const kernel = this.#kernel;
    const delay = Math.round(this.#rng.latency(ROUND_TRIP) / 2);
    const refuse = (): void => {
      kernel.after(delay, () => host.udp(port)?.onRefused?.());
    };
    const way = this.#way({ address: host.address, port }, to);
    if (way === 'dropped') return;
    if (way === 'refused') {
      refuse();
      return;
    }
    kernel.after(delay, () => {
      const target = this.#hosts.get(way.to.address);
      if (!target?.isUp()) return;
      const socket = target.udp(way.to.port);
      if (!socket) {
        refuse();
        return;
      }
      const datagram = { remoteAddress: way.from.address, remotePort: way.from.port, text };
      const { cause, periodic } = kernel;
      kernel.with(cause, periodic, socket.scope, () => socket.onDatagram(datagram));
    });
  }

  /** Addresses of a datagram as its receiver sees them: translated on the way there, and back. */
  #way(from: Address, to: Address): { from: Address; to: Address } | 'refused' | 'dropped' {
    const flow = this.#translations.find(to, from);
    if (flow) return { from: flow.asked, to: flow.client };
    const route = this.#route(from.address, to.address, to.port, 'UDP');
    if (typeof route === 'string') return route;
    if (LOOPBACK.test(to.address)) return { from: { ...from, address: '127.0.0.1' }, to: route };
    const source = { address: route.source ?? from.address, port: from.port };
    if (route.address !== to.address || route.port !== to.port || route.source !== undefined) {
      this.#translations.note(source, route, { asked: to, client: from });
    }
    return { from: source, to: route };
  }

  *query(
    host: Host,
    server: string,
    question: DnsQuestion,
    timeoutUs: number,
  ): Proc<DnsAnswer | 'timeout' | 'refused'> {
    const kernel = this.#kernel;
    const id = this.#nextQuery++;
    const done = new Future<DnsAnswer | 'timeout' | 'refused'>();
    const socket = this.openUdp(
      host,
      0,
      ({ text }) => {
        const answer = parseAnswer(text);
        if (answer?.id === id) done.resolve(answer.content);
      },
      () => done.resolve('refused'),
    );
    const timer = kernel.after(timeoutUs, () => done.resolve('timeout'));
    try {
      socket.sendTo(server, DNS_PORT, dnsText({ id, content: question }));
      return yield* wait(done);
    } finally {
      kernel.cancel(timer);
      socket.close();
    }
  }
}

/** One host's end of the network. There is one for each Pod, so what they do stands in the class. */
class HostHook implements NetworkHook, Attachment {
  readonly #network: PodNetwork;
  readonly #host: Host;

  constructor(network: PodNetwork, host: Host) {
    this.#network = network;
    this.#host = host;
  }

  get hook(): NetworkHook {
    return this;
  }

  get address(): string {
    return this.#host.address;
  }

  close(): void {
    this.#network.detach(this.#host);
  }

  query(
    server: string,
    question: DnsQuestion,
    timeoutUs: number,
  ): ReturnType<NetworkHook['query']> {
    return this.#network.query(this.#host, server, question, timeoutUs);
  }

  request(to: string, port: number, request: HttpRequest): ReturnType<NetworkHook['request']> {
    return this.#network.request(this.address, to, port, request);
  }

  connect(to: string, port: number): ReturnType<NetworkHook['connect']> {
    return this.#network.connect(this.address, to, port);
  }

  listen(port: number, http: RequestHandler, options: ListenOptions = {}): () => void {
    return this.#network.listen(this.#host, port, http, null, options).close;
  }

  listenTcp(
    port: number,
    tcp: (connection: Connection) => void,
    options: ListenOptions = {},
  ): ReturnType<NetworkHook['listenTcp']> {
    return this.#network.listen(this.#host, port, null, tcp, options);
  }

  openUdp(port: number, onDatagram: (datagram: Datagram) => void): UdpSocket {
    return this.#network.openUdp(this.#host, port, onDatagram, null);
  }

  echo(to: string): Proc<number | null> {
    return this.#network.echo(this.address, to);
  }

  cluster(
    ...[token, actor]: Parameters<NetworkHook['cluster']>
  ): ReturnType<NetworkHook['cluster']> {
    return this.#network.cluster(token, actor);
  }
}

function* answering(body: Proc<HttpResponse>, answer: Future<HttpResponse | ConnectFailure>): Proc {
  answer.resolve(yield* body);
}

function isBound({ address }: ListenOptions, loopback: boolean): boolean {
  return address === undefined || loopback || !LOOPBACK.test(address);
}

function isResponse(answer: HttpResponse | Proc<HttpResponse>): answer is HttpResponse {
  return 'status' in answer;
}
