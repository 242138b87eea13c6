/**
 * redis: the store of many examples. It keeps its data in /data.
 *
 * Models: docker.io/library/redis 5 to 8; registry.k8s.io/redis and gcr.io/google-samples' copies.
 */
import { searchExecutable } from '../node/runtime/executables.ts';
import type { Proc } from '../../kernel/process.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { redisCli } from './redis/cli.ts';
import { redisServer } from './redis/server.ts';

const BIN = '/usr/local/bin';
const ENTRYPOINT = `${BIN}/docker-entrypoint.sh`;

/** Options alone are options of the server; everything else is a command. */
function* entrypoint(context: ProcessContext): Proc<number> {
  const given = context.argv.slice(1);
  const [first = ''] = given;
  const argv =
    first.startsWith('-') || first.endsWith('.conf') ? ['redis-server', ...given] : given;
  const name = argv[0] ?? '';
  const path = name.startsWith('/')
    ? name
    : searchExecutable(context.fs, name, context.env.get('PATH') ?? BIN, context.cwd)?.path;
  const running = path === undefined ? 'not found' : context.exec(path, argv, context.env);
  if (typeof running !== 'string') return yield* running;
  context.stderr(`${ENTRYPOINT}: exec: line 46: ${name}: not found\n`);
  return 127;
}

const programs = {
  [ENTRYPOINT]: entrypoint,
  [`${BIN}/redis-cli`]: redisCli,
  [`${BIN}/redis-server`]: redisServer,
};

const common = {
  entrypoint: ['docker-entrypoint.sh'],
  cmd: ['redis-server'],
  workingDir: '/data',
  exposedPorts: [6_379],
  directories: ['/data', '/usr/local/etc'],
  programs,
} as const;

/** What a server of the tag calls itself; some tags are a version themselves. */
const VERSIONS: Readonly<Record<string, string>> = {
  '6.2': '6.2.19',
  '7.0': '7.0.15',
  '7.2': '7.2.10',
  '7.4': '7.4.5',
  '8.0': '8.0.3',
  alpine: '8.0.3',
};

export const redisImages: readonly ImageDefinition[] = [
  buildImage({
    ...common,
    repository: 'docker.io/library/redis',
    sizes: {
      '5.0.4': 35_900_000,
      '6.0.5': 42_000_000,
      '6.2': 41_300_000,
      '7.0': 45_000_000,
      '7.2': 45_600_000,
      '7.4': 46_100_000,
      '8.0': 49_400_000,
      alpine: 17_200_000,
    },
    envOf: (tag) => ({ REDIS_VERSION: VERSIONS[tag] ?? tag }),
    aliases: {
      '5': '5.0.4',
      '5.0': '5.0.4',
      '6': '6.2',
      '6-alpine': 'alpine',
      '7': '7.4',
      '7-alpine': 'alpine',
      '7.2-alpine': 'alpine',
      '8': '8.0',
      latest: '8.0',
    },
    base: 'debian-bookworm-slim',
  }),
  buildImage({
    ...common,
    repository: 'registry.k8s.io/redis',
    sizes: { e2e: 107_000_000 },
  }),
  buildImage({
    ...common,
    repository: 'gcr.io/google-samples/gb-redis-follower',
    sizes: { v2: 37_800_000 },
    cmd: ['/bin/sh', '-c', 'echo "following a leader is not simulated" >&2; exit 1'],
  }),
];
