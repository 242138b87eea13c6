/**
 * Plays one recorded case with the real kubectl: its commands at their times, reads again within the
 * tolerance of times, and compares everything that was recorded.
 *
 * While a kubectl thinks, the clock of the cluster stands; while it waits for the cluster, it runs.
 */
import type { Difference } from '../../testing/goldens-harness/compare.ts';
import type { Printed } from '../../testing/goldens-harness/kubectl-transcript.ts';
import type {
  NodeCase,
  NodeCommand,
  NodeNote,
  Seen,
} from '../../testing/goldens-harness/node-case.ts';
import { storiesDifference } from '../../testing/goldens-harness/node-compare.ts';
import { NODE_SORTS } from '../../testing/goldens-harness/node-masks.ts';
import { printedDifference } from '../../testing/goldens-harness/node-text.ts';
import { Bindings } from '../../testing/goldens-harness/placeholders.ts';
import { GoldenClient } from '../golden-client.ts';
import { RecordedCluster } from './cluster.ts';
import { During, holdPort } from './during.ts';
import { RecordedStates } from './recorded-states.ts';
import { untoldDeletions } from './notes.ts';

/** Of a recorded command, before its first request: the client starts. */
const CLIENT_START_MS = 60;
/** Times may differ by this much (README of goldens/node, "How to replay", 5). */
const TOLERANCE_MS = 1_500;
const EARLY_MS = 300;
const AGAIN_MS = 250;
const LATE_READS = 24;
/** What is to be read comes of a wait of the kubelet: a back-off. */
const WAITS = /BackOff|Error|NotReady|unreachable|<age> ago\)|Restart Count: +[1-9]/;
/** How much longer waits of the kubelet may be: half of each is a jitter. */
const INTERVALS = 1.5;
/** Early tries are fewer. */
const EARLY_EVERY = 8;
const LOOK_MS = 20;
/** Waits of the kubelet have up to 60 % of jitter. */
const JITTER = 1.6;
/** A digest that is nobody's. */
const NO_DIGEST = '0123456789abcdef'.repeat(4);
const READ =
  /^kubectl (?:get|describe|logs|top|events|api-resources|explain|version)\b(?!.*(?: -w| --watch| -f))/;

export interface Played {
  readonly difference: Difference;
  readonly seen: Seen;
}

export class NodePlayer {
  readonly #case: NodeCase;
  readonly #kubectl: string;
  readonly #cluster: RecordedCluster;
  #client: GoldenClient | null = null;
  readonly #bindings = new Bindings(NODE_SORTS);
  /** How what ran beside the last command differs. */
  #meanwhile: Difference;
  readonly #states: RecordedStates;

  constructor(recorded: NodeCase, kubectl: string, seed: number) {
    this.#case = recorded;
    this.#kubectl = kubectl;
    this.#cluster = new RecordedCluster(recorded, seed);
    this.#states = new RecordedStates(recorded, this.#cluster.seen);
  }

