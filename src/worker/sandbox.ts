/**
 * The interpreter of own controllers, fetched when the first message needs it: a controller, or a saved
 * run that has one. Messages that come meanwhile wait in line, so that their order stays.
 */
import type { SandboxMaker } from '../engine/own-controllers/sandbox.ts';
import type { Ask, RunFile, ToEngine } from '../port/protocol.ts';

type Handler = (message: unknown) => void;

export class SandboxGate {
  #sandbox: SandboxMaker | null = null;
  #loading = false;
  #waiting: unknown[] = [];
  readonly #pass: Handler;
  #failure = '';

  constructor(pass: Handler) {
    this.#pass = pass;
  }

  /** Throws what has kept it from being loaded: whoever asks passes it on to the reader. */
  get sandbox(): SandboxMaker | null {
    if (this.#failure !== '') throw new Error(this.#failure);
    return this.#sandbox;
  }

  take(message: unknown): void {
    if (this.#loading) {
      this.#waiting.push(message);
      return;
    }
    if (this.#sandbox !== null || !needsSandbox((message as ToEngine).ask)) {
      this.#pass(message);
      return;
    }
    this.#waiting.push(message);
    this.#loading = true;
    void this.#load();
  }

  async #load(): Promise<void> {
    this.#failure = '';
    try {
      const { loadSandbox } = await import('./load-sandbox.ts');
      this.#sandbox = await loadSandbox();
    } catch (error) {
      // The next message that needs it tries again.
      const why = error instanceof Error ? error.message : String(error);
      this.#failure = `the interpreter for own controllers could not be loaded: ${why}`;
    }
    this.#loading = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [i, message] of waiting.entries()) {
      // The first is passed on whatever came of the loading: it is refused with a reason.
      if (i === 0) this.#pass(message);
      else this.take(message);
    }
  }
}

function needsSandbox(ask: Ask): boolean {
  if (ask.type === 'command') return ask.command.type === 'controller';
  if (ask.type !== 'open') return false;
  // Whatever claims to be a run; it is checked where it is opened.
  const { commands } = ask.run as Partial<RunFile>;
  if (!Array.isArray(commands)) return false;
  return (commands as RunFile['commands']).some((c) => c?.command?.type === 'controller');
}
