/**
 * mysqld and the entrypoint of its image: makes the data directory from the environment, once, and
 * serves what is in it.
 *
 * Models: docker.io/library/mysql docker-entrypoint.sh; lines of log of MySQL 8.
 * Simplified: accounts may do everything; of scripts in docker-entrypoint-initdb.d only those in SQL.
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
import { mysqlError } from './errors.ts';

export const MYSQL_PORT = 3_306;
const DATA = '/var/lib/mysql';
const ACCOUNTS = `${DATA}/mysql/accounts.json`;
const SCRIPTS = '/docker-entrypoint-initdb.d';
const SYSTEM = ['information_schema', 'mysql', 'performance_schema', 'sys'];
/** What mysqld 8 holds after its start, with the defaults. */
const MEMORY_BYTES = 380 * 1024 * 1024;
const INITIALISE_US = 6 * MICROS_PER_SECOND;
const START_US = 1.5 * MICROS_PER_SECOND;
const STOP_US = MICROS_PER_SECOND;

interface Account {
  readonly user: string;
  readonly password: string;
}

type Role = 'Note' | 'ERROR';

function entrypointLog(context: ProcessContext, role: Role, text: string): void {
  const time = formatTime('%Y-%m-%d %H:%M:%S+00:00', context.kernel.nowMs);
  context.stderr(`${time} [${role}] [Entrypoint]: ${text}\n`);
}

/** MYSQL_X, MARIADB_X, or what is in the file that MYSQL_X_FILE names. */
function variable(context: ProcessContext, name: string): string {
  for (const prefix of ['MYSQL_', 'MARIADB_']) {
    const value = context.env.get(prefix + name);
    if (value !== undefined && value !== '') return value;
    const file = context.env.get(`${prefix}${name}_FILE`);
    if (file !== undefined) return (context.fs.read(file) ?? '').trimEnd();
  }
  return '';
}

/** The image's entrypoint for a command that is the server. */
export function* startMysql(context: ProcessContext): Proc<number> {
  const version = context.env.get('MYSQL_VERSION') ?? '8';
  entrypointLog(context, 'Note', `Entrypoint script for MySQL Server ${version} started.`);
  if (context.fs.kind(`${DATA}/mysql`) === null) {
    const problem = yield* initialise(context);
    if (problem !== null) return problem;
  }
  return yield* runMysqld(context);
}

/** Null when it is done, else the exit code. */
function* initialise(context: ProcessContext): Proc<number | null> {
  const root = variable(context, 'ROOT_PASSWORD');
  const empty = variable(context, 'ALLOW_EMPTY_PASSWORD');
  const random = variable(context, 'RANDOM_ROOT_PASSWORD');
  if (root === '' && empty === '' && random === '') {
    const text = 'Database is uninitialized and password option is not specified';
    entrypointLog(context, 'ERROR', text);
    context.stderr(
      '    You need to specify one of the following as an environment variable:\n' +
        '    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n' +
        '    - MYSQL_RANDOM_ROOT_PASSWORD\n',
    );
    return 1;
  }
  entrypointLog(context, 'Note', 'Initializing database files');
  const others = (context.fs.list(DATA) ?? []).filter((name) => name !== 'lost+found');
  if (others.length > 0) {
    serverLog(context, 'ERROR', 'MY-010457', DIRTY);
    serverLog(context, 'ERROR', 'MY-010119', 'Aborting');
    return 1;
  }
  yield* context.work(INITIALISE_US);
  const databases = open(context);
  for (const name of SYSTEM) databases.create(name);
  entrypointLog(context, 'Note', 'Database files initialized');
  entrypointLog(context, 'Note', 'Starting temporary server');
  entrypointLog(context, 'Note', 'Temporary server started.');
  const password =
    root === '' && random !== '' ? context.kernel.rng('mysql').text(32, LETTERS) : root;
  if (root === '' && random !== '') {
    entrypointLog(context, 'Note', `GENERATED ROOT PASSWORD: ${password}`);
  }
  const accounts: Account[] = [{ user: 'root', password }];
  const database = variable(context, 'DATABASE');
  if (database !== '') {
    entrypointLog(context, 'Note', `Creating database ${database}`);
    databases.create(database);
  }
  const user = variable(context, 'USER');
  if (user !== '') {
    entrypointLog(context, 'Note', `Creating user ${user}`);
    accounts.push({ user, password: variable(context, 'PASSWORD') });
  }
  const problem = context.fs.write(ACCOUNTS, JSON.stringify(accounts), false);
  if (problem !== null) {
    entrypointLog(context, 'ERROR', `mysqld failed while attempting to check config: ${problem}`);
    return 1;
  }
  const failed = yield* runScripts(context, databases, database === '' ? null : database);
  if (failed !== null) return failed;
  entrypointLog(context, 'Note', 'Stopping temporary server');
  entrypointLog(context, 'Note', 'MySQL init process done. Ready for start up.');
  return null;
}

