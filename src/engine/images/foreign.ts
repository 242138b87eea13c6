/**
 * Images for another processor: every program in them ends as the kernel of an amd64 machine ends it.
 *
 * Models: docker.io/arm64v8/busybox, alpine, nginx; what runc 1.2 says of ENOEXEC.
 */
import type { Proc } from '../../kernel/process.ts';
import { DEFAULT_PATH, searchExecutable } from '../node/runtime/executables.ts';
import type { ImageDefinition, ProcessContext, Program } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { busyboxPrograms } from './commands/index.ts';

const EXIT_CODE = 255;

// oxlint-disable-next-line require-yield
function* cannotRun(context: ProcessContext): Proc<number> {
  const [name = ''] = context.argv;
  const path = name.startsWith('/')
    ? name
    : (searchExecutable(context.fs, name, context.env.get('PATH') ?? DEFAULT_PATH, context.cwd)
        ?.path ?? name);
  context.stderr(`exec ${path}: exec format error\n`);
  return EXIT_CODE;
}

const programs: Readonly<Record<string, Program>> = Object.fromEntries(
  [...Object.keys(busyboxPrograms('/bin')), '/docker-entrypoint.sh', '/usr/sbin/nginx'].map(
    (path) => [path, cannotRun],
  ),
);

export const foreignImages: readonly ImageDefinition[] = [
  buildImage({
    repository: 'docker.io/arm64v8/alpine',
    sizes: { '3.22': 4_130_000, latest: 4_130_001 },
    shell: false,
    cmd: ['/bin/sh'],
    programs,
  }),
  buildImage({
    repository: 'docker.io/arm64v8/busybox',
    sizes: { '1.36': 1_850_000, latest: 1_910_000 },
    shell: false,
    cmd: ['sh'],
    programs,
  }),
  buildImage({
    repository: 'docker.io/arm64v8/nginx',
    sizes: { '1.27': 68_100_000, latest: 69_300_000 },
    shell: false,
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    programs,
  }),
];
