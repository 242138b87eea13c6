/**
 * postgres: a server that keeps its tables in $PGDATA, and its clients.
 *
 * Models: docker.io/library/postgres
 * Simplified: a small part of SQL (sql/); everything else is refused by name.
 */
import type { Proc } from '../../kernel/process.ts';
import { searchExecutable } from '../node/runtime/executables.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { pgIsReady, psql } from './postgres/client.ts';
import { POSTGRES_PORT, startPostgres } from './postgres/server.ts';

const BIN = '/usr/local/bin';
const ENTRYPOINT = `${BIN}/docker-entrypoint.sh`;

function* entrypoint(context: ProcessContext): Proc<number> {
  const given = context.argv.slice(1);
  const name = given[0]?.startsWith('-') ? 'postgres' : (given[0] ?? '');
  if (name === 'postgres') return yield* startPostgres(context);
  const path = name.startsWith('/')
    ? name
    : searchExecutable(context.fs, name, context.env.get('PATH') ?? BIN, context.cwd)?.path;
  const running = path === undefined ? 'not found' : context.exec(path, given, context.env);
  if (typeof running !== 'string') return yield* running;
  context.stderr(`${ENTRYPOINT}: line 351: exec: ${name}: not found\n`);
  return 127;
}

const VERSIONS: Readonly<Record<string, string>> = {
  '12': '12.22',
  '13': '13.22',
  '14': '14.19',
  '15': '15.14',
  '16': '16.10',
  '17': '17.6',
  alpine: '17.6',
};

export const postgresImages: readonly ImageDefinition[] = [
  buildImage({
    repository: 'docker.io/library/postgres',
    sizes: {
      '12': 138_000_000,
      '13': 142_000_000,
      '14': 143_000_000,
      '15': 148_000_000,
      '16': 151_000_000,
      '17': 155_000_000,
      alpine: 108_000_000,
    },
    aliases: { latest: '17', '16-alpine': 'alpine', '17-alpine': 'alpine', '15-alpine': 'alpine' },
    base: 'debian-bookworm-slim',
    envOf: (tag) => ({
      PG_MAJOR: (VERSIONS[tag] ?? tag).split('.')[0] ?? tag,
      PG_VERSION: VERSIONS[tag] ?? tag,
    }),
    env: { PGDATA: '/var/lib/postgresql/data', LANG: 'en_US.utf8' },
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['postgres'],
    stopSignal: 'SIGINT',
    exposedPorts: [POSTGRES_PORT],
    directories: ['/var/lib/postgresql/data', '/docker-entrypoint-initdb.d'],
    programs: {
      [ENTRYPOINT]: entrypoint,
      [`${BIN}/pg_isready`]: pgIsReady,
      [`${BIN}/postgres`]: startPostgres,
      [`${BIN}/psql`]: psql,
    },
  }),
];
