/** From text to statement. Throws SqlError. */
import {
  type Column,
  type ColumnType,
  type Expression,
  type Select,
  type Selected,
  SqlError,
  type Statement,
  type Value,
} from './ast.ts';
import { type Token, tokens } from './lexer.ts';

const MAX_DEPTH = 100;
const TYPES: readonly (readonly [RegExp, ColumnType])[] = [
  [/^(small|big|tiny|medium)?(int|serial)(eger|\d)?$|^int\d?$/, 'integer'],
  [/^(real|float\d?|double|decimal|numeric|precision)$/, 'real'],
  [/^(var|n?var)?char$|^character$|^(tiny|medium|long)?text$|^uuid$|^json$|^jsonb$|^enum$/, 'text'],
  [/^bool(ean)?$/, 'boolean'],
  [/^(timestamp(tz)?|datetime|date|time)$/, 'time'],
];
/** By precedence, the loosest first. */
const OPERATORS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['=', '<>', '!=', '<', '>', '<=', '>=', 'like'],
  ['+', '-', '||'],
  ['*', '/', '%'],
];

export function parseStatement(sql: string, doubleQuotesText: boolean): Statement {
  const list = tokens(sql, doubleQuotesText);
  if (typeof list === 'number') throw syntax(sql.slice(list), list);
  const parser = new Parser(sql, list);
  const statement = parser.statement();
  parser.end();
  return statement;
}

function syntax(near: string, at: number): SqlError {
  return new SqlError({ kind: 'syntax', near, at });
}

class Parser {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(sql: string, list: readonly Token[]) {
    this.#sql = sql;
    this.#tokens = list;
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  end(): void {
    this.#take(';');
    if (this.#token.type !== 'end') throw this.#unexpected();
  }

  #unexpected(): SqlError {
    return syntax(this.#sql.slice(this.#token.at), this.#token.at);
  }

  #is(text: string): boolean {
    const { type, text: own } = this.#token;
    return (type === 'word' || type === 'symbol') && own.toLowerCase() === text;
  }

  #take(...words: readonly string[]): boolean {
    const start = this.#next;
    for (const word of words) {
      if (!this.#is(word)) {
        this.#next = start;
        return false;
      }
      this.#next++;
    }
    return true;
  }

  #expect(...words: readonly string[]): void {
    if (!this.#take(...words)) throw this.#unexpected();
  }

  #name(): string {
    const { text, type } = this.#token;
    if (type !== 'word' && type !== 'quoted') throw this.#unexpected();
    this.#next++;
    // `database.table`, `schema.table`: the last part counts.
    if (this.#take('.')) return this.#name();
    return type === 'word' ? text : text;
  }

