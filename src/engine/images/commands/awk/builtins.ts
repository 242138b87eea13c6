/** Functions that awk brings. Models: POSIX awk, and busybox's and/or/xor/strftime. */
import { MICROS_PER_MS } from '../../../../kernel/kernel.ts';
import type { Proc } from '../../../../kernel/process.ts';
import { utf8Length } from '../../../node/runtime/text.ts';
import { formatTime } from '../date.ts';
import type { Evaluator } from './evaluate.ts';
import { AwkError } from './machine.ts';
import { atan2, cos, exp, log, sin } from './math.ts';
import type { Expression, Target } from './syntax.ts';
import { format, fromInput, toNumber, type Value } from './values.ts';

const TWO_TO_31 = 2_147_483_648;
const WHOLE_RECORD: Target = { kind: 'field', index: { kind: 'number', value: 0 } };

type Args = readonly Expression[];

export function* callBuiltin(on: Evaluator, name: string, args: Args): Proc<Value> {
  switch (name) {
    case 'length':
      return yield* length(on, args);
    case 'split':
      return yield* split(on, args);
    case 'sub':
    case 'gsub':
      return yield* substitute(on, args, name === 'gsub');
    case 'match':
      return yield* match(on, args);
    case 'close':
      return yield* on.machine.streams.close(yield* text(on, args, 0));
    case 'system':
      return yield* on.machine.streams.run(yield* text(on, args, 0));
    case 'fflush':
      return 0;
    default: {
      const values: Value[] = [];
      for (const argument of args) values.push(yield* on.evaluate(argument));
      return pure(on, name, values);
    }
  }
}

function* text(on: Evaluator, args: Args, index: number): Proc<string> {
  const argument = args[index];
  if (!argument) throw new AwkError('Too few arguments');
  return yield* on.text(argument);
}

function* length(on: Evaluator, args: Args): Proc<Value> {
  const [only] = args;
  const { machine } = on;
  if (!only) return utf8Length(machine.text(machine.field(0)));
  if (only.kind === 'name') {
    const { elements } = machine.cell(only.name);
    if (elements) return elements.size;
  }
  return utf8Length(yield* on.text(only));
}

function* split(on: Evaluator, args: Args): Proc<Value> {
  const { machine } = on;
  const subject = yield* text(on, args, 0);
  const array = args[1];
  if (array?.kind !== 'name') throw new AwkError('Not an array');
  const separator = args[2];
  const parts =
    separator?.kind === 'regex'
      ? subject === ''
        ? []
        : separator.regex.split(subject)
      : machine.split(subject, separator ? yield* on.text(separator) : machine.variable('FS'));
  const elements = machine.elements(array.name);
  elements.clear();
  for (const [i, part] of parts.entries())
    machine.setElement(elements, String(i + 1), fromInput(part));
  return parts.length;
}

function* substitute(on: Evaluator, args: Args, everywhere: boolean): Proc<Value> {
  const [pattern, replacement, into] = args;
  if (!pattern || !replacement) throw new AwkError('Too few arguments');
  const regex = yield* on.regex(pattern);
  const template = yield* on.text(replacement);
  const target = into && isTarget(into) ? into : WHOLE_RECORD;
  const subject = yield* on.text(into ?? target);
  let result = '';
  let at = 0;
  let count = 0;
  for (const found of regex.all(subject)) {
    count++;
    result += subject.slice(at, found.index) + fill(template, found.text);
    at = found.index + found.text.length;
    if (!everywhere) break;
  }
  if (count > 0 && (!into || isTarget(into))) yield* on.store(target, result + subject.slice(at));
  return count;
}

function isTarget(expression: Expression): expression is Target {
  const { kind } = expression;
  return kind === 'name' || kind === 'element' || kind === 'field';
}

/** `&` is what matched, `\&` is an ampersand. */
function fill(template: string, matched: string): string {
  return template.replace(/\\\\|\\&|&/g, (whole) =>
    whole === '&' ? matched : whole === '\\&' ? '&' : '\\',
  );
}

function* match(on: Evaluator, args: Args): Proc<Value> {
  const subject = yield* text(on, args, 0);
  const pattern = args[1];
  if (!pattern) throw new AwkError('Too few arguments');
  const found = (yield* on.regex(pattern)).exec(subject);
  const start = found ? found.index + 1 : 0;
  on.machine.set('RSTART', start);
  on.machine.set('RLENGTH', found ? found.text.length : -1);
  return start;
}

function pure(on: Evaluator, name: string, values: readonly Value[]): Value {
  const { machine } = on;
  const number = (index: number): number => toNumber(values[index] ?? 0);
  const string = (index: number): string => machine.text(values[index] ?? '');
  const bits = (index: number): bigint => BigInt(Math.trunc(number(index))) & 0xffffffffn;
  switch (name) {
    case 'substr':
      return substring(string(0), number(1), values.length > 2 ? number(2) : null);
    case 'index':
      return string(1) === '' ? 0 : string(0).indexOf(string(1)) + 1;
    case 'sprintf':
      return format(string(0), values.slice(1), machine.variable('CONVFMT'));
    case 'tolower':
      return string(0).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    case 'toupper':
      return string(0).replace(/[a-z]+/g, (letters) => letters.toUpperCase());
    case 'int':
      return Math.trunc(number(0));
    case 'sqrt':
      return Math.sqrt(number(0));
    case 'exp':
      return exp(number(0));
    case 'log':
      return log(number(0));
    case 'sin':
      return sin(number(0));
    case 'cos':
      return cos(number(0));
    case 'atan2':
      return atan2(number(0), number(1));
    case 'rand':
      machine.random = (machine.random * 1_103_515_245 + 12_345) % TWO_TO_31;
      return machine.random / TWO_TO_31;
    case 'srand': {
      const old = machine.seed;
      machine.seed = values.length > 0 ? number(0) : Math.floor(now(on) / MICROS_PER_MS);
      machine.random = Math.abs(Math.trunc(machine.seed)) % TWO_TO_31;
      return old;
    }
    case 'systime':
      return Math.floor(now(on) / MICROS_PER_MS);
    case 'strftime': {
      const ms = values.length > 1 ? number(1) * MICROS_PER_MS : now(on);
      return formatTime(values.length > 0 ? string(0) : '%a %b %e %H:%M:%S %Z %Y', ms);
    }
    case 'mktime': {
      const [year = 0, month = 1, day = 1, h = 0, m = 0, s = 0] = string(0).split(' ').map(Number);
      return Math.floor(Date.UTC(year, month - 1, day, h, m, s) / MICROS_PER_MS);
    }
    case 'and':
      return Number(bits(0) & bits(1));
    case 'or':
      return Number(bits(0) | bits(1));
    case 'xor':
      return Number(bits(0) ^ bits(1));
    case 'lshift':
      return Number((bits(0) << (bits(1) & 31n)) & 0xffffffffn);
    case 'rshift':
      return Number(bits(0) >> (bits(1) & 31n));
    case 'compl':
      return Number(BigInt.asUintN(64, ~bits(0)));
    default:
      throw new AwkError('Call to undefined function');
  }
}

/** Positions begin at 1; one before the text stands for its beginning, as in busybox. */
function substring(subject: string, from: number, count: number | null): string {
  const start = Math.max(0, Math.trunc(from) - 1);
  if (count === null) return subject.slice(start);
  return subject.slice(start, start + Math.max(0, Math.trunc(count)));
}

function now(on: Evaluator): number {
  return on.machine.context.kernel.nowMs;
}
