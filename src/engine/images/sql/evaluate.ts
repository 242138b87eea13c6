/** Values of expressions over one row, or of aggregates over many. */
import { type Expression, SqlError, type Value } from './ast.ts';

export interface Scope {
  /** Undefined: there is no such column. */
  column(name: string): Value | undefined;
  /** Functions without arguments that the server answers: version(), now(). */
  readonly functions: Readonly<Record<string, () => Value>>;
}

const AGGREGATES = ['count', 'sum', 'min', 'max', 'avg'];

export function isAggregate(expression: Expression): boolean {
  return expression.type === 'call' && AGGREGATES.includes(expression.name.toLowerCase());
}

export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'value':
      return expression.value;
    case 'column': {
      const value = scope.column(expression.name);
      if (value !== undefined) return value;
      const server = scope.functions[expression.name.toLowerCase()];
      if (server) return server();
      throw new SqlError({ kind: 'noColumn', name: expression.name });
    }
    case 'not': {
      const value = truthOf(evaluate(expression.of, scope));
      return value === null ? null : !value;
    }
    case 'negative':
      return -numberOf(evaluate(expression.of, scope));
    case 'isNull':
      return (evaluate(expression.of, scope) === null) !== expression.negated;
    case 'in': {
      const value = evaluate(expression.of, scope);
      return expression.list.some((e) => compare(evaluate(e, scope), value) === 0);
    }
    case 'binary':
      return binary(expression.operator, expression.left, expression.right, scope);
    case 'call':
      return call(expression.name.toLowerCase(), expression.args, scope);
    case 'all':
      throw new SqlError({ kind: 'notSimulated', what: '* in an expression' });
  }
}

function binary(operator: string, a: Expression, b: Expression, scope: Scope): Value {
  const left = evaluate(a, scope);
  if (operator === 'and' || operator === 'or') {
    const first = truthOf(left);
    if (first === (operator === 'or')) return first;
    const second = truthOf(evaluate(b, scope));
    if (second === (operator === 'or')) return second;
    return first === null || second === null ? null : operator === 'and';
  }
  const right = evaluate(b, scope);
  if (left === null || right === null) return null;
  switch (operator) {
    case '=':
      return compare(left, right) === 0;
    case '<>':
    case '!=':
      return compare(left, right) !== 0;
    case '<':
      return compare(left, right) < 0;
    case '>':
      return compare(left, right) > 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>=':
      return compare(left, right) >= 0;
    case 'like':
      return like(String(left), String(right));
    case '||':
      return `${left}${right}`;
    case '+':
      return numberOf(left) + numberOf(right);
    case '-':
      return numberOf(left) - numberOf(right);
    case '*':
      return numberOf(left) * numberOf(right);
    case '/':
      return numberOf(right) === 0 ? null : numberOf(left) / numberOf(right);
    default:
      return numberOf(right) === 0 ? null : numberOf(left) % numberOf(right);
  }
}

function call(name: string, args: readonly Expression[], scope: Scope): Value {
  if (AGGREGATES.includes(name)) {
    throw new SqlError({ kind: 'notSimulated', what: `${name.toUpperCase()} in an expression` });
  }
  const server = scope.functions[name];
  if (server && args.length === 0) return server();
  const values = args.map((arg) => evaluate(arg, scope));
  const [first = null] = values;
  switch (name) {
    case 'concat':
      return values.map((v) => (v === null ? '' : String(v))).join('');
    case 'upper':
      return first === null ? null : String(first).toUpperCase();
    case 'lower':
      return first === null ? null : String(first).toLowerCase();
    case 'length':
    case 'char_length':
      return first === null ? null : String(first).length;
    case 'coalesce':
    case 'ifnull':
      return values.find((v) => v !== null) ?? null;
    default:
      throw new SqlError({ kind: 'notSimulated', what: `the function ${name}` });
  }
}

/** Over all rows at once. */
export function aggregate(expression: Expression, rows: readonly Scope[]): Value {
  if (expression.type !== 'call') {
    const [first] = rows;
    return first ? evaluate(expression, first) : null;
  }
  const [argument = { type: 'all' } as const] = expression.args;
  if (argument.type === 'all') return rows.length;
  const values = rows.map((row) => evaluate(argument, row)).filter((v) => v !== null);
  const name = expression.name.toLowerCase();
  if (name === 'count') return values.length;
  if (values.length === 0) return null;
  if (name === 'min' || name === 'max') {
    const sorted = [...values].sort(compare);
    return (name === 'min' ? sorted[0] : sorted.at(-1)) ?? null;
  }
  const sum = values.reduce<number>((total, v) => total + numberOf(v), 0);
  return name === 'avg' ? sum / values.length : sum;
}

export function truthOf(value: Value): boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  return typeof value === 'number' ? value !== 0 : Number(value) !== 0;
}

function numberOf(value: Value): number {
  const number = Number(value);
  return Number.isNaN(number) ? 0 : number;
}

/** Nulls come first; a text beside a number is read as one. */
export function compare(a: Value, b: Value): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return numberOf(a) - numberOf(b);
}

/** Without backtracking: % is any text, _ any character. */
function like(text: string, pattern: string): boolean {
  let at = 0;
  let wanted = 0;
  let star = -1;
  let starAt = 0;
  const [t, p] = [text.toLowerCase(), pattern.toLowerCase()];
  while (at < t.length) {
    if (p[wanted] === '%') {
      star = wanted++;
      starAt = at;
    } else if (p[wanted] === '_' || p[wanted] === t[at]) {
      wanted++;
      at++;
    } else if (star >= 0) {
      wanted = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (p[wanted] === '%') wanted++;
  return wanted === p.length;
}
