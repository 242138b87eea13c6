/**
 * The kubelet's end of an exec, an attach or a port-forward: what comes in is handed on at once, what
 * goes out is counted, so that a client who reads slowly holds up the program and not the memory.
 *
 * Models: k8s.io/streaming pkg/httpstream; the flow control of the connections under it
 */
import type {
  NodeSession,
  StreamInput,
  StreamOutput,
  StreamStatus,
} from '../../../api/meta/node-dial.ts';
import type { Waitable } from '../../../kernel/process.ts';
import { Signal } from '../../../kernel/wait.ts';

/** Socket buffers of both ends together. Counted in UTF-16 units. */
const WINDOW = 1_048_576;

/** What the server does with what the client sends; `taken` and `close` are seen to before. */
export interface SessionHandler {
  input(input: StreamInput): void;
  /** The client has gone. Told once, unless the session has ended before. */
  gone(): void;
}

export const SUCCESS: StreamStatus = { metadata: {}, status: 'Success' };

export function exitStatus(exitCode: number): StreamStatus {
  if (exitCode === 0) return SUCCESS;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

export function internalStatus(message: string): StreamStatus {
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/**
 * What a client of the fifth protocol sees: what is no exit code has been an error of the fourth one
 * on its way, and is wrapped once more (apiserver pkg/util/proxy/streamtranslator.go).
 */
export function translatedStatus(status: StreamStatus): StreamStatus {
  if (status.status === 'Success' || status.reason === 'NonZeroExitCode') return status;
  return internalStatus(status.message ?? '');
}

export class StreamSession implements NodeSession {
  readonly kind: NodeSession['kind'];
  readonly streams: NodeSession['streams'];
  readonly ports: readonly number[];
  handler: SessionHandler | null = null;
  /** Tells what has come in and has not been read. */
  backlogOf: () => number = () => 0;
  #ended = false;
  #gone = false;
  #listener: ((output: StreamOutput) => void) | null = null;
  #waiting: StreamOutput[] = [];
  #early: StreamInput[] = [];
  #untaken = 0;
  readonly #room = new Signal();
  #told: (() => void)[] = [];

  constructor(
    kind: NodeSession['kind'],
    streams: NodeSession['streams'],
    ports: readonly number[] = [],
  ) {
    this.kind = kind;
    this.streams = streams;
    this.ports = ports;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get backlog(): number {
    return this.#early.length > 0 ? WINDOW : this.backlogOf();
  }

  /** The client is there no more, though the program may still run. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Something to wait for before writing more; null when there is room. */
  get full(): Waitable | null {
    return this.#untaken >= WINDOW && !this.#ended && !this.#gone ? this.#room : null;
  }

  /** Takes over the client's side of the talk, with what it has said so far. */
  serve(handler: SessionHandler): void {
    this.handler = handler;
    const early = this.#early;
    this.#early = [];
    for (const input of early) handler.input(input);
    if (this.#gone) handler.gone();
  }

  send(input: StreamInput): void {
    if (this.#ended || this.#gone) return;
    switch (input.type) {
      case 'taken':
        this.#untaken = Math.max(0, this.#untaken - input.count);
        if (this.#untaken < WINDOW) this.#room.fire();
        return;
      case 'close':
        this.#gone = true;
        this.#waiting = [];
        this.#room.fire();
        this.handler?.gone();
        this.#finish();
        return;
      case 'stdin':
      case 'stdin-end':
      case 'resize':
      case 'connect':
      case 'data':
      case 'data-end':
      case 'disconnect':
        if (this.handler) this.handler.input(input);
        else this.#early.push(input);
    }
  }

  listen(listener: (output: StreamOutput) => void): void {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const output of waiting) listener(output);
  }

  /** Calls |tell| when it is over, whoever ended it. */
  onEnd(tell: () => void): void {
    if (this.#ended) tell();
    else this.#told.push(tell);
  }

  emit(output: StreamOutput): void {
    if (this.#ended || this.#gone) return;
    if ('text' in output) this.#untaken += output.text.length;
    if (this.#listener) this.#listener(output);
    else this.#waiting.push(output);
  }

  /** The last word. */
  end(status?: StreamStatus): void {
    if (this.#ended) return;
    this.emit(status ? { type: 'status', status } : { type: 'closed' });
    this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#room.fire();
    const told = this.#told;
    this.#told = [];
    for (const tell of told) tell();
  }
}
