/**
 * busybox: the shell and some small commands.
 *
 * Models: docker.io/library/busybox, linked statically as its uclibc and musl variants are: without
 * /lib. The commands are those of commands/.
 * Simplified: commands that are not there are not found, as in a smaller build: ar, bc, bzip2, cpio,
 * crond, crontab, dc, ed, getopt, httpd, ifconfig, install, lsof, netstat, nsenter, patch, route, su,
 * syslogd, tftp, traceroute, udhcpc, uuencode, xz; vi, gzip, unzip and telnet say that they are not
 * simulated.
 */
import type { ImageDefinition, ImageTag } from '../node/runtime/program.ts';
import { busyboxPrograms, laterShell, nslookup128 } from './commands/index.ts';
import { layerDigest, tagDigest } from './digests.ts';

const REPOSITORY = 'docker.io/library/busybox';

/** Compressed size of the one layer on amd64. */
const SIZES_BYTES: Readonly<Record<string, number>> = {
  '1.28': 723_146,
  '1.30': 755_724,
  '1.31': 764_642,
  '1.32': 769_834,
  '1.33': 774_318,
  '1.34': 778_242,
  '1.35': 2_159_953,
  '1.36': 2_219_949,
  '1.36.1': 2_219_949,
  '1.37': 2_224_358,
  '1.37.0': 2_224_358,
  stable: 2_219_949,
  latest: 2_224_358,
  musl: 851_316,
  uclibc: 733_104,
  glibc: 2_224_358,
};

/** Under the name that Kubernetes' own tests use (test/images/busybox). */
const TEST_REPOSITORY = 'registry.k8s.io/e2e-test-images/busybox';
const TEST_SIZES_BYTES: Readonly<Record<string, number>> = { '1.37.0-1': 2_224_358 };

function imageTag(repository: string, tag: string, sizeBytes: number): ImageTag {
  return {
    sizeBytes,
    digest: tagDigest(repository, tag),
    layers: [{ digest: layerDigest(repository, tag), sizeBytes }],
    ...(tag.startsWith('1.28') ? { programs: { '/bin/nslookup': nslookup128 } } : {}),
  };
}

function tags(
  repository: string,
  sizes: Readonly<Record<string, number>>,
): Record<string, ImageTag> {
  return Object.fromEntries(
    Object.entries(sizes).map(([tag, size]) => [tag, imageTag(repository, tag, size)]),
  );
}

export const busyboxImage: ImageDefinition = {
  repository: REPOSITORY,
  tags: tags(REPOSITORY, SIZES_BYTES),
  cmd: ['sh'],
  programs: busyboxPrograms('/bin'),
  files: {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    '/etc/group': 'root:x:0:\nnobody:x:65534:\n',
  },
  directories: ['/home', '/usr/sbin', '/var/spool', '/var/www'],
};

export const busyboxTestImage: ImageDefinition = {
  ...busyboxImage,
  programs: { ...busyboxImage.programs, '/bin/ash': laterShell, '/bin/sh': laterShell },
  repository: TEST_REPOSITORY,
  tags: tags(TEST_REPOSITORY, TEST_SIZES_BYTES),
};
