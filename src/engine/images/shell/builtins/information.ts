/**
 * Builtins that tell or change small things: cd, pwd, type, command, kill, jobs, umask, echo, test.
 */
import type { Proc } from '../../../../kernel/process.ts';
import { killCommand } from '../../commands/kill.ts';
import { echoText } from '../../commands/echo.ts';
import { formatPrintf } from '../../commands/printf.ts';
import { searchExecutable } from '../../../node/runtime/executables.ts';
import { NOT_A_DIRECTORY, NO_SUCH_FILE } from '../../../node/runtime/file-system.ts';
import { resolvePath } from '../../../node/runtime/file-tree.ts';
import type { ChildProcess } from '../../../node/runtime/program.ts';
import { changedMode } from '../../commands/modes.ts';
import { deathText } from '../jobs.ts';
import { type Shell, ShellError } from '../shell.ts';
import { evaluateTest } from '../test-expression.ts';
import type { Builtin } from './builtin.ts';
import { findJob } from './control.ts';

export const echoBuiltin: Builtin = (shell, argv) => shell.out(echoText(argv.slice(1)));

export const printfBuiltin: Builtin = (shell, argv) => {
  const { output, errors } = formatPrintf(argv.slice(1));
  for (const error of errors) shell.context.stderr(`sh: ${error}\n`);
  const status = shell.out(output);
  if (argv.length === 1) return 2;
  return errors.length > 0 ? 1 : status;
};

export const testBuiltin: Builtin = (shell, argv) => {
  let words = argv.slice(1);
  if (argv[0] !== 'test') {
    const closing = argv[0] === '[' ? ']' : ']]';
    if (words.at(-1) !== closing) {
      shell.context.stderr(`sh: missing ${closing}\n`);
      return 2;
    }
    words = words.slice(0, -1);
  }
  const answer = evaluateTest(shell.context, words);
  if (typeof answer === 'boolean') return answer ? 0 : 1;
  shell.context.stderr(`sh: ${answer}\n`);
  return 2;
};

export const cdBuiltin: Builtin = (shell, argv) => {
  const { context } = shell;
  const { fs } = context;
  let at = 1;
  let physical = false;
  for (; /^-[LP]+$/.test(argv[at] ?? ''); at++) physical = argv[at]?.endsWith('P') === true;
  if (argv[at] === '--') at++;
  const operand = argv[at] ?? shell.get('HOME') ?? '/';
  const target = operand === '-' ? (shell.get('OLDPWD') ?? context.cwd) : operand;
  const found = findDirectory(shell, target);
  let path = found?.path ?? resolvePath(context.cwd, target);
  if (!found) {
    const error = fs.kind(path) === null ? (fs.access(path, 0) ?? NO_SUCH_FILE) : NOT_A_DIRECTORY;
    shell.builtinError('cd', `can't cd to ${target}: ${error}`);
    return 2;
  }
  const refused = fs.access(path, SEARCH);
  if (refused !== null) {
    shell.builtinError('cd', `can't cd to ${target}: ${refused}`);
    return 2;
  }
  if (physical) path = fs.realPath(path) ?? path;
  shell.set('OLDPWD', context.cwd);
  context.cwd = path;
  shell.set('PWD', path);
  shell.export('PWD');
  return operand === '-' || found.shown !== null ? shell.out(`${found.shown ?? path}\n`) : 0;
};

/** Permission to go through a directory. */
const SEARCH = 1;

/** |shown|: what is printed of a directory that $CDPATH led to. */
function findDirectory(
  shell: Shell,
  target: string,
): { readonly path: string; readonly shown: string | null } | null {
  const { fs, cwd } = shell.context;
  const searched = /^(\/|\.{1,2}(\/|$))/.test(target) ? '' : (shell.get('CDPATH') ?? '');
  for (const directory of searched === '' ? [] : searched.split(':')) {
    const path = resolvePath(cwd, `${directory || '.'}/${target}`);
    if (fs.kind(path) !== 'directory') continue;
    return { path, shown: directory === '' ? null : `${directory}/${target}` };
  }
  const path = resolvePath(cwd, target);
  return fs.kind(path) === 'directory' ? { path, shown: null } : null;
}

