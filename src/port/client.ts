/**
 * The page's end of the port: typed questions with promised answers, frames with acknowledgement,
 * and one place that learns when the engine has crashed or the Worker has died.
 *
 * Knows nothing of Workers: whoever builds it hands over an Endpoint, so tests use a plain pair.
 */
import type { Answers, Ask, Endpoint, Frame, FromEngine, RunFile, ToEngine } from './protocol.ts';

export interface PortEvents {
  /** |seen| must be called once the page has taken the frame in: only then is the next one sent. */
  frame(frame: Frame, seen: () => void): void;
  crashed(message: string, run: RunFile): void;
  memory(message: string, usedMb: number): void;
}

/** The engine said no, or can no longer answer. The message is meant for the reader. */
export class PortRefusal extends Error {
  override readonly name = 'PortRefusal';
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: PortRefusal) => void;
}

export class PortClient {
  readonly #endpoint: Endpoint;
  readonly #events: PortEvents;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: string | null = null;

  constructor(endpoint: Endpoint, events: PortEvents) {
    this.#endpoint = endpoint;
    this.#events = events;
    endpoint.onMessage((message) => this.#receive(message as FromEngine));
  }

  ask<A extends Ask>(ask: A): Promise<Answers[A['type']]> {
    const closed = this.#closed;
    if (closed !== null) return Promise.reject(new PortRefusal(closed));
    const id = this.#nextId++;
    return new Promise<Answers[A['type']]>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const message: ToEngine = { id, ask };
      this.#endpoint.post(message);
    });
  }

  /** Refuses everything that is still waiting and everything asked from now on. */
  close(reason: string): void {
    this.#closed = reason;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of waiting) pending.reject(new PortRefusal(reason));
  }

  #receive(message: FromEngine): void {
    // A closed port still has messages in flight; the page has moved on to another engine.
    if (this.#closed !== null) return;
    switch (message.type) {
      case 'frame':
        this.#events.frame(message, () => this.#acknowledge(message.seq));
        return;
      case 'answer':
        this.#take(message.id)?.resolve(message.value);
        return;
      case 'refused':
        this.#take(message.id)?.reject(new PortRefusal(message.message));
        return;
      case 'crashed':
        this.close(message.message);
        this.#events.crashed(message.message, message.run);
        return;
      case 'memory':
        this.#events.memory(message.message, message.usedMb);
        return;
    }
  }

  #acknowledge(seq: number): void {
    if (this.#closed !== null) return;
    // Nobody waits for the answer to an acknowledgement, so no promise is kept for it.
    const message: ToEngine = { id: this.#nextId++, ask: { type: 'frame-seen', seq } };
    this.#endpoint.post(message);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
