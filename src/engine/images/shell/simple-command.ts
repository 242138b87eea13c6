/**
 * Simple commands: assignments, redirections, then a function, a builtin or a program.
 *
 * Models: busybox ash evalcommand; exit status 127 for not found, 126 for not executable.
 */
import type { Assignment, Command, CommandArgument } from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import { searchExecutable } from '../../node/runtime/executables.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import { builtins, SPECIAL_BUILTINS } from './builtins/index.ts';
import { expandText, expandWord, expandWords } from './expand.ts';
import { FieldBuilder } from './fields.ts';
import { waitForeground } from './jobs.ts';
import { applyRedirections } from './redirect.ts';
import {
  BUILTIN_US,
  FORK_US,
  type FunctionBody,
  type Shell,
  ShellError,
  type Variable,
} from './shell.ts';
import { forkShell } from './subshell.ts';
import { quoteForTrace } from './trace.ts';

type RunBody = (shell: Shell, body: FunctionBody) => Proc<void>;

/** Builtins whose `name=value` arguments are assignments: not split. */
const ASSIGNING = new Set(['export', 'readonly', 'local']);

export function* runSimpleCommand(shell: Shell, node: Command, runBody: RunBody): Proc<void> {
  const suspend = shell.charge(BUILTIN_US);
  if (suspend !== null) yield suspend;
  shell.substitutionStatus = null;
  shell.position = node.pos;
  const argv: string[] = [];
  if (shell.timed) argv.push('time');
  shell.timed = false;
  if (node.name) {
    yield* expandWords(shell, [node.name], argv);
    if (node.suffix.length > 0) yield* expandArguments(shell, node.args, argv);
  }
  const redirects = node.prefix.length + node.suffix.length > 0 ? node.redirects : [];
  if (redirects.length === 0) {
    yield* assignAndRun(shell, node, argv, runBody);
    return;
  }
  if (argv[0] === 'exec') return yield* redirectForGood(shell, node, argv, runBody);
  shell.context.pushFiles();
  try {
    const error = yield* applyRedirections(shell, redirects);
    if (error !== null) fail(shell, error, argv[0]);
    else yield* assignAndRun(shell, node, argv, runBody);
  } finally {
    shell.context.popFiles();
  }
}

/** `exec > file` keeps its redirections; when one fails the shell ends. */
function* redirectForGood(
  shell: Shell,
  node: Command,
  argv: readonly string[],
  runBody: RunBody,
): Proc<void> {
  const error = yield* applyRedirections(shell, node.redirects);
  if (error !== null) fail(shell, error, 'exec');
  else yield* assignAndRun(shell, node, argv, runBody);
}

/** A redirection that fails ends the shell when the command is a special builtin. */
function fail(shell: Shell, error: string, name: string | undefined): void {
  if (name !== undefined && SPECIAL_BUILTINS.has(name)) throw new ShellError(error, 1);
  shell.error(error);
  shell.status = 1;
}

function* expandArguments(
  shell: Shell,
  args: readonly CommandArgument[],
  argv: string[],
): Proc<void> {
  for (const argument of args) {
    if (argument.type === 'Word') {
      yield* expandWords(shell, [argument], argv);
      continue;
    }
    const name = `${argument.name}${argument.append ? '+' : ''}=`;
    if (ASSIGNING.has(argv[0] ?? '')) {
      argv.push(name + (yield* assignedValue(shell, argument)));
      continue;
    }
    const builder = new FieldBuilder(shell.ifs);
    builder.literal(name);
    if (argument.value.type === 'Word') {
      const pending = expandWord(shell, argument.value, builder, false);
      if (pending) yield* pending;
    }
    for (const field of builder.finish()) argv.push(field.text);
  }
}

function* assignedValue(shell: Shell, { value, append, name }: Assignment): Proc<string> {
  if (value.type === 'ArrayValue') throw new ShellError('syntax error: unexpected "("');
  const text = yield* expandText(shell, value);
  return append ? (shell.get(name) ?? '') + text : text;
}

function* assignAndRun(
  shell: Shell,
  node: Command,
  argv: readonly string[],
  runBody: RunBody,
): Proc<void> {
  const assigned: [string, string][] = [];
  for (const prefix of node.prefix) {
    if (prefix.type !== 'Assignment') continue;
    const value = yield* assignedValue(shell, prefix);
    // Later assignments see earlier ones, whether or not a command follows.
    if (argv.length === 0) shell.set(prefix.name, value);
    assigned.push([prefix.name, value]);
  }
  if (shell.options.has('xtrace')) trace(shell, assigned, argv);
  if (argv.length === 0) {
    shell.status = shell.substitutionStatus ?? 0;
    return;
  }
  const name = argv[0] as string;
  if (assigned.length === 0) return yield* dispatch(shell, argv, true, runBody);
  const isProgram = !shell.functions.has(name) && !builtins.has(name);
  if (isProgram) {
    const environment = new Map(shell.environment);
    for (const [variable, value] of assigned) environment.set(variable, value);
    return yield* runProgram(shell, argv, environment);
  }
  const saved: [string, Variable | undefined][] = [];
  for (const [variable, value] of assigned) {
    const old = shell.variables.get(variable);
    saved.push([variable, old]);
    shell.set(variable, value);
    if (!SPECIAL_BUILTINS.has(name)) shell.export(variable);
  }
  yield* dispatch(shell, argv, true, runBody);
  if (!SPECIAL_BUILTINS.has(name))
    for (const [variable, old] of saved) shell.restore(variable, old);
}

