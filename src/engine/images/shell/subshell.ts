/**
 * Copies of a shell: in the same process for `( … )` and `$( … )`, in a process of their own for
 * pipelines and background jobs.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ChildProcess, ProcessContext, SignalName } from '../../node/runtime/program.ts';
import type { OpenFile } from '../../node/runtime/open-file.ts';
import { type Shell, ShellError } from './shell.ts';

type Body = (sub: Shell) => Proc<void>;

/**
 * Runs |body| in a copy of the shell and answers its exit status. Files and directory come back.
 */
export function* runSubshell(shell: Shell, body: Body): Proc<number> {
  const sub = shell.fork();
  const { context } = shell;
  const { cwd } = context;
  sub.inline = true;
  sub.enter();
  context.pushFiles();
  try {
    return yield* runToEnd(sub, body(sub));
  } finally {
    context.popFiles();
    context.cwd = cwd;
  }
}

/** Runs a shell to its end: an error is printed, the EXIT trap runs; answers the exit status. */
export function* runToEnd(shell: Shell, body: Proc<void>): Proc<number> {
  yield* guarded(shell, body);
  const trap = shell.traps.get('EXIT');
  if (trap !== undefined) {
    shell.traps.delete('EXIT');
    const { status } = shell;
    shell.flow = null;
    yield* guarded(shell, shell.evaluator.source(shell, trap));
    // Only an exit in the trap changes the status.
    if (shell.flow === null) shell.status = status;
  }
  return shell.status;
}

function* guarded(shell: Shell, body: Proc<void>): Proc<void> {
  try {
    yield* body;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.message !== '') shell.error(error.message);
    shell.status = error.status;
    shell.flow = null;
  }
}

/** Runs |body| in a copy of the shell in another process; a text says why it cannot. */
export function forkShell(
  shell: Shell,
  files: readonly (OpenFile | undefined)[],
  body: Body,
  ignored: readonly SignalName[] = [],
): ChildProcess | string {
  const sub = shell.fork();
  const { context } = shell;
  return context.spawn({
    argv: context.argv,
    run: (own: ProcessContext) => {
      sub.context = own;
      return runToEnd(sub, body(sub));
    },
    env: context.env,
    cwd: context.cwd,
    files,
    ignored: [...shell.ignoredSignals, ...ignored],
  });
}
