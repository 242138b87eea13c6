/**
 * Builtins that change the flow of control: break, continue, return, exit, eval, `.`, exec, wait,
 * trap.
 */
import type { Proc } from '../../../../kernel/process.ts';
import { searchExecutable } from '../../../node/runtime/executables.ts';
import { resolvePath } from '../../../node/runtime/file-tree.ts';
import type { ChildProcess } from '../../../node/runtime/program.ts';
import { parseSignal, SIGNAL_NUMBERS } from '../../../node/runtime/signals.ts';
import { reportDeath, waitForeground, waitInterruptible } from '../jobs.ts';
import { type Job, type Shell, ShellError, type TrapName } from '../shell.ts';
import { singleQuote } from '../trace.ts';
import { type Builtin, parseCount } from './builtin.ts';

function loopControl(flow: 'break' | 'continue'): Builtin {
  return (shell, argv) => {
    const count = argv[1] === undefined ? 1 : parseCount(argv[1]);
    if (!count) throw new ShellError(`${flow}: line ${shell.line}: Illegal number: ${argv[1]}`);
    if (shell.loopDepth > 0) shell.stop(flow, Math.min(count, shell.loopDepth));
    return 0;
  };
}

export const breakBuiltin = loopControl('break');
export const continueBuiltin = loopControl('continue');

function leave(name: 'return' | 'exit'): Builtin {
  return (shell, argv) => {
    const status = argv[1] === undefined ? shell.status : parseCount(argv[1]);
    if (status === undefined)
      throw new ShellError(`${name}: line ${shell.line}: Illegal number: ${argv[1]}`);
    shell.stop(name);
    return status & 255;
  };
}

export const returnBuiltin = leave('return');
export const exitBuiltin = leave('exit');

export const evalBuiltin: Builtin = (shell, argv) => {
  if (argv.length === 1) return 0;
  return (function* () {
    shell.status = 0;
    try {
      yield* shell.evaluator.source(shell, argv.slice(1).join(' '));
    } catch (error) {
      if (!(error instanceof ShellError) || !error.message.startsWith('syntax error')) throw error;
      throw new ShellError(`eval: line ${shell.line}: ${error.message}`);
    }
    return shell.status;
  })();
};

/** `.` and source: runs a file in this shell; return ends the file only. */
export const dotBuiltin: Builtin = function* (shell, argv): Proc<number> {
  const name = argv[1];
  if (name === undefined)
    throw new ShellError(`${argv[0]}: line ${shell.line}: filename argument required`);
  const { context } = shell;
  const path = name.includes('/') ? name : findReadable(shell, name);
  if (path === undefined)
    throw new ShellError(`${argv[0]}: line ${shell.line}: ${name}: not found`);
  const file = context.open(path, 'read');
  if (typeof file === 'string')
    throw new ShellError(`${argv[0]}: line ${shell.line}: can't open '${name}': ${file}`);
  const text = file.input ? yield* file.input.readAll() : '';
  file.release();
  const { positional } = shell;
  if (argv.length > 2) shell.positional = argv.slice(2);
  shell.status = 0;
  yield* shell.evaluator.source(shell, text);
  shell.positional = positional;
  if (shell.flow === 'return') shell.flow = null;
  return shell.status;
};

function findReadable(shell: Shell, name: string): string | undefined {
  const { fs, cwd } = shell.context;
  for (const directory of (shell.get('PATH') ?? '').split(':')) {
    const path = resolvePath(cwd, `${directory || '.'}/${name}`);
    if (fs.kind(path) === 'file') return path;
  }
  return undefined;
}

/** exec: the program takes the place of the shell. */
export const execBuiltin: Builtin = function* (shell, argv): Proc<number> {
  const name = argv[1];
  if (name === undefined) return 0;
  const { context } = shell;
  const { fs, cwd } = context;
  const path = name.includes('/')
    ? resolvePath(cwd, name)
    : searchExecutable(fs, name, shell.get('PATH') ?? '', cwd)?.path;
  const words = argv.slice(1);
  if (path === undefined) return failExec(shell, name, 'not found');
  // A subshell that shares the process of its parent must leave the process alone.
  if (shell.inline) {
    const { files } = context;
    const child = context.spawn({ argv: words, run: path, env: shell.environment, cwd, files });
    if (typeof child === 'string') return failExec(shell, name, child);
    const status = yield* waitForeground(shell, child);
    shell.stop('exit');
    return status;
  }
  const running = context.exec(path, words, shell.environment);
  if (typeof running === 'string') return failExec(shell, name, running);
  shell.traps.clear();
  const status = yield* running;
  shell.stop('exit');
  return status;
};

