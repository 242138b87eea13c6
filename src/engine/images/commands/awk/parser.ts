/** Parses awk programs. Models: POSIX awk, Grammar. */
import { ExpressionParser, MAX_DEPTH } from './expression-parser.ts';
import { tokenize } from './lexer.ts';
import {
  type AwkFunction,
  type AwkProgram,
  AwkSyntaxError,
  type Expression,
  type Output,
  type Rule,
  type Statement,
} from './syntax.ts';

export function parseAwk(source: string): AwkProgram {
  return new Parser(tokenize(source)).program();
}

class Parser extends ExpressionParser {
  program(): AwkProgram {
    const rules: Rule[] = [];
    const functions = new Map<string, AwkFunction>();
    this.#skipEnds();
    while (this.token.kind !== 'end') {
      if (this.isWord('function')) {
        const made = this.#function();
        functions.set(made.name, made);
      } else rules.push(this.#rule());
      this.#skipEnds();
    }
    return { rules, functions };
  }

  #skipEnds(): void {
    while (this.token.kind === 'newline' || this.is(';')) this.at++;
  }

  #function(): AwkFunction {
    this.expect('function');
    const { kind, text: name } = this.token;
    if (kind !== 'name' && kind !== 'call') throw this.unexpected();
    this.at++;
    this.expect('(');
    const parameters: string[] = [];
    while (!this.take(')')) {
      this.skipNewlines();
      if (this.token.kind !== 'name') throw this.unexpected();
      parameters.push(this.token.text);
      this.at++;
      this.skipNewlines();
      if (!this.take(',') && !this.is(')')) throw this.unexpected();
    }
    this.skipNewlines();
    return { name, parameters, body: this.#block() };
  }

  #rule(): Rule {
    if (this.is('{')) return { pattern: null, until: null, action: this.#block() };
    for (const word of ['BEGIN', 'END'] as const) {
      if (!this.take(word)) continue;
      this.skipNewlines();
      return { pattern: word, until: null, action: this.#block() };
    }
    const pattern = this.expression();
    let until: Expression | null = null;
    if (this.take(',')) {
      this.skipNewlines();
      until = this.expression();
    }
    return { pattern, until, action: this.is('{') ? this.#block() : null };
  }

  #block(): Statement {
    this.expect('{');
    const body: Statement[] = [];
    this.#skipEnds();
    while (!this.take('}')) {
      body.push(this.#statement());
      this.#skipEnds();
    }
    return { kind: 'block', body };
  }

  #statement(): Statement {
    if (++this.depth > MAX_DEPTH) throw new AwkSyntaxError('Too deeply nested');
    const made = this.#compound() ?? this.#simpleAndEnd();
    this.depth--;
    return made;
  }

  #simpleAndEnd(): Statement {
    const made = this.#simple();
    const { kind } = this.token;
    if (kind !== 'newline' && kind !== 'end' && !this.is(';') && !this.is('}'))
      throw this.unexpected();
    if (this.is(';')) this.at++;
    return made;
  }

  #compound(): Statement | null {
    if (this.is('{')) return this.#block();
    if (this.take(';')) return { kind: 'block', body: [] };
    if (this.take('if')) {
      const test = this.#parenthesized();
      const then = this.#body();
      const before = this.at;
      this.#skipEnds();
      if (this.take('else')) return { kind: 'if', test, then, otherwise: this.#body() };
      this.at = before;
      return { kind: 'if', test, then, otherwise: null };
    }
    if (this.take('while'))
      return { kind: 'while', test: this.#parenthesized(), body: this.#body() };
    if (this.take('do')) {
      const body = this.#body();
      this.#skipEnds();
      this.expect('while');
      return { kind: 'do', test: this.#parenthesized(), body };
    }
    return this.take('for') ? this.#for() : null;
  }

  #body(): Statement {
    this.skipNewlines();
    return this.#statement();
  }

  #parenthesized(): Expression {
    this.expect('(');
    const inner = this.free(() => this.expression());
    this.expect(')');
    return inner;
  }

  #for(): Statement {
    this.expect('(');
    const [name, word, array, end] = this.tokens.slice(this.at, this.at + 4);
    if (
      name?.kind === 'name' &&
      word?.text === 'in' &&
      array?.kind === 'name' &&
      end?.text === ')'
    ) {
      this.at += 4;
      return { kind: 'each', name: name.text, array: array.text, body: this.#body() };
    }
    const start = this.is(';') ? null : this.#simple();
    this.expect(';');
    this.skipNewlines();
    const test = this.is(';') ? null : this.expression();
    this.expect(';');
    this.skipNewlines();
    const step = this.is(')') ? null : this.#simple();
    this.expect(')');
    return { kind: 'for', start, test, step, body: this.#body() };
  }

  #simple(): Statement {
    const { kind, text } = this.token;
    if (kind !== 'word') return { kind: 'expression', expression: this.expression() };
    switch (text) {
      case 'print':
      case 'printf':
        this.at++;
        return this.#print(text === 'printf');
      case 'break':
      case 'continue':
      case 'next':
      case 'nextfile':
        this.at++;
        return { kind: 'leave', how: text };
      case 'return':
      case 'exit':
        this.at++;
        return { kind: text, value: this.#atEnd() ? null : this.expression() };
      case 'delete':
        this.at++;
        return this.#delete();
      default:
        return { kind: 'expression', expression: this.expression() };
    }
  }

  #atEnd(): boolean {
    const { kind } = this.token;
    return kind === 'newline' || kind === 'end' || this.is(';') || this.is('}');
  }

  #delete(): Statement {
    const { kind, text: array } = this.token;
    if (kind !== 'name') throw this.unexpected();
    this.at++;
    if (!this.take('[')) return { kind: 'delete', array, index: null };
    const index = this.free(() => this.list(']'));
    return { kind: 'delete', array, index };
  }

  #print(formatted: boolean): Statement {
    let args: readonly Expression[] = [];
    const grouped = this.is('(') ? this.#groupedList() : null;
    if (grouped) args = grouped;
    else if (!this.#atEnd() && !this.is('>') && !this.is('|') && !this.is('>>')) {
      const before = this.noGreater;
      this.noGreater = true;
      const list = [this.expression()];
      while (this.take(',')) {
        this.skipNewlines();
        list.push(this.expression());
      }
      this.noGreater = before;
      args = list;
    }
    let output: Output | null = null;
    for (const operator of ['>', '>>', '|'] as const) {
      if (!this.take(operator)) continue;
      output = { operator, to: this.concatenation(true) };
    }
    if (formatted && args.length === 0) throw this.unexpected();
    return { kind: 'print', formatted, arguments: args, output };
  }

  /** `print (a, b)`: a list only if nothing but an end or a redirection follows. */
  #groupedList(): readonly Expression[] | null {
    const start = this.at;
    this.at++;
    const list = this.free(() => this.list(')'));
    if (this.#atEnd() || this.is('>') || this.is('>>') || this.is('|')) return list;
    this.at = start;
    return null;
  }
}