function trace(shell: Shell, assigned: readonly [string, string][], argv: readonly string[]): void {
  const words = [
    ...assigned.map(([name, value]) => `${name}=${quoteForTrace(value)}`),
    ...argv.map((word) => quoteForTrace(word)),
  ];
  shell.context.stderr(`${shell.get('PS4') ?? '+ '}${words.join(' ')}\n`);
}

/** Runs words as a command, for `command` and `exec`. */
export function* runWords(shell: Shell, argv: readonly string[], functions: boolean): Proc<void> {
  yield* dispatch(shell, argv, functions, null);
}

function* dispatch(
  shell: Shell,
  argv: readonly string[],
  functions: boolean,
  runBody: RunBody | null,
): Proc<void> {
  const name = argv[0] as string;
  const builtin = builtins.get(name);
  const body =
    functions && runBody && !(builtin && SPECIAL_BUILTINS.has(name))
      ? shell.functions.get(name)
      : undefined;
  if (body && runBody) return yield* callFunction(shell, argv, body, runBody);
  if (!builtin) return yield* runProgram(shell, argv, shell.environment);
  shell.tail = false;
  try {
    const answer = builtin(shell, argv);
    shell.status = typeof answer === 'number' ? answer : yield* answer;
  } catch (error) {
    if (!(error instanceof ShellError) || error.message === '') throw error;
    // Said here, where the redirections of the command still hold.
    shell.error(error.message);
    throw new ShellError('', error.status);
  }
  const full = shell.context.files[1]?.full;
  if (full) yield full;
}

function* callFunction(
  shell: Shell,
  argv: readonly string[],
  body: FunctionBody,
  runBody: RunBody,
): Proc<void> {
  const { positional, loopDepth } = shell;
  shell.tail = false;
  const scope = new Map<string, Variable | undefined>();
  shell.enter();
  shell.positional = argv.slice(1);
  shell.loopDepth = 0;
  shell.functionDepth++;
  shell.localScopes.push(scope);
  yield* runBody(shell, body);
  shell.localScopes.pop();
  shell.functionDepth--;
  shell.loopDepth = loopDepth;
  shell.positional = positional;
  for (const [name, variable] of scope) shell.restore(name, variable);
  shell.leave();
  if (shell.flow === 'return') shell.flow = null;
}

/** Runs a program of the container in a process of its own, or in place of the shell at its end. */
function* runProgram(
  shell: Shell,
  argv: readonly string[],
  environment: ReadonlyMap<string, string>,
): Proc<void> {
  const name = argv[0] as string;
  const path = locate(shell, name);
  if (path === null) {
    shell.error(name === '' ? ': Permission denied' : `${name}: not found`);
    shell.status = 127;
    return;
  }
  const replaces = shell.tail && shell.traps.size === 0;
  shell.tail = false;
  const suspend = shell.charge(FORK_US);
  if (suspend !== null) yield suspend;
  const { context } = shell;
  if (replaces) {
    const running = context.exec(path, argv, environment);
    if (typeof running !== 'string') {
      shell.status = yield* running;
      return;
    }
  }
  const child = context.spawn({
    argv,
    run: path,
    env: environment,
    cwd: context.cwd,
    files: context.files,
    ignored: shell.ignoredSignals,
  });
  if (typeof child !== 'string') shell.status = yield* waitForeground(shell, child);
  else yield* refuse(shell, argv, path, child);
}

function locate(shell: Shell, name: string): string | null {
  const { fs, cwd } = shell.context;
  if (name.includes('/')) return resolvePath(cwd, name);
  const known = shell.hashed.get(name);
  if (known !== undefined && fs.kind(known) === 'file') return known;
  const found = searchExecutable(fs, name, shell.get('PATH') ?? '', cwd);
  if (found) shell.hashed.set(name, found.path);
  return found?.path ?? null;
}

/** What execve refused: a text file runs as a script, all else is reported. */
function* refuse(shell: Shell, argv: readonly string[], path: string, error: string): Proc<void> {
  const name = argv[0] as string;
  if (error === 'Exec format error') {
    const text = shell.context.fs.read(path) ?? '';
    const child = forkShell(shell, shell.context.files, function* (sub) {
      sub.positional = argv.slice(1);
      sub.arg0 = name;
      sub.script = text;
      yield* sub.evaluator.source(sub, text);
    });
    if (typeof child === 'string') throw new ShellError(`can't fork: ${child}`);
    shell.status = yield* waitForeground(shell, child);
    return;
  }
  if (error === 'Resource temporarily unavailable') throw new ShellError(`can't fork: ${error}`);
  const missing = error === 'No such file or directory';
  shell.error(`${name}: ${missing ? 'not found' : error}`);
  shell.status = missing ? 127 : 126;
}