export const pwdBuiltin: Builtin = (shell, argv) => {
  const { fs, cwd } = shell.context;
  return shell.out(`${argv[1] === '-P' ? (fs.realPath(cwd) ?? cwd) : cwd}\n`);
};

const KEYWORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'case',
  'esac',
  'while',
  'until',
  'for',
  '{',
  '}',
  '!',
  'in',
  'function',
]);

/**
 * Answers what each word is; |builtinNames| is handed in because the table of builtins holds this
 * one.
 */
export function typeBuiltin(builtinNames: () => ReadonlySet<string>): Builtin {
  return (shell, argv) => {
    let status = 0;
    for (const name of argv.slice(1)) {
      const text = describe(shell, name, builtinNames());
      if (text === null) {
        shell.out(`${name}: not found\n`);
        status = 127;
      } else shell.out(`${name} is ${text}\n`);
    }
    return status;
  };
}

function describe(shell: Shell, name: string, builtinNames: ReadonlySet<string>): string | null {
  if (KEYWORDS.has(name)) return 'a shell keyword';
  if (shell.functions.has(name)) return 'a function';
  if (builtinNames.has(name)) return 'a shell builtin';
  return findProgram(shell, name);
}

function findProgram(shell: Shell, name: string): string | null {
  const { fs, cwd } = shell.context;
  if (name.includes('/')) return fs.kind(resolvePath(cwd, name)) === 'file' ? name : null;
  const found = searchExecutable(fs, name, shell.get('PATH') ?? '', cwd);
  return found?.executable ? found.path : null;
}

export function commandBuiltin(builtinNames: () => ReadonlySet<string>): Builtin {
  return (shell, argv) => {
    const words = argv[1] === '-p' ? argv.slice(2) : argv.slice(1);
    const [first, name] = words;
    if (first === undefined) return 0;
    if (first !== '-v' && first !== '-V') {
      return (function* (): Proc<number> {
        yield* shell.evaluator.words(shell, words, false);
        return shell.status;
      })();
    }
    if (name === undefined) return 0;
    const text = describe(shell, name, builtinNames());
    if (text === null) {
      if (first === '-V') shell.out(`${name}: not found\n`);
      return 127;
    }
    if (first === '-V') return shell.out(`${name} is ${text}\n`);
    return shell.out(`${text.startsWith('/') ? text : name}\n`);
  };
}

export const killBuiltin: Builtin = (shell, argv) => {
  const words: string[] = [];
  for (const word of argv.slice(1)) {
    const job = word.startsWith('%') ? findJob(shell, word) : undefined;
    // Its end is not known yet to the shell: the signal goes to what is left of it.
    if (job?.process.status) continue;
    words.push(job ? String(job.pid) : word);
  }
  if (words.length === 0 && argv.length > 1) return 0;
  return killCommand(shell.context, words, 'sh');
};

/** The width is that of ash; the text of the job is not kept, as in ash -c. */
export const jobsBuiltin: Builtin = (shell) => {
  for (const [i, { process }] of shell.jobs.entries()) {
    const mark = i === shell.jobs.length - 1 ? '+' : i === shell.jobs.length - 2 ? '-' : ' ';
    shell.out(`[${i + 1}]${mark}  ${jobState(process).padEnd(27)}\n`);
  }
  // What is reported as ended is forgotten.
  const running = shell.jobs.filter(({ process }) => !process.status);
  shell.jobs.splice(0, shell.jobs.length, ...running);
  return 0;
};

function jobState({ status }: ChildProcess): string {
  if (!status) return 'Running';
  if (status.signal) return deathText(status.signal) ?? `Signal ${status.signal.slice(3)}`;
  return status.exitCode === 0 ? 'Done' : `Done(${status.exitCode})`;
}

