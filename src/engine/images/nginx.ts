/**
 * nginx: a web server on port 80 that serves /usr/share/nginx/html.
 *
 * Models: docker.io/library/nginx with its entrypoint script; nginx's error log at level notice and
 * its access log, on standard error and output.
 * Simplified: of the configuration only `listen`, `root`, `index` and `return` in a location are
 * read; worker processes are not processes of their own; busybox's commands stand for Debian's; there is no
 * page for errors of the server.
 */
import type { Proc } from '../../kernel/process.ts';
import type { ImageDefinition, ImageTag, ProcessContext } from '../node/runtime/program.ts';
import { busyboxPrograms } from './commands/index.ts';
import { layerDigest, tagDigest } from './digests.ts';
import { shellProgram } from './shell/program.ts';
import { curl } from './tools/curl.ts';
import { runNginx } from './nginx/server.ts';
import { searchExecutable } from '../node/runtime/executables.ts';

const REPOSITORY = 'docker.io/library/nginx';

/** What of the entrypoint's time is left once containerd has answered: the first probe succeeds. */
const ENTRYPOINT_US = 500;

interface Release {
  /** Version as `nginx -v` tells it. */
  readonly version: string;
  readonly base: string;
  /** Compressed on amd64. */
  readonly baseBytes: number;
  readonly ownBytes: number;
}

const BOOKWORM = { base: 'debian-bookworm', baseBytes: 29_126_537 };
const ALPINE = { base: 'alpine', baseBytes: 3_623_807 };

const RELEASES: Readonly<Record<string, Release>> = {
  '1.7.9': { version: '1.7.9', base: 'debian-wheezy', baseBytes: 36_951_013, ownBytes: 2_989_824 },
  '1.14.2': {
    version: '1.14.2',
    base: 'debian-stretch',
    baseBytes: 22_496_034,
    ownBytes: 22_214_170,
  },
  '1.15': {
    version: '1.15.12',
    base: 'debian-stretch',
    baseBytes: 22_496_034,
    ownBytes: 22_266_178,
  },
  '1.16.1': {
    version: '1.16.1',
    base: 'debian-buster',
    baseBytes: 27_098_756,
    ownBytes: 23_916_288,
  },
  '1.25': { version: '1.25.5', ...BOOKWORM, ownBytes: 41_878_721 },
  '1.26': { version: '1.26.3', ...BOOKWORM, ownBytes: 42_881_407 },
  '1.27': { version: '1.27.5', ...BOOKWORM, ownBytes: 43_278_654 },
  '1.28': { version: '1.28.0', ...BOOKWORM, ownBytes: 43_284_110 },
  '1.29': { version: '1.29.4', ...BOOKWORM, ownBytes: 43_941_862 },
  alpine: { version: '1.29.4', ...ALPINE, ownBytes: 18_977_236 },
  '1.25-alpine': { version: '1.25.5', ...ALPINE, ownBytes: 14_023_168 },
  '1.26-alpine': { version: '1.26.3', ...ALPINE, ownBytes: 17_012_736 },
  '1.27-alpine': { version: '1.27.5', ...ALPINE, ownBytes: 17_207_296 },
  '1.28-alpine': { version: '1.28.0', ...ALPINE, ownBytes: 17_240_064 },
  '1.29-alpine': { version: '1.29.4', ...ALPINE, ownBytes: 18_977_236 },
};

/** Other names of the same images. */
const ALIASES: Readonly<Record<string, string>> = {
  latest: '1.29',
  mainline: '1.29',
  stable: '1.28',
  '1.25.5': '1.25',
  '1.26.3': '1.26',
  '1.27.5': '1.27',
  '1.28.0': '1.28',
  '1.29.4': '1.29',
};

function imageTag(tag: string, release: Release): ImageTag {
  const { version, base, baseBytes, ownBytes } = release;
  return {
    sizeBytes: baseBytes + ownBytes,
    digest: tagDigest(REPOSITORY, tag),
    layers: [
      { digest: layerDigest(base, 'rootfs'), sizeBytes: baseBytes },
      { digest: layerDigest(REPOSITORY, `${version} on ${base}`), sizeBytes: ownBytes },
    ],
    env: { NGINX_VERSION: version, PKG_RELEASE: '1', NJS_VERSION: '0.8.4', NJS_RELEASE: '1' },
  };
}

