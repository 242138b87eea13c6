/**
 * Numbered channels within a WebSocket: each message begins with the number of its own, as a byte or,
 * where messages are text, as a digit before base64.
 *
 * Models: k8s.io/streaming pkg/httpstream/wsstream conn.go (v1.36)
 */
import type { WebSocket } from 'ws';

const ZERO = '0'.charCodeAt(0);

export class Channels {
  readonly #socket: WebSocket;
  readonly #isText: boolean;

  constructor(socket: WebSocket, protocol: string) {
    this.#socket = socket;
    this.#isText = protocol.includes('base64');
  }

  /** Number and bytes of each message; those without a number are left out. */
  onMessage(listener: (channel: number, bytes: Buffer) => void): void {
    this.#socket.on('message', (message: Buffer) => {
      if (message.length === 0) return;
      const first = message[0] as number;
      const rest = message.subarray(1);
      if (this.#isText) listener(first - ZERO, Buffer.from(rest.toString('latin1'), 'base64'));
      else listener(first, rest);
    });
  }

  write(channel: number, bytes: Uint8Array, sent?: () => void): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = this.#isText
      ? `${channel}${Buffer.from(bytes).toString('base64')}`
      : Buffer.concat([Uint8Array.of(channel), bytes]);
    this.#socket.send(message, sent);
  }
}
