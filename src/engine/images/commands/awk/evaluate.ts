/** Evaluates the expressions of awk. Models: POSIX awk, Expressions in awk. */
import type { Proc } from '../../../../kernel/process.ts';
import { compileRegex, type Regex } from '../regex.ts';
import { callBuiltin } from './builtins.ts';
import { AwkError, type Cell, type Machine, newCell } from './machine.ts';
import { power } from './math.ts';
import type { AwkFunction, Expression, Statement, Target } from './syntax.ts';
import { fromInput, isNumeric, toBoolean, toNumber, UNSET, type Value } from './values.ts';

const MAX_CALL_DEPTH = 400;
/** Longer texts cannot be made. */
const MAX_TEXT = 64 * 1024 * 1024;

/** Runs the body of a function; handed in, because statements hold expressions. */
export type RunStatement = (machine: Machine, body: Statement) => Proc<Value>;

export class Evaluator {
  readonly machine: Machine;
  readonly #run: RunStatement;
  /** Reads the next record of the main input into $0 or a variable. */
  readonly #nextRecord: () => Proc<string | null>;
  #depth = 0;

  constructor(machine: Machine, run: RunStatement, nextRecord: () => Proc<string | null>) {
    this.machine = machine;
    this.#run = run;
    this.#nextRecord = nextRecord;
  }

  *evaluate(expression: Expression): Proc<Value> {
    const { machine } = this;
    switch (expression.kind) {
      case 'number':
      case 'string':
        return expression.value;
      case 'regex':
        return expression.regex.test(machine.text(machine.field(0))) ? 1 : 0;
      case 'name':
        return machine.get(expression.name);
      case 'group':
        return yield* this.evaluate(expression.inner);
      case 'element': {
        const elements = machine.elements(expression.array);
        const key = yield* this.key(expression.index);
        const known = elements.get(key);
        if (known !== undefined) return known;
        machine.setElement(elements, key, UNSET);
        return UNSET;
      }
      case 'field':
        return machine.field(toNumber(yield* this.evaluate(expression.index)));
      case 'assign':
        return yield* this.#assign(expression);
      case 'step': {
        const old = toNumber(yield* this.evaluate(expression.target));
        yield* this.store(expression.target, old + expression.by);
        return expression.before ? old + expression.by : old;
      }
      case 'unary': {
        const value = yield* this.evaluate(expression.operand);
        if (expression.operator === '!') return toBoolean(value) ? 0 : 1;
        return expression.operator === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'conditional':
        return yield* this.evaluate(
          toBoolean(yield* this.evaluate(expression.test)) ? expression.then : expression.otherwise,
        );
      case 'in':
        return machine.elements(expression.array).has(yield* this.key(expression.index)) ? 1 : 0;
      case 'binary':
        return yield* this.#binary(expression.operator, expression.left, expression.right);
      case 'call':
        return expression.builtin
          ? yield* callBuiltin(this, expression.name, expression.arguments)
          : yield* this.#call(expression.name, expression.arguments);
      case 'getline':
        return yield* this.#getline(expression);
    }
  }

  *text(expression: Expression): Proc<string> {
    return this.machine.text(yield* this.evaluate(expression));
  }

  *number(expression: Expression): Proc<number> {
    return toNumber(yield* this.evaluate(expression));
  }

  /** Subscripts, joined with SUBSEP. */
  *key(index: readonly Expression[]): Proc<string> {
    const [only] = index;
    if (only && index.length === 1) return yield* this.text(only);
    const parts: string[] = [];
    for (const part of index) parts.push(yield* this.text(part));
    return parts.join(this.machine.variable('SUBSEP'));
  }

  /** A pattern: a regular expression as it stands, or the text of any other expression. */
  *regex(expression: Expression): Proc<Regex> {
    if (expression.kind === 'regex') return expression.regex;
    return compileRegex(yield* this.text(expression), { extended: true });
  }

  *store(target: Target, value: Value): Proc {
    const { machine } = this;
    switch (target.kind) {
      case 'name':
        machine.set(target.name, value);
        return;
      case 'element':
        machine.setElement(machine.elements(target.array), yield* this.key(target.index), value);
        return;
      case 'field':
        machine.setField(toNumber(yield* this.evaluate(target.index)), value);
        return;
    }
  }

  *#assign(expression: Expression & { readonly kind: 'assign' }): Proc<Value> {
    const { operator, target } = expression;
    const value = yield* this.evaluate(expression.value);
    if (operator === '=') {
      yield* this.store(target, value);
      return value;
    }
    const old = toNumber(yield* this.evaluate(target));
    const result = arithmetic(operator.slice(0, -1), old, toNumber(value));
    yield* this.store(target, result);
    return result;
  }

