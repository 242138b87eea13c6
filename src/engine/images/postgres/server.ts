/**
 * postgres and the entrypoint of its image: makes the data directory from the environment, once, and
 * serves what is in it.
 *
 * Models: docker.io/library/postgres docker-entrypoint.sh; lines of log of PostgreSQL 17.
 * Simplified: roles may do everything; of scripts in docker-entrypoint-initdb.d only those in SQL.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import { AddressInUse, type ProcessContext } from '../../node/runtime/program.ts';
import { formatTime } from '../commands/date.ts';
import { SqlError } from '../sql/ast.ts';
import { Databases } from '../sql/database.ts';
import { runScript, serveSql, type SqlServer } from '../sql/server.ts';
import type { Login } from '../sql/wire.ts';
import { postgresError } from './errors.ts';

export const POSTGRES_PORT = 5_432;
const DEFAULT_DATA = '/var/lib/postgresql/data';
const SCRIPTS = '/docker-entrypoint-initdb.d';
const TEMPLATES = ['template0', 'template1'];
/** Shared buffers and the processes of a server at rest. */
const MEMORY_BYTES = 40 * 1024 * 1024;
const INITIALISE_US = 2.5 * MICROS_PER_SECOND;
const START_US = 300_000;
const STOP_US = 100_000;

interface Role {
  readonly user: string;
  readonly password: string;
}

interface Settings {
  readonly roles: readonly Role[];
  /** Nobody from another Pod is asked for a password. */
  readonly trust: boolean;
}

const UNSET = `Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html
`;

function variable(context: ProcessContext, name: string): string {
  const value = context.env.get(name);
  if (value !== undefined && value !== '') return value;
  const file = context.env.get(`${name}_FILE`);
  return file === undefined ? '' : (context.fs.read(file) ?? '').trimEnd();
}

function log(context: ProcessContext, level: string, text: string): void {
  const { kernel, pid } = context;
  const ms = String(Math.floor(kernel.now / 1_000) % 1_000).padStart(3, '0');
  const time = formatTime(`%Y-%m-%d %H:%M:%S.${ms} UTC`, kernel.nowMs);
  context.stderr(`${time} [${pid}] ${level}:  ${text}\n`);
}

export function* startPostgres(context: ProcessContext): Proc<number> {
  const data = context.env.get('PGDATA') || DEFAULT_DATA;
  if (context.fs.kind(`${data}/PG_VERSION`) === null) {
    const problem = yield* initialise(context, data);
    if (problem !== null) return problem;
  } else {
    const skipping =
      'PostgreSQL Database directory appears to contain a database; Skipping initialization';
    context.stdout(`\n${skipping}\n\n`);
  }
  return yield* runServer(context, data);
}

/** Null when it is done, else the exit code. */
function* initialise(context: ProcessContext, data: string): Proc<number | null> {
  const password = variable(context, 'POSTGRES_PASSWORD');
  const trust = context.env.get('POSTGRES_HOST_AUTH_METHOD') === 'trust';
  if (password === '' && !trust) {
    context.stderr(UNSET);
    return 1;
  }
  const user = variable(context, 'POSTGRES_USER') || 'postgres';
  context.stdout(
    'The files belonging to this database system will be owned by user "postgres".\n' +
      'This user must also own the server process.\n\n',
  );
  if ((context.fs.list(data) ?? []).length > 0) {
    context.stderr(
      `initdb: error: directory "${data}" exists but is not empty\n` +
        'initdb: hint: If you want to create a new database system, either remove or empty the ' +
        `directory "${data}" or run initdb with an argument other than "${data}".\n`,
    );
    return 1;
  }
  yield* context.work(INITIALISE_US);
  const problem = makePath(context, data) ?? prepare(context, data, { user, password }, trust);
  if (problem !== null) {
    context.stderr(`initdb: error: could not create directory "${data}": ${problem}\n`);
    return 1;
  }
  const databases = open(context, data);
  const database = variable(context, 'POSTGRES_DB') || user;
  for (const name of new Set(['postgres', ...TEMPLATES, database])) databases.create(name);
  context.stdout('creating configuration files ... ok\nrunning bootstrap script ... ok\n');
  const failed = yield* runScripts(context, databases, database);
  if (failed !== null) return failed;
  context.stdout('\nPostgreSQL init process complete; ready for start up.\n\n');
  return null;
}

function makePath(context: ProcessContext, path: string): string | null {
  let at = '';
  for (const part of path.split('/').slice(1)) {
    at += `/${part}`;
    if (context.fs.kind(at) !== null) continue;
    const problem = context.fs.makeDirectory(at);
    if (problem !== null) return problem;
  }
  return null;
}

