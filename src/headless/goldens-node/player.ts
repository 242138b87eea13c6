/**
 * Plays one recorded case with the real kubectl: its commands at their times, reads again within the
 * tolerance of times, and compares everything that was recorded.
 *
 * While a kubectl thinks, the clock of the cluster stands; while it waits for the cluster, it runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
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
import { ENDED, printedDifference } from '../../testing/goldens-harness/node-text.ts';
import { Bindings } from '../../testing/goldens-harness/placeholders.ts';
import { RecordedCluster } from './cluster.ts';
import { During, holdPort } from './during.ts';
import { isBusy } from './client-process.ts';
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
/** A kubectl that has not asked for anything for so long waits for the cluster. */
const THINKS_MS = 250;
const LOOK_MS = 20;
/** While a client waits for the cluster without a limit of its own. */
const FAST = 10;
const COMMAND_LIMIT_MS = 120_000;
/** Waits of the kubelet have up to 60 % of jitter. */
const JITTER = 1.6;
const MAX_OUTPUT_LENGTH = 4 * 1024 * 1024;
/** After the client was told to end. */
const LAST_WORDS_MS = 300;
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
  readonly #home = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-node-'));
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
      this.#writeHome(await this.#cluster.listen());
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
      fs.rmSync(this.#home, { recursive: true, force: true });
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
    const { engine } = this.#cluster;
    const step = this.#filled(asked);
    engine.pace = 'held';
    const began = this.#cluster.now;
    const letGo = await holdPort(step);
    const child = this.#spawn(step);
    const during = new During(step, child, (shell) => this.#spawn({ at: step.at, shell }));
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
        if (text[stream].length < MAX_OUTPUT_LENGTH) text[stream] += chunk;
      });
    }
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(step.stdin ?? '');
    let code: number | undefined;
    const closed = new Promise<void>((resolve) => {
      child.on('error', () => resolve());
      child.on('close', (exit) => {
        code = exit ?? -1;
        resolve();
      });
    });
    const ended = await this.#wait(step, child, began, closed);
    letGo();
    this.#meanwhile = await during.difference(this.#bindings.copy());
    engine.pace = 'held';
    this.#cluster.check();
    return { ...text, exitCode: ended ? ENDED : (code ?? -1) };
  }

  /** Manifests name digests that a Pod of the case had before, or that no registry knows. */
  #filled(step: NodeCommand): NodeCommand {
    if (step.stdin === undefined) return step;
    const stdin = step.stdin.replace(/<digest:\d+>/g, (placeholder) => {
      return this.#cluster.digestOf(placeholder) ?? NO_DIGEST;
    });
    return { ...step, stdin };
  }

  /** Lets time pass while the client waits; true when it had to be ended. */
  async #wait(
    step: NodeCommand,
    child: ChildProcess,
    began: number,
    closed: Promise<void>,
  ): Promise<boolean> {
    const { engine } = this.#cluster;
    const isEnded = typeof step.code === 'string';
    // Limits of the client itself are in real time.
    const pace = isEnded || /timeout|sleep/.test(step.args ?? step.shell ?? '') ? 1 : FAST;
    const until = began + (step.tookMs ?? 2_000);
    const realLimit = performance.now() + COMMAND_LIMIT_MS;
    let ended = false;
    let done = false;
    void closed.then(() => {
      done = true;
    });
    let known = engine.arrived;
    let quietSince = Number.POSITIVE_INFINITY;
    let running = false;
    const set = (run: boolean): void => {
      if (run === running) return;
      running = run;
      engine.pace = run ? pace : 'held';
    };
    while (!done) {
      await Promise.race([closed, delay(LOOK_MS)]);
      const now = performance.now();
      if (engine.arrived !== known || engine.inFlight > 0 || isBusy(child.pid)) {
        known = engine.arrived;
        quietSince = now;
        set(false);
      } else if (now - quietSince > THINKS_MS) set(true);
      const over = isEnded && this.#cluster.now >= until;
      if (!ended && (over || now > realLimit)) {
        ended = true;
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGKILL'), LAST_WORDS_MS).unref();
      }
    }
    return ended;
  }

  #spawn({ args, shell }: NodeCommand): ChildProcess {
    const { namespace } = this.#case;
    const env = {
      PATH: `${this.#home}/bin:${process.env['PATH'] ?? ''}`,
      HOME: this.#home,
      KUBECONFIG: path.join(this.#home, 'config'),
      TZ: 'UTC',
      LANG: 'C',
      NAMESPACE: namespace,
    };
    return spawn('sh', ['-c', shell ?? `exec ${args ?? 'true'}`], { cwd: this.#home, env });
  }

  /** The namespace of the case is that of the context, as the recorder's commands name none. */
  #writeHome(server: string): void {
    fs.mkdirSync(path.join(this.#home, 'bin'));
    fs.symlinkSync(path.resolve(this.#kubectl), path.join(this.#home, 'bin/kubectl'));
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'ref', cluster: { server } }],
      users: [{ name: 'admin', user: {} }],
      contexts: [
        {
          name: 'ref',
          context: { cluster: 'ref', user: 'admin', namespace: this.#case.namespace },
        },
      ],
      'current-context': 'ref',
    };
    fs.writeFileSync(path.join(this.#home, 'config'), JSON.stringify(config));
  }
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
