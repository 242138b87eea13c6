/** What the two database servers do alike: logins, and scripts run statement by statement. */
import type { Proc } from '../../../kernel/process.ts';
import type { Connection, ProcessContext } from '../../node/runtime/program.ts';
import { SqlError, type Statement } from './ast.ts';
import type { Databases, Result } from './database.ts';
import { statementsOf } from './lexer.ts';
import { parseStatement } from './parser.ts';
import { type Answer, type Greeting, type Login, readMessage, type SqlRequest } from './wire.ts';

/** CPU time of a statement. */
const STATEMENT_US = 300;

export interface SqlServer {
  readonly databases: Databases;
  readonly doubleQuotesText: boolean;
  /** Null: welcome; else why not. */
  admit(login: Login, connection: Connection): string | null;
  /** Statements that a client may not run. */
  refuse(statement: Statement): void;
  /** Told of each statement that failed. */
  failed(error: SqlError, sql: string): void;
}

export function* serveSql(
  context: ProcessContext,
  server: SqlServer,
  connection: Connection,
): Proc {
  const login = (yield* readMessage(connection)) as Login | null;
  if (login === null || typeof login.user !== 'string') return;
  const message = server.admit(login, connection);
  const greeting: Greeting = message === null ? { ok: true } : { ok: false, message };
  connection.write(`${JSON.stringify(greeting)}\n`);
  let database = login.database;
  while (message === null) {
    const request = (yield* readMessage(connection)) as SqlRequest | null;
    if (request === null) return;
    const { list, script = '' } = request;
    const answer = list
      ? listing(server.databases, database ?? login.user, list)
      : yield* runScript(context, server, database, script);
    if (answer.ok) database = answer.database;
    connection.write(`${JSON.stringify(answer)}\n`);
    while (connection.full) yield connection.full;
  }
}

function listing(databases: Databases, database: string, what: 'databases' | 'tables'): Answer {
  return { ok: true, results: [databases.list(database, what)], database };
}

export function* runScript(
  context: ProcessContext,
  server: SqlServer,
  chosen: string | null,
  script: string,
): Proc<Answer> {
  let database = chosen;
  const results: Result[] = [];
  let line = 1;
  for (const sql of statementsOf(script)) {
    yield* context.work(STATEMENT_US);
    try {
      const statement = parseStatement(sql, server.doubleQuotesText);
      server.refuse(statement);
      results.push(server.databases.run(database, statement));
      if (statement.type === 'use') database = statement.name;
      if (statement.type === 'dropDatabase' && statement.name === database) database = null;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      server.failed(error, sql);
      return { ok: false, results, failure: error.failure, line, sql };
    }
    line += sql.split('\n').length - 1;
  }
  return { ok: true, results, database };
}
