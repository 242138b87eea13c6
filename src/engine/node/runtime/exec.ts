/**
 * Processes that are started in a running container from outside: exec probes and lifecycle hooks,
 * which wait for the end, and streams of `kubectl exec`, which do not.
 *
 * Models: CRI ExecSync and Exec of containerd 2.x with runc exec.
 */
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import { type ExecOptions, execProcess, type ProcessHandle, StartError } from './process-runner.ts';
import { ExitWaiter, type RuntimeContainer } from './runtime-container.ts';

/** runc exec: namespaces joined, seccomp and capabilities set (measured: 40 to 120 ms). */
const EXEC: Latency = { p10: 30_000, p50: 50_000, p90: 120_000 };
/** ExecSync keeps this much of what the process writes (containerd maxExecSyncOutputLength: 16 MiB). */
const MAX_OUTPUT_LENGTH = 16 * 1024 * 1024;

const HEX = '0123456789abcdef';
const ID_LENGTH = 64;

export type ExecResult =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly output: string }
  /** It was killed when its time was over. */
  | { readonly kind: 'timeout'; readonly output: string }
  /** It could not be started; the message is that of the call to containerd. */
  | { readonly kind: 'failed'; readonly message: string };

export interface ExecHost {
  readonly kernel: Kernel;
  readonly rng: Rng;
  /** The runtime's: what it starts outlives the kubelet. */
  readonly scope: Scope;
}

/** Starts a process and does not wait for it. Throws StartError where runc refuses. */
export function* exec(
  host: ExecHost,
  c: RuntimeContainer | undefined,
  argv: readonly string[],
  options: ExecOptions,
): Proc<ProcessHandle> {
  yield host.rng.latency(EXEC);
  if (!c?.process || c.info.state !== 'running') throw new StartError('container is not running');
  const { process } = c;
  const { cause, periodic } = host.kernel;
  return host.kernel.with(cause, periodic, host.scope, () => execProcess(process, argv, options));
}

/** Runs a command to its end, or for |timeoutUs| at most. */
export function* execSync(
  host: ExecHost,
  c: RuntimeContainer | undefined,
  argv: readonly string[],
  timeoutUs = Number.POSITIVE_INFINITY,
): Proc<ExecResult> {
  const { kernel } = host;
  let output = '';
  const take = (text: string): void => {
    if (output.length < MAX_OUTPUT_LENGTH) output += text;
  };
  const deadline = kernel.now + timeoutUs;
  const failed = (why: string): ExecResult => {
    return { kind: 'failed', message: `rpc error: code = Unknown desc = ${why}` };
  };
  if (c?.info.state !== 'running') {
    const state = c ? `CONTAINER_${c.info.state.toUpperCase()}` : 'CONTAINER_UNKNOWN';
    return failed(`failed to exec in container: container is in ${state} state`);
  }
  let process: ProcessHandle;
  try {
    process = yield* exec(host, c, argv, { output: { stdout: take, stderr: take } });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const id = host.rng.text(ID_LENGTH, HEX);
    const why = `failed to start exec "${id}": ${error.execMessage}`;
    return failed(`failed to exec in container: ${why}`);
  }
  const ended = new Future<number | null>();
  process.exited.subscribe(new ExitWaiter(kernel, ({ exitCode }) => ended.resolve(exitCode)));
  const timer =
    timeoutUs === Number.POSITIVE_INFINITY
      ? null
      : kernel.at(deadline, () => ended.resolve(null), {});
  const exitCode = yield* wait(ended);
  if (exitCode === null) {
    process.kill();
    return { kind: 'timeout', output };
  }
  if (timer) kernel.cancel(timer);
  return { kind: 'exited', exitCode, output };
}
