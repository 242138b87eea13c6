/**
 * awk: runs a program over records.
 *
 * Models: busybox editors/awk.c, POSIX awk
 */
import type { Proc } from '../../../../kernel/process.ts';
import type { ProcessContext } from '../../../node/runtime/program.ts';
import { LINE_US, readInput, readOptions, usage } from '../applet.ts';
import { unescape } from '../escapes.ts';
import { RegexError } from '../regex.ts';
import { Evaluator } from './evaluate.ts';
import { AwkError, Machine } from './machine.ts';
import { parseAwk } from './parser.ts';
import { RecordReader } from './streams.ts';
import {
  type AwkProgram,
  AwkSyntaxError,
  type Expression,
  type Rule,
  type Statement,
} from './syntax.ts';
import { format, fromInput, toBoolean, toNumber, toText, UNSET, type Value } from './values.ts';

const SYNOPSIS = '[OPTIONS] [AWK_PROGRAM] [FILE]...';

export function* awkCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, '', 'Fvfe', {}, true);
  if (unknown !== undefined) return usage(context, 'awk', SYNOPSIS, unknown);
  let rest = operands;
  const texts: string[] = [];
  for (const path of flags.get('f') ?? []) {
    const text = yield* readInput(context, 'awk', path);
    if (text === null) return 1;
    texts.push(text);
  }
  texts.push(...(flags.get('e') ?? []));
  if (texts.length === 0) {
    const [first] = rest;
    if (first === undefined) return usage(context, 'awk', SYNOPSIS);
    texts.push(first);
    rest = rest.slice(1);
  }
  try {
    const run = new Run(context, parseAwk(texts.join('\n')));
    const separator = flags.get('F')?.at(-1);
    if (separator !== undefined) run.assign('FS', separator);
    for (const assignment of flags.get('v') ?? []) {
      const equals = assignment.indexOf('=');
      if (equals <= 0) return usage(context, 'awk', SYNOPSIS);
      run.assign(assignment.slice(0, equals), assignment.slice(equals + 1));
    }
    return yield* run.toEnd(rest);
  } catch (error) {
    const isKnown =
      error instanceof AwkSyntaxError || error instanceof AwkError || error instanceof RegexError;
    if (!isKnown) throw error;
    context.stderr(`awk: cmd. line:1: ${error.message}\n`);
    return 1;
  }
}

/** How a statement leaves what it stands in. */
type Leave = 'break' | 'continue' | 'next' | 'nextfile' | 'return' | 'exit' | null;

class Run {
  readonly #context: ProcessContext;
  readonly #program: AwkProgram;
  readonly #machine: Machine;
  readonly #evaluator: Evaluator;
  #leave: Leave = null;
  #result: Value = UNSET;
  #exitCode = 0;
  /** Operands that are still to be read, and the input that is being read. */
  #nextOperand = 1;
  #reader: RecordReader | null = null;
  #usedFile = false;
  readonly #inRange = new Set<Rule>();

