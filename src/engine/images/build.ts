/**
 * What images have in common: base layers that are pulled once, the files of a distribution, other
 * names of one version, and programs that are there in name only.
 *
 * Simplified: busybox's commands and shell stand for those of every distribution.
 */
import type { Proc } from '../../kernel/process.ts';
import type { FileSource } from '../node/runtime/file-tree.ts';
import type {
  ImageDefinition,
  ImageTag,
  ProcessContext,
  Program,
} from '../node/runtime/program.ts';
import { busyboxPrograms } from './commands/index.ts';
import { layerDigest, tagDigest } from './digests.ts';
import { shellProgram } from './shell/program.ts';

/** Compressed root file systems on amd64. */
const BASES = {
  alpine: 3_640_000,
  'debian-bookworm': 48_480_000,
  'debian-bookworm-slim': 28_230_000,
  'debian-stretch': 22_496_034,
  distroless: 1_200_000,
  'ubuntu-22.04': 29_540_000,
  'ubuntu-24.04': 29_720_000,
} as const;

export type Base = keyof typeof BASES;

const RELEASES: Readonly<Record<Base, { readonly id: string; readonly name: string }>> = {
  alpine: { id: 'alpine', name: 'Alpine Linux v3.22' },
  'debian-bookworm': { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)' },
  'debian-bookworm-slim': { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)' },
  'debian-stretch': { id: 'debian', name: 'Debian GNU/Linux 9 (stretch)' },
  distroless: { id: 'debian', name: 'Distroless' },
  'ubuntu-22.04': { id: 'ubuntu', name: 'Ubuntu 22.04.5 LTS' },
  'ubuntu-24.04': { id: 'ubuntu', name: 'Ubuntu 24.04.3 LTS' },
};

const USERS =
  'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n';
const GROUPS = 'root:x:0:\nnogroup:x:65534:\n';

export interface ImageSpec extends Omit<ImageDefinition, 'tags' | 'programs'> {
  /** Compressed bytes of all layers, by tag. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Other tags of the same image. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Environment that differs by tag. */
  readonly envOf?: (tag: string) => Readonly<Record<string, string>>;
  readonly base?: Base;
  /** Shell and small commands are there unless this is false. */
  readonly shell?: boolean;
  readonly programs?: Readonly<Record<string, Program>>;
}

export function buildImage(spec: ImageSpec): ImageDefinition {
  const { aliases = {}, base, envOf, files, programs = {}, shell = true, sizes, ...rest } = spec;
  const { repository } = spec;
  const tags: Record<string, ImageTag> = {};
  for (const [tag, sizeBytes] of Object.entries(sizes)) {
    tags[tag] = {
      sizeBytes,
      digest: tagDigest(repository, tag),
      layers: layersOf(repository, tag, sizeBytes, base),
      ...(envOf ? { env: envOf(tag) } : {}),
    };
  }
  for (const [alias, tag] of Object.entries(aliases)) tags[alias] = tags[tag] as ImageTag;
  return {
    ...rest,
    tags,
    programs: { ...(shell ? SHELL_PROGRAMS : {}), ...programs },
    files: { ...filesOf(base), ...files },
  };
}

const SHELL_PROGRAMS: Readonly<Record<string, Program>> = {
  ...busyboxPrograms('/bin'),
  '/bin/bash': shellProgram,
};

function layersOf(
  repository: string,
  tag: string,
  sizeBytes: number,
  base: Base | undefined,
): NonNullable<ImageTag['layers']> {
  const own = layerDigest(repository, tag);
  const baseBytes = base === undefined ? 0 : BASES[base];
  if (base === undefined || sizeBytes <= baseBytes) return [{ digest: own, sizeBytes }];
  return [
    { digest: layerDigest(base, 'rootfs'), sizeBytes: baseBytes },
    { digest: own, sizeBytes: sizeBytes - baseBytes },
  ];
}

function filesOf(base: Base | undefined): Readonly<Record<string, string | FileSource>> {
  const users = { '/etc/passwd': USERS, '/etc/group': GROUPS };
  if (base === undefined) return users;
  const { id, name } = RELEASES[base];
  return { ...users, '/etc/os-release': `PRETTY_NAME="${name}"\nNAME="${name}"\nID=${id}\n` };
}

/** A program that says that it is not simulated, and fails. */
export function absent(what: string): Program {
  // oxlint-disable-next-line require-yield
  return function* (context: ProcessContext): Proc<number> {
    context.stderr(`${what} is not simulated: there is only its image\n`);
    return 1;
  };
}

/** An interpreter: without a script it reads nothing and ends well; scripts are not simulated. */
export function interpreter(what: string, version: string): Program {
  return function* (context: ProcessContext): Proc<number> {
    yield* context.work(INTERPRETER_START_US);
    const [, ...args] = context.argv;
    if (args.some((a) => a === '--version' || a === '-V' || a === '-v' || a === 'version')) {
      context.stdout(`${version}\n`);
      return 0;
    }
    const script = args.length > 0 || (yield* context.stdin.readChunk()) !== null;
    if (!script) return 0;
    context.stderr(`${what} scripts are not simulated: there is only the image of ${what}\n`);
    return 1;
  };
}

const INTERPRETER_START_US = 20_000;
