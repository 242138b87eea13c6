/**
 * Exec and attach over a WebSocket: a channel for each of stdin, stdout, stderr, the status at the end
 * and the window's size.
 *
 * Models: k8s.io/streaming pkg/httpstream/wsstream conn.go, k8s.io/apiserver pkg/util/proxy
 *         websocket.go, k8s.io/cri-streaming pkg/streaming/remotecommand websocket.go (v1.36)
 */
import type { WebSocket } from 'ws';
import { ByteTextDecoder, ByteTextEncoder } from '../../api/meta/byte-text.ts';
import type { NodeSession, StreamOutput, StreamStatus } from '../../api/meta/node-dial.ts';
import { translatedStatus } from '../../engine/node/kubelet/stream-session.ts';
import { TakenCount } from '../../engine/streams.ts';
import { Channels } from './channels.ts';
import { Brake } from './client-stream.ts';
import { WindowSizes } from './window-sizes.ts';

export const REMOTE_CHANNEL_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
];

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** Of the fifth protocol: the channel that follows sends nothing more. */
const CLOSE = 255;
const NOTHING = new Uint8Array(0);

export class RemoteCommand {
  readonly #socket: WebSocket;
  readonly #channels: Channels;
  readonly #session: NodeSession;
  readonly #protocol: string;
  readonly #brake: Brake;
  readonly #stdin = new ByteTextDecoder();
  readonly #encoders = { stdout: new ByteTextEncoder(), stderr: new ByteTextEncoder() };
  readonly #taken = new TakenCount();
  readonly #sizes = new WindowSizes();

  constructor(socket: WebSocket, session: NodeSession, protocol: string) {
    this.#socket = socket;
    this.#channels = new Channels(socket, protocol);
    this.#session = session;
    this.#protocol = protocol;
    this.#brake = new Brake(session, socket);
  }

  serve(): void {
    const { stderr, stdout } = this.#session.streams;
    // Tells the client that the connection stands.
    this.#channels.write(stdout ? STDOUT : stderr ? STDERR : ERROR, NOTHING);
    this.#channels.onMessage((channel, bytes) => this.#take(channel, bytes));
    this.#socket.on('close', () => {
      this.#brake.release();
      this.#session.send({ type: 'close' });
    });
    this.#session.listen((output) => this.#show(output));
  }

  #take(channel: number, bytes: Buffer): void {
    if (channel === CLOSE && this.#protocol.startsWith('v5.')) {
      if (bytes[0] === STDIN) this.#endStdin();
    } else if (channel === STDIN) this.#type(this.#stdin.decode(bytes));
    else if (channel === RESIZE) {
      for (const size of this.#sizes.add(bytes.toString('utf8'))) {
        this.#session.send({ type: 'resize', ...size });
      }
    }
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

  #show(output: StreamOutput): void {
    switch (output.type) {
      case 'stdout':
      case 'stderr': {
        const channel = output.type === 'stdout' ? STDOUT : STDERR;
        this.#channels.write(channel, this.#encoders[output.type].encode(output.text), () => {
          const taken = this.#taken.add(output.text);
          if (taken) this.#session.send(taken);
        });
        return;
      }
      case 'status':
        this.#channels.write(ERROR, this.#statusBytes(output.status));
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
    if (this.#protocol.startsWith('v5.')) {
      return Buffer.from(JSON.stringify(translatedStatus(status)));
    }
    if (this.#protocol.startsWith('v4.')) return Buffer.from(JSON.stringify(status));
    return Buffer.from(status.status === 'Success' ? '' : (status.message ?? ''));
  }
}
