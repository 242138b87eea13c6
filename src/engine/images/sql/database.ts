/**
 * Databases with tables, kept in files: one for each table.
 *
 * Simplified: one table in a query, no indexes, no transactions: what is written is written at once.
 */
import { joinPath } from '../../node/runtime/file-tree.ts';
import type { FileSystem } from '../../node/runtime/program.ts';
import {
  type Column,
  type Expression,
  type Select,
  type Selected,
  SqlError,
  type Statement,
  type Value,
} from './ast.ts';
import { aggregate, compare, evaluate, isAggregate, type Scope, truthOf } from './evaluate.ts';

export interface Result {
  /** INSERT, SELECT, CREATE TABLE … */
  readonly tag: string;
  /** Rows written. */
  readonly count: number;
  /** Null: there is no table to show. */
  readonly columns: readonly string[] | null;
  readonly rows: readonly (readonly Value[])[];
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  rows: Value[][];
  nextNumber: number;
}

export interface ServerFunctions {
  readonly [name: string]: () => Value;
}

const SUFFIX = '.table';
const MAX_ROWS = 100_000;

export class Databases {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #functions: ServerFunctions;
  readonly #now: () => string;

  constructor(fs: FileSystem, directory: string, functions: ServerFunctions, now: () => string) {
    this.#fs = fs;
    this.#directory = directory;
    this.#functions = functions;
    this.#now = now;
  }

  names(): readonly string[] {
    const entries = this.#fs.list(this.#directory) ?? [];
    return entries.filter((name) => this.has(name));
  }

  has(name: string): boolean {
    return this.#fs.kind(joinPath(this.#directory, name)) === 'directory';
  }

  create(name: string): void {
    const problem = this.#fs.makeDirectory(joinPath(this.#directory, name));
    if (problem !== null) throw storage(problem);
  }

  run(database: string | null, statement: Statement): Result {
    switch (statement.type) {
      case 'createDatabase':
        if (this.has(statement.name)) {
          if (statement.ifNotExists) return done('CREATE DATABASE');
          throw new SqlError({ kind: 'databaseExists', name: statement.name });
        }
        this.create(statement.name);
        return done('CREATE DATABASE', 1);
      case 'dropDatabase':
        return this.#dropDatabase(statement.name, statement.ifExists);
      case 'show':
        return this.#show(database, statement.what);
      case 'use':
        if (!this.has(statement.name))
          throw new SqlError({ kind: 'noDatabase', name: statement.name });
        return done('USE');
      case 'select':
        return this.#select(database, statement);
      default:
        return this.#runIn(chosen(database), statement);
    }
  }