function failExec(shell: Shell, name: string, error: string): number {
  const missing = error === 'not found' || error === 'No such file or directory';
  shell.builtinError('exec', `${name}: ${missing ? 'not found' : error}`);
  shell.stop('exit');
  return missing ? 127 : 126;
}

export const waitBuiltin: Builtin = function* (shell, argv): Proc<number> {
  if (argv.length === 1) {
    while (shell.jobs.length > 0) {
      const status = yield* waitJob(shell, shell.jobs[0] as Job, false);
      if (status === null) return interruptedStatus(shell);
    }
    return 0;
  }
  let last = 0;
  for (const operand of argv.slice(1)) {
    if (!/^(%|\d+$)/.test(operand)) {
      shell.builtinError('wait', `Illegal number: ${operand}`);
      return 2;
    }
    const job = findJob(shell, operand);
    if (!job) {
      last = 127;
      continue;
    }
    const status = yield* waitJob(shell, job, true);
    if (status === null) return interruptedStatus(shell);
    last = status;
  }
  return last;
};

export function findJob(shell: Shell, operand: string): Job | undefined {
  if (operand === '%%' || operand === '%+') return shell.jobs.at(-1);
  if (operand.startsWith('%')) return shell.jobs[Number(operand.slice(1)) - 1];
  return shell.jobs.find((job) => String(job.pid) === operand);
}

function* waitJob(shell: Shell, job: Job, report: boolean): Proc<number | null> {
  const child: ChildProcess = job.process;
  if (!child.status && shell.pending.length > 0) return null;
  const status = child.status ?? (yield* waitInterruptible(shell, child));
  if (!status) return null;
  const at = shell.jobs.indexOf(job);
  if (at >= 0) shell.jobs.splice(at, 1);
  if (report) reportDeath(shell, status);
  return status.exitCode;
}

function interruptedStatus(shell: Shell): number {
  const signal = shell.pending[0];
  return signal ? 128 + SIGNAL_NUMBERS[signal] : 0;
}

export const trapBuiltin: Builtin = (shell, argv) => {
  const words = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  if (/^-./.test(words[0] ?? ''))
    throw new ShellError(`trap: line ${shell.line}: illegal option ${words[0]?.slice(0, 2)}`);
  if (words.length === 0) {
    for (const name of shell.traps.keys().sort(bySignalNumber)) {
      const action = shell.traps.get(name) ?? '';
      shell.out(
        `trap -- ${singleQuote(action)} ${name === 'EXIT' || name === 'ERR' ? name : name.slice(3)}\n`,
      );
    }
    return 0;
  }
  // One word, or a number first: all words are signals to reset.
  const resets = words.length === 1 || /^\d+$/.test(words[0] as string);
  const action = resets ? '-' : (words[0] as string);
  let status = 0;
  for (const word of resets ? words : words.slice(1)) {
    const name = trapName(word);
    if (name === undefined) {
      shell.builtinError('trap', `${word}: invalid signal specification`);
      status = 1;
    } else setTrap(shell, name, action);
  }
  return status;
};

function trapName(word: string): TrapName | undefined {
  const upper = word.toUpperCase();
  if (word === '0' || upper === 'EXIT') return 'EXIT';
  return upper === 'ERR' ? 'ERR' : parseSignal(word);
}

function bySignalNumber(a: TrapName, b: TrapName): number {
  const number = (name: TrapName): number =>
    name === 'EXIT' ? 0 : name === 'ERR' ? Number.POSITIVE_INFINITY : SIGNAL_NUMBERS[name];
  return number(a) - number(b);
}

function setTrap(shell: Shell, name: TrapName, action: string): void {
  if (action === '-') shell.traps.delete(name);
  else shell.traps.set(name, action);
  if (name === 'EXIT' || name === 'ERR') return;
  if (action === '-') shell.context.onSignal(name, 'default');
  else if (action === '') shell.context.onSignal(name, 'ignore');
  else {
    shell.context.onSignal(name, () => {
      shell.pending.push(name);
      shell.interrupted.fire();
    });
  }
}
