/**
 * Connections into Pods that clients beyond the simulation hold: exec, attach and port-forward. They
 * are known by number, in the order in which they came to be, so that what a client sends can stand in
 * a log and be sent again when that is replayed.
 *
 * The page opens one with the command `open-stream` (its result carries the number), sends with
 * `stream-input` and reads with `listen`; the server behind HTTP journals the request and the inputs.
 * Whoever reads must say so (`taken`), or the program will wait; `TakenCount` says when.
 */
import type { NodeSession, StreamInput, StreamOutput } from '../api/meta/node-dial.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Proc } from '../kernel/process.ts';

/** A quarter of what may be on its way (node/kubelet/stream-session.ts). */
const TAKEN_AT_ONCE = 262_144;

export class StreamTable {
  readonly #sessions = new Map<number, NodeSession>();
  #last = 0;

  /** Numbers of those that have not ended. */
  get open(): readonly number[] {
    return [...this.#sessions].filter(([, session]) => !session.ended).map(([id]) => id);
  }

  add(session: NodeSession): number {
    this.#sessions.set(++this.#last, session);
    return this.#last;
  }

  get(id: number): NodeSession | undefined {
    return this.#sessions.get(id);
  }

  /** What a client sends; of a connection that has ended nothing comes any more. */
  input(id: number, input: StreamInput): void {
    this.#sessions.get(id)?.send(input);
    if (input.type === 'close') this.#sessions.delete(id);
  }

  /** The same from outside of the run: at this moment, as a replay does it. */
  give(kernel: Kernel, id: number, input: StreamInput): void {
    const options = { cause: 0, periodic: false, scope: null, joined: true };
    kernel.spawn('stream input', this.#inputs(id, input), options).subscribe({
      kernel,
      wake: () => undefined,
      wakeError: (error) => kernel.stopWith(error, `input of stream ${id}`),
    });
  }

  *#inputs(id: number, input: StreamInput): Proc {
    this.input(id, input);
  }

  /** Hands out all that has come and will come of a connection, to one listener. */
  listen(id: number, listener: (output: StreamOutput) => void): void {
    this.#sessions.get(id)?.listen(listener);
  }
}

/** Adds up what a client has read, so that not every word of it has to be reported. */
export class TakenCount {
  #count = 0;

  /** What to send after |text| was read; null = nothing yet. */
  add(text: string): StreamInput | null {
    this.#count += text.length;
    if (this.#count < TAKEN_AT_ONCE) return null;
    const count = this.#count;
    this.#count = 0;
    return { type: 'taken', count };
  }
}
