/** user: an image whose configuration names a user instead of giving a number (runAsNonRoot). */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { busyboxPrograms } from './commands/index.ts';
import { tagDigest } from './digests.ts';

const REPOSITORY = 'docker.io/library/user';

export const userImage: ImageDefinition = {
  repository: REPOSITORY,
  tags: { '1': { sizeBytes: 2_220_312, digest: tagDigest(REPOSITORY, '1') } },
  cmd: ['sleep', 'inf'],
  user: 'appuser',
  programs: busyboxPrograms('/bin'),
  files: {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nappuser:x:1000:1000::/home/appuser:/bin/sh\n',
  },
};
