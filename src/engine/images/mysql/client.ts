/**
 * mysql and mysqladmin: statements of -e, or of the input, and whether the server is there.
 *
 * Models: MySQL 8's clients: their options, tables and errors.
 * Simplified: a server on localhost is reached by its port, whatever the protocol.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { Terminal } from '../../node/runtime/terminal.ts';
import type { Result } from '../sql/database.ts';
import { boxed, tabbed } from '../sql/table-text.ts';
import {
  type Answer,
  isSession,
  type OpenFailure,
  openSession,
  type Session,
} from '../sql/wire.ts';
import { mysqlError } from './errors.ts';
import { MYSQL_PORT } from './server.ts';

const START_US = 4_000;
const SOCKET = '/var/run/mysqld/mysqld.sock';
const INSECURE = '[Warning] Using a password on the command line interface can be insecure.\n';
const ERRNO = { refused: 111, timeout: 110, unreachable: 113, reset: 104, protocol: 104 } as const;

interface Options {
  host: string;
  port: number;
  user: string;
  password: string;
  shown: boolean;
  database: string | null;
  script: string | null;
  titles: boolean;
  table: boolean | null;
  words: string[];
}

function readOptions(context: ProcessContext): Options | string {
  const options: Options = {
    host: 'localhost',
    port: MYSQL_PORT,
    user: 'root',
    password: context.env.get('MYSQL_PWD') ?? '',
    shown: false,
    database: null,
    script: null,
    titles: true,
    table: null,
    words: [],
  };
  const words = [...context.argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const match = /^(?:--([\w-]+)(?:=(.*))?|-([a-zA-Z])(.*))$/s.exec(word);
    if (!match) {
      options.words.push(word);
      continue;
    }
    const name = match[1] ?? LONG[match[3] ?? ''];
    const inline = match[2] ?? (match[4] || undefined);
    if (name === 'password') {
      options.password = inline ?? options.password;
      options.shown = inline !== undefined;
    } else if (
      name === undefined ||
      !setOption(options, name, () => inline ?? words.shift() ?? '')
    ) {
      return `unknown option '${word}'`;
    }
  }
  return options;
}

const LONG: Readonly<Record<string, string>> = {
  B: 'batch',
  D: 'database',
  N: 'skip-column-names',
  P: 'port',
  e: 'execute',
  h: 'host',
  p: 'password',
  s: 'silent',
  t: 'table',
  u: 'user',
};

function setOption(options: Options, name: string, value: () => string): boolean {
  switch (name) {
    case 'host':
      options.host = value();
      return true;
    case 'port':
      options.port = Number(value());
      return true;
    case 'user':
      options.user = value();
      return true;
    case 'database':
      options.database = value();
      return true;
    case 'execute':
      options.script = value();
      return true;
    case 'skip-column-names':
      options.titles = false;
      return true;
    case 'table':
    case 'batch':
      options.table = name === 'table';
      return true;
    case 'protocol':
    case 'connect-timeout':
    case 'connect_timeout':
      value();
      return true;
    default:
      return name === 'silent';
  }
}

function* connect(context: ProcessContext, options: Options): Proc<Session | OpenFailure> {
  const host = options.host === 'localhost' ? '127.0.0.1' : options.host;
  const { database, password, port, user } = options;
  return yield* openSession(context, host, port, { user, password, database });
}

/** The number, and what goes with it. */
function failureText(failure: OpenFailure, { host, port }: Options): string {
  if (failure.kind === 'refused') return failure.message;
  if (failure.kind === 'noHost') {
    return `ERROR 2005 (HY000): Unknown MySQL server host '${host}' (-2)`;
  }
  if (host === 'localhost') {
    const through = `Can't connect to local MySQL server through socket '${SOCKET}'`;
    return `ERROR 2002 (HY000): ${through} (2)`;
  }
  const server = `Can't connect to MySQL server on '${host}:${port}'`;
  return `ERROR 2003 (HY000): ${server} (${ERRNO[failure.why]})`;
}

export function* mysql(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const options = readOptions(context);
  if (typeof options === 'string') {
    context.stderr(`mysql: [ERROR] mysql: ${options}.\n`);
    return 2;
  }
  if (options.shown) context.stderr(`mysql: ${INSECURE}`);
  options.database ??= options.words[0] ?? null;
  const session = yield* connect(context, options);
  if (!isSession(session)) {
    context.stderr(`${failureText(session, options)}\n`);
    return 1;
  }
  if (options.script !== null) return yield* run(context, session, options, options.script);
  return yield* interactive(context, session, options);
}

function* run(
  context: ProcessContext,
  session: Session,
  options: Options,
  script: string,
): Proc<number> {
  const answer = yield* session.run(script);
  if (answer === null) {
    context.stderr('ERROR 2013 (HY000): Lost connection to MySQL server during query\n');
    return 1;
  }
  show(context, options, answer.results);
  return report(context, options, answer);
}

function report(context: ProcessContext, options: Options, answer: Answer): number {
  if (answer.ok) {
    options.database = answer.database;
    return 0;
  }
  const { code, message, state } = mysqlError(answer.failure, options.database);
  context.stderr(`ERROR ${code} (${state}) at line ${answer.line}: ${message}\n`);
  return 1;
}

function show(context: ProcessContext, options: Options, results: readonly Result[]): void {
  const asTable = options.table ?? context.files[1] instanceof Terminal;
  for (const result of results) {
    context.stdout(asTable ? boxed(result) : tabbed(result, options.titles));
  }
}

/** Statements line by line until the input ends; on a terminal with a prompt. */
function* interactive(context: ProcessContext, session: Session, options: Options): Proc<number> {
  const onTerminal = context.files[0] instanceof Terminal;
  let pending = '';
  for (;;) {
    if (onTerminal) context.stdout(pending === '' ? 'mysql> ' : '    -> ');
    const line = yield* context.stdin.readLine();
    if (line === null) break;
    if (/^\s*(quit|exit|\\q)\s*;?\s*$/i.test(line) && pending === '') return 0;
    pending += line;
    if (!/;\s*$/.test(pending)) continue;
    const code = yield* run(context, session, options, pending);
    pending = '';
    if (code !== 0 && !onTerminal) return code;
  }
  return pending.trim() === '' ? 0 : yield* run(context, session, options, pending);
}

export function* mysqladmin(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const options = readOptions(context);
  if (typeof options === 'string') {
    context.stderr(`mysqladmin: [ERROR] mysqladmin: ${options}.\n`);
    return 2;
  }
  if (options.shown) context.stderr(`mysqladmin: ${INSECURE}`);
  const [command = ''] = options.words;
  if (command !== 'ping' && command !== 'status') {
    context.stderr(`mysqladmin: the command '${command}' is not simulated\n`);
    return 1;
  }
  const session = yield* connect(context, options);
  // Who is turned away has been answered.
  if (isSession(session) || (command === 'ping' && session.kind === 'refused')) {
    context.stdout('mysqld is alive\n');
    return 0;
  }
  const why = failureText(session, options).replace(/^ERROR \d+ \(\w+\): /, '');
  context.stderr(`mysqladmin: connect to server at '${options.host}' failed\nerror: '${why}'\n`);
  if (options.host === 'localhost') {
    context.stderr(`Check that mysqld is running and that the socket: '${SOCKET}' exists!\n`);
  }
  return 1;
}
