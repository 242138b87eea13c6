/**
 * Port-forward over a WebSocket as its first protocol had it: one connection for each port that the
 * query names, with a channel for its data and one for what went wrong.
 *
 * Models: k8s.io/cri-streaming pkg/streaming/portforward websocket.go (v1.36)
 */
import type { WebSocket } from 'ws';
import { ByteTextDecoder, ByteTextEncoder } from '../../api/meta/byte-text.ts';
import type { NodeSession, StreamOutput } from '../../api/meta/node-dial.ts';
import { TakenCount } from '../../engine/streams.ts';
import { Channels } from './channels.ts';
import { Brake } from './client-stream.ts';

export const CHANNEL_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

export class PortForwardChannels {
  readonly #session: NodeSession;
  readonly #socket: WebSocket;
  readonly #channels: Channels;
  readonly #brake: Brake;
  readonly #taken = new TakenCount();
  readonly #ports: readonly { decoder: ByteTextDecoder; encoder: ByteTextEncoder }[];
  #open: number;

  constructor(socket: WebSocket, session: NodeSession, protocol: string) {
    this.#socket = socket;
    this.#session = session;
    this.#channels = new Channels(socket, protocol);
    this.#brake = new Brake(session, socket);
    this.#open = session.ports.length;
    this.#ports = session.ports.map(() => ({
      decoder: new ByteTextDecoder(),
      encoder: new ByteTextEncoder(),
    }));
  }

  serve(): void {
    const { ports } = this.#session;
    for (const [connection, port] of ports.entries()) {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(port);
      this.#channels.write(connection * 2, bytes);
      this.#channels.write(connection * 2 + 1, bytes);
    }
    this.#channels.onMessage((channel, bytes) => this.#take(channel, bytes));
    this.#socket.on('close', () => {
      this.#brake.release();
      this.#session.send({ type: 'close' });
    });
    this.#session.listen((output) => this.#show(output));
    for (const [connection, port] of ports.entries()) {
      this.#session.send({ type: 'connect', connection, port });
    }
  }

  #take(channel: number, bytes: Uint8Array): void {
    const connection = channel / 2;
    const text = this.#ports[connection]?.decoder.decode(bytes) ?? '';
    if (text === '') return;
    this.#session.send({ type: 'data', connection, text });
    this.#brake.check();
  }

  #show(output: StreamOutput): void {
    switch (output.type) {
      case 'data': {
        const { connection, text } = output;
        const bytes = this.#ports[connection]?.encoder.encode(text) ?? new Uint8Array(0);
        this.#channels.write(connection * 2, bytes, () => {
          const taken = this.#taken.add(text);
          if (taken) this.#session.send(taken);
        });
        return;
      }
      case 'error':
        this.#channels.write(output.connection * 2 + 1, Buffer.from(output.text));
        this.#ended();
        return;
      case 'data-end':
        this.#ended();
        return;
      case 'closed':
        this.#socket.terminate();
        return;
      default:
        // The rest belongs to exec and attach.
        return;
    }
  }

  /** When all connections have ended there is nothing left to talk about. */
  #ended(): void {
    if (--this.#open === 0) this.#socket.close(1000);
  }
}
