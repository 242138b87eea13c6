/**
 * The kubelet's portForward: connections from a client to ports of a Pod's own localhost.
 *
 * Models: pkg/kubelet/server/server.go getPortForward; k8s.io/cri-streaming
 *         pkg/streaming/portforward; containerd internal/cri/server sandbox_portforward_linux.go
 *         (v1.36, containerd 2.x)
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import type { NodeAnswer, NodeRequest, StreamInput } from '../../../api/meta/node-dial.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { AttachedInput } from '../runtime/open-file.ts';
import type { Connection, ConnectFailure, NetworkHook } from '../runtime/program.ts';
import type { SandboxInfo } from '../runtime/runtime-types.ts';
import type { StreamHost, StreamTarget } from './server-streams.ts';
import { StreamSession } from './stream-session.ts';

const LOCALHOST = '127.0.0.1';
/** Once one direction has ended the other has this long. */
const GRACE_US = MICROS_PER_SECOND;
const MAX_CONNECTIONS = 1_000;
const NO_STREAMS = { stdin: false, stdout: false, stderr: false, tty: false };

/** portforward.NewV4Options: ports in the query, which only old WebSocket clients name. */
function portsOf(words: readonly string[]): readonly number[] | string {
  const ports: number[] = [];
  for (const word of words) {
    if (word === '') return 'query parameter "port" cannot be empty';
    for (const part of word.split(',')) {
      if (!/^\d+$/.test(part)) {
        const why = `strconv.ParseUint: parsing ${goQuote(part)}: invalid syntax`;
        return `unable to parse ${goQuote(word)} as a port: ${why}`;
      }
      if (Number(part) > 65_535) {
        const why = `strconv.ParseUint: parsing ${goQuote(part)}: value out of range`;
        return `unable to parse ${goQuote(word)} as a port: ${why}`;
      }
      if (Number(part) < 1) return `port ${goQuote(word)} must be > 0`;
      ports.push(Number(part));
    }
  }
  return ports;
}

/** Only WebSockets without SPDY in them need to know the ports before they begin. */
function portsAsked({ command = [], upgrade }: NodeRequest): readonly number[] | string {
  if (upgrade?.to !== 'websocket') return [];
  if (upgrade.protocols.some((name) => /^SPDY\/3\.1\+.*\.k8s\.io$/.test(name))) return [];
  return command.length === 0 ? 'query parameter "port" is required' : portsOf(command);
}

export function servePortForward(
  host: StreamHost,
  { uid, namespace, name }: Omit<StreamTarget, 'container'>,
  request: NodeRequest,
): NodeAnswer {
  const ports = portsAsked(request);
  if (typeof ports === 'string') return { code: 400, text: ports };
  const { sandbox } = host.runtime.status(uid);
  const network = host.runtime.network(uid);
  if (!sandbox?.ready || !network) {
    return { code: 500, text: `pod not found (${goQuote(`${name}_${namespace}`)})` };
  }
  const session = new StreamSession('portforward', NO_STREAMS, ports);
  host.keep(session);
  const forward = new Forward(host, session, network, sandbox);
  session.backlogOf = () => forward.backlog;
  session.onEnd(() => forward.close());
  session.serve({ input: (input) => forward.input(input), gone: () => forward.close() });
  return { code: 101, text: '', session };
}

/** One connection: what the client has sent waits until the program takes it. */
interface Carried {
  readonly toPod: AttachedInput;
  connection: Connection | null;
}

class Forward {
  readonly #host: StreamHost;
  readonly #session: StreamSession;
  readonly #network: NetworkHook;
  readonly #sandbox: SandboxInfo;
  readonly #carried = new Map<number, Carried>();

  constructor(
    host: StreamHost,
    session: StreamSession,
    network: NetworkHook,
    sandbox: SandboxInfo,
  ) {
    this.#host = host;
    this.#session = session;
    this.#network = network;
    this.#sandbox = sandbox;
  }

  get backlog(): number {
    let total = 0;
    for (const { toPod } of this.#carried.values()) total += toPod.backlog;
    return total;
  }

  input(input: StreamInput): void {
    switch (input.type) {
      case 'connect':
        this.#open(input.connection, input.port);
        return;
      case 'data':
        this.#carried.get(input.connection)?.toPod.push(input.text);
        return;
      case 'data-end':
        this.#carried.get(input.connection)?.toPod.close();
        return;
      case 'disconnect':
        this.#end(input.connection);
        return;
      default:
        // The rest belongs to exec and attach, or was seen to by the session.
        return;
    }
  }

  close(): void {
    for (const id of [...this.#carried.keys()]) this.#end(id);
  }

  #open(id: number, port: number): void {
    if (this.#carried.has(id) || this.#carried.size >= MAX_CONNECTIONS) return;
    const carried: Carried = { toPod: new AttachedInput(), connection: null };
    this.#carried.set(id, carried);
    this.#spawn(this.#carry(id, port, carried));
  }

  *#carry(id: number, port: number, carried: Carried): Proc {
    const made = yield* this.#network.connect(LOCALHOST, port);
    if (typeof made === 'string') {
      this.#carried.delete(id);
      this.#session.emit({ type: 'error', connection: id, text: this.#failed(port, made) });
      return;
    }
    if (this.#carried.get(id) !== carried) {
      made.close();
      return;
    }
    carried.connection = made;
    this.#spawn(this.#send(id, carried.toPod, made));
    for (;;) {
      const text = yield* made.input.readChunk();
      if (text === null || this.#session.ended) break;
      this.#session.emit({ type: 'data', connection: id, text });
      for (let full = this.#session.full; full; full = this.#session.full) yield full;
    }
    this.#session.emit({ type: 'data-end', connection: id });
    this.#endSoon(id);
  }

  *#send(id: number, toPod: AttachedInput, connection: Connection): Proc {
    for (;;) {
      const text = yield* toPod.readChunk();
      if (text === null) break;
      for (let { full } = connection; full; full = connection.full) yield full;
      if (connection.write(text) !== null) break;
    }
    connection.finish();
    this.#endSoon(id);
  }

  #endSoon(id: number): void {
    const { kernel, scope } = this.#host;
    kernel.after(GRACE_US, () => this.#end(id), { scope });
  }

  #end(id: number): void {
    const carried = this.#carried.get(id);
    if (!carried) return;
    this.#carried.delete(id);
    carried.toPod.close();
    carried.connection?.close();
  }

  #spawn(body: Proc): void {
    const { kernel, scope } = this.#host;
    kernel.spawn('port-forward', body, { scope, periodic: false });
  }

  /** containerd's words inside of those of the streaming server. */
  #failed(port: number, failure: ConnectFailure): string {
    const { hostNetwork, id } = this.#sandbox;
    const netns = hostNetwork ? 'host' : networkNamespace(id);
    const why = failure === 'timeout' ? 'i/o timeout' : 'connect: connection refused';
    const dial = `failed to connect to localhost:${port} inside namespace "${id}"`;
    return (
      `error forwarding port ${port} to pod ${id}, uid : failed to execute portforward in network ` +
      `namespace "${netns}": ${dial}, IPv4: dial tcp4 ${LOCALHOST}:${port}: ${why} ` +
      'IPv6 dial tcp6: address localhost: no suitable address found '
    );
  }
}

/** containerd names it by a random UUID; here it follows from the sandbox. */
function networkNamespace(id: string): string {
  const parts = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20)];
  return `/var/run/netns/cni-${parts.join('-')}-${id.slice(20, 32)}`;
}
