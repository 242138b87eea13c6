/**
 * $((…)): parses and evaluates an expression of 64-bit integers in one pass.
 *
 * Models: busybox shell/math.c
 */

export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError';
}

/**
 * An integer of 64 bits: a bigint only where a number cannot hold it, so that loops count in numbers.
 */
export type Integer = number | bigint;

export interface ArithmeticVariables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

/** Variables may hold expressions; deeper nesting than this is taken for a loop. */
const MAX_DEPTH = 32;

const PRECEDENCE: Readonly<Record<string, number>> = {
  ',': 1,
  '?': 3,
  '||': 4,
  '&&': 5,
  '|': 6,
  '^': 7,
  '&': 8,
  '==': 9,
  '!=': 9,
  '<': 10,
  '>': 10,
  '<=': 10,
  '>=': 10,
  '<<': 11,
  '>>': 11,
  '+': 12,
  '-': 12,
  '*': 13,
  '/': 13,
  '%': 13,
  '**': 14,
};

const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^='];

const NUMBER = '0[xX][0-9a-fA-F]+|\\d+[\\w#]*';
const NAME = '[A-Za-z_]\\w*';
/** Longest first, or << would be read as two. */
const OPERATOR =
  '<<=|>>=|\\*\\*|\\+\\+|--|<<|>>|<=|>=|==|!=|&&|\\|\\||[-+*/%&|^]=|[-+*/%&|^<>=!~?:,()]';
const TOKEN = new RegExp(`\\s*(?:(${NUMBER})|(${NAME})|(${OPERATOR}))`, 'y');

export function evaluateArithmetic(
  text: string,
  variables: ArithmeticVariables,
  depth = 0,
): Integer {
  if (depth > MAX_DEPTH) throw new ArithmeticError('expression recursion loop detected');
  return new Evaluator(text, variables, depth).run();
}

class Evaluator {
  readonly #text: string;
  readonly #variables: ArithmeticVariables;
  readonly #depth: number;
  #at = 0;
  #token = '';
  #kind: 'number' | 'name' | 'operator' | 'end' = 'end';
  /** While above zero, the branch is parsed but has no effect. */
  #skipping = 0;

  constructor(text: string, variables: ArithmeticVariables, depth: number) {
    this.#text = text;
    this.#variables = variables;
    this.#depth = depth;
  }

  run(): Integer {
    this.#next();
    if (this.#atEnd()) return 0;
    const value = this.#expression(0);
    if (!this.#atEnd()) throw this.#syntaxError();
    return value;
  }

  #atEnd(): boolean {
    return this.#kind === 'end';
  }

  #syntaxError(): ArithmeticError {
    return new ArithmeticError('arithmetic syntax error');
  }

