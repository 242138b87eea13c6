/**
 * Plain systems: alpine, bash, debian, ubuntu, and busybox under names that examples use.
 *
 * Models: docker.io/library/alpine, bash, debian, ubuntu; registry.k8s.io/busybox, gcr.io's copies.
 */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';

const ALPINE = '/etc/apk/repositories';

export const systemImages: readonly ImageDefinition[] = [
  buildImage({
    repository: 'docker.io/library/alpine',
    sizes: {
      '3.18': 3_410_000,
      '3.19': 3_418_000,
      '3.20': 3_630_000,
      '3.21': 3_640_000,
      '3.22': 3_800_000,
    },
    aliases: { '3': '3.22', latest: '3.22' },
    cmd: ['/bin/sh'],
    files: {
      '/etc/alpine-release': '3.22.2\n',
      '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\n',
      [ALPINE]: '',
    },
  }),
  buildImage({
    repository: 'docker.io/library/bash',
    sizes: { '5.2': 6_600_000, '5.3': 6_700_000 },
    aliases: { '5': '5.3', latest: '5.3' },
    base: 'alpine',
    cmd: ['bash'],
  }),
  buildImage({
    repository: 'docker.io/library/debian',
    sizes: { bookworm: 48_480_000, 'bookworm-slim': 28_230_000, trixie: 49_280_000 },
    aliases: {
      '12': 'bookworm',
      '12-slim': 'bookworm-slim',
      '13': 'trixie',
      stable: 'trixie',
      latest: 'trixie',
    },
    base: 'debian-bookworm',
    cmd: ['bash'],
  }),
  buildImage({
    // What kube-controller-manager wipes volumes with.
    repository: 'registry.k8s.io/build-image/debian-base',
    sizes: { 'bookworm-v1.0.6': 21_400_000 },
    base: 'debian-bookworm-slim',
    cmd: ['bash'],
  }),
  buildImage({
    repository: 'docker.io/library/ubuntu',
    sizes: { '18.04': 25_690_000, '20.04': 27_510_000, '22.04': 29_540_000, '24.04': 29_720_000 },
    aliases: { noble: '24.04', jammy: '22.04', latest: '24.04' },
    base: 'ubuntu-24.04',
    cmd: ['/bin/bash'],
  }),
  buildImage({
    repository: 'docker.io/library/centos',
    sizes: { '7': 76_100_000 },
    cmd: ['/bin/bash'],
  }),
  buildImage({
    repository: 'registry.k8s.io/busybox',
    sizes: { '1.24': 665_000, '1.27.2': 720_000 },
    aliases: { '1.27': '1.27.2', latest: '1.27.2' },
    cmd: ['sh'],
  }),
  buildImage({
    repository: 'gcr.io/google-containers/busybox',
    sizes: { '1.24': 665_000, '1.27.2': 720_000 },
    aliases: { '1.27': '1.27.2', latest: '1.27.2' },
    cmd: ['sh'],
  }),
  buildImage({
    repository: 'quay.io/prometheus/busybox',
    sizes: { latest: 800_000 },
    cmd: ['sh'],
  }),
];
