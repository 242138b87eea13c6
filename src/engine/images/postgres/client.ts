/**
 * psql and pg_isready.
 *
 * Models: PostgreSQL 17's clients: their options, tables and errors.
 * Simplified: of psql's own commands \\l, \\dt, \\conninfo and \\q; without -h the server is reached
 * by its port on localhost.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { Terminal } from '../../node/runtime/terminal.ts';
import type { Result } from '../sql/database.ts';
import { aligned, bare } from '../sql/table-text.ts';
import {
  type Answer,
  isSession,
  type OpenFailure,
  openSession,
  type Session,
} from '../sql/wire.ts';
import { postgresError } from './errors.ts';
import { POSTGRES_PORT } from './server.ts';

const START_US = 4_000;
const SOCKET = `/var/run/postgresql/.s.PGSQL.${POSTGRES_PORT}`;
const WHY = {
  refused: 'Connection refused',
  timeout: 'Connection timed out',
  unreachable: 'No route to host',
  reset: 'server closed the connection unexpectedly',
  protocol: 'server closed the connection unexpectedly',
} as const;
const CONNECTION_FAILED = 2;

interface Options {
  /** '' stands for the socket. */
  host: string;
  port: number;
  user: string;
  database: string | null;
  scripts: string[];
  file: string | null;
  rowsOnly: boolean;
  unaligned: boolean;
  quiet: boolean;
}

const LONG: Readonly<Record<string, string>> = {
  A: 'no-align',
  U: 'username',
  c: 'command',
  d: 'dbname',
  f: 'file',
  h: 'host',
  p: 'port',
  q: 'quiet',
  t: 'tuples-only',
  w: 'no-password',
  W: 'password',
};

function readOptions(context: ProcessContext): Options | string {
  const options: Options = {
    host: context.env.get('PGHOST') ?? '',
    port: Number(context.env.get('PGPORT') ?? POSTGRES_PORT),
    user: context.env.get('PGUSER') ?? context.user.name,
    database: context.env.get('PGDATABASE') ?? null,
    scripts: [],
    file: null,
    rowsOnly: false,
    unaligned: false,
    quiet: false,
  };
  const operands: string[] = [];
  const words = [...context.argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const match = /^(?:--([\w-]+)(?:=(.*))?|-([a-zA-Z])(.*))$/s.exec(word);
    if (!match) {
      operands.push(word);
      continue;
    }
    // Switches may stand in one word: -tA, -Atc COMMAND.
    const letters = match[3] === undefined ? null : `${match[3]}${match[4] ?? ''}`;
    if (letters !== null && /^[Atqw]+[a-zA-Z]?$/.test(letters) && letters.length > 1) {
      words.unshift(...[...letters].map((letter) => `-${letter}`));
      continue;
    }
    const name = match[1] ?? LONG[match[3] ?? ''];
    const inline = match[2] ?? (match[4] || undefined);
    if (name === undefined || !setOption(options, name, () => inline ?? words.shift() ?? '')) {
      return `unrecognized option '${word}'`;
    }
  }
  options.database ??= operands[0] ?? null;
  if (operands[1] !== undefined) options.user = operands[1];
  return options;
}

function setOption(options: Options, name: string, value: () => string): boolean {
  switch (name) {
    case 'host':
      options.host = value();
      return true;
    case 'port':
      options.port = Number(value());
      return true;
    case 'username':
      options.user = value();
      return true;
    case 'dbname':
      options.database = value();
      return true;
    case 'command':
      options.scripts.push(value());
      return true;
    case 'file':
      options.file = value();
      return true;
    case 'tuples-only':
      options.rowsOnly = true;
      return true;
    case 'no-align':
      options.unaligned = true;
      return true;
    default:
      options.quiet ||= name === 'quiet';
      return name === 'quiet' || name === 'no-password' || name === 'password';
  }
}

function connect(context: ProcessContext, options: Options): Proc<Session | OpenFailure> {
  const { database, host, port, user } = options;
  const password = context.env.get('PGPASSWORD') ?? '';
  const to = host === '' || host.startsWith('/') ? '127.0.0.1' : host;
  return openSession(context, to, port, { user, password, database: database ?? user });
}

function failureText(failure: OpenFailure, { host, port }: Options): string {
  if (failure.kind === 'noHost') {
    return `could not translate host name "${host}" to address: Name or service not known`;
  }
  if (host === '' || host.startsWith('/')) {
    const where = `connection to server on socket "${SOCKET}" failed: `;
    if (failure.kind === 'refused') return `${where}FATAL:  ${failure.message}`;
    const hint = 'Is the server running locally and accepting connections on that socket?';
    return `${where}No such file or directory\n\t${hint}`;
  }
  const address = failure.kind === 'unreachable' ? failure.address : host;
  const where = `connection to server at "${host}" (${address}), port ${port} failed: `;
  if (failure.kind === 'refused') return `${where}FATAL:  ${failure.message}`;
  const hint =
    failure.why === 'refused'
      ? '\n\tIs the server running on that host and accepting TCP/IP connections?'
      : '';
  return `${where}${WHY[failure.why]}${hint}`;
}

