/**
 * The engine end of the port: questions in, answers and frames out. At most one frame is on its way:
 * the next is made when the page has said that it has seen the last (back-pressure).
 */
import type { Ask, Endpoint, Frame, FromEngine, RunFile, ToEngine } from './protocol.ts';

/** What the engine offers; engine/host/host.ts is it. */
export interface Served {
  ask(ask: Ask, later: (value: unknown) => void, refuse: (message: string) => void): void;
  frame(): Frame | null;
}

export interface PortEvents {
  crashed(message: string, run: RunFile): void;
  memory(message: string, usedMb: number): void;
}

export class PortServer {
  #endpoint: Endpoint;
  #served: Served | null = null;
  #waiting = false;
  /** Something may have changed since the last frame. */
  #dirty = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Handed to the host, so that it can speak up by itself. */
  get events(): PortEvents {
    return {
      crashed: (message, run) => this.#post({ type: 'crashed', message, run }),
      memory: (message, usedMb) => this.#post({ type: 'memory', message, usedMb }),
    };
  }

  /** |woken| is told after each message: something may have to be pumped. */
  start(served: Served, woken: () => void): void {
    this.#served = served;
    this.#endpoint.onMessage((message) => {
      const { ask } = message as ToEngine;
      this.#onMessage(message as ToEngine);
      // An acknowledgement changes nothing; answering it with a frame would never end.
      if (ask.type !== 'frame-seen') woken();
    });
  }

  /** Sends a frame unless the last one has not been seen yet. */
  sendFrame(): void {
    if (this.#waiting) {
      this.#dirty = true;
      return;
    }
    const frame = this.#served?.frame();
    if (!frame) return;
    this.#waiting = true;
    this.#dirty = false;
    this.#post(frame);
  }

  #onMessage({ id, ask }: ToEngine): void {
    if (ask.type === 'frame-seen') {
      this.#waiting = false;
      if (this.#dirty) this.sendFrame();
      return;
    }
    this.#served?.ask(
      ask,
      (value) => this.#post({ type: 'answer', id, value }),
      (message) => this.#post({ type: 'refused', id, message }),
    );
  }

  #post(message: FromEngine): void {
    this.#endpoint.post(message);
  }
}
