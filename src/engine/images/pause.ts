/**
 * The pause image: the process that owns a Pod's sandbox. It waits until it is told to end.
 *
 * Models: kubernetes build/pause/linux/pause.c. Simplified: there are no zombies to reap.
 */
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { tagDigest } from './digests.ts';

function* pause(context: ProcessContext): Proc<number> {
  const ended = new Future<number>();
  context.onSignal('SIGINT', () => ended.resolve(0));
  context.onSignal('SIGTERM', () => ended.resolve(0));
  return (yield ended) as number;
}

const REPOSITORY = 'registry.k8s.io/pause';

const tag = (name: string, sizeBytes: number) => ({
  sizeBytes,
  digest: tagDigest(REPOSITORY, name),
});

export const pauseImage: ImageDefinition = {
  repository: REPOSITORY,
  // Compressed sizes on amd64, as the registry lists them.
  tags: {
    '3.6': tag('3.6', 301_773),
    '3.8': tag('3.8', 311_286),
    '3.9': tag('3.9', 321_520),
    '3.10': tag('3.10', 320_368),
    '3.10.1': tag('3.10.1', 320_448),
    '3.10.2': tag('3.10.2', 320_448),
  },
  entrypoint: ['/pause'],
  user: '65535:65535',
  programs: { '/pause': pause },
};