  constructor(context: ProcessContext, program: AwkProgram) {
    this.#context = context;
    this.#program = program;
    this.#machine = new Machine(context, program.functions);
    this.#evaluator = new Evaluator(
      this.#machine,
      (_machine, body) => this.#callBody(body),
      () => this.#nextRecord(),
    );
  }

  /** `name=value` of the command line. */
  assign(name: string, value: string): void {
    const text = value.includes('\\') ? unescape(value, 'format').text : value;
    this.#machine.set(name, fromInput(text));
  }

  *toEnd(operands: readonly string[]): Proc<number> {
    const argv = this.#machine.elements('ARGV');
    argv.set('0', 'awk');
    for (const [i, operand] of operands.entries()) argv.set(String(i + 1), fromInput(operand));
    this.#machine.set('ARGC', operands.length + 1);
    yield* this.#special('BEGIN');
    const reads = this.#program.rules.some((rule) => rule.pattern !== 'BEGIN');
    if (this.#leave !== 'exit' && reads) yield* this.#records();
    const exited = this.#leave === 'exit';
    this.#leave = null;
    if (!exited || this.#usedFile || reads) yield* this.#special('END');
    yield* this.#machine.streams.closeAll();
    return this.#exitCode;
  }

  *#special(pattern: 'BEGIN' | 'END'): Proc {
    for (const rule of this.#program.rules) {
      if (rule.pattern !== pattern || !rule.action) continue;
      yield* this.#run(rule.action);
      if (this.#leave === 'exit') return;
      this.#leave = null;
    }
  }

  *#records(): Proc {
    for (;;) {
      const record = yield* this.#nextRecord();
      if (record === null) return;
      this.#machine.setRecord(record);
      for (const rule of this.#program.rules) {
        if (rule.pattern === 'BEGIN' || rule.pattern === 'END') continue;
        if (!(yield* this.#applies(rule))) continue;
        if (rule.action) yield* this.#run(rule.action);
        else
          this.#context.stdout(
            this.#machine.text(this.#machine.field(0)) + this.#machine.variable('ORS'),
          );
        if (this.#leave !== null) break;
      }
      if (this.#leave === 'exit') return;
      if (this.#leave === 'nextfile') this.#reader = null;
      this.#leave = null;
    }
  }

  *#applies(rule: Rule): Proc<boolean> {
    const { pattern, until } = rule;
    if (pattern === null || typeof pattern === 'string') return true;
    if (!until) return toBoolean(yield* this.#evaluator.evaluate(pattern));
    if (!this.#inRange.has(rule)) {
      if (!toBoolean(yield* this.#evaluator.evaluate(pattern))) return false;
      this.#inRange.add(rule);
    }
    if (toBoolean(yield* this.#evaluator.evaluate(until))) this.#inRange.delete(rule);
    return true;
  }

  *#nextRecord(): Proc<string | null> {
    const machine = this.#machine;
    for (;;) {
      const suspend = this.#context.charge(LINE_US);
      if (suspend !== null) yield suspend;
      if (!this.#reader && !this.#openNext()) return null;
      const record = (yield* this.#reader?.next(machine.variable('RS')) ?? none()) ?? null;
      if (record !== null) {
        machine.set('NR', toNumber(machine.get('NR')) + 1);
        machine.set('FNR', toNumber(machine.get('FNR')) + 1);
        return record;
      }
      this.#reader = null;
    }
  }

  /** The next operand that is a file; standard input when none was. */
  #openNext(): boolean {
    const machine = this.#machine;
    for (;;) {
      const count = toNumber(machine.get('ARGC'));
      let path = '-';
      if (this.#nextOperand < count) {
        const operand = machine.elements('ARGV').get(String(this.#nextOperand++));
        path = operand === undefined ? '' : machine.text(operand);
        if (path === '') continue;
        const assignment = /^([A-Za-z_]\w*)=([^]*)$/.exec(path);
        if (assignment) {
          this.assign(assignment[1] ?? '', assignment[2] ?? '');
          continue;
        }
      } else if (this.#usedFile) return false;
      this.#usedFile = true;
      const file = path === '-' ? this.#context.files[0] : this.#context.open(path, 'read');
      if (!file || typeof file === 'string' || !file.input) {
        const error = typeof file === 'string' ? file : 'Bad file descriptor';
        this.#context.stderr(`awk: ${path}: ${error}\n`);
        this.#exitCode = 1;
        continue;
      }
      this.#reader = new RecordReader(file.input);
      machine.set('FILENAME', path === '-' ? '' : path);
      machine.set('FNR', 0);
      return true;
    }
  }

  *#callBody(body: Statement): Proc<Value> {
    this.#result = UNSET;
    yield* this.#run(body);
    const result = this.#result;
    this.#result = UNSET;
    if (this.#leave === 'return') this.#leave = null;
    return result;
  }

  *#run(statement: Statement): Proc {
    const suspend = this.#context.charge(1);
    if (suspend !== null) yield suspend;
    switch (statement.kind) {
      case 'expression':
        yield* this.#evaluator.evaluate(statement.expression);
        return;
      case 'print':
        return yield* this.#print(statement);
      case 'block':
        for (const inner of statement.body) {
          yield* this.#run(inner);
          if (this.#leave !== null) return;
        }
        return;
      case 'if':
        if (yield* this.#holds(statement.test)) yield* this.#run(statement.then);
        else if (statement.otherwise) yield* this.#run(statement.otherwise);
        return;
      case 'while':
        while (yield* this.#holds(statement.test)) {
          yield* this.#run(statement.body);
          if (this.#endsLoop()) return;
        }
        return;
      case 'do':
        do {
          yield* this.#run(statement.body);
          if (this.#endsLoop()) return;
        } while (yield* this.#holds(statement.test));
        return;
      case 'for':
        return yield* this.#for(statement);
      case 'each':
        for (const key of [...this.#machine.elements(statement.array).keys()]) {
          this.#machine.set(statement.name, fromInput(key));
          yield* this.#run(statement.body);
          if (this.#endsLoop()) return;
        }
        return;
      case 'delete': {
        const elements = this.#machine.elements(statement.array);
        if (!statement.index) elements.clear();
        else elements.delete(yield* this.#evaluator.key(statement.index));
        return;
      }
      default:
        return yield* this.#leaving(statement);
    }
  }

  *#for(statement: Statement & { readonly kind: 'for' }): Proc {
    if (statement.start) yield* this.#run(statement.start);
    while (!statement.test || (yield* this.#holds(statement.test))) {
      yield* this.#run(statement.body);
      if (this.#endsLoop()) return;
      if (statement.step) yield* this.#run(statement.step);
    }
  }

  *#leaving(statement: Extract<Statement, { readonly kind: 'leave' | 'return' | 'exit' }>): Proc {
    if (statement.kind === 'leave') {
      this.#leave = statement.how;
      return;
    }
    const value = statement.value ? yield* this.#evaluator.evaluate(statement.value) : null;
    if (statement.kind === 'return') this.#result = value ?? UNSET;
    else if (value !== null) this.#exitCode = toNumber(value) & 255;
    this.#leave = statement.kind;
  }

  *#holds(test: Expression): Proc<boolean> {
    return toBoolean(yield* this.#evaluator.evaluate(test));
  }

  #endsLoop(): boolean {
    if (this.#leave === 'continue') this.#leave = null;
    if (this.#leave === 'break') {
      this.#leave = null;
      return true;
    }
    return this.#leave !== null;
  }

  *#print(statement: Statement & { readonly kind: 'print' }): Proc {
    const machine = this.#machine;
    const values: Value[] = [];
    for (const argument of statement.arguments)
      values.push(yield* this.#evaluator.evaluate(argument));
    let text: string;
    if (statement.formatted) {
      const [pattern = '', ...rest] = values;
      text = format(machine.text(pattern), rest, machine.variable('CONVFMT'));
    } else {
      const shown = values.length === 0 ? [machine.field(0)] : values;
      const conversion = machine.variable('OFMT');
      text =
        shown.map((value) => toText(value, conversion)).join(machine.variable('OFS')) +
        machine.variable('ORS');
    }
    const { output } = statement;
    if (!output) {
      this.#context.stdout(text);
      return;
    }
    const to = yield* this.#evaluator.text(output.to);
    const file = machine.streams.writer(output.operator, to);
    if (typeof file === 'string') throw new AwkError(`can't open '${to}': ${file}`);
    if (file.full) yield file.full;
    file.write(text);
  }
}

function* none(): Proc<null> {
  return null;
}
