/**
 * Builtins about variables and options: export, readonly, local, unset, set, shift, read, getopts,
 * let.
 */
import type { Proc } from '../../../../kernel/process.ts';
import { compareText } from '../../../node/runtime/text.ts';
import { evaluateText } from '../parameter.ts';
import { type OptionName, type Shell, ShellError } from '../shell.ts';
import { singleQuote } from '../trace.ts';
import { type Builtin, isName, parseCount } from './builtin.ts';

function splitAssignment(word: string): [name: string, value: string | undefined] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function assignments(
  name: string,
  words: readonly string[],
  use: (name: string, value: string | undefined) => void,
): number {
  for (const word of words) {
    const [variable, value] = splitAssignment(word);
    if (!isName(variable)) throw new ShellError(`${name}: ${variable}: bad variable name`);
    use(variable, value);
  }
  return 0;
}

function printVariables(shell: Shell, prefix: string, wanted: (name: string) => boolean): number {
  const names = shell.variables.keys().filter(wanted).sort(compareText);
  for (const name of names) {
    const value = shell.get(name);
    shell.out(`${prefix}${name}${value === undefined ? '' : `=${singleQuote(value)}`}\n`);
  }
  return 0;
}

export const exportBuiltin: Builtin = (shell, argv) => {
  const isExported = (name: string): boolean => shell.variables.get(name)?.exported ?? false;
  if (argv.length === 1 || argv[1] === '-p') return printVariables(shell, 'export ', isExported);
  if (argv[1] === '-n') {
    for (const name of argv.slice(2)) {
      const variable = shell.variables.get(name);
      if (variable) shell.restore(name, { ...variable, exported: false });
    }
    return 0;
  }
  return assignments('export', argv.slice(1), (name, value) => {
    if (value !== undefined) shell.set(name, value);
    shell.export(name);
  });
};

export const readonlyBuiltin: Builtin = (shell, argv) => {
  const isReadonly = (name: string): boolean => shell.variables.get(name)?.readonly ?? false;
  if (argv.length === 1 || argv[1] === '-p') return printVariables(shell, 'readonly ', isReadonly);
  return assignments('readonly', argv.slice(1), (name, value) => {
    if (value !== undefined) shell.set(name, value);
    const variable = shell.variables.get(name) ?? { value: undefined, exported: false };
    shell.variables.set(name, { ...variable, readonly: true });
  });
};

export const localBuiltin: Builtin = (shell, argv) => {
  const scope = shell.localScopes.at(-1);
  if (!scope) throw new ShellError(`local: line ${shell.line}: not in a function`);
  return assignments('local', argv.slice(1), (name, value) => {
    if (!scope.has(name)) {
      const old = shell.variables.get(name);
      scope.set(name, old);
    }
    if (value !== undefined) shell.set(name, value);
  });
};

export const unsetBuiltin: Builtin = (shell, argv) => {
  const functions = argv[1] === '-f';
  for (const name of argv.slice(functions || argv[1] === '-v' ? 2 : 1)) {
    if (functions) shell.functions.delete(name);
    else if (shell.variables.get(name)?.readonly) {
      throw new ShellError(`unset: line ${shell.line}: ${name}: is read only`);
    } else shell.unset(name);
  }
  return 0;
};

export const shiftBuiltin: Builtin = (shell, argv) => {
  const count = argv[1] === undefined ? 1 : parseCount(argv[1]);
  if (count === undefined)
    throw new ShellError(`shift: line ${shell.line}: Illegal number: ${argv[1]}`);
  if (count > shell.positional.length) return 1;
  shell.positional = shell.positional.slice(count);
  return 0;
};

const OPTIONS: Readonly<Record<string, OptionName>> = {
  a: 'allexport',
  C: 'noclobber',
  e: 'errexit',
  f: 'noglob',
  n: 'noexec',
  u: 'nounset',
  v: 'verbose',
  x: 'xtrace',
};

const OPTION_NAMES: readonly OptionName[] = [
  'errexit',
  'noglob',
  'noexec',
  'xtrace',
  'verbose',
  'noclobber',
  'allexport',
  'nounset',
  'pipefail',
];

export const setBuiltin: Builtin = (shell, argv) => {
  if (argv.length === 1) return printVariables(shell, '', (name) => shell.get(name) !== undefined);
  const prefix = `set: line ${shell.line}: `;
  if (argv[1] === '-o' && argv[2] !== undefined && !OPTION_NAMES.includes(argv[2] as OptionName)) {
    shell.error(`${prefix}illegal option -o ${argv[2]}`);
    return 1;
  }
  const rest = readShellOptions(shell, argv.slice(1), prefix);
  if (rest) shell.positional = rest;
  return 0;
};

/** Reads options like -eu -o pipefail +x; answers the operands, or null when there were none. */
export function readShellOptions(
  shell: Shell,
  words: readonly string[],
  prefix: string,
): readonly string[] | null {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--' || word === '-') return words.slice(i + 1);
    if (!/^[-+]./.test(word)) return words.slice(i);
    const on = word.startsWith('-');
    for (const letter of word.slice(1)) {
      if (letter === 'o') {
        const name = words[++i];
        if (name === undefined) printOptions(shell);
        else if (!OPTION_NAMES.includes(name as OptionName)) {
          throw new ShellError(`${prefix}illegal option ${on ? '-' : '+'}o ${name}`);
        } else setOption(shell, name as OptionName, on);
        continue;
      }
      const option = OPTIONS[letter];
      // Letters about terminals and job control mean nothing here.
      if (option === undefined && 'imsbhIV'.includes(letter)) continue;
      if (option === undefined)
        throw new ShellError(`${prefix}illegal option ${on ? '-' : '+'}${letter}`);
      setOption(shell, option, on);
    }
  }
  return null;
}

