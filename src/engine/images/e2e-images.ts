/**
 * Images of Kubernetes' own tests beside agnhost, busybox and nginx: glibc-dns-testing, ipc-utils,
 * nonewprivs, nonroot, perl, httpd, and an image of a private registry.
 *
 * Models: test/utils/image/manifest.go, test/images (v1.36)
 * Simplified: ipcs tells of no shared memory.
 */
import type { Proc } from '../../kernel/process.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { nonewprivs } from './tools/effective-user.ts';
import { buildImage } from './build.ts';
import { dig } from './tools/dig.ts';
import { getent } from './tools/getent.ts';

const REGISTRY = 'registry.k8s.io/e2e-test-images';

// oxlint-disable-next-line require-yield
function* ipcs(context: ProcessContext): Proc<number> {
  context.stdout('\n------ Shared Memory Segments --------\n');
  context.stdout(
    'key        shmid      owner      perms      bytes      nattch     status      \n\n',
  );
  return 0;
}

export const e2eImages: readonly ImageDefinition[] = [
  buildImage({
    repository: `${REGISTRY}/glibc-dns-testing`,
    sizes: { '2.0.0': 84_000_000 },
    base: 'debian-bookworm',
    cmd: ['bash'],
    programs: { '/usr/bin/dig': dig, '/usr/bin/getent': getent },
  }),
  buildImage({
    repository: `${REGISTRY}/jessie-dnsutils`,
    sizes: { '1.3': 85_000_000, '1.7': 85_500_000 },
    cmd: ['sleep', '3600'],
    programs: { '/usr/bin/dig': dig, '/usr/bin/getent': getent },
  }),
  buildImage({
    repository: `${REGISTRY}/ipc-utils`,
    sizes: { '1.3': 5_200_000, '1.4': 5_300_000 },
    base: 'alpine',
    cmd: ['sh'],
    programs: { '/usr/bin/ipcs': ipcs },
  }),
  buildImage({
    repository: `${REGISTRY}/nonewprivs`,
    sizes: { '1.3': 4_300_000, '1.4': 4_400_000 },
    base: 'alpine',
    cmd: ['nnp'],
    programs: { '/usr/local/bin/nnp': nonewprivs },
  }),
  buildImage({
    repository: `${REGISTRY}/nonroot`,
    sizes: { '1.4': 4_200_000, '1.5': 4_250_000 },
    base: 'alpine',
    cmd: ['sh'],
    user: '1234',
  }),
];
