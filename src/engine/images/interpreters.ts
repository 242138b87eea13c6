/**
 * Languages: python, node, golang, ruby, php, openjdk. Their images and shells are there, and scripts
 * are refused by name.
 *
 * Models: docker.io/library/python, node, golang, ruby, php, openjdk.
 * Simplified: no interpreter and no compiler runs anything.
 */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { buildImage, interpreter } from './build.ts';

const PATH = '/usr/local/bin';

export const interpreterImages: readonly ImageDefinition[] = [
  buildImage({
    repository: 'docker.io/library/python',
    sizes: {
      '3.11': 364_000_000,
      '3.12': 370_000_000,
      '3.13': 366_000_000,
      '3.13-slim': 42_400_000,
      '3.13-alpine': 16_300_000,
    },
    aliases: {
      '3': '3.13',
      latest: '3.13',
      slim: '3.13-slim',
      alpine: '3.13-alpine',
      '3-slim': '3.13-slim',
      '3.12-slim': '3.13-slim',
    },
    base: 'debian-bookworm',
    cmd: ['python3'],
    programs: {
      [`${PATH}/python3`]: interpreter('Python', 'Python 3.13.7'),
      [`${PATH}/python`]: interpreter('Python', 'Python 3.13.7'),
    },
  }),
  buildImage({
    repository: 'docker.io/library/node',
    sizes: {
      '18': 386_000_000,
      '20': 389_000_000,
      '22': 393_000_000,
      '22-alpine': 54_000_000,
      '22-slim': 76_000_000,
    },
    aliases: {
      lts: '22',
      latest: '22',
      alpine: '22-alpine',
      slim: '22-slim',
      '20-alpine': '22-alpine',
    },
    base: 'debian-bookworm',
    cmd: ['node'],
    programs: { [`${PATH}/node`]: interpreter('Node.js', 'v22.19.0') },
  }),
  buildImage({
    repository: 'docker.io/library/golang',
    sizes: { '1.24': 309_000_000, '1.25': 297_000_000, '1.25-alpine': 61_000_000 },
    aliases: { '1': '1.25', latest: '1.25', alpine: '1.25-alpine' },
    base: 'debian-bookworm',
    cmd: ['bash'],
    env: { GOPATH: '/go', PATH: `/go/bin:/usr/local/go/bin:${PATH}:/usr/sbin:/usr/bin:/sbin:/bin` },
    workingDir: '/go',
    directories: ['/go/bin', '/go/src'],
    programs: { '/usr/local/go/bin/go': interpreter('Go', 'go version go1.25.1 linux/amd64') },
  }),
  buildImage({
    repository: 'docker.io/library/ruby',
    sizes: { '3.4': 373_000_000 },
    aliases: { '3': '3.4', latest: '3.4' },
    base: 'debian-bookworm',
    cmd: ['irb'],
    programs: {
      [`${PATH}/irb`]: interpreter('Ruby', 'irb 1.14.3'),
      [`${PATH}/ruby`]: interpreter('Ruby', 'ruby 3.4.5'),
    },
  }),
  buildImage({
    repository: 'docker.io/library/php',
    sizes: { '8.4': 181_000_000 },
    aliases: { '8': '8.4', latest: '8.4' },
    base: 'debian-bookworm-slim',
    cmd: ['php', '-a'],
    programs: { [`${PATH}/php`]: interpreter('PHP', 'PHP 8.4.12 (cli)') },
  }),
  buildImage({
    repository: 'docker.io/library/openjdk',
    sizes: { '17': 242_000_000, '21': 259_000_000 },
    aliases: { latest: '21' },
    cmd: ['jshell'],
    programs: {
      [`${PATH}/java`]: interpreter('Java', 'openjdk 21 2023-09-19'),
      [`${PATH}/jshell`]: interpreter('Java', 'jshell 21'),
    },
  }),
];