  async play(): Promise<Played> {
    const { seen } = this.#cluster;
    try {
      const { engine } = this.#cluster;
      this.#client = new GoldenClient({
        engine,
        kubectl: this.#kubectl,
        server: await this.#cluster.listen(),
        namespace: this.#case.namespace,
        now: () => this.#cluster.now,
      });
      const differences = await this.#commands();
      this.#cluster.runTo(
        Math.max(this.#cluster.now, this.#case.durationMs * JITTER + TOLERANCE_MS),
      );
      this.#cluster.readRequests();
      const stories = storiesDifference(this.#case, seen);
      const all = [...(stories === undefined ? [] : [stories]), ...differences];
      return { difference: all.length === 0 ? undefined : all.join('\n    '), seen };
    } catch (error) {
      return { difference: error instanceof Error ? error.message : String(error), seen };
    } finally {
      this.#cluster.close();
      this.#client?.close();
    }
  }

  async #commands(): Promise<readonly string[]> {
    const differences: string[] = [];
    for (const step of this.#steps()) {
      if ('note' in step) {
        this.#cluster.runTo(Math.max(step.at, this.#cluster.now));
        this.#cluster.act(step);
        continue;
      }
      const difference = await this.#play(step);
      if (difference !== undefined) {
        differences.push(`at ${step.at} ${step.args ?? step.shell}: ${difference}`);
      }
    }
    return differences;
  }

  /** Descriptions were asked for, and other things done, between the commands. */
  #steps(): readonly (NodeCommand | NodeNote)[] {
    const described = (this.#case.describe ?? []).map(({ at, what, text }) => ({
      at,
      args: `kubectl describe ${what}`,
      stdout: text,
      stderr: '',
      code: 0,
    }));
    const { commands } = this.#case;
    const notes = [...(this.#case.notes ?? []), ...untoldDeletions(this.#case)];
    const during = ({ at }: NodeNote): boolean =>
      commands.some((c) => c.at < at && at < c.at + (c.tookMs ?? 0));
    for (const note of notes) if (during(note)) this.#cluster.actAt(note);
    const between = notes.filter((note) => !during(note));
    return [...between, ...commands, ...described].sort((a, b) => a.at - b.at);
  }

  async #play(step: NodeCommand): Promise<Difference> {
    if (!READ.test(step.args ?? '')) {
      this.#await(step.at);
      const at = Math.max(step.at, this.#cluster.now);
      this.#cluster.runTo(at + CLIENT_START_MS);
      const printed = await this.#run(step);
      return this.#compare(step, printed) ?? this.#meanwhile;
    }
    if ((await this.#readEarly(step)) === undefined) return undefined;
    this.#await(step.at);
    const at = Math.max(step.at, this.#cluster.now);
    let difference: Difference;
    for (const now of readTimes(at, WAITS.test(step.stdout ?? ''))) {
      this.#cluster.runTo(Math.max(now, this.#cluster.now));
      difference = this.#compare(step, await this.#run(step));
      if (difference === undefined) return undefined;
    }
    return difference;
  }

  /** Runs until the Pods have come as far as they had at |at|, within the tolerance of intervals. */
  #await(at: number): void {
    const states = this.#states;
    const until = Math.max(at + TOLERANCE_MS, at * INTERVALS);
    while (this.#cluster.now < until && !states.reached(at)) {
      this.#cluster.runTo(this.#cluster.now + LOOK_MS);
    }
  }

  /** After back-offs that were shorter here, the state of then may be over at that time. */
  async #readEarly(step: NodeCommand): Promise<Difference | null> {
    const states = this.#states;
    if (!states.hasBackOffs(step.at)) return null;
    for (let now = step.at / INTERVALS; now < step.at - EARLY_MS; now += LOOK_MS) {
      if (now < this.#cluster.now) continue;
      this.#cluster.runTo(now);
      if (!states.present(step.at)) continue;
      const difference = this.#compare(step, await this.#run(step));
      if (difference === undefined) return undefined;
      now += AGAIN_MS * EARLY_EVERY;
    }
    return null;
  }

  #compare(asked: NodeCommand, printed: Printed): Difference {
    const step = this.#isLogOfStandIn(asked) ? { ...asked, stdout: printed.stdout } : asked;
    const tried = this.#bindings.copy();
    if (printedDifference(step, printed, tried) !== undefined) {
      return printedDifference(step, printed, this.#bindings.copy());
    }
    return printedDifference(step, printed, this.#bindings);
  }

  /** Servers were stand-ins when they were recorded, with texts of their own (README, "Known gaps"). */
  #isLogOfStandIn({ args = '' }: NodeCommand): boolean {
    const [, pod, container] = /^kubectl logs (\S+) -c (\S+)$/.exec(args) ?? [];
    const known = this.#case.podWatch?.find(({ object }) => object.metadata.name === pod);
    const image = known?.object.spec.containers.find((c) => c.name === container)?.image;
    return /^nginx(?::|$)/.test(image ?? '');
  }

  async #run(asked: NodeCommand): Promise<Printed> {
    const step = this.#filled(asked);
    const client = this.#client as GoldenClient;
    const letGo = await holdPort(step);
    const until = typeof step.code === 'string' ? this.#cluster.now + (step.tookMs ?? 2_000) : null;
    const command = { shell: shellOf(step), stdin: step.stdin ?? '', until };
    let during: During | undefined;
    const printed = await client.run(command, (child) => {
      during = new During(step, child, (shell) => client.spawn(shell));
    });
    letGo();
    this.#meanwhile = await during?.difference(this.#bindings.copy());
    this.#cluster.check();
    return printed;
  }

  /** Manifests name digests that a Pod of the case had before, or that no registry knows. */
  #filled(step: NodeCommand): NodeCommand {
    if (step.stdin === undefined) return step;
    const stdin = step.stdin.replace(/<digest:\d+>/g, (placeholder) => {
      return this.#cluster.digestOf(placeholder) ?? NO_DIGEST;
    });
    return { ...step, stdin };
  }
}

function shellOf({ args, shell }: NodeCommand): string {
  return shell ?? `exec ${args ?? 'true'}`;
}

/** When a read is tried: first about its time, then as late as waits with jitter may make it. */
function readTimes(at: number, waits: boolean): readonly number[] {
  const times: number[] = [];
  for (let now = at - EARLY_MS; now <= at + TOLERANCE_MS; now += AGAIN_MS) times.push(now);
  if (!waits) return times;
  const latest = at * JITTER;
  const step = Math.max(AGAIN_MS, (latest - at) / LATE_READS);
  for (let now = at + TOLERANCE_MS + step; now <= latest; now += step) times.push(now);
  return times;
}
