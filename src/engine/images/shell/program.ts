/**
 * sh: reads a script from -c, a file or standard input, and runs it.
 *
 * Models: busybox ash main. Simplified: no line editing.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { Terminal } from '../../node/runtime/terminal.ts';
import { readShellOptions } from './builtins/variables.ts';
import { evaluator, runSource } from './execute.ts';
import { parseScript } from './parse.ts';
import { Prompt } from './prompt.ts';
import { Shell, ShellError } from './shell.ts';
import { runToEnd } from './subshell.ts';

export function shellProgram(context: ProcessContext): Proc<number> {
  return runShell(context, false);
}

/** As in busybox 1.37: variables whose names no script can use are handed on to children. */
export function laterShellProgram(context: ProcessContext): Proc<number> {
  return runShell(context, true);
}

function* runShell(context: ProcessContext, keepsOddNames: boolean): Proc<number> {
  const name = context.argv[0] ?? 'sh';
  const { args, isCommand, fromStdin, options } = readArguments(context.argv.slice(1));
  const script = fromStdin ? undefined : args[0];
  const arg0 = isCommand ? (args[1] ?? name) : (script ?? name);
  const shell = newShell(context, arg0, keepsOddNames);
  shell.positional = isCommand ? args.slice(2) : args.slice(fromStdin ? 0 : 1);
  try {
    readShellOptions(shell, options, '');
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.error(error.message);
    return error.status;
  }
  if (isCommand) {
    if (script === undefined) {
      shell.error('-c requires an argument');
      return 2;
    }
    return yield* runToEnd(shell, runCommandLine(shell, script));
  }
  if (script === undefined) return yield* runToEnd(shell, runInput(shell));
  const file = context.open(script, 'read');
  if (typeof file === 'string') {
    context.stderr(`${name}: can't open '${script}': ${file}\n`);
    return 2;
  }
  const text = file.input ? yield* file.input.readAll() : '';
  file.release();
  shell.script = text;
  return yield* runToEnd(shell, runSource(shell, text));
}

/** A script that is one simple command is replaced by that command's program, as ash does. */
function* runCommandLine(shell: Shell, text: string): Proc<void> {
  const { statements, error } = parseScript(text);
  const only = statements.length === 1 ? statements[0] : undefined;
  shell.tail = error === null && only?.command.type === 'Command' && !only.background;
  yield* runSource(shell, text);
}

/**
 * Standard input is read piece by piece, and whole commands run as they come. Where it is a terminal,
 * a person is asked for each.
 */
function* runInput(shell: Shell): Proc<void> {
  const { stdin, files } = shell.context;
  const prompt = files[0] instanceof Terminal ? new Prompt(shell) : null;
  let text = '';
  for (;;) {
    prompt?.ask(text !== '');
    const piece = yield* stdin.readChunk();
    prompt?.answered();
    text += piece ?? '';
    const end = piece === null ? text.length : text.lastIndexOf('\n') + 1;
    const ready = text.slice(0, end);
    if (ready !== '' && (piece === null || !parseScript(ready).incomplete)) {
      text = text.slice(end);
      yield* runSource(shell, ready);
    }
    if (piece === null || shell.flow !== null) return;
  }
}

interface Arguments {
  readonly args: readonly string[];
  readonly isCommand: boolean;
  readonly fromStdin: boolean;
  readonly options: readonly string[];
}

function readArguments(words: readonly string[]): Arguments {
  const options: string[] = [];
  let isCommand = false;
  let fromStdin = false;
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--' || word === '-') {
      i++;
      break;
    }
    if (!/^[-+]./.test(word)) break;
    const letters = word.slice(1).replace(/[cs]/g, '');
    if (word.startsWith('-') && word.includes('c')) isCommand = true;
    if (word.startsWith('-') && word.includes('s')) fromStdin = true;
    if (letters !== '') options.push(word[0] + letters);
    if (letters.endsWith('o')) options.push(words[++i] ?? '');
  }
  return { args: words.slice(i), isCommand, fromStdin, options };
}

function newShell(context: ProcessContext, arg0: string, keepsOddNames: boolean): Shell {
  const shell = new Shell(context, arg0, evaluator);
  for (const [name, value] of context.env) {
    if (keepsOddNames || /^[A-Za-z_]\w*$/.test(name))
      shell.variables.set(name, { value, exported: true, readonly: false });
  }
  const level = Number(shell.get('SHLVL') ?? '0');
  shell.set('SHLVL', String(Number.isInteger(level) ? level + 1 : 1));
  shell.export('SHLVL');
  shell.set('PWD', context.cwd);
  shell.export('PWD');
  shell.set('IFS', ' \t\n');
  shell.set('OPTIND', '1');
  shell.set('PPID', String(context.parentPid));
  shell.set('PS1', '\\w \\$ ');
  shell.set('PS2', '> ');
  shell.set('PS4', '+ ');
  if (shell.get('PATH') === undefined) shell.set('PATH', '/sbin:/usr/sbin:/bin:/usr/bin');
  return shell;
}
