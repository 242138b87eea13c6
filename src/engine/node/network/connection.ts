/**
 * Two ends of a TCP connection: text travels with a delay, and whoever writes faster than the other
 * end reads has to wait.
 *
 * Models: RFC 9293 as programs see it: half-closed connections, resets, a window.
 * Simplified: no packets: what is written at one moment arrives together, and nothing is lost.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc, Waitable } from '../../../kernel/process.ts';
import { Signal } from '../../../kernel/wait.ts';
import { InputStream } from '../runtime/open-file.ts';
import type { Connection } from '../runtime/program.ts';

/** Receive window and send buffer together (net.ipv4.tcp_rmem). Counted in UTF-16 units. */
const WINDOW = 131_072;

const BROKEN_PIPE = 'Broken pipe';
const RESET = 'Connection reset by peer';

export interface Address {
  readonly address: string;
  readonly port: number;
}

/** The two addresses of a connection, as one end of it sees them. */
export interface Path {
  readonly local: Address;
  readonly remote: Address;
}

/**
 * Makes a connection that is established: what the client holds, and what the server holds. Where
 * addresses are translated on the way, the two see different ones.
 */
export function connectionPair(
  kernel: Kernel,
  client: Path,
  server: Path,
  delayUs: number,
): readonly [Connection, Connection] {
  const a = new End(kernel, client, delayUs);
  const b = new End(kernel, server, delayUs);
  a.other = b;
  b.other = a;
  return [a, b];
}

/** What has arrived and has not been read. */
class Received extends InputStream {
  ended = false;
  readonly arrived = new Signal();
  readonly wasRead = new Signal();

  get size(): number {
    return this.pending.length;
  }

  append(text: string): void {
    this.pending += text;
    this.arrived.fire();
  }

  end(): void {
    this.ended = true;
    this.arrived.fire();
  }

  override *readChunk(): Proc<string | null> {
    const text = yield* super.readChunk();
    this.wasRead.fire();
    return text;
  }

  override *readLine(): Proc<string | null> {
    const line = yield* super.readLine();
    this.wasRead.fire();
    return line;
  }

  override *readAll(): Proc<string> {
    let text = '';
    for (;;) {
      const chunk = yield* this.readChunk();
      if (chunk === null) return text;
      text += chunk;
    }
  }

  protected override *more(): Proc<boolean> {
    if (this.ended) return false;
    // A line longer than the window must not wait for a writer that waits for room.
    this.wasRead.fire();
    const before = this.pending.length;
    yield this.arrived;
    return this.pending.length > before || !this.ended;
  }
}

class End implements Connection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly input = new Received();
  other: End | null = null;
  reset = false;
  readonly #kernel: Kernel;
  readonly #delayUs: number;
  #outgoing = '';
  #scheduled = false;
  #finished = false;
  #closed = false;
  #onClose: (() => void) | null = null;

  constructor(kernel: Kernel, { local, remote }: Path, delayUs: number) {
    this.#kernel = kernel;
    this.#delayUs = delayUs;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
  }

  write(text: string): string | null {
    if (this.#finished || this.#closed) return BROKEN_PIPE;
    if (this.reset) return RESET;
    if (text === '') return null;
    this.#outgoing += text;
    this.#send();
    return null;
  }

  get full(): Waitable | null {
    const { other } = this;
    if (!other || this.reset || other.#closed) return null;
    return this.#outgoing.length + other.input.size >= WINDOW ? other.input.wasRead : null;
  }

  finish(): void {
    if (this.#finished || this.#closed) return;
    this.#finished = true;
    this.#send();
  }

  close(): void {
    if (this.#closed) return;
    this.finish();
    this.#closed = true;
    // Nobody waits at this end any more, but a program that still reads must come to an end.
    this.input.end();
    this.input.wasRead.fire();
    this.#onClose?.();
    this.#onClose = null;
  }

  onClose(run: () => void): void {
    this.#onClose = run;
  }

  #send(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#kernel.after(this.#delayUs, () => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    const text = this.#outgoing;
    this.#outgoing = '';
    const { other } = this;
    if (!other) return;
    if (text !== '') other.#receive(text);
    if (this.#finished && !other.input.ended) other.input.end();
  }

  /** Data for an end that has been closed is answered with a reset. */
  #receive(text: string): void {
    if (!this.#closed) {
      this.input.append(text);
      return;
    }
    this.#kernel.after(this.#delayUs, () => {
      const { other } = this;
      if (!other || other.reset) return;
      other.reset = true;
      other.input.end();
    });
  }
}
