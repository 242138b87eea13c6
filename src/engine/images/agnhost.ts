/**
 * agnhost: the helper of Kubernetes' own tests. Its subcommands stand in agnhost/, one file each.
 *
 * Models: test/images/agnhost (v1.36), its README
 * Simplified: what is missing says by name that it is not simulated.
 */
import type { Proc } from '../../kernel/process.ts';
import type { ImageDefinition, ProcessContext, Program } from '../node/runtime/program.ts';
import { connect } from './agnhost/connect.ts';
import { crdConversionWebhook } from './agnhost/crd-conversion-webhook.ts';
import { dnsServerList, dnsSuffix, etcHosts } from './agnhost/dns.ts';
import { entrypointTester } from './agnhost/entrypoint-tester.ts';
import { fakeGitServer } from './agnhost/fake-gitserver.ts';
import { grpcHealthChecking } from './agnhost/grpc-health-checking.ts';
import { guestbook } from './agnhost/guestbook.ts';
import { inClusterClient } from './agnhost/inclusterclient.ts';
import { liveness } from './agnhost/liveness.ts';
import { logsGenerator } from './agnhost/logs-generator.ts';
import { mounttest } from './agnhost/mounttest.ts';
import { netexec } from './agnhost/netexec.ts';
import { nettest } from './agnhost/nettest.ts';
import { noSnatTest } from './agnhost/no-snat-test.ts';
import { nonewprivs } from './tools/effective-user.ts';
import { pause } from './agnhost/pause.ts';
import { portForwardTester } from './agnhost/port-forward-tester.ts';
import { porter } from './agnhost/porter.ts';
import type { Subcommand } from './agnhost/program.ts';
import { serveHostname } from './agnhost/serve-hostname.ts';
import { eat, endingWell, sickHealthChecking, switchedNetexec, term } from './agnhost/stand-in.ts';
import { stress } from './agnhost/stress.ts';
import { tcpReset } from './agnhost/tcp-reset.ts';
import { testWebserver } from './agnhost/test-webserver.ts';
import { webhook } from './agnhost/webhook.ts';
import { busyboxPrograms } from './commands/index.ts';
import { layerDigest, tagDigest } from './digests.ts';
import { shellProgram } from './shell/program.ts';
import { curl } from './tools/curl.ts';
import { dig } from './tools/dig.ts';
import { getent } from './tools/getent.ts';

/** What is left once containerd has answered: the first probe, some ms later, is answered. */
const START_US = 1_000;

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  connect,
  'crd-conversion-webhook': crdConversionWebhook,
  'dns-server-list': dnsServerList,
  'dns-suffix': dnsSuffix,
  'entrypoint-tester': entrypointTester,
  'etc-hosts': etcHosts,
  'fake-gitserver': fakeGitServer,
  'grpc-health-checking': (context, args) => grpcHealthChecking(context, args),
  guestbook,
  inclusterclient: inClusterClient,
  liveness,
  'logs-generator': logsGenerator,
  mounttest,
  netexec: (context, args) => netexec(context, args),
  nettest,
  'no-snat-test': noSnatTest,
  nonewprivs,
  pause,
  'port-forward-tester': portForwardTester,
  porter,
  'serve-hostname': serveHostname,
  stress,
  'tcp-reset': tcpReset,
  'test-webserver': testWebserver,
  webhook,
};

/** Subcommands of the real one that are not there. */
const NOT_SIMULATED = [
  'audit-proxy',
  'external-metrics-server',
  'fake-registry-server',
  'mtlsclient',
  'mtlsserver',
  'net',
  'no-snat-test-proxy',
  'podcertificatesigner',
  'resource-consumer-controller',
  'test-service-account-issuer-discovery',
];

/** The recorded program has the same subcommands, with differences. */
const STAND_IN: Readonly<Record<string, Subcommand>> = {
  ...Object.fromEntries(
    Object.entries(SUBCOMMANDS).map(([name, run]) => [name, endingWell(run)] as const),
  ),
  pause,
  'grpc-health-checking': endingWell(sickHealthChecking),
  netexec: switchedNetexec,
  eat,
  term,
};

