/**
 * Replays the recorded streams of controllers (goldens/controllers): a whole cluster with stand-in
 * kubelets for each case, its commands at their times, those of kubectl by the real one.
 *
 * Who comes first where several do something at once, and which of equal nodes a Pod gets, is chance
 * in a recording as it is here: a miss is played again with other seeds.
 */
import path from 'node:path';
import { EVERYBODY_IS_ADMIN } from '../engine/apiserver/rest/handle.ts';
import { judge } from '../testing/goldens-controllers/judge.ts';
import type { Command, Recording, Stability } from '../testing/goldens-controllers/recording.ts';
import { StreamReplay } from '../testing/goldens-controllers/replay.ts';
import type { Difference } from '../testing/goldens-harness/compare.ts';
import type { ReplayTopic } from '../testing/goldens-harness/load.ts';
import type { Printed } from '../testing/goldens-harness/kubectl-transcript.ts';
import { NODE_SORTS } from '../testing/goldens-harness/node-masks.ts';
import { printedDifference } from '../testing/goldens-harness/node-text.ts';
import { Bindings } from '../testing/goldens-harness/placeholders.ts';
import type { Playable } from '../testing/goldens-harness/playable.ts';
import { GoldenClient } from './golden-client.ts';
import { findKubectl } from './goldens-kubectl.ts';
import { openApiDocuments } from './openapi-file.ts';
import { Engine } from './serve/engine.ts';
import { HttpServer } from './serve/http-server.ts';

/** As many as a small machine has cores. */
const AT_ONCE = 2;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
/** Of a recorded command, before its first request: the client starts. */
const CLIENT_START_MS = 45;
/** Ages are counted from the clock of this machine: nothing must lie in its future. */
const DAYS_BEFORE_MS = 2 * 24 * 3_600_000;

export interface StreamOptions {
  readonly root: string;
  readonly stability: Readonly<Record<string, Stability>>;
  readonly chosen: (topic: string, name: string) => boolean;
  /** Listed as a miss: other seeds are not tried for it. */
  readonly known: (topic: string, name: string) => boolean;
}

export async function playStreams(
  recordings: readonly Recording[],
  { root, stability, chosen, known }: StreamOptions,
): Promise<readonly ReplayTopic[]> {
  const all = recordings.map((recording) => {
    const [topic = '', name = ''] = recording.case.split('/');
    return { recording, topic: `controllers/${topic}`, name };
  });
  const wanted = all.filter(({ topic, name }) => chosen(topic, name));
  if (wanted.length === 0) return [];
  const needsKubectl = wanted.some(({ recording }) => usesKubectl(recording));
  const kubectl = needsKubectl ? findKubectl(root) : { path: '', problem: '' };
  const topics = new Map<string, Playable[]>();
  const queue = [...wanted];
  const outcomes = new Map<Recording, Difference>();
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { recording, topic, name } = next;
      let first: Difference;
      for (const seed of SEEDS) {
        const player = new StreamPlayer(recording, stability[recording.case] ?? {}, kubectl, seed);
        const difference = await player.play();
        if (seed === SEEDS[0]) first = difference;
        if (difference === undefined) first = undefined;
        if (difference === undefined || known(topic, name)) break;
      }
      outcomes.set(recording, first);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const { recording, topic, name } of wanted) {
    const difference = outcomes.get(recording);
    const playable = { name, units: 1, paths: [], play: () => [{ unit: '', difference }] };
    topics.set(topic, [...(topics.get(topic) ?? []), playable]);
  }
  return [...topics].map(([name, cases]) => ({ name, cases }));
}

export function usesKubectl({ commands }: Recording): boolean {
  return commands.some((c) => c.argv);
}

class StreamPlayer {
  readonly #recording: Recording;
  readonly #stability: Stability;
  readonly #kubectl: { readonly path: string; readonly problem: string };
  readonly #replay: StreamReplay;
  readonly #bindings = new Bindings(NODE_SORTS);
  #crash: string | null = null;

  constructor(
    recording: Recording,
    stability: Stability,
    kubectl: { readonly path: string; readonly problem: string },
    seed: number,
  ) {
    this.#recording = recording;
    this.#stability = stability;
    this.#kubectl = kubectl;
    const afterMs = Math.floor((Date.now() - DAYS_BEFORE_MS) / 60_000) * 60_000;
    this.#replay = new StreamReplay(recording, { seed, afterMs, openapi: openApiDocuments });
  }

  async play(): Promise<Difference> {
    try {
      const difference = await this.#commands();
      if (difference !== undefined) return difference;
      const { ended, settled } = this.#replay.finish();
      return judge(this.#recording, ended, settled, this.#stability);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #commands(): Promise<Difference> {
    const { commands } = this.#recording;
    if (!usesKubectl(this.#recording)) {
      for (const command of commands) {
        this.#replay.runTo(command.at);
        const difference = this.#replay.act(command);
        if (difference !== undefined) return `at ${command.at}: ${difference}`;
      }
      return undefined;
    }
    if (this.#kubectl.path === '') return this.#kubectl.problem;
    const engine = new Engine(this.#replay.plane.cluster, {
      pace: 'held',
      authentication: EVERYBODY_IS_ADMIN,
      crashed: (message) => {
        this.#crash = message;
      },
    });
    const server = new HttpServer(engine, { host: '127.0.0.1', port: 0 });
    engine.start();
    const url = await new Promise<string>((resolve, reject) => {
      server.listen(resolve, (message) => reject(new Error(message)));
    });
    const client = new GoldenClient({
      engine,
      kubectl: path.resolve(this.#kubectl.path),
      server: url,
      namespace: this.#recording.namespace,
      now: () => this.#replay.now,
    });
    try {
      for (const command of commands) {
        const difference = await this.#command(command, client);
        if (difference !== undefined) return `at ${command.at}: ${difference}`;
      }
      return undefined;
    } finally {
      client.close();
      server.close(() => undefined);
      engine.stop();
    }
  }

  async #command(command: Command, client: GoldenClient): Promise<Difference> {
    const { argv, at } = command;
    if (!argv) {
      this.#replay.runTo(at);
      return this.#replay.act(command);
    }
    this.#replay.runTo(at + CLIENT_START_MS);
    const shell = this.#replay.names.fill(argv.map(quoted).join(' '));
    const printed = await client.run({ shell: `exec ${shell}`, until: null });
    if (this.#crash !== null) return `the engine stopped: ${this.#crash}`;
    return this.#printedDifference(command, printed);
  }

  #printedDifference(
    { argv = [], stdout = '', stderr = '', exitCode = 0 }: Command,
    printed: Printed,
  ): Difference {
    const args = argv.filter((word, i) => word !== '-n' && argv[i - 1] !== '-n').join(' ');
    const recorded = { at: 0, args, stdout, stderr, code: exitCode };
    const difference = printedDifference(recorded, printed, this.#bindings);
    return difference === undefined ? undefined : `${args}: ${difference}`;
  }
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
