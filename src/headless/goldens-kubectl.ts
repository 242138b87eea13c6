/**
 * Plays transcripts of the real kubectl against `serve` in process: one cluster and one folder for
 * each transcript, real time while a kubectl runs, as fast as it can between two of them.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '../testing/goldens-harness/case.ts';
import type { Environment } from '../testing/goldens-harness/cluster-target.ts';
import { KubectlCluster } from './goldens-kubectl-cluster.ts';
import {
  commandDifference,
  KUBECTL_SORTS,
  type Printed,
  type Transcript,
  type TranscriptCommand,
} from '../testing/goldens-harness/kubectl-transcript.ts';
import { Bindings } from '../testing/goldens-harness/placeholders.ts';
import type { ReplayTopic } from '../testing/goldens-harness/load.ts';
import type { Playable } from '../testing/goldens-harness/playable.ts';
import { authority, type Pki } from './serve/pki.ts';

/** Transcripts that are played at once: as many as a small machine has cores. */
const AT_ONCE = 2;
/** Of `timeout`, by which the recorder stopped what does not stop by itself. */
const INTERRUPTED = 124;
const MEANWHILE_AFTER_MS = 1_000;
const MEANWHILE_EVERY_MS = 400;
/** After the last of the commands meanwhile, what it caused has been printed. */
const LAST_WORDS_MS = 1_000;
const READS = ['describe', 'get', 'logs'];
const READS_AGAIN = 5;
/** No recorded command takes longer by itself. */
const COMMAND_LIMIT_MS = 60_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

interface CommandOutcome {
  readonly name: string;
  readonly difference: string | undefined;
}

interface TranscriptOutcome {
  /** `api/kubectl/apply` */
  readonly topic: string;
  readonly commands: readonly CommandOutcome[];
}

interface KubectlReplay {
  readonly kubectl: string;
  readonly environment: Environment;
  readonly pki: Pki;
  /** What a file that a transcript names holds. */
  readonly objects: (file: string) => readonly JsonObject[];
  /** Whether the outcome of a command is asked for. */
  readonly chosen: (topic: string, name: string) => boolean;
}

