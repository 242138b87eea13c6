/** Parses the expressions of awk. Models: POSIX awk, Grammar. */
import { compileRegex } from '../regex.ts';
import type { Token } from './lexer.ts';
import { AwkSyntaxError, type Expression, type Target } from './syntax.ts';

/** Bound of nesting, so that no text exhausts the stack. */
export const MAX_DEPTH = 200;

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^=']);
const COMPARISONS = new Set(['<', '<=', '==', '!=', '>', '>=']);

export class ExpressionParser {
  protected readonly tokens: readonly Token[];
  protected at = 0;
  protected depth = 0;
  /** In the list of a print without parentheses `>` is a redirection. */
  protected noGreater = false;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  protected get token(): Token {
    return this.tokens[this.at] ?? { kind: 'end', text: '' };
  }

  protected is(text: string): boolean {
    return this.token.kind === 'operator' && this.token.text === text;
  }

  protected isWord(text: string): boolean {
    return this.token.kind === 'word' && this.token.text === text;
  }

  protected take(text: string): boolean {
    if (!this.is(text) && !this.isWord(text)) return false;
    this.at++;
    return true;
  }

  protected expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  protected unexpected(): AwkSyntaxError {
    return new AwkSyntaxError('Unexpected token');
  }

  protected skipNewlines(): void {
    while (this.token.kind === 'newline') this.at++;
  }

  /** Within parentheses `>` compares. */
  protected free<T>(parse: () => T): T {
    const before = this.noGreater;
    this.noGreater = false;
    const made = parse();
    this.noGreater = before;
    return made;
  }

  protected list(end: string): Expression[] {
    const list: Expression[] = [];
    this.skipNewlines();
    while (!this.take(end)) {
      list.push(this.expression());
      this.skipNewlines();
      if (!this.take(',') && !this.is(end)) throw this.unexpected();
      this.skipNewlines();
    }
    return list;
  }

  protected expression(): Expression {
    if (++this.depth > MAX_DEPTH) throw new AwkSyntaxError('Too deeply nested');
    const left = this.#conditional();
    this.depth--;
    const { kind, text } = this.token;
    if (kind !== 'operator' || !ASSIGNMENTS.has(text)) return left;
    const target = targetOf(left);
    if (!target) throw this.unexpected();
    this.at++;
    this.skipNewlines();
    return { kind: 'assign', operator: text, target, value: this.expression() };
  }