function prepare(context: ProcessContext, data: string, role: Role, trust: boolean): string | null {
  const settings: Settings = { roles: [role], trust };
  return (
    context.fs.makeDirectory(`${data}/base`, DATA_MODE) ??
    context.fs.write(`${data}/pg_hba.conf`, `${JSON.stringify(settings)}\n`, false) ??
    context.fs.write(`${data}/PG_VERSION`, `${majorOf(context)}\n`, false)
  );
}

const DATA_MODE = 0o700;

function majorOf(context: ProcessContext): string {
  return (context.env.get('PG_MAJOR') ?? '17').split('.')[0] ?? '';
}

function* runScripts(
  context: ProcessContext,
  databases: Databases,
  database: string,
): Proc<number | null> {
  for (const name of context.fs.list(SCRIPTS) ?? []) {
    const path = `${SCRIPTS}/${name}`;
    if (!name.endsWith('.sql')) {
      context.stdout(
        `/usr/local/bin/docker-entrypoint.sh: ignoring ${path}: it is not simulated\n`,
      );
      continue;
    }
    context.stdout(`/usr/local/bin/docker-entrypoint.sh: running ${path}\n`);
    const server = sqlServer(context, databases, { roles: [], trust: true });
    const answer = yield* runScript(context, server, database, context.fs.read(path) ?? '');
    if (answer.ok) continue;
    const why = postgresError(answer.failure, answer.sql);
    context.stderr(`psql:${path}:${answer.line}: ERROR:  ${why}\n`);
    return 3;
  }
  return null;
}

function open(context: ProcessContext, data: string): Databases {
  const now = (): string => formatTime('%Y-%m-%d %H:%M:%S', context.kernel.nowMs);
  const version = (): string =>
    `PostgreSQL ${context.env.get('PG_VERSION') ?? '17'} on x86_64-pc-linux-gnu`;
  const functions = { now, current_timestamp: now, version };
  return new Databases(context.fs, `${data}/base`, functions, now);
}

function sqlServer(context: ProcessContext, databases: Databases, settings: Settings): SqlServer {
  return {
    databases,
    doubleQuotesText: false,
    admit: (login, { remoteAddress }) => {
      const refusal = refusalOf(databases, settings, login, remoteAddress);
      if (refusal !== null) log(context, 'FATAL', refusal);
      return refusal;
    },
    refuse: (statement) => {
      if (statement.type === 'use' || statement.type === 'show') {
        throw new SqlError({ kind: 'syntax', near: statement.type.toUpperCase(), at: 0 });
      }
    },
    failed: ({ failure }, sql) => {
      log(context, 'ERROR', postgresError(failure, sql).split('\n')[0] ?? '');
      log(context, 'STATEMENT', sql);
    },
  };
}

/** pg_hba.conf of the image: who comes from the Pod itself is trusted. */
function refusalOf(
  databases: Databases,
  { roles, trust }: Settings,
  login: Login,
  from: string,
): string | null {
  const role = roles.find((r) => r.user === login.user);
  const trusted = trust || from.startsWith('127.');
  if (!trusted && role?.password !== login.password) {
    return `password authentication failed for user "${login.user}"`;
  }
  if (!role) return `role "${login.user}" does not exist`;
  const database = login.database ?? login.user;
  return databases.has(database) ? null : `database "${database}" does not exist`;
}

function* runServer(context: ProcessContext, data: string): Proc<number> {
  const version = context.env.get('PG_VERSION') ?? '17';
  log(context, 'LOG', `starting PostgreSQL ${version} on x86_64-pc-linux-gnu, 64-bit`);
  context.setMemory(MEMORY_BYTES);
  yield* context.work(START_US);
  const settings = JSON.parse(context.fs.read(`${data}/pg_hba.conf`) ?? '{"roles":[]}') as Settings;
  const server = sqlServer(context, open(context, data), settings);
  try {
    context.listenTcp(POSTGRES_PORT, (connection) => serveSql(context, server, connection));
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    log(context, 'LOG', 'could not bind IPv4 address "0.0.0.0": Address already in use');
    log(context, 'FATAL', 'could not create any TCP/IP sockets');
    return 1;
  }
  log(context, 'LOG', `listening on IPv4 address "0.0.0.0", port ${POSTGRES_PORT}`);
  log(context, 'LOG', 'database system is ready to accept connections');
  const ended = new Future<string>();
  context.onSignal('SIGTERM', () => ended.resolve('smart'));
  context.onSignal('SIGINT', () => ended.resolve('fast'));
  log(context, 'LOG', `received ${(yield ended) as string} shutdown request`);
  log(context, 'LOG', 'shutting down');
  yield STOP_US;
  log(context, 'LOG', 'database system is shut down');
  return 0;
}
