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
  const operand = argv.slice(1).find((word) => !/^-[LP]$/.test(word)) ?? shell.get('HOME') ?? '/';
  const target = operand === '-' ? (shell.get('OLDPWD') ?? context.cwd) : operand;
  const path = resolvePath(context.cwd, target);
  const kind = context.fs.kind(path);
  if (kind !== 'directory') {
    const error = kind === null ? NO_SUCH_FILE : NOT_A_DIRECTORY;
    shell.builtinError('cd', `can't cd to ${target}: ${error}`);
    return 2;
  }
  shell.set('OLDPWD', context.cwd);
  context.cwd = path;
  shell.set('PWD', path);
  shell.export('PWD');
  return operand === '-' ? shell.out(`${path}\n`) : 0;
};

export const pwdBuiltin: Builtin = (shell) => shell.out(`${shell.context.cwd}\n`);

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
  const words = argv.slice(1).map((word) => {
    return word.startsWith('%') ? String(findJob(shell, word)?.pid ?? word) : word;
  });
  return killCommand(shell.context, words, 'sh');
};

/** The width is that of ash; the text of the job is not kept, as in ash -c. */
export const jobsBuiltin: Builtin = (shell) => {
  for (const [i, { process }] of shell.jobs.entries()) {
    const mark = i === shell.jobs.length - 1 ? '+' : i === shell.jobs.length - 2 ? '-' : ' ';
    const { status } = process;
    const state = !status ? 'Running' : status.exitCode === 0 ? 'Done' : `Done(${status.exitCode})`;
    shell.out(`[${i + 1}]${mark}  ${state.padEnd(27)}\n`);
  }
  // What is reported as ended is forgotten.
  const running = shell.jobs.filter(({ process }) => !process.status);
  shell.jobs.splice(0, shell.jobs.length, ...running);
  return 0;
};

export const umaskBuiltin: Builtin = (shell, argv) => (argv.length > 1 ? 0 : shell.out('0022\n'));

export const ulimitBuiltin: Builtin = (shell, argv) => {
  return argv.some((word) => /^\d+$/.test(word))
    ? 0
    : shell.out(argv[1] === '-n' ? '1048576\n' : 'unlimited\n');
};

export const timesBuiltin: Builtin = (shell) => shell.out('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');

export const hashBuiltin: Builtin = (shell, argv) => {
  if (argv[1] === '-r') shell.hashed.clear();
  else if (argv.length === 1) for (const [, path] of shell.hashed.entries()) shell.out(`${path}\n`);
  return 0;
};

export const aliasBuiltin: Builtin = (shell, argv) => {
  if (argv.length === 1) return 0;
  throw new ShellError(`${argv[0]}: line ${shell.line}: aliases are not simulated`);
};
