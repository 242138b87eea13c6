/**
 * A connection into a Pod as the HTTP server holds it: what a client sends is journaled before the
 * cluster hears of it, and what comes back is shown when it may be.
 */
import type { NodeSession, StreamInput, StreamOutput } from '../../api/meta/node-dial.ts';

export class ClientStream implements NodeSession {
  readonly #session: NodeSession;
  readonly #send: (input: StreamInput) => void;
  readonly #later: (deliver: () => void) => void;

  constructor(
    session: NodeSession,
    send: (input: StreamInput) => void,
    later: (deliver: () => void) => void,
  ) {
    this.#session = session;
    this.#send = send;
    this.#later = later;
  }

  get kind(): NodeSession['kind'] {
    return this.#session.kind;
  }

  get streams(): NodeSession['streams'] {
    return this.#session.streams;
  }

  get ports(): readonly number[] {
    return this.#session.ports;
  }

  get ended(): boolean {
    return this.#session.ended;
  }

  get backlog(): number {
    return this.#session.backlog;
  }

  send(input: StreamInput): void {
    this.#send(input);
  }

  listen(listener: (output: StreamOutput) => void): void {
    this.#session.listen((output) => this.#later(() => listener(output)));
  }
}

/** What may wait in the cluster before the client has to. */
const MAX_BACKLOG = 1_048_576;
const LOOK_MS = 20;

/** Lets a client wait whose program does not read what it has sent. */
export class Brake {
  readonly #session: NodeSession;
  readonly #client: { pause(): void; resume(): void };
  #timer: NodeJS.Timeout | null = null;

  constructor(session: NodeSession, client: { pause(): void; resume(): void }) {
    this.#session = session;
    this.#client = client;
  }

  /** Called after each piece that was sent. */
  check(): void {
    if (this.#timer || this.#session.backlog <= MAX_BACKLOG) return;
    this.#client.pause();
    this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  release(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    if (this.#session.backlog > MAX_BACKLOG && !this.#session.ended) {
      this.#timer = setTimeout(() => this.#look(), LOOK_MS);
    } else this.#client.resume();
  }
}
