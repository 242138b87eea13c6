/**
 * Builtins about variables and options: export, readonly, local, unset, set, shift, read, getopts,
 * let.
 */
import { compareText } from '../../../node/runtime/text.ts';
import type { Integer } from '../arithmetic.ts';
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
    else if (!isName(name))
      throw new ShellError(`unset: line ${shell.line}: ${name}: bad variable name`);
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
  b: 'notify',
  C: 'noclobber',
  E: 'errtrace',
  e: 'errexit',
  f: 'noglob',
  n: 'noexec',
  u: 'nounset',
  v: 'verbose',
  x: 'xtrace',
};

/** In the order of ash. Those of terminals and job control are known and mean nothing here. */
const OPTION_NAMES: readonly OptionName[] = [
  'errexit',
  'noglob',
  'ignoreeof',
  'monitor',
  'noexec',
  'xtrace',
  'verbose',
  'noclobber',
  'allexport',
  'notify',
  'nounset',
  'errtrace',
  'vi',
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
        if (name === undefined) printOptions(shell, on);
        else if (!OPTION_NAMES.includes(name as OptionName)) {
          throw new ShellError(`${prefix}illegal option ${on ? '-' : '+'}o ${name}`);
        } else setOption(shell, name as OptionName, on);
        continue;
      }
      const option = OPTIONS[letter];
      // Letters about terminals and job control mean nothing here.
      if (option === undefined && 'imshIV'.includes(letter)) continue;
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

function printOptions(shell: Shell, asTable: boolean): void {
  for (const name of OPTION_NAMES) {
    const on = shell.options.has(name);
    shell.out(
      asTable ? `${name.padEnd(16)}${on ? 'on' : 'off'}\n` : `set ${on ? '-' : '+'}o ${name}\n`,
    );
  }
}

export const letBuiltin: Builtin = (shell, argv) => {
  if (argv.length === 1) throw new ShellError(`let: line ${shell.line}: expression expected`);
  let value: Integer = 0;
  for (const expression of argv.slice(1)) value = evaluateText(shell, expression);
  return value === 0 ? 1 : 0;
};

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
    else shell.context.stderr(`Illegal option -${letter}\n`);
  } else if (valued && value === undefined) {
    found = silent ? ':' : '?';
    if (silent) value = letter;
    else shell.context.stderr(`No arg for -${letter} option\n`);
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
