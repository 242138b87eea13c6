/**
 * What the recorder did while a port-forward was open: a script that ran meanwhile, and a port of the
 * machine that something else held already.
 */
import type { ChildProcess } from 'node:child_process';
import net from 'node:net';
import type { Difference } from '../../testing/goldens-harness/compare.ts';
import type { NodeCommand } from '../../testing/goldens-harness/node-case.ts';
import { textDifference } from '../../testing/goldens-harness/node-text.ts';
import type { Bindings } from '../../testing/goldens-harness/placeholders.ts';

/** kubectl listens. */
const IS_OPEN = 'Forwarding from';

/** Holds the port that |step| found in use; the answer lets go of it. */
export async function holdPort({ stderr = '' }: NodeCommand): Promise<() => void> {
  const port = /listen tcp4 127\.0\.0\.1:(\d+): bind: address already in use/.exec(stderr)?.[1];
  if (port === undefined) return () => undefined;
  const servers = await Promise.all(['127.0.0.1', '::1'].map((host) => held(host, Number(port))));
  return () => {
    for (const server of servers) server.close();
  };
}

/** Something of this machine may hold it already; that is as good. */
function held(host: string, port: number): Promise<net.Server> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(server));
    server.listen(port, host, () => resolve(server));
  });
}

export class During {
  readonly #step: NodeCommand;
  readonly #text = { stdout: '', stderr: '' };
  #script: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** |start| runs a script as the case's commands are run. */
  constructor(step: NodeCommand, child: ChildProcess, start: (script: string) => ChildProcess) {
    this.#step = step;
    const { during } = step;
    if (during === undefined) return;
    let seen = '';
    child.stdout?.on('data', (chunk: string) => {
      seen += chunk;
      if (this.#script || !seen.includes(IS_OPEN)) return;
      this.#run(start(during));
    });
  }

  #run(script: ChildProcess): void {
    this.#script = script;
    for (const stream of ['stdout', 'stderr'] as const) {
      script[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text[stream] += chunk;
      });
    }
    this.#ended = new Promise((resolve) => {
      script.on('error', () => resolve());
      script.on('close', () => resolve());
    });
  }

  /** Called when what it ran beside has ended. */
  async difference(bindings: Bindings): Promise<Difference> {
    if (!this.#script) return undefined;
    await this.#ended;
    const { duringStdout = '', duringStderr = '' } = this.#step;
    const wanted = { stdout: duringStdout, stderr: duringStderr };
    for (const stream of ['stdout', 'stderr'] as const) {
      const difference = textDifference(wanted[stream], this.#text[stream], bindings);
      if (difference !== undefined) return `${stream} meanwhile: ${difference}`;
    }
    return undefined;
  }
}
