/**
 * How clients of the database servers talk to them: a line of JSON each way.
 *
 * Simplified: this stands for the protocols of MySQL and PostgreSQL, which nothing here speaks.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { Connection, ConnectFailure, ProcessContext } from '../../node/runtime/program.ts';
import { lookupHost } from '../../node/runtime/resolver.ts';
import type { SqlFailure } from './ast.ts';
import type { Result } from './database.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string | null;
}

export type Answer =
  | { readonly ok: true; readonly results: readonly Result[]; readonly database: string | null }
  | {
      readonly ok: false;
      /** What came before the failure. */
      readonly results: readonly Result[];
      readonly failure: SqlFailure;
      /** Statement, counted from 1, and its text. */
      readonly line: number;
      readonly sql: string;
    };

/** One of the two. */
export interface SqlRequest {
  readonly script?: string;
  readonly list?: 'databases' | 'tables';
}

export type Greeting = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface Session {
  run(script: string): Proc<Answer | null>;
  /** What there is, without a statement. */
  list(what: 'databases' | 'tables'): Proc<Answer | null>;
  close(): void;
}

export type OpenFailure =
  | { readonly kind: 'unreachable'; readonly why: ConnectFailure; readonly address: string }
  | { readonly kind: 'noHost' }
  | { readonly kind: 'refused'; readonly message: string };

export function* openSession(
  context: ProcessContext,
  host: string,
  port: number,
  login: Login,
): Proc<Session | OpenFailure> {
  const found = yield* lookupHost(context, host);
  if (typeof found === 'string') return { kind: 'noHost' };
  const address = found[0] ?? '';
  const connection = yield* context.connect(address, port);
  if (typeof connection === 'string') return { kind: 'unreachable', why: connection, address };
  const greeting = yield* ask<Greeting>(connection, login);
  if (greeting === null) return { kind: 'unreachable', why: 'reset', address };
  if (!greeting.ok) return { kind: 'refused', message: greeting.message };
  return {
    run: (script) => ask<Answer>(connection, { script }),
    list: (what) => ask<Answer>(connection, { list: what }),
    close: () => connection.close(),
  };
}

export function isSession(opened: Session | OpenFailure): opened is Session {
  return 'run' in opened;
}

function* ask<T>(connection: Connection, message: object): Proc<T | null> {
  if (connection.write(`${JSON.stringify(message)}\n`) !== null) return null;
  return (yield* readMessage(connection)) as T | null;
}

/** Null at the end, and for what is no message. */
export function* readMessage(connection: Connection): Proc<object | null> {
  const line = yield* connection.input.readLine();
  if (line === null) return null;
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' ? message : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}
