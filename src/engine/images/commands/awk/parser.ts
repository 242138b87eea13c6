/** Parses awk programs. Models: POSIX awk, Grammar. */
import { compileRegex } from '../regex.ts';
import { type Token, tokenize } from './lexer.ts';
import {
  type AwkFunction,
  type AwkProgram,
  AwkSyntaxError,
  type Expression,
  type Output,
  type Rule,
  type Statement,
  type Target,
} from './syntax.ts';

/** Bound of nesting, so that no text exhausts the stack. */
const MAX_DEPTH = 200;

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^=']);
const COMPARISONS = new Set(['<', '<=', '==', '!=', '>', '>=']);

export function parseAwk(source: string): AwkProgram {
  return new Parser(tokenize(source)).program();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** In the list of a print without parentheses `>` is a redirection. */
  #noGreater = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  program(): AwkProgram {
    const rules: Rule[] = [];
    const functions = new Map<string, AwkFunction>();
    this.#skipEnds();
    while (this.#token.kind !== 'end') {
      if (this.#isWord('function')) {
        const made = this.#function();
        functions.set(made.name, made);
      } else rules.push(this.#rule());
      this.#skipEnds();
    }
    return { rules, functions };
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #is(text: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === text;
  }

  #isWord(text: string): boolean {
    return this.#token.kind === 'word' && this.#token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text) && !this.#isWord(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #unexpected(): AwkSyntaxError {
    return new AwkSyntaxError('Unexpected token');
  }

  #skipNewlines(): void {
    while (this.#token.kind === 'newline') this.#at++;
  }

  #skipEnds(): void {
    while (this.#token.kind === 'newline' || this.#is(';')) this.#at++;
  }

  #function(): AwkFunction {
    this.#expect('function');
    const { kind, text: name } = this.#token;
    if (kind !== 'name' && kind !== 'call') throw this.#unexpected();
    this.#at++;
    this.#expect('(');
    const parameters: string[] = [];
    while (!this.#take(')')) {
      this.#skipNewlines();
      if (this.#token.kind !== 'name') throw this.#unexpected();
      parameters.push(this.#token.text);
      this.#at++;
      this.#skipNewlines();
      if (!this.#take(',') && !this.#is(')')) throw this.#unexpected();
    }
    this.#skipNewlines();
    return { name, parameters, body: this.#block() };
  }

  #rule(): Rule {
    if (this.#is('{')) return { pattern: null, until: null, action: this.#block() };
    for (const word of ['BEGIN', 'END'] as const) {
      if (!this.#take(word)) continue;
      this.#skipNewlines();
      return { pattern: word, until: null, action: this.#block() };
    }
    const pattern = this.#expression();
    let until: Expression | null = null;
    if (this.#take(',')) {
      this.#skipNewlines();
      until = this.#expression();
    }
    return { pattern, until, action: this.#is('{') ? this.#block() : null };
  }

  #block(): Statement {
    this.#expect('{');
    const body: Statement[] = [];
    this.#skipEnds();
    while (!this.#take('}')) {
      body.push(this.#statement());
      this.#skipEnds();
    }
    return { kind: 'block', body };
  }

  #statement(): Statement {
    if (++this.#depth > MAX_DEPTH) throw new AwkSyntaxError('Too deeply nested');
    const made = this.#compound() ?? this.#simpleAndEnd();
    this.#depth--;
    return made;
  }

  #simpleAndEnd(): Statement {
    const made = this.#simple();
    const { kind } = this.#token;
    if (kind !== 'newline' && kind !== 'end' && !this.#is(';') && !this.#is('}'))
      throw this.#unexpected();
    if (this.#is(';')) this.#at++;
    return made;
  }

  #compound(): Statement | null {
    if (this.#is('{')) return this.#block();
    if (this.#take(';')) return { kind: 'block', body: [] };
    if (this.#take('if')) {
      const test = this.#parenthesized();
      const then = this.#body();
      const before = this.#at;
      this.#skipEnds();
      if (this.#take('else')) return { kind: 'if', test, then, otherwise: this.#body() };
      this.#at = before;
      return { kind: 'if', test, then, otherwise: null };
    }
    if (this.#take('while'))
      return { kind: 'while', test: this.#parenthesized(), body: this.#body() };
    if (this.#take('do')) {
      const body = this.#body();
      this.#skipEnds();
      this.#expect('while');
      return { kind: 'do', test: this.#parenthesized(), body };
    }
    return this.#take('for') ? this.#for() : null;
  }

  #body(): Statement {
    this.#skipNewlines();
    return this.#statement();
  }

  #parenthesized(): Expression {
    this.#expect('(');
    const inner = this.#free(() => this.#expression());
    this.#expect(')');
    return inner;
  }

  /** Within parentheses `>` compares. */
  #free<T>(parse: () => T): T {
    const before = this.#noGreater;
    this.#noGreater = false;
    const made = parse();
    this.#noGreater = before;
    return made;
  }

  #for(): Statement {
    this.#expect('(');
    const [name, word, array, end] = this.#tokens.slice(this.#at, this.#at + 4);
    if (
      name?.kind === 'name' &&
      word?.text === 'in' &&
      array?.kind === 'name' &&
      end?.text === ')'
    ) {
      this.#at += 4;
      return { kind: 'each', name: name.text, array: array.text, body: this.#body() };
    }
    const start = this.#is(';') ? null : this.#simple();
    this.#expect(';');
    this.#skipNewlines();
    const test = this.#is(';') ? null : this.#expression();
    this.#expect(';');
    this.#skipNewlines();
    const step = this.#is(')') ? null : this.#simple();
    this.#expect(')');
    return { kind: 'for', start, test, step, body: this.#body() };
  }

  #simple(): Statement {
    const { kind, text } = this.#token;
    if (kind !== 'word') return { kind: 'expression', expression: this.#expression() };
    switch (text) {
      case 'print':
      case 'printf':
        this.#at++;
        return this.#print(text === 'printf');
      case 'break':
      case 'continue':
      case 'next':
      case 'nextfile':
        this.#at++;
        return { kind: 'leave', how: text };
      case 'return':
      case 'exit':
        this.#at++;
        return { kind: text, value: this.#atEnd() ? null : this.#expression() };
      case 'delete':
        this.#at++;
        return this.#delete();
      default:
        return { kind: 'expression', expression: this.#expression() };
    }
  }

  #atEnd(): boolean {
    const { kind } = this.#token;
    return kind === 'newline' || kind === 'end' || this.#is(';') || this.#is('}');
  }

  #delete(): Statement {
    const { kind, text: array } = this.#token;
    if (kind !== 'name') throw this.#unexpected();
    this.#at++;
    if (!this.#take('[')) return { kind: 'delete', array, index: null };
    const index = this.#free(() => this.#list(']'));
    return { kind: 'delete', array, index };
  }

  #print(formatted: boolean): Statement {
    let args: readonly Expression[] = [];
    const grouped = this.#is('(') ? this.#groupedList() : null;
    if (grouped) args = grouped;
    else if (!this.#atEnd() && !this.#is('>') && !this.#is('|') && !this.#is('>>')) {
      const before = this.#noGreater;
      this.#noGreater = true;
      const list = [this.#expression()];
      while (this.#take(',')) {
        this.#skipNewlines();
        list.push(this.#expression());
      }
      this.#noGreater = before;
      args = list;
    }
    let output: Output | null = null;
    for (const operator of ['>', '>>', '|'] as const) {
      if (!this.#take(operator)) continue;
      output = { operator, to: this.#concatenation(true) };
    }
    if (formatted && args.length === 0) throw this.#unexpected();
    return { kind: 'print', formatted, arguments: args, output };
  }

  /** `print (a, b)`: a list only if nothing but an end or a redirection follows. */
  #groupedList(): readonly Expression[] | null {
    const start = this.#at;
    this.#at++;
    const list = this.#free(() => this.#list(')'));
    if (this.#atEnd() || this.#is('>') || this.#is('>>') || this.#is('|')) return list;
    this.#at = start;
    return null;
  }

  #list(end: string): Expression[] {
    const list: Expression[] = [];
    this.#skipNewlines();
    while (!this.#take(end)) {
      list.push(this.#expression());
      this.#skipNewlines();
      if (!this.#take(',') && !this.#is(end)) throw this.#unexpected();
      this.#skipNewlines();
    }
    return list;
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH) throw new AwkSyntaxError('Too deeply nested');
    const left = this.#conditional();
    this.#depth--;
    const { kind, text } = this.#token;
    if (kind !== 'operator' || !ASSIGNMENTS.has(text)) return left;
    const target = targetOf(left);
    if (!target) throw this.#unexpected();
    this.#at++;
    this.#skipNewlines();
    return { kind: 'assign', operator: text, target, value: this.#expression() };
  }

  #conditional(): Expression {
    const test = this.#or();
    if (!this.#take('?')) return test;
    this.#skipNewlines();
    const then = this.#expression();
    this.#skipNewlines();
    this.#expect(':');
    this.#skipNewlines();
    return { kind: 'conditional', test, then, otherwise: this.#expression() };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('||')) {
      this.#skipNewlines();
      left = { kind: 'binary', operator: '||', left, right: this.#and() };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#in();
    while (this.#take('&&')) {
      this.#skipNewlines();
      left = { kind: 'binary', operator: '&&', left, right: this.#in() };
    }
    return left;
  }

  #in(): Expression {
    let left = this.#match();
    while (this.#take('in')) {
      const { kind, text: array } = this.#token;
      if (kind !== 'name') throw this.#unexpected();
      this.#at++;
      left = { kind: 'in', index: [left], array };
    }
    return left;
  }

  #match(): Expression {
    let left = this.#comparison();
    for (;;) {
      const negated = this.#is('!') && this.#tokens[this.#at + 1]?.text === '~';
      if (!negated && !this.#is('~')) return left;
      this.#at += negated ? 2 : 1;
      left = { kind: 'binary', operator: negated ? '!~' : '~', left, right: this.#comparison() };
    }
  }

  #comparison(): Expression {
    const left = this.#pipe(this.#concatenation(false));
    const { kind, text } = this.#token;
    if (kind !== 'operator' || !COMPARISONS.has(text)) return left;
    if (text === '>' && this.#noGreater) return left;
    this.#at++;
    return { kind: 'binary', operator: text, left, right: this.#concatenation(false) };
  }

  /** `command | getline`. */
  #pipe(first: Expression): Expression {
    let left = first;
    while (this.#is('|') && this.#tokens[this.#at + 1]?.text === 'getline') {
      this.#at += 2;
      left = { kind: 'getline', source: 'command', from: left, target: this.#optionalTarget() };
    }
    return left;
  }

  #concatenation(single: boolean): Expression {
    let left = this.#additive();
    while (!single && this.#startsOperand()) {
      left = { kind: 'binary', operator: ' ', left, right: this.#additive() };
    }
    return left;
  }

  #startsOperand(): boolean {
    const { kind, text } = this.#token;
    if (kind === 'operator') {
      if (text === '!') return this.#tokens[this.#at + 1]?.text !== '~';
      return ['(', '$', '-', '+', '++', '--'].includes(text);
    }
    return kind !== 'newline' && kind !== 'end' && kind !== 'regex' && kind !== 'word';
  }

  #additive(): Expression {
    let left = this.#multiplicative();
    for (;;) {
      const operator = this.#is('+') ? '+' : this.#is('-') ? '-' : null;
      if (operator === null) return left;
      this.#at++;
      left = { kind: 'binary', operator, left, right: this.#multiplicative() };
    }
  }

  #multiplicative(): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = ['*', '/', '%'].find((text) => this.#is(text));
      if (operator === undefined) return left;
      this.#at++;
      left = { kind: 'binary', operator, left, right: this.#unary() };
    }
  }

  #unary(): Expression {
    for (const operator of ['!', '-', '+'] as const) {
      if (!this.#take(operator)) continue;
      if (++this.#depth > MAX_DEPTH) throw new AwkSyntaxError('Too deeply nested');
      const operand = this.#unary();
      this.#depth--;
      return { kind: 'unary', operator, operand };
    }
    return this.#power();
  }

  #power(): Expression {
    const left = this.#postfix();
    if (!this.#take('^')) return left;
    // Binds to the right, and a sign may follow.
    const minus = this.#take('-');
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
      if (!this.#take(by === 1 ? '++' : '--')) continue;
      const target = targetOf(this.#primary());
      if (!target) throw this.#unexpected();
      return { kind: 'step', by, before: true, target };
    }
    const made = this.#primary();
    const target = targetOf(made);
    for (const by of [1, -1] as const) {
      if (target && this.#take(by === 1 ? '++' : '--'))
        return { kind: 'step', by, before: false, target };
    }
    return made;
  }

  #primary(): Expression {
    const { kind, text } = this.#token;
    switch (kind) {
      case 'number':
        this.#at++;
        return { kind: 'number', value: Number(text) };
      case 'string':
        this.#at++;
        return { kind: 'string', value: text };
      case 'regex':
        this.#at++;
        return { kind: 'regex', regex: compileRegex(text, { extended: true }) };
      case 'name':
        this.#at++;
        if (!this.#take('[')) return { kind: 'name', name: text };
        return { kind: 'element', array: text, index: this.#free(() => this.#list(']')) };
      case 'call':
        this.#at += 2;
        return {
          kind: 'call',
          name: text,
          builtin: false,
          arguments: this.#free(() => this.#list(')')),
        };
      case 'builtin':
        return this.#builtin(text);
      default:
        return this.#otherPrimary();
    }
  }

  #builtin(name: string): Expression {
    this.#at++;
    const args = this.#take('(') ? this.#free(() => this.#list(')')) : [];
    return { kind: 'call', name, builtin: true, arguments: args };
  }

  #otherPrimary(): Expression {
    if (this.#take('$')) {
      if (this.#is('++') || this.#is('--')) return { kind: 'field', index: this.#postfix() };
      if (this.#take('-')) {
        return {
          kind: 'field',
          index: { kind: 'unary', operator: '-', operand: this.#primary() },
        };
      }
      return { kind: 'field', index: this.#primary() };
    }
    if (this.#take('getline')) {
      const target = this.#optionalTarget();
      if (!this.#take('<')) return { kind: 'getline', source: 'main', from: null, target };
      return { kind: 'getline', source: 'file', from: this.#primary(), target };
    }
    if (this.#take('-')) return { kind: 'unary', operator: '-', operand: this.#unary() };
    if (!this.#take('(')) throw this.#unexpected();
    const list = this.#free(() => this.#list(')'));
    const [only] = list;
    if (list.length === 1 && only) return { kind: 'group', inner: only };
    // (i, j) in array
    this.#expect('in');
    const { kind, text: array } = this.#token;
    if (kind !== 'name') throw this.#unexpected();
    this.#at++;
    return { kind: 'in', index: list, array };
  }

  #optionalTarget(): Target | null {
    const { kind } = this.#token;
    if (kind !== 'name' && !this.#is('$')) return null;
    return targetOf(this.#primary());
  }
}

function targetOf(expression: Expression): Target | null {
  const { kind } = expression;
  return kind === 'name' || kind === 'element' || kind === 'field' ? expression : null;
}