export function* psql(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const options = readOptions(context);
  if (typeof options === 'string') {
    context.stderr(`psql: ${options}\npsql: hint: Try "psql --help" for more information.\n`);
    return 1;
  }
  const session = yield* connect(context, options);
  if (!isSession(session)) {
    context.stderr(`psql: error: ${failureText(session, options)}\n`);
    return CONNECTION_FAILED;
  }
  if (options.file !== null) {
    const script = context.fs.read(options.file);
    if (script === undefined) {
      context.stderr(`psql: error: ${options.file}: No such file or directory\n`);
      return 1;
    }
    options.scripts.push(script);
  }
  if (options.scripts.length === 0) return yield* interactive(context, session, options);
  let code = 0;
  for (const script of options.scripts) code = yield* run(context, session, options, script);
  return code;
}

function* run(
  context: ProcessContext,
  session: Session,
  options: Options,
  script: string,
): Proc<number> {
  const own = script.trim();
  if (own.startsWith('\\')) return yield* ownCommand(context, session, options, own);
  const answer = yield* session.run(script);
  if (answer === null) {
    context.stderr('server closed the connection unexpectedly\n');
    return CONNECTION_FAILED;
  }
  for (const result of answer.results) show(context, options, result);
  return report(context, answer);
}

function report(context: ProcessContext, answer: Answer): number {
  if (answer.ok) return 0;
  context.stderr(`ERROR:  ${postgresError(answer.failure, answer.sql)}\n`);
  return 1;
}

function show(context: ProcessContext, options: Options, result: Result): void {
  if (result.columns === null) {
    if (!options.quiet) context.stdout(`${tagOf(result)}\n`);
  } else if (options.unaligned) context.stdout(bare(result, !options.rowsOnly));
  else if (options.rowsOnly) {
    context.stdout(`${aligned(result).split('\n').slice(2, -3).join('\n')}\n\n`);
  } else context.stdout(aligned(result));
}

function tagOf({ count, tag }: Result): string {
  if (tag === 'INSERT') return `INSERT 0 ${count}`;
  return tag === 'UPDATE' || tag === 'DELETE' ? `${tag} ${count}` : tag;
}

function* ownCommand(
  context: ProcessContext,
  session: Session,
  options: Options,
  text: string,
): Proc<number> {
  const [name = ''] = text.split(/\s+/);
  const database = options.database ?? options.user;
  if (name === '\\conninfo') {
    const where =
      options.host === '' ? `via socket in "/var/run/postgresql"` : `on host "${options.host}"`;
    context.stdout(
      `You are connected to database "${database}" as user "${options.user}" ${where} at port "${options.port}".\n`,
    );
    return 0;
  }
  if (name !== '\\l' && name !== '\\dt' && name !== '\\list') {
    context.stderr(`the command ${name} is not simulated\n`);
    return 1;
  }
  const answer = yield* session.list(name === '\\dt' ? 'tables' : 'databases');
  if (answer === null) return CONNECTION_FAILED;
  for (const result of answer.results) show(context, options, result);
  return report(context, answer);
}

function* interactive(context: ProcessContext, session: Session, options: Options): Proc<number> {
  const onTerminal = context.files[0] instanceof Terminal;
  const name = options.database ?? options.user;
  let pending = '';
  for (;;) {
    if (onTerminal) context.stdout(`${name}${pending === '' ? '=#' : '-#'} `);
    const line = yield* context.stdin.readLine();
    if (line === null) break;
    if (/^\s*(\\q|quit|exit)\s*$/.test(line) && pending === '') return 0;
    pending += line;
    if (!/;\s*$/.test(pending) && !pending.trim().startsWith('\\')) continue;
    yield* run(context, session, options, pending);
    pending = '';
  }
  if (pending.trim() !== '') yield* run(context, session, options, pending);
  return 0;
}

export function* pgIsReady(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const options = readOptions(context);
  if (typeof options === 'string') {
    context.stderr(`pg_isready: ${options}\n`);
    return 3;
  }
  const session = yield* connect(context, options);
  const where = `${options.host === '' ? '/var/run/postgresql' : options.host}:${options.port}`;
  const answered = isSession(session) || session.kind === 'refused';
  context.stdout(`${where} - ${answered ? 'accepting connections' : 'no response'}\n`);
  return answered ? 0 : 2;
}
