/**
 * Exec and attach over a WebSocket: each message begins with the number of its channel.
 *
 * Models: k8s.io/streaming pkg/httpstream/wsstream conn.go, k8s.io/apiserver pkg/util/proxy
 *         websocket.go, k8s.io/cri-streaming pkg/streaming/remotecommand websocket.go (v1.36)
 */
import type { WebSocket } from 'ws';
import { ByteTextDecoder, ByteTextEncoder } from '../../api/meta/byte-text.ts';
import type { NodeSession, StreamOutput, StreamStatus } from '../../api/meta/node-dial.ts';
import { translatedStatus } from '../../engine/node/kubelet/stream-session.ts';
import { TakenCount } from '../../engine/streams.ts';
import { Brake } from './client-stream.ts';

/** The server's, in the order in which nothing follows from it: the client's counts. */
const PROTOCOLS = new Set([
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
]);

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** Of the fifth protocol: the channel that follows sends nothing more. */
const CLOSE = 255;
const NOTHING = new Uint8Array(0);
const ZERO = '0'.charCodeAt(0);

/** The first protocol the client names that is spoken here; '' = none named, undefined = none known. */
export function remoteProtocol(asked: readonly string[]): string | undefined {
  const named = asked.filter((name) => name !== '');
  return named.length === 0 ? '' : named.find((name) => PROTOCOLS.has(name));
}

export class RemoteCommand {
  readonly #socket: WebSocket;
  readonly #session: NodeSession;
  readonly #protocol: string;
  readonly #isText: boolean;
  readonly #brake: Brake;
  readonly #stdin = new ByteTextDecoder();
  readonly #encoders = { stdout: new ByteTextEncoder(), stderr: new ByteTextEncoder() };
  readonly #taken = new TakenCount();
  #sizes = '';

  constructor(socket: WebSocket, session: NodeSession, protocol: string) {
    this.#socket = socket;
    this.#session = session;
    this.#protocol = protocol;
    this.#isText = protocol.includes('base64');
    this.#brake = new Brake(session, socket);
  }

  serve(): void {
    const { stderr, stdout } = this.#session.streams;
    // Tells the client that the connection stands.
    this.#write(stdout ? STDOUT : stderr ? STDERR : ERROR, NOTHING);
    this.#socket.on('message', (data: Buffer) => this.#take(data));
    this.#socket.on('close', () => {
      this.#brake.release();
      this.#session.send({ type: 'close' });
    });
    this.#session.listen((output) => this.#show(output));
  }

  #take(message: Buffer): void {
    if (message.length === 0) return;
    const first = message[0] as number;
    if (first === CLOSE && this.#protocol.startsWith('v5.')) {
      if (message[1] === STDIN) this.#endStdin();
      return;
    }
    const rest = message.subarray(1);
    const bytes = this.#isText ? Buffer.from(rest.toString('latin1'), 'base64') : rest;
    const channel = this.#isText ? first - ZERO : first;
    if (channel === STDIN) this.#type(this.#stdin.decode(bytes));
    else if (channel === RESIZE) this.#resize(bytes.toString('utf8'));
  }

  #type(text: string): void {
    if (text === '') return;
    this.#session.send({ type: 'stdin', text });
    this.#brake.check();
  }

  #endStdin(): void {
    this.#type(this.#stdin.end());
    this.#session.send({ type: 'stdin-end' });
  }

  /** JSON objects, one after the other; a message may hold part of one. */
  #resize(text: string): void {
    this.#sizes += text;
    for (let end = this.#sizes.indexOf('}'); end >= 0; end = this.#sizes.indexOf('}')) {
      const size = windowSize(this.#sizes.slice(0, end + 1));
      this.#sizes = this.#sizes.slice(end + 1);
      if (size) this.#session.send({ type: 'resize', ...size });
    }
  }

  #show(output: StreamOutput): void {
    switch (output.type) {
      case 'stdout':
      case 'stderr':
        this.#write(
          output.type === 'stdout' ? STDOUT : STDERR,
          this.#encoders[output.type].encode(output.text),
          output.text,
        );
        return;
      case 'status':
        this.#write(ERROR, this.#statusBytes(output.status));
        this.#socket.close(1000);
        return;
      case 'closed':
        this.#socket.terminate();
        return;
      default:
        // The rest belongs to port-forwards.
        return;
    }
  }

  /** Before the fourth protocol: the words of a failure, and nothing when all was well. */
  #statusBytes(status: StreamStatus): Uint8Array {
    if (this.#protocol.startsWith('v5.'))
      return Buffer.from(JSON.stringify(translatedStatus(status)));
    if (this.#protocol.startsWith('v4.')) return Buffer.from(JSON.stringify(status));
    return Buffer.from(status.status === 'Success' ? '' : (status.message ?? ''));
  }

  #write(channel: number, bytes: Uint8Array, text = ''): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = this.#isText
      ? `${channel}${Buffer.from(bytes).toString('base64')}`
      : Buffer.concat([Uint8Array.of(channel), bytes]);
    this.#socket.send(message, () => {
      const taken = this.#taken.add(text);
      if (taken) this.#session.send(taken);
    });
  }
}

/** `{"Width":80,"Height":24}`, whatever the case of the names; null = something else. */
export function windowSize(text: string): { width: number; height: number } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map(Object.entries(value).map(([name, n]) => [name.toLowerCase(), n]));
  const width: unknown = fields.get('width');
  const height: unknown = fields.get('height');
  return isSize(width) && isSize(height) ? { width, height } : null;
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff;
}
