/** slow: a small image behind a slow line, to watch a pull. Its program does nothing but wait. */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { busyboxPrograms } from './commands/index.ts';
import { tagDigest } from './digests.ts';

const REPOSITORY = 'docker.io/library/slow';

/** So that a pull takes about six seconds. */
const BYTES_PER_SECOND = 1_221_785;

export const slowImage: ImageDefinition = {
  repository: REPOSITORY,
  tags: {
    '1': {
      sizeBytes: 7_330_711,
      digest: tagDigest(REPOSITORY, '1'),
      bytesPerSecond: BYTES_PER_SECOND,
    },
    '2': {
      sizeBytes: 7_330_712,
      digest: tagDigest(REPOSITORY, '2'),
      bytesPerSecond: BYTES_PER_SECOND,
    },
  },
  cmd: ['sleep', 'inf'],
  programs: busyboxPrograms('/bin'),
};