  #conditional(): Expression {
    const test = this.#or();
    if (!this.take('?')) return test;
    this.skipNewlines();
    const then = this.expression();
    this.skipNewlines();
    this.expect(':');
    this.skipNewlines();
    return { kind: 'conditional', test, then, otherwise: this.expression() };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.take('||')) {
      this.skipNewlines();
      left = { kind: 'binary', operator: '||', left, right: this.#and() };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#in();
    while (this.take('&&')) {
      this.skipNewlines();
      left = { kind: 'binary', operator: '&&', left, right: this.#in() };
    }
    return left;
  }

  #in(): Expression {
    let left = this.#match();
    while (this.take('in')) {
      const { kind, text: array } = this.token;
      if (kind !== 'name') throw this.unexpected();
      this.at++;
      left = { kind: 'in', index: [left], array };
    }
    return left;
  }

  #match(): Expression {
    let left = this.#comparison();
    for (;;) {
      const negated = this.is('!') && this.tokens[this.at + 1]?.text === '~';
      if (!negated && !this.is('~')) return left;
      this.at += negated ? 2 : 1;
      left = { kind: 'binary', operator: negated ? '!~' : '~', left, right: this.#comparison() };
    }
  }

  #comparison(): Expression {
    const left = this.#pipe(this.concatenation(false));
    const { kind, text } = this.token;
    if (kind !== 'operator' || !COMPARISONS.has(text)) return left;
    if (text === '>' && this.noGreater) return left;
    this.at++;
    return { kind: 'binary', operator: text, left, right: this.concatenation(false) };
  }

  /** `command | getline`. */
  #pipe(first: Expression): Expression {
    let left = first;
    while (this.is('|') && this.tokens[this.at + 1]?.text === 'getline') {
      this.at += 2;
      left = { kind: 'getline', source: 'command', from: left, target: this.#optionalTarget() };
    }
    return left;
  }

  protected concatenation(single: boolean): Expression {
    let left = this.#additive();
    while (!single && this.#startsOperand()) {
      left = { kind: 'binary', operator: ' ', left, right: this.#additive() };
    }
    return left;
  }

  #startsOperand(): boolean {
    const { kind, text } = this.token;
    if (kind === 'operator') {
      if (text === '!') return this.tokens[this.at + 1]?.text !== '~';
      return ['(', '$', '-', '+', '++', '--'].includes(text);
    }
    return kind !== 'newline' && kind !== 'end' && kind !== 'regex' && kind !== 'word';
  }

  #additive(): Expression {
    let left = this.#multiplicative();
    for (;;) {
      const operator = this.is('+') ? '+' : this.is('-') ? '-' : null;
      if (operator === null) return left;
      this.at++;
      left = { kind: 'binary', operator, left, right: this.#multiplicative() };
    }
  }

  #multiplicative(): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = ['*', '/', '%'].find((text) => this.is(text));
      if (operator === undefined) return left;
      this.at++;
      left = { kind: 'binary', operator, left, right: this.#unary() };
    }
  }

  #unary(): Expression {
    for (const operator of ['!', '-', '+'] as const) {
      if (!this.take(operator)) continue;
      if (++this.depth > MAX_DEPTH) throw new AwkSyntaxError('Too deeply nested');
      const operand = this.#unary();
      this.depth--;
      return { kind: 'unary', operator, operand };
    }
    return this.#power();
  }

  #power(): Expression {
    const left = this.#postfix();
    if (!this.take('^')) return left;
    // Binds to the right, and a sign may follow.
    const minus = this.take('-');
    const right = this.#power();
    return {
      kind: 'binary',
      operator: '^',
      left,
      right: minus ? { kind: 'unary', operator: '-', operand: right } : right,
    };
  }

  #postfix(): Expression {
    for (const by of [1, -1] as const) {
      if (!this.take(by === 1 ? '++' : '--')) continue;
      const target = targetOf(this.#primary());
      if (!target) throw this.unexpected();
      return { kind: 'step', by, before: true, target };
    }
    const made = this.#primary();
    const target = targetOf(made);
    for (const by of [1, -1] as const) {
      if (target && this.take(by === 1 ? '++' : '--'))
        return { kind: 'step', by, before: false, target };
    }
    return made;
  }

  #primary(): Expression {
    const { kind, text } = this.token;
    switch (kind) {
      case 'number':
        this.at++;
        return { kind: 'number', value: Number(text) };
      case 'string':
        this.at++;
        return { kind: 'string', value: text };
      case 'regex':
        this.at++;
        return { kind: 'regex', regex: compileRegex(text, { extended: true }) };
      case 'name':
        this.at++;
        if (!this.take('[')) return { kind: 'name', name: text };
        return { kind: 'element', array: text, index: this.free(() => this.list(']')) };
      case 'call':
        this.at += 2;
        return {
          kind: 'call',
          name: text,
          builtin: false,
          arguments: this.free(() => this.list(')')),
        };
      case 'builtin':
        return this.#builtin(text);
      default:
        return this.#otherPrimary();
    }
  }

  #builtin(name: string): Expression {
    this.at++;
    const args = this.take('(') ? this.free(() => this.list(')')) : [];
    return { kind: 'call', name, builtin: true, arguments: args };
  }

  #otherPrimary(): Expression {
    if (this.take('$')) {
      if (this.is('++') || this.is('--')) return { kind: 'field', index: this.#postfix() };
      if (this.take('-')) {
        return {
          kind: 'field',
          index: { kind: 'unary', operator: '-', operand: this.#primary() },
        };
      }
      return { kind: 'field', index: this.#primary() };
    }
    if (this.take('getline')) {
      const target = this.#optionalTarget();
      if (!this.take('<')) return { kind: 'getline', source: 'main', from: null, target };
      return { kind: 'getline', source: 'file', from: this.#primary(), target };
    }
    if (this.take('-')) return { kind: 'unary', operator: '-', operand: this.#unary() };
    if (!this.take('(')) throw this.unexpected();
    const list = this.free(() => this.list(')'));
    const [only] = list;
    if (list.length === 1 && only) return { kind: 'group', inner: only };
    // (i, j) in array
    this.expect('in');
    const { kind, text: array } = this.token;
    if (kind !== 'name') throw this.unexpected();
    this.at++;
    return { kind: 'in', index: list, array };
  }

  #optionalTarget(): Target | null {
    const { kind } = this.token;
    if (kind !== 'name' && !this.is('$')) return null;
    return targetOf(this.#primary());
  }
}

function targetOf(expression: Expression): Target | null {
  const { kind } = expression;
  return kind === 'name' || kind === 'element' || kind === 'field' ? expression : null;
}