/** $KUBECTL, or one that was built before, or one that Go can build now; '' = none. */
export function findKubectl(root: string): { readonly path: string; readonly problem: string } {
  const given = process.env['KUBECTL'];
  if (given) return { path: given, problem: '' };
  if (spawnSync('go', ['version']).status !== 0) {
    return { path: '', problem: 'no $KUBECTL, and no Go to build it with' };
  }
  const built = spawnSync('bash', [path.join(root, 'src/testing/tools/kubectl.sh')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const found = built.stdout.trim().split('\n').at(-1) ?? '';
  return built.status === 0
    ? { path: found, problem: '' }
    : { path: '', problem: 'kubectl could not be built' };
}

async function playTranscripts(
  transcripts: readonly Transcript[],
  replay: KubectlReplay,
): Promise<readonly TranscriptOutcome[]> {
  const outcomes = new Map<Transcript, TranscriptOutcome>();
  // The longest first, so that the last ones do not wait for it.
  const queue = transcripts.toSorted((a, b) => b.steps.length - a.steps.length);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      outcomes.set(next, await new Player(next, replay).play());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return transcripts.flatMap((t) => outcomes.get(t) ?? []);
}

/**
 * Plays |transcripts| and answers them as topics whose outcomes are known. Without a kubectl every
 * command is a miss that says so.
 */
export async function playWithKubectl(
  transcripts: readonly Transcript[],
  options: {
    readonly root: string;
    readonly environment: Environment;
    readonly objects: (file: string) => readonly JsonObject[];
    readonly caseFilter: string;
  },
): Promise<readonly ReplayTopic[]> {
  const chosen = (topic: string, name: string): boolean =>
    `${topic}/${name}`.includes(options.caseFilter);
  const wanted = transcripts.filter((t) =>
    t.steps.some((s) => chosen(topicOf(t), s.name ?? '') && isScored(s)),
  );
  if (wanted.length === 0) return [];
  const kubectl = findKubectl(options.root);
  if (kubectl.path === '') {
    return wanted.map((t) => ({
      name: topicOf(t),
      cases: t.steps
        .filter((s) => isScored(s) && chosen(topicOf(t), s.name ?? ''))
        .map((s) => knownOutcome({ name: s.name ?? '', difference: kubectl.problem })),
    }));
  }
  const outcomes = await playTranscripts(wanted, {
    kubectl: kubectl.path,
    environment: options.environment,
    pki: await authority('', '127.0.0.1'),
    objects: options.objects,
    chosen,
  });
  return outcomes.map(({ topic, commands }) => ({
    name: topic,
    cases: commands.map(knownOutcome),
  }));
}

function knownOutcome({ name, difference }: CommandOutcome): Playable {
  return { name, units: 1, paths: [], play: () => [{ unit: '', difference }] };
}

function topicOf({ topic }: Transcript): string {
  return `api/kubectl/${topic}`;
}

function isScored(step: TranscriptCommand): boolean {
  return step.argv !== undefined && step.noExpectation !== true;
}

/** Plays one transcript. */
class Player {
  readonly #transcript: Transcript;
  readonly #replay: KubectlReplay;
  readonly #topic: string;
  readonly #dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-kubectl-'));
  readonly #bindings = new Bindings(KUBECTL_SORTS);

  constructor(transcript: Transcript, replay: KubectlReplay) {
    this.#transcript = transcript;
    this.#replay = replay;
    this.#topic = topicOf(transcript);
  }

  async play(): Promise<TranscriptOutcome> {
    const { steps, setup = [], objects, note = '' } = this.#transcript;
    const { environment, pki, chosen } = this.#replay;
    const named = steps.filter(isScored).map((s) => s.name ?? '');
    const asked = named.filter((name) => chosen(this.#topic, name));
    const commands: CommandOutcome[] = [];
    if (asked.length === 0) return { topic: this.#topic, commands };
    const cluster = new KubectlCluster(environment, {
      pki,
      objects: objects === undefined ? null : this.#replay.objects(objects),
      removesPods: note.includes('were removed after at most'),
    });
    try {
      await cluster.listen();
      this.#writeHome(cluster.url, pki);
      for (const step of setup) await this.#run(cluster, step);
      for (const step of steps) {
        if (commands.length === asked.length) break;
        if (step.waitFor !== undefined) cluster.wait();
        if (!step.argv) continue;
        const name = step.name ?? '';
        const difference = await this.#play(cluster, step);
        if (!step.noExpectation && asked.includes(name)) commands.push({ name, difference });
      }
    } catch (error) {
      const difference = `the engine stopped: ${error instanceof Error ? error.message : String(error)}`;
      for (const name of asked.slice(commands.length)) commands.push({ name, difference });
    } finally {
      cluster.close();
      fs.rmSync(this.#dir, { recursive: true, force: true });
    }
    return { topic: this.#topic, commands };
  }

  /** kubectl walks some maps of Go, whose order is random: a read may be asked again. */
  async #play(cluster: KubectlCluster, step: TranscriptCommand): Promise<string | undefined> {
    const reads = READS.includes(step.argv?.[0] ?? '') && !step.interruptedAfterSeconds;
    const asked = reads ? READS_AGAIN : 0;
    let difference: string | undefined;
    for (let again = 0; again <= asked; again++) {
      const printed = await this.#run(cluster, step);
      if (step.noExpectation) return undefined;
      difference = commandDifference(step, printed, this.#bindings);
      if (difference === undefined) return undefined;
    }
    return difference;
  }

  async #run(cluster: KubectlCluster, step: TranscriptCommand): Promise<Printed> {
    for (const [file, text] of Object.entries(step.files ?? {})) {
      const full = path.join(this.#work, file);
      fs.mkdirSync(path.dirname(full), { recursive: true });
      fs.writeFileSync(full, text);
    }
    cluster.atRealPace();
    const running = this.#kubectl(step.argv ?? [], step);
    const [printed] = await Promise.all([running.done, this.#meanwhile(step, running.interrupt)]);
    cluster.settle();
    return printed;
  }

  async #meanwhile(step: TranscriptCommand, interrupt: () => void): Promise<void> {
    const { meanwhile, interruptedAfterSeconds } = step;
    if (interruptedAfterSeconds === undefined) return;
    if (!meanwhile) {
      // Not waited for: a command that ends by itself ends the step.
      const timer = setTimeout(interrupt, interruptedAfterSeconds * 1_000);
      timer.unref();
      return;
    }
    await delay(MEANWHILE_AFTER_MS);
    for (const argv of meanwhile) {
      await this.#kubectl(argv, {}).done;
      await delay(MEANWHILE_EVERY_MS);
    }
    await delay(LAST_WORDS_MS);
    interrupt();
  }

  #kubectl(
    argv: readonly string[],
    { stdin, env = {} }: TranscriptCommand,
  ): { readonly done: Promise<Printed>; readonly interrupt: () => void } {
    const child = spawn(path.join(this.#home, 'kubectl'), argv, {
      cwd: this.#work,
      env: {
        PATH: existingFolders(process.env['PATH'] ?? ''),
        HOME: this.#home,
        KUBECONFIG: path.join(this.#home, '.kube/config'),
        TZ: 'UTC',
        LANG: 'C',
        ...env,
      },
    });
    let interrupted = false;
    const limit = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        if (text[stream].length < MAX_OUTPUT_BYTES) text[stream] += chunk;
      });
    }
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
    const done = new Promise<Printed>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(limit);
        resolve({
          stdout: this.#relative(text.stdout),
          stderr: this.#relative(text.stderr),
          exitCode: interrupted ? INTERRUPTED : (code ?? -1),
        });
      });
    });
    const interrupt = (): void => {
      if (child.exitCode !== null) return;
      interrupted = true;
      child.kill('SIGINT');
    };
    return { done, interrupt };
  }

  /** The recordings do not say in which folder they were made. */
  #relative(text: string): string {
    return text.replaceAll(`${this.#work}/`, '');
  }

  get #home(): string {
    return path.join(this.#dir, 'home');
  }

  get #work(): string {
    return path.join(this.#dir, 'work');
  }

  /** The contexts and users of the recordings. */
  #writeHome(server: string, pki: Pki): void {
    fs.mkdirSync(path.join(this.#home, '.kube'), { recursive: true });
    fs.mkdirSync(this.#work, { recursive: true });
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'ref',
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(pki.ca).toString('base64'),
          },
        },
      ],
      users: [
        { name: 'admin', user: { token: 'admintoken' } },
        { name: 'jane', user: { token: 'janetoken' } },
      ],
      contexts: [
        { name: 'ref', context: { cluster: 'ref', user: 'admin' } },
        { name: 'jane', context: { cluster: 'ref', user: 'jane', namespace: 'prod' } },
      ],
      'current-context': 'ref',
    };
    fs.writeFileSync(path.join(this.#home, '.kube/config'), JSON.stringify(config));
    // Its own name is part of what it prints.
    fs.symlinkSync(path.resolve(this.#replay.kubectl), path.join(this.#home, 'kubectl'));
  }
}

/** kubectl complains about others. */
function existingFolders(list: string): string {
  return list
    .split(path.delimiter)
    .filter((folder) => fs.existsSync(folder))
    .join(path.delimiter);
}