export const umaskBuiltin: Builtin = (shell, argv) => {
  const { context } = shell;
  const symbolic = argv[1] === '-S';
  const text = argv[symbolic ? 2 : 1];
  if (text === undefined) {
    const mask = context.umask;
    if (!symbolic) return shell.out(`${mask.toString(8).padStart(4, '0')}\n`);
    const letters = (bits: number): string =>
      (bits & 4 ? 'r' : '') + (bits & 2 ? 'w' : '') + (bits & 1 ? 'x' : '');
    const allowed = ALL_BITS & ~mask;
    return shell.out(
      `u=${letters(allowed >> 6)},g=${letters((allowed >> 3) & 7)},o=${letters(allowed & 7)}\n`,
    );
  }
  const mode = /^[0-7]+$/.test(text)
    ? Number.parseInt(text, 8)
    : /^\d/.test(text)
      ? undefined
      : changedMode(ALL_BITS & ~context.umask, text);
  if (mode === undefined) {
    shell.builtinError('umask', `illegal mode: ${text}`);
    return 2;
  }
  context.umask = /^[0-7]+$/.test(text) ? mode & ALL_BITS : ALL_BITS & ~mode;
  return 0;
};

const ALL_BITS = 0o777;

/** Letter, words of `ulimit -a`, value: those that containerd sets, else the kernel's. */
const LIMITS: readonly (readonly [string, string, string])[] = [
  ['c', 'core file size (blocks)', 'unlimited'],
  ['d', 'data seg size (kb)', 'unlimited'],
  ['e', 'scheduling priority', '0'],
  ['f', 'file size (blocks)', 'unlimited'],
  ['l', 'locked memory (kb)', '8192'],
  ['m', 'max memory size (kb)', 'unlimited'],
  ['n', 'open files', '1048576'],
  ['q', 'POSIX message queues (bytes)', '819200'],
  ['r', 'real-time priority', '0'],
  ['s', 'stack size (kb)', '8192'],
  ['t', 'cpu time (seconds)', 'unlimited'],
  ['u', 'processes', 'unlimited'],
  ['v', 'address space (kb)', 'unlimited'],
  ['x', 'file locks', 'unlimited'],
];

/** Limits can be read; what is set is not enforced, but for the memory and processes of the cgroup. */
export const ulimitBuiltin: Builtin = (shell, argv) => {
  const letters = argv
    .slice(1)
    .filter((word) => word.startsWith('-'))
    .flatMap((word) => [...word.slice(1)])
    .filter((letter) => letter !== 'H' && letter !== 'S');
  if (letters.includes('a')) {
    for (const [letter, words, value] of LIMITS)
      shell.out(`${words.padEnd(32)}(-${letter}) ${value}\n`);
    return 0;
  }
  for (const letter of letters.length === 0 ? ['f'] : letters) {
    const limit = LIMITS.find(([name]) => name === letter);
    if (!limit) {
      shell.context.stderr(`ulimit: invalid option -- '${letter}'\n`);
      return 1;
    }
    if (!argv.some((word) => /^(\d+|unlimited)$/.test(word))) shell.out(`${limit[2]}\n`);
  }
  return 0;
};

export const timesBuiltin: Builtin = (shell) => shell.out('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');

export const hashBuiltin: Builtin = (shell, argv) => {
  if (argv[1] === '-r') shell.hashed.clear();
  else if (argv.length === 1) for (const [, path] of shell.hashed.entries()) shell.out(`${path}\n`);
  let status = 0;
  for (const name of argv.slice(argv[1] === '-r' ? 2 : 1)) {
    const path = findProgram(shell, name);
    if (path !== null) shell.hashed.set(name, path);
    else {
      shell.builtinError('hash', `${name}: not found`);
      status = 1;
    }
  }
  return status;
};

export const aliasBuiltin: Builtin = (shell, argv) => {
  if (argv.length === 1) return 0;
  throw new ShellError(`${argv[0]}: line ${shell.line}: aliases are not simulated`);
};
