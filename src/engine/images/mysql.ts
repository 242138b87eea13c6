/**
 * mysql and mariadb: a server that keeps its tables in /var/lib/mysql, and its clients.
 *
 * Models: docker.io/library/mysql, docker.io/library/mariadb
 * Simplified: a small part of SQL (sql/); everything else is refused by name.
 */
import type { Proc } from '../../kernel/process.ts';
import { searchExecutable } from '../node/runtime/executables.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { mysql, mysqladmin } from './mysql/client.ts';
import { MYSQL_PORT, startMysql } from './mysql/server.ts';

const BIN = '/usr/bin';
const ENTRYPOINT = '/usr/local/bin/docker-entrypoint.sh';

/** Options alone are options of the server; everything else is a command. */
function* entrypoint(context: ProcessContext): Proc<number> {
  const given = context.argv.slice(1);
  const name = given[0]?.startsWith('-') ? 'mysqld' : (given[0] ?? '');
  if (name === 'mysqld' || name === 'mariadbd') return yield* startMysql(context);
  const path = name.startsWith('/')
    ? name
    : searchExecutable(context.fs, name, context.env.get('PATH') ?? BIN, context.cwd)?.path;
  const running = path === undefined ? 'not found' : context.exec(path, given, context.env);
  if (typeof running !== 'string') return yield* running;
  context.stderr(`${ENTRYPOINT}: line 422: exec: ${name}: not found\n`);
  return 127;
}

const common = {
  entrypoint: ['docker-entrypoint.sh'],
  exposedPorts: [MYSQL_PORT],
  directories: ['/var/lib/mysql', '/docker-entrypoint-initdb.d', '/etc/mysql/conf.d'],
  programs: {
    [ENTRYPOINT]: entrypoint,
    [`${BIN}/mariadb`]: mysql,
    [`${BIN}/mysql`]: mysql,
    [`${BIN}/mysqladmin`]: mysqladmin,
    [`${BIN}/mariadb-admin`]: mysqladmin,
    '/usr/sbin/mysqld': startMysql,
    '/usr/sbin/mariadbd': startMysql,
  },
} as const;

const VERSIONS: Readonly<Record<string, string>> = {
  '5.6': '5.6.51',
  '5.7': '5.7.44',
  '8.0': '8.0.43',
  '8.4': '8.4.6',
  '9': '9.4.0',
};

export const mysqlImages: readonly ImageDefinition[] = [
  buildImage({
    ...common,
    repository: 'docker.io/library/mysql',
    sizes: {
      '5.6': 99_000_000,
      '5.7': 138_000_000,
      '8.0': 233_000_000,
      '8.4': 236_000_000,
      '9': 262_000_000,
    },
    aliases: { '5': '5.7', '8': '8.4', lts: '8.4', latest: '9' },
    envOf: (tag) => ({ MYSQL_VERSION: VERSIONS[tag] ?? tag }),
    cmd: ['mysqld'],
  }),
  buildImage({
    ...common,
    repository: 'docker.io/library/mariadb',
    sizes: { '10.11': 118_000_000, '11.8': 109_000_000 },
    aliases: { '10': '10.11', '11': '11.8', lts: '11.8', latest: '11.8' },
    base: 'ubuntu-24.04',
    envOf: (tag) => ({ MYSQL_VERSION: `${tag}.2-MariaDB` }),
    cmd: ['mariadbd'],
  }),
];
