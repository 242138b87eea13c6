/** Controllers of the reader's own behind `serve`: given when they are new, and what they say. */
import type { Cluster } from '../../engine/cluster.ts';
import type { ControllerCommand } from '../../port/protocol-own.ts';
import type { Engine } from './engine.ts';

const LOOK_MS = 500;

/** Those that a kept cluster has already, just as they are, go on as they were. */
export function giveControllers(engine: Engine, controllers: readonly ControllerCommand[]): void {
  const { controllers: kept } = engine.cluster.ownControllers.shown(0);
  for (const command of controllers) {
    const same = kept.some(
      ({ name, serviceAccount, source }) =>
        name === command.name &&
        serviceAccount === command.serviceAccount &&
        source === command.source,
    );
    if (!same) engine.give(command);
  }
}

/** Prints what they say, until the answer is called. */
export function followControllers({ ownControllers }: Cluster): () => void {
  let seen = ownControllers.shown(0).lines.at(-1)?.seq ?? 0;
  const timer = setInterval(() => {
    for (const { controller, key, level, line, seq, text } of ownControllers.shown(seen).lines) {
      seen = seq;
      const about = `${key === '' ? '' : ` ${key}`}${line === undefined ? '' : ` line ${line}`}`;
      process.stderr.write(`${controller} ${level}${about}: ${text}\n`);
    }
  }, LOOK_MS);
  return () => clearInterval(timer);
}
