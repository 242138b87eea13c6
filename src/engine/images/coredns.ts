/**
 * CoreDNS: the cluster's DNS server, which watches Services through the API server.
 *
 * Models:     registry.k8s.io/coredns/coredns 1.14 with the Corefile of kubeadm
 * Simplified: answers over UDP only; what is no name of the cluster does not exist; a changed Corefile
 *             is read at the next start
 */
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import { dnsText, DNS_PORT, parseQuestion } from '../node/runtime/dns-message.ts';
import {
  AddressInUse,
  type ClusterClient,
  type Datagram,
  type DnsAnswer,
  type DnsQuestion,
  type HttpResponse,
  type ImageDefinition,
  type ProcessContext,
  type UdpSocket,
} from '../node/runtime/program.ts';
import { answer, type Zone } from './coredns/answer.ts';
import { clusterZones, CorefileError } from './coredns/corefile.ts';
import { World } from './coredns/world.ts';
import { tagDigest } from './digests.ts';

const REPOSITORY = 'registry.k8s.io/coredns/coredns';
const VERSION = '1.14.2';
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const START_US = 20_000;
/** Between two tries to be known to the API server. */
const RETRY_US = 1_000_000;
/** `health { lameduck 5s }`. */
const LAMEDUCK_US = 5_000_000;
const HEALTH_PORT = 8_080;
const READY_PORT = 8_181;
const METRICS_PORT = 9_153;
const FAILED: DnsAnswer = { code: 'SERVFAIL', records: [] };
const UNKNOWN: DnsAnswer = { code: 'NXDOMAIN', records: [] };

function* coredns(context: ProcessContext): Proc<number> {
  const { argv } = context;
  if (argv.includes('-version')) {
    context.stdout(`CoreDNS-${VERSION}\nlinux/amd64, go1.26.1, \n`);
    return 0;
  }
  yield* context.work(START_US);
  const zones = readZones(context, argv[argv.indexOf('-conf') + 1] ?? 'Corefile');
  if (zones === null) return 1;
  const ended = new Future<'ended'>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    context.onSignal(signal, () => ended.resolve('ended'));
  }
  const world = new World();
  if (!open(context, world, zones)) return 1;
  context.stdout(`.:${DNS_PORT}\nCoreDNS-${VERSION}\nlinux/amd64, go1.26.1, \n`);
  const end = yield* connect(context, world, ended);
  try {
    yield ended;
    context.stdout('[INFO] SIGTERM: Shutting down servers then terminating\n');
    context.stdout('[INFO] plugin/health: Going into lameduck mode for 5s\n');
    yield LAMEDUCK_US;
    return 0;
  } finally {
    end?.();
  }
}

function readZones(context: ProcessContext, path: string): readonly Zone[] | null {
  const text = context.fs.read(path);
  if (text === undefined) {
    context.stderr(`loading Caddyfile via flag: open ${path}: no such file or directory\n`);
    return null;
  }
  try {
    return clusterZones(text, path);
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    context.stderr(`${error.message}\n`);
    return null;
  }
}

/** Null: the process was told to end before the API server knew it. */
function* connect(
  context: ProcessContext,
  world: World,
  ended: Future<'ended'>,
): Proc<(() => void) | null> {
  for (let tries = 0; !ended.settled; tries++) {
    const client = clientOf(context);
    if (client) return world.watch(client);
    if (tries === 0) {
      context.stdout('[ERROR] plugin/kubernetes: Failed to watch: Unauthorized\n');
    }
    yield RETRY_US;
  }
  return null;
}

function clientOf(context: ProcessContext): ClusterClient | null {
  const token = (context.fs.read(TOKEN_FILE) ?? '').trim();
  return context.network?.cluster(token, 'coredns') ?? null;
}

function open(context: ProcessContext, world: World, zones: readonly Zone[]): boolean {
  const rng = context.kernel.rng(`coredns/${context.hostname}`);
  const reply = (question: DnsQuestion): DnsAnswer => {
    if (!world.synced) return FAILED;
    for (const zone of zones) {
      const found = answer(world, zone, question);
      // loadbalance: which of several addresses comes first is drawn anew each time.
      if (found)
        return found.records.length > 1 ? turned(found, rng.int(found.records.length)) : found;
    }
    return UNKNOWN;
  };
  const status = (ready: () => boolean) => (): HttpResponse => {
    return ready() ? { status: 200, body: 'OK' } : { status: 503, body: 'kubernetes' };
  };
  try {
    const socket: UdpSocket = context.openUdp(DNS_PORT, (datagram: Datagram) => {
      const message = parseQuestion(datagram.text);
      if (!message) return;
      const content = reply(message.content);
      const { remoteAddress, remotePort } = datagram;
      socket.sendTo(remoteAddress, remotePort, dnsText({ id: message.id, content }));
    });
    context.listen(
      HEALTH_PORT,
      status(() => true),
    );
    context.listen(
      READY_PORT,
      status(() => world.synced),
    );
    context.listen(METRICS_PORT, () => ({ status: 200, body: `coredns_build_info 1\n` }));
    return true;
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    context.stderr(`listen tcp :${DNS_PORT}: bind: address already in use\n`);
    return false;
  }
}

function turned({ code, records }: DnsAnswer, by: number): DnsAnswer {
  return { code, records: [...records.slice(by), ...records.slice(0, by)] };
}

const tag = (name: string) => ({ sizeBytes: 23_900_000, digest: tagDigest(REPOSITORY, name) });

export const corednsImage: ImageDefinition = {
  repository: REPOSITORY,
  tags: { 'v1.14.2': tag('v1.14.2'), 'v1.13.1': tag('v1.13.1'), 'v1.12.1': tag('v1.12.1') },
  entrypoint: ['/coredns'],
  workingDir: '/',
  user: '65532:65532',
  programs: { '/coredns': coredns },
};
