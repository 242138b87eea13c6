/**
 * Parameter expansion: $x, "$@", ${x:-word} and its relatives.
 *
 * Models: POSIX shell, 2.6.2, with the additions that busybox ash has (replacement and slices).
 */
import type { ParameterExpansionPart, ParameterOperation, Word } from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import { ArithmeticError, evaluateArithmetic, type Integer } from './arithmetic.ts';
import { FieldBuilder } from './fields.ts';
import { removeMatch, replaceMatch } from './pattern.ts';
import { type Shell, ShellError } from './shell.ts';

/** A generator when a command has to run first; null when all is done. */
export type Pending = Proc<void> | null;

type ExpandWord = (shell: Shell, word: Word, out: FieldBuilder, quoted: boolean) => Pending;

const OPTION_LETTERS: readonly (readonly [string, Parameters<Shell['options']['has']>[0]])[] = [
  ['u', 'nounset'],
  ['a', 'allexport'],
  ['C', 'noclobber'],
  ['v', 'verbose'],
  ['x', 'xtrace'],
  ['n', 'noexec'],
  ['f', 'noglob'],
  ['e', 'errexit'],
];

/** Value of any parameter but @ and *; undefined when it is not set. */
export function parameterValue(shell: Shell, name: string): string | undefined {
  switch (name) {
    case '?':
      return String(shell.status);
    case '$':
      return String(shell.mainPid);
    case '!':
      return shell.lastBackground === null ? undefined : String(shell.lastBackground);
    case '#':
      return String(shell.positional.length);
    case '0':
      return shell.arg0;
    case '-':
      return (
        (shell.script === null ? 'c' : '') +
        OPTION_LETTERS.filter(([, option]) => shell.options.has(option))
          .map(([letter]) => letter)
          .join('')
      );
    case 'LINENO':
      return String(shell.line);
    case '@':
    case '*':
      return shell.positional.length === 0 ? undefined : shell.positional.join(' ');
    case 'RANDOM':
      // 15 bits, as in ash; the stream is the container's own.
      return (
        shell.get(name) ??
        String(shell.context.kernel.rng(`sh ${shell.context.hostname}`).int(32_768))
      );
    default:
      return /^\d/.test(name) ? shell.positional[Number(name) - 1] : shell.get(name);
  }
}

/** Adds `$name` without any operation. */
export function addParameter(shell: Shell, name: string, out: FieldBuilder, quoted: boolean): void {
  if (name === '@' || name === '*') {
    addPositional(shell, name, out, quoted);
    return;
  }
  const value = parameterValue(shell, name);
  if (value === undefined && shell.options.has('nounset')) {
    throw new ShellError(`${name}: parameter not set`);
  }
  if (quoted) out.quoted(value ?? '');
  else out.expansion(value ?? '');
}

function addPositional(shell: Shell, name: '@' | '*', out: FieldBuilder, quoted: boolean): void {
  const { positional } = shell;
  if (quoted && name === '*') {
    out.quoted(positional.join(shell.ifs.slice(0, 1)));
    return;
  }
  for (const [i, value] of positional.entries()) {
    if (i > 0) out.endField();
    if (quoted) out.quoted(value);
    else out.expansion(value);
  }
}

/** `${name…}` with or without an operation. */
export function expandParameter(
  shell: Shell,
  part: ParameterExpansionPart,
  out: FieldBuilder,
  quoted: boolean,
  expandWord: ExpandWord,
): Pending {
  const { parameter: name, operation } = part;
  if (part.index || part.prefix === '!' || name === '')
    throw new ShellError('syntax error: bad substitution');
  if (part.prefix === '#') {
    const value = parameterValue(shell, name);
    if (value === undefined && shell.options.has('nounset')) throw notSet(name);
    put(String([...(value ?? '')].length), out, quoted);
    return null;
  }
  if (!operation) {
    addParameter(shell, name, out, quoted);
    return null;
  }
  if (operation.type === 'Default')
    return expandDefault(shell, name, operation, out, quoted, expandWord);
  const value = parameterValue(shell, name);
  if (value === undefined && shell.options.has('nounset')) throw notSet(name);
  return transform(shell, value ?? '', operation, expandWord, (text) => put(text, out, quoted));
}

function put(text: string, out: FieldBuilder, quoted: boolean): void {
  if (quoted) out.quoted(text);
  else out.expansion(text);
}

function notSet(name: string): ShellError {
  return new ShellError(`${name}: parameter not set`);
}

type DefaultOperation = Extract<ParameterOperation, { readonly type: 'Default' }>;

