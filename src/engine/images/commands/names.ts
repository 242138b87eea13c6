/** basename, dirname, expr, test, printf. Models: busybox coreutils. */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { evaluateTest } from '../shell/test-expression.ts';
import { type Applet, usage } from './applet.ts';
import { formatPrintf } from './printf.ts';
import { compileRegex } from './regex.ts';

type Args = readonly string[];

export function* basenameCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const [path, suffix] = args;
  if (path === undefined || args.length > 2)
    return usage(context, 'basename', 'FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...');
  const trimmed = path.replace(/(.)\/+$/, '$1');
  const name = trimmed === '/' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
  const short =
    suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  context.stdout(`${short}\n`);
  return 0;
}

export function* dirnameCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const [path] = args;
  if (path === undefined) return usage(context, 'dirname', 'FILENAME');
  const trimmed = path.replace(/(.)\/+$/, '$1');
  const slash = trimmed.lastIndexOf('/');
  context.stdout(
    `${slash < 0 ? '.' : slash === 0 ? '/' : trimmed.slice(0, slash).replace(/(.)\/+$/, '$1')}\n`,
  );
  return 0;
}

export function testAs(name: 'test' | '[' | '[['): Applet {
  return function* (context: ProcessContext, args: Args): Proc<number> {
    yield* context.work(0);
    const closing = name === '[' ? ']' : name === '[[' ? ']]' : null;
    if (closing !== null && args.at(-1) !== closing) {
      context.stderr(`${name}: missing ${closing}\n`);
      return 2;
    }
    const answer = evaluateTest(context, closing === null ? args : args.slice(0, -1));
    if (typeof answer === 'boolean') return answer ? 0 : 1;
    context.stderr(`${name}: ${answer}\n`);
    return 2;
  };
}

export function* printfCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { output, errors } = formatPrintf(args);
  for (const error of errors) context.stderr(`printf: ${error}\n`);
  context.stdout(output);
  return errors.length > 0 ? 1 : 0;
}

class ExprError extends Error {
  override readonly name = 'ExprError';
}

const EXPR_LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['&'],
  ['=', '==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
  [':'],
];

export function* exprCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  try {
    const evaluator = new ExprEvaluator(args);
    const value = evaluator.run();
    context.stdout(`${value}\n`);
    return value === '' || /^-?0+$/.test(value) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    context.stderr(`expr: ${error.message}\n`);
    return 2;
  }
}

class ExprEvaluator {
  readonly #words: Args;
  #at = 0;

  constructor(words: Args) {
    this.#words = words;
  }

  run(): string {
    if (this.#words.length === 0) throw new ExprError('too few arguments');
    const value = this.#level(0);
    if (this.#at < this.#words.length) throw new ExprError('syntax error');
    return value;
  }

  #level(level: number): string {
    const operators = EXPR_LEVELS[level];
    if (!operators) return this.#primary();
    let left = this.#level(level + 1);
    for (;;) {
      const operator = this.#words[this.#at];
      if (operator === undefined || !operators.includes(operator)) return left;
      this.#at++;
      left = combine(operator, left, this.#level(level + 1));
    }
  }

  #primary(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new ExprError('syntax error');
    if (word === '(') {
      const value = this.#level(0);
      if (this.#words[this.#at++] !== ')') throw new ExprError('syntax error');
      return value;
    }
    const next = this.#words[this.#at];
    if (word === 'length' && next !== undefined) {
      this.#at++;
      return String(next.length);
    }
    if ((word === 'index' || word === 'match') && this.#words.length >= this.#at + 2) {
      const [text = '', wanted = ''] = this.#words.slice(this.#at, this.#at + 2);
      this.#at += 2;
      if (word === 'match') return matchStart(text, wanted);
      return String([...text].findIndex((c) => wanted.includes(c)) + 1);
    }
    if (word === 'substr' && this.#words.length >= this.#at + 3) {
      const [text = '', from = '', count = ''] = this.#words.slice(this.#at, this.#at + 3);
      this.#at += 3;
      return text.slice(Number(from) - 1, Number(from) - 1 + Number(count));
    }
    return word;
  }
}

function combine(operator: string, left: string, right: string): string {
  const isZero = (text: string): boolean => text === '' || /^-?0+$/.test(text);
  if (operator === '|') return isZero(left) ? right : left;
  if (operator === '&') return isZero(left) || isZero(right) ? '0' : left;
  if (operator === ':') return matchStart(left, right);
  const bothNumbers = /^-?\d+$/.test(left) && /^-?\d+$/.test(right);
  if ('=!<>'.includes(operator[0] as string)) {
    return compare(
      operator,
      bothNumbers ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0,
    );
  }
  if (!bothNumbers) throw new ExprError('non-numeric argument');
  const [a, b] = [BigInt(left), BigInt(right)];
  if ((operator === '/' || operator === '%') && b === 0n) throw new ExprError('division by zero');
  const value =
    operator === '+'
      ? a + b
      : operator === '-'
        ? a - b
        : operator === '*'
          ? a * b
          : operator === '/'
            ? a / b
            : a % b;
  return String(BigInt.asIntN(64, value));
}

function compare(operator: string, order: number): string {
  const holds =
    operator === '=' || operator === '=='
      ? order === 0
      : operator === '!='
        ? order !== 0
        : operator === '<'
          ? order < 0
          : operator === '<='
            ? order <= 0
            : operator === '>'
              ? order > 0
              : order >= 0;
  return holds ? '1' : '0';
}

/** `text : regex`: the first group, or how much matched from the start. */
function matchStart(text: string, source: string): string {
  const expression = compileRegex(`^${source.replace(/^\^/, '')}`, { extended: false });
  const match = expression.exec(text);
  if (source.includes('\\(')) return match?.groups[1] ?? '';
  return String(match?.text.length ?? 0);
}
