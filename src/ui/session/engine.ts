/** Where actions find the port: set by main.tsx when an engine has been started. */
import type { PortClient } from '../../port/client.ts';
import type { Answers, Ask, RunConfig } from '../../port/protocol.ts';

export interface Engine {
  readonly port: PortClient;
  readonly config: RunConfig;
  /** Starts another Worker in place of this one; |restart| gets the port once it is there. */
  readonly replace: () => void;
}

let engine: Engine | null = null;

export function setEngine(next: Engine | null): void {
  engine = next;
}

export function currentEngine(): Engine | null {
  return engine;
}

export function ask<A extends Ask>(question: A): Promise<Answers[A['type']]> {
  if (engine === null) return Promise.reject(new Error('The engine has not been started.'));
  return engine.port.ask(question);
}