const DIRTY = '--initialize specified but the data directory has files in it. Aborting.';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function* runScripts(
  context: ProcessContext,
  databases: Databases,
  database: string | null,
): Proc<number | null> {
  for (const name of context.fs.list(SCRIPTS) ?? []) {
    const path = `${SCRIPTS}/${name}`;
    if (!name.endsWith('.sql')) {
      entrypointLog(context, 'Note', `${SCRIPTS}/${name} is not SQL, which is not simulated`);
      continue;
    }
    entrypointLog(context, 'Note', `running ${path}`);
    const server = sqlServer(databases, []);
    const answer = yield* runScript(context, server, database, context.fs.read(path) ?? '');
    if (answer.ok) continue;
    const { code, message, state } = mysqlError(answer.failure, database);
    context.stderr(`ERROR ${code} (${state}) at line ${answer.line}: ${message}\n`);
    return 1;
  }
  return null;
}

function serverLog(context: ProcessContext, role: string, code: string, text: string): void {
  const micros = String(context.kernel.now % MICROS_PER_SECOND).padStart(6, '0');
  const time = formatTime(`%Y-%m-%dT%H:%M:%S.${micros}Z`, context.kernel.nowMs);
  context.stderr(`${time} 0 [${role}] [${code}] [Server] ${text}\n`);
}

function open(context: ProcessContext): Databases {
  const now = (): string => formatTime('%Y-%m-%d %H:%M:%S', context.kernel.nowMs);
  const version = context.env.get('MYSQL_VERSION') ?? '8';
  const functions = {
    now,
    current_timestamp: now,
    version: () => version,
    '@@version': () => version,
  };
  return new Databases(context.fs, DATA, functions, now);
}

function sqlServer(databases: Databases, accounts: readonly Account[]): SqlServer {
  return {
    databases,
    doubleQuotesText: true,
    admit: (login, { remoteAddress }) => {
      const known = accounts.find((a) => a.user === login.user && a.password === login.password);
      if (known) return unknownDatabase(databases, login);
      const host = remoteAddress.startsWith('127.') ? 'localhost' : remoteAddress;
      const using = login.password === '' ? 'NO' : 'YES';
      const who = `'${login.user}'@'${host}' (using password: ${using})`;
      return `ERROR 1045 (28000): Access denied for user ${who}`;
    },
    refuse: (statement) => {
      if (statement.type !== 'dropDatabase' || !SYSTEM.includes(statement.name)) return;
      throw new SqlError({ kind: 'notSimulated', what: `dropping ${statement.name}` });
    },
    failed: () => undefined,
  };
}

function unknownDatabase(databases: Databases, { database }: Login): string | null {
  if (database === null || databases.has(database)) return null;
  return `ERROR 1049 (42000): Unknown database '${database}'`;
}

function* runMysqld(context: ProcessContext): Proc<number> {
  const version = context.env.get('MYSQL_VERSION') ?? '8';
  const name = `/usr/sbin/mysqld (mysqld ${version})`;
  serverLog(context, 'System', 'MY-010116', `${name} starting as process ${context.pid}`);
  context.setMemory(MEMORY_BYTES);
  yield* context.work(START_US);
  const accounts = JSON.parse(context.fs.read(ACCOUNTS) ?? '[]') as readonly Account[];
  const server = sqlServer(open(context), accounts);
  try {
    context.listenTcp(MYSQL_PORT, (connection) => serveSql(context, server, connection));
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    const why = "Can't start server: Bind on TCP/IP port: Address already in use";
    serverLog(context, 'ERROR', 'MY-010262', why);
    serverLog(context, 'ERROR', 'MY-010119', 'Aborting');
    return 1;
  }
  const ended = new Future<number>();
  context.onSignal('SIGTERM', () => ended.resolve(0));
  const ready = `/usr/sbin/mysqld: ready for connections. Version: '${version}'`;
  const where = `socket: '/var/run/mysqld/mysqld.sock'  port: ${MYSQL_PORT}`;
  const edition = 'MySQL Community Server - GPL.';
  serverLog(context, 'System', 'MY-010931', `${ready}  ${where}  ${edition}`);
  const code = (yield ended) as number;
  const why = `Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: ${version}).`;
  serverLog(context, 'System', 'MY-013172', why);
  yield STOP_US;
  const end = `/usr/sbin/mysqld: Shutdown complete (mysqld ${version})  ${edition}`;
  serverLog(context, 'System', 'MY-010910', end);
  return code;
}