function allTags(): Record<string, ImageTag> {
  const tags: Record<string, ImageTag> = {};
  for (const [tag, release] of Object.entries(RELEASES)) tags[tag] = imageTag(tag, release);
  for (const [alias, tag] of Object.entries(ALIASES)) tags[alias] = tags[tag] as ImageTag;
  return tags;
}

const CONFIGURATION_LINES = [
  '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, ' +
    'will attempt to perform configuration',
  '/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/',
  '/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh',
  '10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf',
  '10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf',
  '/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh',
  '/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh',
  '/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh',
  '/docker-entrypoint.sh: Configuration complete; ready for start up',
];

/** Images before 1.19 had no entrypoint script. */
function hasEntrypoint(version: string | undefined): boolean {
  const [, minor = '0'] = (version ?? '').split('.');
  return version === undefined || Number(minor) >= 19;
}

/** The entrypoint: configures, then lets the command take its place. */
function* entrypoint(context: ProcessContext): Proc<number> {
  const argv = context.argv.slice(1);
  const name = argv[0] ?? '';
  if (
    (name === 'nginx' || name === 'nginx-debug') &&
    hasEntrypoint(context.env.get('NGINX_VERSION'))
  ) {
    yield* context.work(ENTRYPOINT_US);
    for (const line of CONFIGURATION_LINES) context.stdout(`${line}\n`);
  }
  const path = name.startsWith('/')
    ? name
    : searchExecutable(context.fs, name, context.env.get('PATH') ?? '', context.cwd)?.path;
  const running = path === undefined ? 'not found' : context.exec(path, argv, context.env);
  if (typeof running !== 'string') return yield* running;
  const missing = running === 'not found' || running === 'No such file or directory';
  context.stderr(
    `/docker-entrypoint.sh: exec: line 47: ${name}: ${missing ? 'not found' : running}\n`,
  );
  return missing ? 127 : 126;
}

const PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
</body>
</html>
`;

const DEFAULT_CONF = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

}
`;

const common: Omit<ImageDefinition, 'repository' | 'tags'> = {
  entrypoint: ['/docker-entrypoint.sh'],
  cmd: ['nginx', '-g', 'daemon off;'],
  stopSignal: 'SIGQUIT',
  exposedPorts: [80],
  programs: {
    ...busyboxPrograms('/bin'),
    '/bin/bash': shellProgram,
    '/usr/bin/curl': curl,
    '/docker-entrypoint.sh': entrypoint,
    '/usr/sbin/nginx': runNginx,
  },
  files: {
    '/etc/nginx/conf.d/default.conf': DEFAULT_CONF,
    '/etc/passwd':
      'root:x:0:0:root:/root:/bin/bash\nnginx:x:101:101:nginx user:/nonexistent:/bin/false\n',
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n' +
      'VERSION_ID="12"\nID=debian\n',
    '/usr/share/nginx/html/index.html': PAGE,
  },
  directories: ['/docker-entrypoint.d', '/home', '/var/cache/nginx', '/var/log/nginx', '/usr/bin'],
};

export const nginxImage: ImageDefinition = { ...common, repository: REPOSITORY, tags: allTags() };

/** The same under other names: of Kubernetes' own tests, and of the examples of StatefulSets. */
function copy(repository: string, tags: Readonly<Record<string, string>>): ImageDefinition {
  const entries = Object.entries(tags).map(([tag, release]) => {
    const digest = tagDigest(repository, tag);
    return [tag, { ...imageTag(tag, RELEASES[release] as Release), digest }] as const;
  });
  return { ...common, repository, tags: Object.fromEntries(entries) };
}

export const nginxImages: readonly ImageDefinition[] = [
  nginxImage,
  copy('registry.k8s.io/e2e-test-images/nginx', {
    '1.14-2': '1.14.2',
    '1.15-4': '1.15',
    '1.27-0': '1.27',
  }),
  copy('registry.k8s.io/nginx-slim', {
    '0.8': '1.7.9',
    '0.21': '1.15',
    '0.24': '1.25',
    '0.26': '1.27',
    '0.27': '1.27',
  }),
  copy('registry.k8s.io/nginx', { '1.7.9': '1.7.9', latest: '1.14.2' }),
];