  #runIn(
    database: string,
    statement: Exclude<
      Statement,
      { readonly type: 'createDatabase' | 'dropDatabase' | 'show' | 'use' | 'select' }
    >,
  ): Result {
    switch (statement.type) {
      case 'createTable': {
        const { columns, ifNotExists, name } = statement;
        if (this.#fs.kind(this.#path(database, name)) !== null) {
          if (ifNotExists) return done('CREATE TABLE');
          throw new SqlError({ kind: 'tableExists', name });
        }
        this.#save(database, { name, columns, rows: [], nextNumber: 1 });
        return done('CREATE TABLE');
      }
      case 'dropTable': {
        const problem = this.#fs.remove(this.#path(database, statement.name));
        if (problem === null || statement.ifExists) return done('DROP TABLE');
        throw new SqlError({ kind: 'noTable', name: statement.name });
      }
      case 'insert':
        return this.#insert(database, statement);
      case 'update':
        return this.#update(database, statement);
      case 'delete': {
        const table = this.#load(database, statement.table);
        const kept = table.rows.filter((row) => !this.#matches(table, row, statement.where));
        const count = table.rows.length - kept.length;
        table.rows = kept;
        this.#save(database, table);
        return done('DELETE', count);
      }
    }
  }

  #dropDatabase(name: string, ifExists: boolean): Result {
    const directory = joinPath(this.#directory, name);
    if (!this.has(name)) {
      if (ifExists) return done('DROP DATABASE');
      throw new SqlError({ kind: 'noDatabase', name });
    }
    for (const file of this.#fs.list(directory) ?? []) this.#fs.remove(joinPath(directory, file));
    const problem = this.#fs.remove(directory);
    if (problem !== null) throw storage(problem);
    return done('DROP DATABASE');
  }

  #show(database: string | null, what: 'databases' | 'tables'): Result {
    if (what === 'databases')
      return table(
        'SHOW',
        ['Database'],
        this.names().map((n) => [n]),
      );
    const name = chosen(database);
    return table(
      'SHOW',
      [`Tables_in_${name}`],
      this.tables(name).map((t) => [t]),
    );
  }

  /** As psql lists them. */
  list(database: string, what: 'databases' | 'tables'): Result {
    if (what === 'databases')
      return table(
        'LIST',
        ['Name'],
        this.names().map((n) => [n]),
      );
    const rows = this.tables(database).map((name) => ['public', name, 'table']);
    return table('LIST', ['Schema', 'Name', 'Type'], rows);
  }

  tables(database: string): readonly string[] {
    const files = this.#fs.list(joinPath(this.#directory, database)) ?? [];
    return files.filter((f) => f.endsWith(SUFFIX)).map((f) => f.slice(0, -SUFFIX.length));
  }

  #path(database: string, name: string): string {
    return joinPath(joinPath(this.#directory, database), `${name.replaceAll('/', '_')}${SUFFIX}`);
  }

  #load(database: string, name: string): Table {
    const text = this.#fs.read(this.#path(database, name));
    if (text === undefined) throw new SqlError({ kind: 'noTable', name });
    try {
      return JSON.parse(text) as Table;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw storage(`${name}${SUFFIX} is damaged`);
    }
  }

  #save(database: string, changed: Table): void {
    const path = this.#path(database, changed.name);
    const problem = this.#fs.write(path, JSON.stringify(changed), false);
    if (problem !== null) throw storage(problem);
  }

  #scope({ columns }: Pick<Table, 'columns'>, row: readonly Value[]): Scope {
    return {
      functions: this.#functions,
      column: (name) => {
        const i = columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
        return i < 0 ? undefined : (row[i] ?? null);
      },
    };
  }

  #matches(of: Table, row: readonly Value[], where: Expression | null): boolean {
    return where === null || truthOf(evaluate(where, this.#scope(of, row))) === true;
  }

  #insert(database: string, statement: Extract<Statement, { readonly type: 'insert' }>): Result {
    const into = this.#load(database, statement.table);
    const names = statement.columns ?? into.columns.map((c) => c.name);
    const indexes = names.map((name) => {
      const i = into.columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
      if (i < 0) throw new SqlError({ kind: 'noColumn', name });
      return i;
    });
    for (const expressions of statement.rows) {
      if (expressions.length !== names.length) throw new SqlError({ kind: 'valueCount' });
      const given = new Map<number, Value>();
      const scope = this.#scope({ columns: [] }, []);
      for (const [i, e] of expressions.entries()) given.set(indexes[i] ?? 0, evaluate(e, scope));
      this.#add(into, given);
    }
    this.#save(database, into);
    return done('INSERT', statement.rows.length);
  }

  #add(into: Table, given: ReadonlyMap<number, Value>): void {
    if (into.rows.length >= MAX_ROWS) throw storage('the table is full');
    const row = into.columns.map((column, i) => {
      const value = given.get(i);
      if ((value === undefined || value === null) && column.counts) return into.nextNumber++;
      if (value !== undefined) return fitted(column, value);
      if (column.type === 'time' && column.fallback === null && !column.notNull) return null;
      return column.type === 'time' ? this.#now() : column.fallback;
    });
    this.#check(into, row, null);
    into.rows.push(row);
  }

  #check(of: Table, row: readonly Value[], but: readonly Value[] | null): void {
    for (const [i, { name, notNull, unique }] of of.columns.entries()) {
      const value = row[i] ?? null;
      if (value === null) {
        if (notNull) throw new SqlError({ kind: 'null', column: name, table: of.name });
        continue;
      }
      if (!unique || !of.rows.some((r) => r !== but && r[i] === value)) continue;
      throw new SqlError({ kind: 'duplicate', column: name, table: of.name, value: String(value) });
    }
  }

  #update(database: string, statement: Extract<Statement, { readonly type: 'update' }>): Result {
    const of = this.#load(database, statement.table);
    let count = 0;
    for (const row of of.rows) {
      if (!this.#matches(of, row, statement.where)) continue;
      const next = [...row];
      for (const [name, expression] of statement.changes) {
        const i = of.columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
        const column = of.columns[i];
        if (!column) throw new SqlError({ kind: 'noColumn', name });
        next[i] = fitted(column, evaluate(expression, this.#scope(of, row)));
      }
      this.#check(of, next, row);
      row.splice(0, row.length, ...next);
      count++;
    }
    this.#save(database, of);
    return done('UPDATE', count);
  }

  #select(database: string | null, select: Select): Result {
    const from =
      select.table === null
        ? { name: '', columns: [], rows: [[]], nextNumber: 1 }
        : this.#load(chosen(database), select.table);
    const rows = from.rows.filter((row) => this.#matches(from, row, select.where));
    const { orderBy } = select;
    if (orderBy) {
      const keyOf = (row: readonly Value[]): Value =>
        evaluate(orderBy.expression, this.#scope(from, row));
      rows.sort((a, b) => compare(keyOf(a), keyOf(b)) * (orderBy.descending ? -1 : 1));
    }
    const columns = select.columns.flatMap((c) => expanded(c, from.columns));
    const titles = columns.map((c) => c.title);
    const scopes = rows.map((row) => this.#scope(from, row));
    if (columns.some((c) => isAggregate(c.expression))) {
      return table('SELECT', titles, [columns.map((c) => aggregate(c.expression, scopes))]);
    }
    const wanted = select.limit === null ? scopes : scopes.slice(0, select.limit);
    return table(
      'SELECT',
      titles,
      wanted.map((scope) => columns.map((c) => evaluate(c.expression, scope))),
    );
  }
}

function expanded(selected: Selected, columns: readonly Column[]): readonly Selected[] {
  if (selected.expression.type !== 'all') return [selected];
  return columns.map(({ name }) => ({ expression: { type: 'column', name }, title: name }));
}

function chosen(database: string | null): string {
  if (database === null) throw new SqlError({ kind: 'noDatabaseChosen' });
  return database;
}

function storage(why: string): SqlError {
  return new SqlError({ kind: 'storage', why });
}

function done(tag: string, count = 0): Result {
  return { tag, count, columns: null, rows: [] };
}

function table(
  tag: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Result {
  return { tag, count: rows.length, columns, rows };
}

/** The value as the column keeps it. */
function fitted({ name, type }: Column, value: Value): Value {
  if (value === null) return null;
  switch (type) {
    case 'integer':
    case 'real': {
      const number = Number(value);
      if (Number.isNaN(number)) {
        throw new SqlError({ kind: 'type', column: name, value: String(value) });
      }
      return type === 'integer' ? Math.round(number) : number;
    }
    case 'boolean':
      return typeof value === 'string' ? /^(t|true|1|yes|on)$/i.test(value) : truthOf(value);
    default:
      return String(value);
  }
}
