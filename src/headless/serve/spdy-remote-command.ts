/**
 * Exec and attach over SPDY: a stream for each of stdin, stdout, stderr, the window's size and the
 * status at the end.
 *
 * Models:     k8s.io/cri-streaming pkg/streaming/remotecommand httpstream.go, status.go (v1.36)
 * Simplified: the command does not wait until the client has opened its streams; what comes before
 *             waits for them
 */
import { ByteTextDecoder, ByteTextEncoder } from '../../api/meta/byte-text.ts';
import type { NodeSession, StreamOutput, StreamStatus } from '../../api/meta/node-dial.ts';
import { TakenCount } from '../../engine/streams.ts';
import { Brake } from './client-stream.ts';
import { SpdyConnection, type SpdyHandler, type Wire } from './spdy.ts';
import { WindowSizes } from './window-sizes.ts';

export const REMOTE_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

const TYPES = new Set(['error', 'stdin', 'stdout', 'stderr', 'resize']);

export class SpdyRemoteCommand implements SpdyHandler {
  readonly #connection: SpdyConnection;
  readonly #wire: Wire;
  readonly #session: NodeSession;
  readonly #protocol: string;
  readonly #brake: Brake;
  readonly #ids = new Map<string, number>();
  readonly #types = new Map<number, string>();
  readonly #stdin = new ByteTextDecoder();
  readonly #encoders = { stdout: new ByteTextEncoder(), stderr: new ByteTextEncoder() };
  readonly #sizes = new WindowSizes();
  readonly #taken = new TakenCount();
  #isListening = false;

  constructor(wire: Wire, session: NodeSession, protocol: string) {
    this.#wire = wire;
    this.#session = session;
    this.#protocol = protocol;
    this.#brake = new Brake(session, wire);
    this.#connection = new SpdyConnection(wire, this);
  }

  receive(chunk: Buffer): void {
    this.#connection.receive(chunk);
  }

  /** The client has gone. */
  closed(): void {
    this.#brake.release();
    this.#connection.close();
    this.#session.send({ type: 'close' });
  }

  opened(id: number, headers: Readonly<Record<string, string>>): void {
    const type = headers['streamtype'] ?? '';
    if (!TYPES.has(type) || this.#ids.has(type)) {
      this.#connection.refuse(id);
      return;
    }
    this.#ids.set(type, id);
    this.#types.set(id, type);
    this.#connection.accept(id);
    if (this.#isListening || this.#ids.size < this.#expected()) return;
    this.#isListening = true;
    this.#session.listen((output) => this.#show(output));
  }

  data(id: number, bytes: Uint8Array): void {
    const type = this.#types.get(id);
    if (type === 'stdin') this.#type(this.#stdin.decode(bytes));
    else if (type === 'resize') {
      for (const size of this.#sizes.add(Buffer.from(bytes).toString('utf8'))) {
        this.#session.send({ type: 'resize', ...size });
      }
    }
  }

  finished(id: number): void {
    if (this.#types.get(id) !== 'stdin') return;
    this.#type(this.#stdin.end());
    this.#session.send({ type: 'stdin-end' });
  }

  reset(id: number): void {
    this.finished(id);
  }

  #expected(): number {
    const { stderr, stdin, stdout, tty } = this.#session.streams;
    const resizes = tty && /^v[34]\./.test(this.#protocol);
    return 1 + [stdin, stdout, stderr, resizes].filter(Boolean).length;
  }

  #type(text: string): void {
    if (text === '') return;
    this.#session.send({ type: 'stdin', text });
    this.#brake.check();
  }

  #show(output: StreamOutput): void {
    switch (output.type) {
      case 'stdout':
      case 'stderr': {
        const id = this.#ids.get(output.type);
        if (id === undefined) return;
        const bytes = this.#encoders[output.type].encode(output.text);
        this.#connection.send(id, bytes, () => {
          const taken = this.#taken.add(output.text);
          if (taken) this.#session.send(taken);
        });
        return;
      }
      case 'status':
        this.#end(output.status);
        return;
      case 'closed':
        this.#wire.destroy();
        return;
      default:
        // The rest belongs to port-forwards.
        return;
    }
  }

  #end(status: StreamStatus): void {
    const error = this.#ids.get('error');
    if (error !== undefined) this.#connection.send(error, this.#statusBytes(status));
    for (const id of this.#types.keys()) this.#connection.finish(id);
    this.#connection.goAway();
    this.#wire.end();
  }

  /** Before the fourth protocol: the words of a failure, and nothing when all was well. */
  #statusBytes(status: StreamStatus): Uint8Array {
    if (this.#protocol.startsWith('v4.')) return Buffer.from(JSON.stringify(status));
    return Buffer.from(status.status === 'Success' ? '' : (status.message ?? ''));
  }
}
