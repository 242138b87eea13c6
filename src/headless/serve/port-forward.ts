/**
 * Port-forward over SPDY: each connection is a pair of streams, one for its data and one for what went
 * wrong.
 *
 * Models: k8s.io/cri-streaming pkg/streaming/portforward httpstream.go (v1.36)
 */
import { ByteTextDecoder, ByteTextEncoder } from '../../api/meta/byte-text.ts';
import type { NodeSession, StreamOutput } from '../../api/meta/node-dial.ts';
import { TakenCount } from '../../engine/streams.ts';
import { Brake } from './client-stream.ts';
import { SpdyConnection, type SpdyHandler, type Wire } from './spdy.ts';

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

const MAX_PAIRS = 1_000;
const MAX_PORT = 65_535;

/** Both streams of a connection; it is made when both are there. */
interface Pair {
  readonly request: string;
  readonly decoder: ByteTextDecoder;
  readonly encoder: ByteTextEncoder;
  port: number;
  data: number | null;
  error: number | null;
  /** The number by which the kubelet knows it; null = it does not yet. */
  connection: number | null;
  /** Which sides have said all they had to say. */
  clientEnded: boolean;
  podEnded: boolean;
}

export class PortForward implements SpdyHandler {
  readonly #spdy: SpdyConnection;
  readonly #wire: Wire;
  readonly #session: NodeSession;
  readonly #brake: Brake;
  readonly #taken = new TakenCount();
  readonly #pairs = new Map<string, Pair>();
  readonly #byStream = new Map<number, Pair>();
  readonly #byConnection = new Map<number, Pair>();
  #connections = 0;

  constructor(wire: Wire, session: NodeSession) {
    this.#wire = wire;
    this.#session = session;
    this.#brake = new Brake(session, wire);
    this.#spdy = new SpdyConnection(wire, this);
    session.listen((output) => this.#show(output));
  }

  receive(chunk: Buffer): void {
    this.#spdy.receive(chunk);
  }

  /** The client has gone. */
  closed(): void {
    this.#brake.release();
    this.#spdy.close();
    this.#session.send({ type: 'close' });
  }

  opened(id: number, headers: Readonly<Record<string, string>>): void {
    const type = headers['streamtype'];
    const port = Number(headers['port']);
    const isPort = /^\d+$/.test(headers['port'] ?? '') && port > 0 && port <= MAX_PORT;
    if (!isPort || (type !== 'data' && type !== 'error')) {
      this.#spdy.refuse(id);
      return;
    }
    const pair = this.#pairOf(requestOf(id, type, headers));
    if (!pair || pair[type] !== null) {
      this.#spdy.refuse(id);
      return;
    }
    pair[type] = id;
    if (type === 'data') pair.port = port;
    this.#byStream.set(id, pair);
    this.#spdy.accept(id);
    if (pair.data !== null && pair.error !== null) this.#connect(pair);
  }

  data(id: number, bytes: Uint8Array): void {
    const pair = this.#byStream.get(id);
    if (pair?.data === id) this.#send(pair, pair.decoder.decode(bytes));
  }

  finished(id: number): void {
    const pair = this.#byStream.get(id);
    if (pair?.data !== id || pair.connection === null) return;
    this.#send(pair, pair.decoder.end());
    this.#session.send({ type: 'data-end', connection: pair.connection });
    pair.clientEnded = true;
    if (pair.podEnded) this.#forget(pair);
  }

  reset(id: number): void {
    const pair = this.#byStream.get(id);
    if (pair) this.#forget(pair);
  }

  #pairOf(request: string): Pair | null {
    const known = this.#pairs.get(request);
    if (known) return known;
    if (this.#pairs.size + this.#byConnection.size >= MAX_PAIRS) return null;
    const decoder = new ByteTextDecoder();
    const encoder = new ByteTextEncoder();
    const none = { port: 0, data: null, error: null, connection: null };
    const ended = { clientEnded: false, podEnded: false };
    const pair: Pair = { request, decoder, encoder, ...none, ...ended };
    this.#pairs.set(request, pair);
    return pair;
  }

  #connect(pair: Pair): void {
    // The number of the request may be used again.
    this.#pairs.delete(pair.request);
    const connection = this.#connections++;
    pair.connection = connection;
    this.#byConnection.set(connection, pair);
    this.#session.send({ type: 'connect', connection, port: pair.port });
  }

  #send({ connection }: Pair, text: string): void {
    if (text === '' || connection === null) return;
    this.#session.send({ type: 'data', connection, text });
    this.#brake.check();
  }

  #show(output: StreamOutput): void {
    if (output.type === 'closed') {
      this.#wire.destroy();
      return;
    }
    const pair = 'connection' in output ? this.#byConnection.get(output.connection) : undefined;
    if (!pair) return;
    if (output.type === 'data') this.#receive(pair, output.text);
    else if (output.type === 'error') this.#fail(pair, output.text);
    else if (output.type === 'data-end') this.#finish(pair);
  }

  #receive({ data, encoder }: Pair, text: string): void {
    if (data === null) return;
    this.#spdy.send(data, encoder.encode(text), () => {
      const taken = this.#taken.add(text);
      if (taken) this.#session.send(taken);
    });
  }

  #fail(pair: Pair, text: string): void {
    if (pair.error !== null) {
      this.#spdy.send(pair.error, Buffer.from(text));
      this.#spdy.finish(pair.error);
    }
    if (pair.data !== null) this.#spdy.cancel(pair.data);
    this.#forget(pair);
  }

  /** The program sends nothing more; what the client still sends goes on to it. */
  #finish(pair: Pair): void {
    const { data, error } = pair;
    if (data !== null) this.#spdy.finish(data);
    if (error !== null) this.#spdy.finish(error);
    pair.podEnded = true;
    if (pair.clientEnded) this.#forget(pair);
  }

  #forget(pair: Pair): void {
    this.#pairs.delete(pair.request);
    for (const id of [pair.data, pair.error]) if (id !== null) this.#byStream.delete(id);
    if (pair.connection === null) return;
    this.#byConnection.delete(pair.connection);
    this.#session.send({ type: 'disconnect', connection: pair.connection });
  }
}

/** Clients that name no request open the error stream of a connection first, then that of its data. */
function requestOf(id: number, type: string, headers: Readonly<Record<string, string>>): string {
  return headers['requestid'] || `stream ${type === 'error' ? id : id - 2}`;
}