function setOption(shell: Shell, option: OptionName, on: boolean): void {
  if (on) shell.options.set(option, true);
  else shell.options.delete(option);
}

function printOptions(shell: Shell): void {
  for (const name of OPTION_NAMES)
    shell.out(`${name.padEnd(16)}${shell.options.has(name) ? 'on' : 'off'}\n`);
}

export const letBuiltin: Builtin = (shell, argv) => {
  if (argv.length === 1) throw new ShellError(`let: line ${shell.line}: expression expected`);
  let value = 0;
  for (const expression of argv.slice(1)) value = evaluateText(shell, expression);
  return value === 0 ? 1 : 0;
};

/** read: one line of standard input into variables. `-t` waits without limit. */
export const readBuiltin: Builtin = function* (shell, argv): Proc<number> {
  let raw = false;
  const names: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] as string;
    if (names.length > 0 || !/^-./.test(word)) names.push(word);
    else if (word.includes('r')) raw = true;
    else if (/^-[ptnduN]$/.test(word)) {
      const value = argv[++i];
      if (word === '-p' && value !== undefined) shell.context.stderr(value);
    }
  }
  const input = shell.context.files[0]?.input;
  if (!input) return 1;
  const { line, complete } = yield* readLogicalLine(input, raw);
  shell.rested();
  const values = splitLine(line, shell.ifs, Math.max(1, names.length));
  const targets = names.length > 0 ? names : ['REPLY'];
  for (const [i, name] of targets.entries()) {
    if (!isName(name)) throw new ShellError(`read: line ${shell.line}: ${name}: bad variable name`);
    shell.set(name, names.length > 0 ? unmark(values[i] ?? '') : unmark(line));
  }
  return complete ? 0 : 1;
};

/** Stands before a character that a backslash made ordinary while the line is split. */
const MARK = '\u0001';

function unmark(text: string): string {
  return text.replaceAll(MARK, '');
}

/** A line; without -r a backslash at its end joins the next one. */
function* readLogicalLine(
  input: { readLine(): Proc<string | null> },
  raw: boolean,
): Proc<{ line: string; complete: boolean }> {
  let line = '';
  for (;;) {
    const next = yield* input.readLine();
    if (next === null) return { line, complete: false };
    const complete = next.endsWith('\n');
    const text = complete ? next.slice(0, -1) : next;
    if (raw) return { line: text, complete };
    const continues = complete && /(^|[^\\])(\\\\)*\\$/.test(text);
    line += (continues ? text.slice(0, -1) : text).replace(/\\(.)/g, `${MARK}$1`);
    if (!continues) return { line, complete };
  }
}

/** Splits at IFS into at most |count| values; the last one takes the rest. */
function splitLine(line: string, ifs: string, count: number): string[] {
  const isBlank = (c: string): boolean =>
    (c === ' ' || c === '\t' || c === '\n') && ifs.includes(c);
  const values: string[] = [];
  let at = 0;
  const skipBlanks = (): void => {
    while (at < line.length && isBlank(line[at] as string)) at++;
  };
  skipBlanks();
  while (values.length < count - 1 && at < line.length) {
    let value = '';
    while (at < line.length && !ifs.includes(line[at] as string)) {
      if (line[at] === MARK) value += line[at++];
      value += line[at++] ?? '';
    }
    skipBlanks();
    if (at < line.length && ifs.includes(line[at] as string) && !isBlank(line[at] as string)) {
      at++;
      skipBlanks();
    }
    values.push(value);
  }
  let end = line.length;
  while (end > at && isBlank(line[end - 1] as string) && line[end - 2] !== MARK) end--;
  values.push(line.slice(at, end));
  return values;
}

export const getoptsBuiltin: Builtin = (shell, argv) => {
  const [, specification = '', name = ''] = argv;
  if (argv.length < 3)
    throw new ShellError(`getopts: line ${shell.line}: usage: getopts optstring var [arg...]`);
  const words = argv.length > 3 ? argv.slice(3) : shell.positional;
  const silent = specification.startsWith(':');
  let index = Number(shell.get('OPTIND') ?? '1');
  if (index < 1) index = 1;
  const word = words[index - 1];
  const offset = shell.optionOffset < 1 || index !== shell.optionIndex ? 1 : shell.optionOffset;
  const finish = (): number => {
    shell.set(name, '?');
    shell.set('OPTIND', String(index));
    return 1;
  };
  if (word === undefined || !/^-./.test(word)) return finish();
  if (word === '--') {
    index++;
    return finish();
  }
  const letter = word[offset] as string;
  const at = specification.indexOf(letter, silent ? 1 : 0);
  const valued = at >= 0 && specification[at + 1] === ':';
  const atEnd = offset + 1 >= word.length;
  let value: string | undefined = valued
    ? atEnd
      ? words[index]
      : word.slice(offset + 1)
    : undefined;
  let found = letter;
  if (at < 0 || letter === ':') {
    found = '?';
    if (silent) value = letter;
    else shell.error(`illegal option -${letter}`);
  } else if (valued && value === undefined) {
    found = silent ? ':' : '?';
    if (silent) value = letter;
    else shell.error(`No arg for -${letter} option`);
  }
  if (valued || atEnd) index += valued && atEnd ? 2 : 1;
  shell.optionOffset = valued || atEnd ? 1 : offset + 1;
  shell.optionIndex = index;
  shell.set('OPTIND', String(index));
  shell.set(name, found);
  if (value === undefined) shell.unset('OPTARG');
  else shell.set('OPTARG', value);
  return 0;
};