  statement(): Statement {
    if (this.#take('select')) return this.#select();
    if (this.#take('insert', 'into')) return this.#insert();
    if (this.#take('update')) return this.#update();
    if (this.#take('delete', 'from')) {
      const table = this.#name();
      return { type: 'delete', table, where: this.#where() };
    }
    if (this.#take('create', 'database') || this.#take('create', 'schema')) {
      const ifNotExists = this.#take('if', 'not', 'exists');
      const name = this.#name();
      this.#skipRest();
      return { type: 'createDatabase', name, ifNotExists };
    }
    if (this.#take('drop', 'database') || this.#take('drop', 'schema')) {
      const ifExists = this.#take('if', 'exists');
      return { type: 'dropDatabase', name: this.#name(), ifExists };
    }
    if (this.#take('create', 'table')) return this.#createTable();
    if (this.#take('drop', 'table')) {
      const ifExists = this.#take('if', 'exists');
      return { type: 'dropTable', name: this.#name(), ifExists };
    }
    if (this.#take('use')) return { type: 'use', name: this.#name() };
    if (this.#take('show', 'databases') || this.#take('show', 'schemas')) {
      return { type: 'show', what: 'databases' };
    }
    if (this.#take('show', 'tables')) return { type: 'show', what: 'tables' };
    const { text, type } = this.#token;
    const known =
      /^(alter|analyze|begin|call|commit|copy|create|describe|drop|explain|flush|grant|lock|replace|revoke|rollback|set|show|start|truncate|vacuum|with)$/i;
    if (type === 'word' && known.test(text)) {
      throw new SqlError({ kind: 'notSimulated', what: text.toUpperCase() });
    }
    throw this.#unexpected();
  }

  /** Character sets, owners and the like have no effect. */
  #skipRest(): void {
    while (this.#token.type !== 'end' && !this.#is(';')) this.#next++;
  }

  #select(): Select {
    const columns = [this.#selected()];
    while (this.#take(',')) columns.push(this.#selected());
    const table = this.#take('from') ? this.#name() : null;
    if (this.#is('join') || this.#is('inner') || this.#is('left') || (table && this.#is(','))) {
      throw new SqlError({ kind: 'notSimulated', what: 'JOIN' });
    }
    const where = this.#where();
    if (this.#is('group')) throw new SqlError({ kind: 'notSimulated', what: 'GROUP BY' });
    let orderBy: Select['orderBy'] = null;
    if (this.#take('order', 'by')) {
      const expression = this.#expression();
      const descending = this.#take('desc');
      if (!descending) this.#take('asc');
      orderBy = { expression, descending };
    }
    let limit: number | null = null;
    if (this.#take('limit')) {
      if (this.#token.type !== 'number') throw this.#unexpected();
      limit = Number(this.#token.text);
      this.#next++;
    }
    return { type: 'select', columns, table, where, orderBy, limit };
  }

  #selected(): Selected {
    const start = this.#token.at;
    if (this.#take('*')) return { expression: { type: 'all' }, title: '*' };
    const expression = this.#expression();
    const written = this.#sql.slice(start, this.#token.at).trim();
    if (this.#take('as')) return { expression, title: this.#name() };
    return { expression, title: written };
  }

  #where(): Expression | null {
    return this.#take('where') ? this.#expression() : null;
  }

  #insert(): Statement {
    const table = this.#name();
    let columns: string[] | null = null;
    if (this.#take('(')) {
      columns = [this.#name()];
      while (this.#take(',')) columns.push(this.#name());
      this.#expect(')');
    }
    if (!this.#take('values')) this.#expect('value');
    const rows: (readonly Expression[])[] = [];
    do {
      this.#expect('(');
      rows.push(this.#list());
      this.#expect(')');
    } while (this.#take(','));
    return { type: 'insert', table, columns, rows };
  }

  #list(): readonly Expression[] {
    const list = [this.#expression()];
    while (this.#take(',')) list.push(this.#expression());
    return list;
  }

  #update(): Statement {
    const table = this.#name();
    this.#expect('set');
    const changes: (readonly [string, Expression])[] = [];
    do {
      const name = this.#name();
      this.#expect('=');
      changes.push([name, this.#expression()]);
    } while (this.#take(','));
    return { type: 'update', table, changes, where: this.#where() };
  }

  #createTable(): Statement {
    const ifNotExists = this.#take('if', 'not', 'exists');
    const name = this.#name();
    this.#expect('(');
    const columns: Column[] = [];
    const unique = new Set<string>();
    do {
      if (this.#take('primary', 'key') || this.#take('unique')) {
        this.#expect('(');
        unique.add(this.#name());
        this.#expect(')');
      } else columns.push(this.#column());
    } while (this.#take(','));
    this.#expect(')');
    this.#skipRest();
    return {
      type: 'createTable',
      name,
      columns: columns.map((c) => (unique.has(c.name) ? { ...c, unique: true } : c)),
      ifNotExists,
    };
  }

  #column(): Column {
    const name = this.#name();
    const written = this.#name().toLowerCase();
    const type = TYPES.find(([pattern]) => pattern.test(written))?.[1];
    if (!type) throw new SqlError({ kind: 'notSimulated', what: `the type ${written}` });
    this.#take('varying');
    this.#take('precision');
    if (this.#take('(')) while (!this.#take(')')) this.#next++;
    this.#take('unsigned');
    this.#take('with', 'time', 'zone');
    this.#take('without', 'time', 'zone');
    let column = { name, type, notNull: false, unique: false, counts: /serial/.test(written) };
    let fallback: Value = null;
    for (;;) {
      if (this.#take('not', 'null')) column = { ...column, notNull: true };
      else if (this.#take('primary', 'key')) column = { ...column, notNull: true, unique: true };
      else if (this.#take('unique')) column = { ...column, unique: true };
      else if (this.#take('auto_increment')) column = { ...column, counts: true };
      else if (this.#take('null')) continue;
      else if (this.#take('default')) fallback = this.#literal();
      else return { ...column, fallback };
    }
  }

  #literal(): Value {
    const expression = this.#primary();
    // now() and the like: the moment is filled in when a row comes.
    return expression.type === 'value' ? expression.value : null;
  }

  #expression(level = 0): Expression {
    if (++this.#depth > MAX_DEPTH) throw new SqlError({ kind: 'notSimulated', what: 'such depth' });
    try {
      const operators = OPERATORS[level];
      if (!operators) return this.#unary();
      if (level === 1 && this.#take('not')) return { type: 'not', of: this.#expression(level) };
      let left = this.#expression(level + 1);
      for (;;) {
        const operator = operators.find((o) => this.#take(o));
        if (operator !== undefined) {
          left = { type: 'binary', operator, left, right: this.#expression(level + 1) };
        } else if (level === 2 && this.#take('is')) {
          const negated = this.#take('not');
          this.#expect('null');
          left = { type: 'isNull', of: left, negated };
        } else if (level === 2 && this.#take('in', '(')) {
          left = { type: 'in', of: left, list: this.#list() };
          this.#expect(')');
        } else return left;
      }
    } finally {
      this.#depth--;
    }
  }

  #unary(): Expression {
    if (this.#take('-')) return { type: 'negative', of: this.#unary() };
    const of = this.#primary();
    // A cast says what is known already.
    if (this.#take('::')) this.#name();
    return of;
  }

  #primary(): Expression {
    const { text, type } = this.#token;
    if (type === 'number') {
      this.#next++;
      return { type: 'value', value: Number(text) };
    }
    if (type === 'text') {
      this.#next++;
      return { type: 'value', value: text };
    }
    if (this.#take('(')) {
      const inside = this.#expression();
      this.#expect(')');
      return inside;
    }
    if (this.#take('null')) return { type: 'value', value: null };
    if (this.#take('true')) return { type: 'value', value: true };
    if (this.#take('false')) return { type: 'value', value: false };
    const name = this.#name();
    if (!this.#take('(')) return { type: 'column', name };
    if (this.#take('*', ')')) return { type: 'call', name, args: [{ type: 'all' }] };
    if (this.#take(')')) return { type: 'call', name, args: [] };
    const args = this.#list();
    this.#expect(')');
    return { type: 'call', name, args };
  }
}
