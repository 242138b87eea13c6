/**
 * The real kubectl (or a shell with it) against an engine whose clock the replay holds: while the
 * client thinks, time stands; while it waits for the cluster, time runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Printed } from '../testing/goldens-harness/kubectl-transcript.ts';
import { ENDED } from '../testing/goldens-harness/node-text.ts';
import { isBusy } from './goldens-node/client-process.ts';
import type { Engine } from './serve/engine.ts';

/** A client that has not asked for anything for so long waits for the cluster. */
const THINKS_MS = 250;
const LOOK_MS = 20;
/** While a client waits for the cluster without a limit of its own. */
const FAST = 10;
const COMMAND_LIMIT_MS = 120_000;
const MAX_OUTPUT_LENGTH = 4 * 1024 * 1024;
/** After the client was told to end. */
const LAST_WORDS_MS = 300;

export interface ClientCommand {
  readonly shell: string;
  readonly stdin?: string;
  /** It is ended then, in milliseconds of |now|; null = it ends by itself. */
  readonly until: number | null;
}

export interface ClientOptions {
  readonly engine: Engine;
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Address of the API server. */
  readonly server: string;
  readonly namespace: string;
  /** Milliseconds of virtual time. */
  readonly now: () => number;
}

export class GoldenClient {
  readonly #options: ClientOptions;
  readonly #home = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-golden-'));

  constructor(options: ClientOptions) {
    this.#options = options;
    fs.mkdirSync(path.join(this.#home, 'bin'));
    fs.symlinkSync(path.resolve(options.kubectl), path.join(this.#home, 'bin/kubectl'));
    const { server, namespace } = options;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'ref', cluster: { server } }],
      users: [{ name: 'admin', user: {} }],
      contexts: [{ name: 'ref', context: { cluster: 'ref', user: 'admin', namespace } }],
      'current-context': 'ref',
    };
    fs.writeFileSync(path.join(this.#home, 'config'), JSON.stringify(config));
  }

  close(): void {
    fs.rmSync(this.#home, { recursive: true, force: true });
  }

  spawn(shell: string): ChildProcess {
    const env = {
      PATH: `${this.#home}/bin:${process.env['PATH'] ?? ''}`,
      HOME: this.#home,
      KUBECONFIG: path.join(this.#home, 'config'),
      TZ: 'UTC',
      LANG: 'C',
      NAMESPACE: this.#options.namespace,
    };
    return spawn('sh', ['-c', shell], { cwd: this.#home, env });
  }

  /** Runs it to its end; |started| is told of its process. */
  async run(
    command: ClientCommand,
    started: (child: ChildProcess) => void = () => undefined,
  ): Promise<Printed> {
    const { engine } = this.#options;
    engine.pace = 'held';
    const child = this.spawn(command.shell);
    started(child);
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
        if (text[stream].length < MAX_OUTPUT_LENGTH) text[stream] += chunk;
      });
    }
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(command.stdin ?? '');
    let code: number | undefined;
    const closed = new Promise<void>((resolve) => {
      child.on('error', () => resolve());
      child.on('close', (exit) => {
        code = exit ?? -1;
        resolve();
      });
    });
    const ended = await this.#wait(command, child, closed);
    engine.pace = 'held';
    return { ...text, exitCode: ended ? ENDED : (code ?? -1) };
  }

  /** Lets time pass while the client waits; true when it had to be ended. */
  async #wait(
    { shell, until }: ClientCommand,
    child: ChildProcess,
    closed: Promise<void>,
  ): Promise<boolean> {
    const { engine, now: virtualNow } = this.#options;
    // Limits of the client itself are in real time.
    const pace = until !== null || /timeout|sleep/.test(shell) ? 1 : FAST;
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
      const over = until !== null && virtualNow() >= until;
      if (!ended && (over || now > realLimit)) {
        ended = true;
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGKILL'), LAST_WORDS_MS).unref();
      }
    }
    return ended;
  }
}