/** `:-` `:=` `:?` `:+` and the forms without colon, which take an empty value for a value. */
function expandDefault(
  shell: Shell,
  name: string,
  operation: DefaultOperation,
  out: FieldBuilder,
  quoted: boolean,
  expandWord: ExpandWord,
): Pending {
  const { operator, operand } = operation;
  const value = parameterValue(shell, name);
  const isMissing = value === undefined || (operator.startsWith(':') && value === '');
  const kind = operator.at(-1);
  if (kind === '+') return isMissing ? null : inOperand(shell, operand, out, quoted, expandWord);
  if (!isMissing) {
    addParameter(shell, name, out, quoted);
    return null;
  }
  if (kind === '-') return inOperand(shell, operand, out, quoted, expandWord);
  return withOperand(shell, operand, expandWord, (builder) => {
    if (kind === '?') {
      const fallback = operator === ':?' ? 'parameter not set or null' : 'parameter not set';
      throw new ShellError(`${name}: ${builder.text === '' ? fallback : builder.text}`);
    }
    if (!/^[A-Za-z_]/.test(name)) throw new ShellError(`${name}: bad variable name`);
    shell.set(name, builder.text);
    put(builder.text, out, quoted);
  });
}

/** Literal text of an operand is split as a value is, unless the whole is quoted. */
function inOperand(
  shell: Shell,
  operand: Word,
  out: FieldBuilder,
  quoted: boolean,
  expandWord: ExpandWord,
): Pending {
  if (quoted) return expandWord(shell, operand, out, true);
  out.operands++;
  const pending = expandWord(shell, operand, out, false);
  if (!pending) {
    out.operands--;
    return null;
  }
  return (function* () {
    yield* pending;
    out.operands--;
  })();
}

/** Expands an operand as one text, then goes on with |use|. */
function withOperand(
  shell: Shell,
  operand: Word,
  expandWord: ExpandWord,
  use: (builder: FieldBuilder) => void,
): Pending {
  const builder = new FieldBuilder(null);
  const pending = expandWord(shell, operand, builder, false);
  if (!pending) {
    use(builder);
    return null;
  }
  return (function* () {
    yield* pending;
    use(builder);
  })();
}

/** Two operands after one another. */
function withOperands(
  shell: Shell,
  first: Word,
  second: Word | undefined,
  expandWord: ExpandWord,
  use: (first: FieldBuilder, second: FieldBuilder | null) => void,
): Pending {
  const then: { rest: Pending } = { rest: null };
  const pending = withOperand(shell, first, expandWord, (a) => {
    if (second) then.rest = withOperand(shell, second, expandWord, (b) => use(a, b));
    else use(a, null);
  });
  if (!pending) return then.rest;
  return (function* () {
    yield* pending;
    if (then.rest) yield* then.rest;
  })();
}

function transform(
  shell: Shell,
  value: string,
  operation: Exclude<ParameterOperation, DefaultOperation>,
  expandWord: ExpandWord,
  use: (text: string) => void,
): Pending {
  switch (operation.type) {
    case 'Remove':
      return withOperand(shell, operation.operand, expandWord, (operand) =>
        use(removeMatch(value, operand.pattern, operation.operator)),
      );
    case 'Replace': {
      const anchor = operation.operator === '/#' ? '#' : operation.operator === '/%' ? '%' : '';
      return withOperands(
        shell,
        operation.pattern,
        operation.replacement,
        expandWord,
        (pattern, text) =>
          // ash has no anchors: # and % after the slash are ordinary characters.
          use(
            replaceMatch(
              value,
              anchor + pattern.pattern,
              text?.text ?? '',
              operation.operator === '//',
            ),
          ),
      );
    }
    case 'Slice':
      return withOperands(shell, operation.offset, operation.length, expandWord, (offset, length) =>
        use(slice(shell, value, offset.text, length?.text ?? null)),
      );
    default:
      throw new ShellError('syntax error: bad substitution');
  }
}

/** `${x:offset:length}`; negative numbers count from the end. */
function slice(shell: Shell, value: string, offset: string, length: string | null): string {
  const start = Number(evaluateText(shell, offset));
  const from = start < 0 ? Math.max(0, value.length + start) : Math.min(start, value.length);
  if (length === null) return value.slice(from);
  const count = Number(evaluateText(shell, length));
  return value.slice(from, Math.max(from, count < 0 ? value.length + count : from + count));
}

/** Evaluates an arithmetic expression whose text is expanded already. */
export function evaluateText(shell: Shell, text: string): Integer {
  try {
    return evaluateArithmetic(text, shell);
  } catch (error) {
    if (error instanceof ArithmeticError) throw new ShellError(error.message);
    throw error;
  }
}
