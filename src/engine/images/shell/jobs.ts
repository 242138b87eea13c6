/**
 * Waiting for children, pipelines and background jobs. Models: busybox ash jobs without job
 * control.
 */
import type { CommandNode, Pipeline, Statement } from 'unbash';
import type { Proc, Waitable, Waiter } from '../../../kernel/process.ts';
import { NULL_FILE, type OpenFile, Pipe } from '../../node/runtime/open-file.ts';
import type { ChildProcess, ExitStatus, SignalName } from '../../node/runtime/program.ts';
import { FORK_US, type Shell, ShellError } from './shell.ts';
import { forkShell } from './subshell.ts';

type RunNode = (sub: Shell, node: CommandNode | Statement['command']) => Proc<void>;

/** Bound of the list of background jobs that nobody waits for. */
const MAX_JOBS = 512;

/** strsignal(3), for deaths that a shell reports; of SIGINT and SIGPIPE it says nothing. */
const DEATHS: Partial<Record<SignalName, string>> = {
  SIGHUP: 'Hangup',
  SIGQUIT: 'Quit',
  SIGABRT: 'Aborted',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
};

/** Waits for a child in the foreground: traps run only after it has ended. */
export function* waitForeground(shell: Shell, child: ChildProcess): Proc<number> {
  const status = (yield child.exited) as ExitStatus;
  shell.rested();
  reportDeath(shell, status);
  return status.exitCode;
}

export function deathText(signal: SignalName): string | undefined {
  return DEATHS[signal];
}

export function reportDeath(shell: Shell, status: ExitStatus): void {
  const text = status.signal ? DEATHS[status.signal] : undefined;
  if (text !== undefined) shell.context.stderr(`${text}\n`);
}

/** Waits for a background job or for a trapped signal, whichever comes first; null: the signal. */
export function* waitInterruptible(shell: Shell, child: ChildProcess): Proc<ExitStatus | null> {
  const answer = (yield new FirstOf(child.exited, shell.interrupted)) as ExitStatus | undefined;
  shell.rested();
  return answer ?? null;
}

/** Wakes with whichever of two waitables comes first. */
class FirstOf implements Waitable {
  readonly #sources: readonly Waitable[];
  readonly #relays: Waiter[] = [];

  constructor(...sources: readonly Waitable[]) {
    this.#sources = sources;
  }

  subscribe(waiter: Waiter): void {
    const relay = (): Waiter => ({
      kernel: waiter.kernel,
      wake: (value) => {
        this.unsubscribe();
        waiter.wake(value);
      },
      wakeError: (error) => {
        this.unsubscribe();
        waiter.wakeError(error);
      },
    });
    this.#relays.push(...this.#sources.map(relay));
    for (const [i, source] of this.#sources.entries()) {
      const own = this.#relays[i];
      if (!own) return; // an earlier source was ready at once
      source.subscribe(own);
    }
  }

  unsubscribe(): void {
    for (const [i, relay] of this.#relays.entries()) this.#sources[i]?.unsubscribe(relay);
    this.#relays.length = 0;
  }
}

/** Runs all commands at once, each in a process of its own; the status is the last one's. */
export function* runPipeline(shell: Shell, pipeline: Pipeline, run: RunNode): Proc<void> {
  const { commands, operators } = pipeline;
  const children: ChildProcess[] = [];
  let input: OpenFile | undefined;
  for (const [i, command] of commands.entries()) {
    const pipe = i < commands.length - 1 ? new Pipe() : null;
    const files = [...shell.context.files];
    if (input) files[0] = input;
    if (pipe) files[1] = pipe.writer;
    if (operators[i] === '|&') files[2] = files[1];
    const suspend = shell.charge(FORK_US);
    if (suspend !== null) yield suspend;
    const child = forkShell(shell, files, function* (sub) {
      sub.tail = command.type === 'Command';
      yield* run(sub, command);
    });
    shell.timed = false;
    input?.release();
    pipe?.writer.release();
    input = pipe?.reader;
    if (typeof child === 'string') throw new ShellError(`can't fork: ${child}`);
    children.push(child);
  }
  let status = 0;
  for (const child of children) {
    const { exitCode } = (yield child.exited) as ExitStatus;
    if (!shell.options.has('pipefail')) status = exitCode;
    else if (exitCode !== 0) status = exitCode;
  }
  shell.rested();
  shell.status = status;
}

/** Starts a command with & : its input is empty, and it ignores SIGINT and SIGQUIT. */
export function* startBackground(shell: Shell, statement: Statement, run: RunNode): Proc<void> {
  const suspend = shell.charge(FORK_US);
  if (suspend !== null) yield suspend;
  const { command } = statement;
  const child = forkShell(
    shell,
    [NULL_FILE, ...shell.context.files.slice(1)],
    function* (sub) {
      sub.tail = command.type === 'Command';
      yield* run(sub, command);
    },
    ['SIGINT', 'SIGQUIT'],
  );
  if (typeof child === 'string') throw new ShellError(`can't fork: ${child}`);
  shell.lastBackground = child.pid;
  shell.jobs.push({ pid: child.pid, process: child });
  if (shell.jobs.length > MAX_JOBS) shell.jobs.shift();
  shell.status = 0;
}
