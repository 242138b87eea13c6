/** Where actions find the engine: main.tsx puts it there when it has been started. */
import type { PortClient } from '../../port/client.ts';
import type { Answers, Ask, RunFile } from '../../port/protocol.ts';

export interface Engine {
  readonly port: PortClient;
  /** Starts another Worker in place of this one, with an empty cluster or with |run|. */
  readonly replace: (run: RunFile | null) => void;
}

let engine: Engine | null = null;

export function setEngine(next: Engine): void {
  engine = next;
}

export function ask<A extends Ask>(question: A): Promise<Answers[A['type']]> {
  if (engine === null) return Promise.reject(new Error('The engine has not been started.'));
  return engine.port.ask(question);
}

/** A new Worker with an empty cluster. */
export function restartEngine(): void {
  engine?.replace(null);
}

/** A new Worker that replays |run|. */
export function replayRun(run: RunFile): void {
  engine?.replace(run);
}