  #next(): void {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (!match) {
      if (this.#text.slice(this.#at).trim() !== '') throw this.#syntaxError();
      this.#kind = 'end';
      this.#token = '';
      return;
    }
    this.#at = TOKEN.lastIndex;
    const [, number, name, operator] = match;
    this.#kind = number !== undefined ? 'number' : name !== undefined ? 'name' : 'operator';
    this.#token = number ?? name ?? operator ?? '';
  }

  #take(operator: string): boolean {
    if (this.#kind !== 'operator' || this.#token !== operator) return false;
    this.#next();
    return true;
  }

  #expression(minimum: number): Integer {
    let left: Integer = this.#unary();
    while (this.#kind === 'operator') {
      const operator = this.#token;
      const precedence = PRECEDENCE[operator];
      if (precedence === undefined || precedence <= minimum) break;
      this.#next();
      if (operator === '?') left = this.#conditional(left);
      else if (operator === '&&' || operator === '||')
        left = this.#shortCircuit(operator, left, precedence);
      else {
        // ** binds to the right.
        const right = this.#expression(operator === '**' ? precedence - 1 : precedence);
        left = this.#skipping > 0 ? 0 : apply(operator, left, right);
      }
    }
    return left;
  }

  #conditional(test: Integer): Integer {
    const consequent = this.#branch(test === 0, 2);
    if (!this.#take(':')) throw new ArithmeticError('malformed ?: operator');
    const alternate = this.#branch(test !== 0, 2);
    return test === 0 ? alternate : consequent;
  }

  #shortCircuit(operator: '&&' | '||', left: Integer, precedence: number): Integer {
    const decided = operator === '&&' ? left === 0 : left !== 0;
    const right = this.#branch(decided, precedence);
    return operator === '&&' ? truth(left !== 0 && right !== 0) : truth(left !== 0 || right !== 0);
  }

  #branch(skip: boolean, minimum: number): Integer {
    if (skip) this.#skipping++;
    const value = this.#expression(minimum);
    if (skip) this.#skipping--;
    return value;
  }

  #unary(): Integer {
    if (this.#take('!')) return truth(this.#unary() === 0);
    if (this.#take('~')) return wrap(~BigInt(this.#unary()));
    if (this.#take('-')) return apply('-', 0, this.#unary());
    if (this.#take('+')) return this.#unary();
    for (const [operator, change] of [
      ['++', 1],
      ['--', -1],
    ] as const) {
      if (!this.#take(operator)) continue;
      if (this.#kind !== 'name') throw this.#syntaxError();
      const name = this.#token;
      this.#next();
      return this.#assign(name, wrapSum(this.#value(name), change));
    }
    return this.#primary();
  }

  #primary(): Integer {
    const token = this.#token;
    const kind = this.#kind;
    if (kind === 'end') throw this.#syntaxError();
    this.#next();
    if (kind === 'number') return parseNumber(token);
    if (kind === 'name') return this.#name(token);
    if (token !== '(') throw this.#syntaxError();
    const value = this.#expression(0);
    if (!this.#take(')')) throw this.#syntaxError();
    return value;
  }

  #name(name: string): Integer {
    if (this.#kind === 'operator') {
      const operator = this.#token;
      if (operator === '++' || operator === '--') {
        this.#next();
        const value = this.#value(name);
        this.#assign(name, wrapSum(value, operator === '++' ? 1 : -1));
        return value;
      }
      if (ASSIGNMENTS.includes(operator)) {
        this.#next();
        const right = this.#expression(1);
        if (operator === '=' || this.#skipping > 0) return this.#assign(name, right);
        return this.#assign(name, apply(operator.slice(0, -1), this.#value(name), right));
      }
    }
    return this.#value(name);
  }

  #assign(name: string, value: Integer): Integer {
    if (this.#skipping === 0) this.#variables.set(name, String(value));
    return value;
  }

  #value(name: string): Integer {
    if (this.#skipping > 0) return 0;
    const text = this.#variables.get(name);
    if (text === undefined || text === '') return 0;
    if (/^-?(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
    return evaluateArithmetic(text, this.#variables, this.#depth + 1);
  }
}

function parseNumber(token: string): Integer {
  if (/^0[xX][0-9a-fA-F]+$/.test(token)) return wrap(BigInt(token));
  if (/^0[0-7]+$/.test(token)) return wrap(BigInt(`0o${token.slice(1)}`));
  if (/^(0|[1-9]\d*)$/.test(token)) return token.length < 16 ? Number(token) : wrap(BigInt(token));
  throw new ArithmeticError('arithmetic syntax error');
}

function apply(operator: string, a: Integer, b: Integer): Integer {
  switch (operator) {
    case ',':
      return b;
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '>':
      return truth(a > b);
    case '<=':
      return truth(a <= b);
    case '>=':
      return truth(a >= b);
    case '+':
      return wrapSum(a, b);
    case '-':
      return typeof a === 'number' && typeof b === 'number'
        ? wrapSum(a, -b)
        : wrap(BigInt(a) - BigInt(b));
    case '*':
      return multiply(a, b);
    case '/':
    case '%':
      if (b === 0) throw new ArithmeticError('divide by zero');
      return divide(operator, a, b);
    default:
      return applyLarge(operator, BigInt(a), BigInt(b));
  }
}

function applyLarge(operator: string, a: bigint, b: bigint): Integer {
  switch (operator) {
    case '**':
      if (b < 0n) throw new ArithmeticError('exponent less than 0');
      return wrap(power(a, b));
    case '<<':
      return wrap(a << (b & 63n));
    case '>>':
      return wrap(a >> (b & 63n));
    case '&':
      return wrap(a & b);
    case '|':
      return wrap(a | b);
    case '^':
      return wrap(a ^ b);
    default:
      throw new ArithmeticError('arithmetic syntax error');
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = BigInt.asIntN(64, result * factor);
    factor = BigInt.asIntN(64, factor * factor);
  }
  return result;
}

function wrapSum(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrap(BigInt(a) + BigInt(b));
}

function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a * b))
    return a * b + 0;
  return wrap(BigInt(a) * BigInt(b));
}

function divide(operator: '/' | '%', a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number')
    return operator === '/' ? Math.trunc(a / b) + 0 : (a % b) + 0;
  return wrap(operator === '/' ? BigInt(a) / BigInt(b) : BigInt(a) % BigInt(b));
}

function wrap(value: bigint): Integer {
  const bits = BigInt.asIntN(64, value);
  const number = Number(bits);
  return Number.isSafeInteger(number) ? number : bits;
}

function truth(value: boolean): Integer {
  return value ? 1 : 0;
}