  *#binary(operator: string, left: Expression, right: Expression): Proc<Value> {
    switch (operator) {
      case '&&':
        if (!toBoolean(yield* this.evaluate(left))) return 0;
        return toBoolean(yield* this.evaluate(right)) ? 1 : 0;
      case '||':
        if (toBoolean(yield* this.evaluate(left))) return 1;
        return toBoolean(yield* this.evaluate(right)) ? 1 : 0;
      case '~':
      case '!~': {
        const text = yield* this.text(left);
        const matches = (yield* this.regex(right)).test(text);
        return matches === (operator === '~') ? 1 : 0;
      }
      case ' ': {
        const start = yield* this.text(left);
        const end = yield* this.text(right);
        if (start.length + end.length > MAX_TEXT) throw new AwkError('out of memory');
        return start + end;
      }
      default: {
        const a = yield* this.evaluate(left);
        const b = yield* this.evaluate(right);
        if ('<>=!'.includes(operator[0] as string)) return this.#compare(operator, a, b) ? 1 : 0;
        return arithmetic(operator, toNumber(a), toNumber(b));
      }
    }
  }

  #compare(operator: string, a: Value, b: Value): boolean {
    const numeric = isNumeric(a) && isNumeric(b);
    const x = numeric ? toNumber(a) : this.machine.text(a);
    const y = numeric ? toNumber(b) : this.machine.text(b);
    switch (operator) {
      case '<':
        return x < y;
      case '<=':
        return x <= y;
      case '>':
        return x > y;
      case '>=':
        return x >= y;
      case '==':
        return x === y;
      default:
        return x !== y;
    }
  }

  *#call(name: string, args: readonly Expression[]): Proc<Value> {
    const { machine } = this;
    const definition = machine.functions.get(name);
    if (!definition) throw new AwkError('Call to undefined function');
    if (++this.#depth > MAX_CALL_DEPTH) throw new AwkError('function nesting too deep');
    const suspend = machine.context.charge(2);
    if (suspend !== null) yield suspend;
    const locals = yield* this.#bind(definition, args);
    const caller = machine.locals;
    machine.locals = locals;
    try {
      return yield* this.#run(machine, definition.body);
    } finally {
      machine.locals = caller;
      this.#depth--;
    }
  }

  *#bind(definition: AwkFunction, args: readonly Expression[]): Proc<Map<string, Cell>> {
    const { machine } = this;
    const locals = new Map<string, Cell>();
    for (const [i, parameter] of definition.parameters.entries()) {
      const argument = args[i];
      if (argument === undefined) {
        locals.set(parameter, newCell());
      } else if (argument.kind === 'name' && argument.name !== 'NF') {
        const cell = machine.cell(argument.name);
        locals.set(parameter, newCell(cell.value, cell));
      } else locals.set(parameter, newCell(yield* this.evaluate(argument)));
    }
    return locals;
  }

  /** 1, 0 at the end, -1 for what cannot be read. */
  *#getline(expression: Expression & { readonly kind: 'getline' }): Proc<Value> {
    const { machine } = this;
    const { source, from, target } = expression;
    let record: string | null;
    if (source === 'main') {
      record = yield* this.#nextRecord();
    } else {
      const name = from ? yield* this.text(from) : '';
      const { streams } = machine;
      const reader = source === 'file' ? streams.fileReader(name) : streams.commandReader(name);
      if (!reader) return -1;
      record = yield* reader.next(machine.variable('RS'));
      if (record !== null && source === 'command')
        machine.set('NR', toNumber(machine.get('NR')) + 1);
    }
    if (record === null) return 0;
    if (target) yield* this.store(target, fromInput(record));
    else machine.setRecord(record);
    return 1;
  }
}

function arithmetic(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw new AwkError('Division by zero');
      return a / b;
    case '%':
      if (b === 0) throw new AwkError('Division by zero');
      return a % b;
    default:
      return power(a, b);
  }
}
