/**
 * A cluster with nodes behind HTTP, and the real kubectl pointed at it. Time runs as fast as it can
 * while anything is due, so that nobody waits for images to be pulled.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EVERYBODY_IS_ADMIN } from '../../engine/apiserver/rest/handle.ts';
import { Cluster } from '../../engine/cluster.ts';
import { Engine, type Pace } from '../../headless/serve/engine.ts';
import { openApiDocuments } from '../../headless/openapi-file.ts';
import { HttpServer } from '../../headless/serve/http-server.ts';
import { writeKubeconfig } from '../../headless/serve/kubeconfig.ts';
import { workerNodes } from '../../headless/run-config.ts';

export const KUBECTL = process.env['KUBECTL'] ?? '';

const COMMAND_LIMIT_MS = 45_000;

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** SIGINT as soon as stdout holds this. */
  readonly until?: RegExp;
  /** Called with the first words on stdout. */
  readonly onText?: () => void;
}

export class ServedCluster {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-real-'));
  readonly cluster: Cluster;
  readonly #engine: Engine;
  readonly #server: HttpServer;
  url = '';
  #crash: string | null = null;

  /** `complete`: with cp-1 and CoreDNS, as `serve` starts it. */
  constructor(
    options: { readonly nodes?: number; readonly pace?: Pace; readonly complete?: boolean } = {},
  ) {
    this.cluster = new Cluster(
      {
        seed: 1,
        epoch: new Date().toISOString(),
        nodes: workerNodes(options.nodes ?? 3),
        stopped: [],
        ...(options.complete ? { controlPlane: true, dns: true, metrics: true } : {}),
      },
      { traceCapacity: 5_000, openapi: openApiDocuments },
    );
    this.#engine = new Engine(this.cluster, {
      pace: options.pace ?? 'max',
      authentication: EVERYBODY_IS_ADMIN,
      crashed: (message) => {
        this.#crash = message;
      },
    });
    this.#server = new HttpServer(this.#engine, { host: '127.0.0.1', port: 0 });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.listen(
        (url) => {
          this.url = url;
          resolve();
        },
        (message) => reject(new Error(message)),
      );
    });
    this.#engine.start();
    writeKubeconfig(path.join(this.dir, 'kubeconfig'), { server: this.url });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(resolve);
    });
    this.#engine.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
    if (this.#crash !== null) throw new Error(this.#crash);
  }

  /** Null removes the file. */
  writeNodeFile(node: string, file: string, content: string | null): void {
    const disk = this.cluster.machines.get(node)?.files;
    const error = content === null ? disk?.remove(file) : disk?.write(file, content, false);
    if (error !== null) throw new Error(`${node} ${file}: ${error ?? 'no such node'}`);
  }

  write(name: string, text: string): string {
    const file = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = spawn(KUBECTL, argv, {
      cwd: this.dir,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.dir,
        KUBECONFIG: path.join(this.dir, 'kubeconfig'),
        TZ: 'UTC',
        ...options.env,
      },
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        if (text.stdout === '' && stream === 'stdout') options.onText?.();
        text[stream] += chunk;
        if (options.until?.test(text.stdout)) child.kill('SIGINT');
      });
    }
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(limit);
        resolve({ ...text, exitCode: code ?? -1 });
      });
    });
  }

  /** Answers stdout of a command that must work, given as one line. */
  async kubectl(line: string, options: RunOptions = {}): Promise<string> {
    const ran = await this.run(words(line), options);
    if (ran.exitCode === 0) return ran.stdout;
    throw new Error(`kubectl ${line}: exit ${ran.exitCode}\n${ran.stdout}${ran.stderr}`);
  }

  /** Answers stderr of a command that must not work. */
  async refused(line: string, options: RunOptions = {}): Promise<string> {
    const ran = await this.run(words(line), options);
    if (ran.exitCode !== 0) return ran.stderr;
    throw new Error(`kubectl ${line}: worked\n${ran.stdout}`);
  }
}

/** Splits at spaces; single quotes hold words together. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}