function program(subcommands: Readonly<Record<string, Subcommand>>): Program {
  return function* agnhost(context: ProcessContext): Proc<number> {
    yield* context.work(START_US);
    const [, name = '', ...args] = context.argv;
    const run = subcommands[name];
    if (run) return yield* run(context, args);
    if (name === '' || name === '--help') {
      context.stdout(`Usage:\n  app [command]\n\nAvailable Commands:\n`);
      for (const known of Object.keys(subcommands)) context.stdout(`  ${known}\n`);
      return 0;
    }
    const why = NOT_SIMULATED.includes(name) ? ' (not simulated)' : '';
    context.stderr(`Error: unknown command "${name}" for "app"${why}\n`);
    context.stderr(`Run 'app --help' for usage.\n`);
    return 1;
  };
}

/** What the image has beside its own program. */
const TOOLS: Readonly<Record<string, Program>> = {
  ...busyboxPrograms('/bin'),
  '/bin/bash': shellProgram,
  '/usr/bin/curl': curl,
  '/usr/bin/dig': dig,
  '/usr/bin/getent': getent,
};

const TAGS = [
  '2.6',
  '2.32',
  '2.39',
  '2.40',
  '2.43',
  '2.45',
  '2.47',
  '2.52',
  '2.53',
  '2.55',
  '2.63.0',
];
/** Compressed size, of the base of Alpine and of the programs. */
const BASE_BYTES = 11_403_264;
const OWN_BYTES = 43_009_552;

const DIRECTORIES = ['/uploads', '/home', '/usr/sbin', '/var/log', '/etc/ssl/certs'];

function definition(
  repository: string,
  subcommands: Readonly<Record<string, Subcommand>>,
): ImageDefinition {
  const agnhost = program(subcommands);
  return {
    repository,
    tags: Object.fromEntries(
      TAGS.map((tag) => [
        tag,
        {
          sizeBytes: BASE_BYTES + OWN_BYTES,
          digest: tagDigest(repository, tag),
          layers: [
            { digest: layerDigest('agnhost', 'base'), sizeBytes: BASE_BYTES },
            { digest: layerDigest(repository, tag), sizeBytes: OWN_BYTES },
          ],
        },
      ]),
    ),
    entrypoint: ['/agnhost'],
    cmd: ['pause'],
    // A copy under a second name is for tests that give another entrypoint.
    programs: { ...TOOLS, '/agnhost': agnhost, '/agnhost-2': agnhost },
    files: {
      '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
      '/etc/group': 'root:x:0:root\nnobody:x:65534:\n',
      ...ALPINE,
      '/localhost.crt': '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
      '/localhost.key': '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
    },
    directories: DIRECTORIES,
  };
}

/** What agnhost and what stands on it are made from. */
const ALPINE = { '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\n' };

/** Pictures for the update demo: test/images/nautilus and kitten. */
function demo(name: string): ImageDefinition {
  const repository = `registry.k8s.io/e2e-test-images/${name}`;
  return {
    repository,
    tags: { '1.8': { sizeBytes: 54_461_712, digest: tagDigest(repository, '1.8') } },
    entrypoint: ['/agnhost'],
    cmd: ['test-webserver'],
    programs: { ...busyboxPrograms('/bin'), '/agnhost': program(SUBCOMMANDS) },
    files: { '/data.json': `{\n    "image": "${name}.jpg"\n}\n`, ...ALPINE },
  };
}

/** The same program as a small image of its own, which the documentation's examples use. */
const vishStress: ImageDefinition = {
  repository: 'docker.io/vish/stress',
  tags: {
    latest: { sizeBytes: 1_560_000, digest: tagDigest('docker.io/vish/stress', 'latest') },
  },
  entrypoint: ['/stress'],
  programs: { '/stress': (context) => stress(context, context.argv.slice(1)) },
};

/** Under the name that Kubernetes' tests use, and under a short one. */
export const agnhostImages: readonly ImageDefinition[] = [
  definition('registry.k8s.io/e2e-test-images/agnhost', SUBCOMMANDS),
  definition('docker.io/library/agnhost', STAND_IN),
  demo('nautilus'),
  demo('kitten'),
  vishStress,
];
