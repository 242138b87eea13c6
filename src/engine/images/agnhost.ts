/**
 * agnhost: the helper of Kubernetes' own tests: a web server with switches, a server that falls
 * ill, a process that ends slowly, and what stands in agnhost/.
 *
 * Models: test/images/agnhost (netexec, liveness, pause, serve-hostname) and `term --after N`.
 * Simplified: no UDP, gRPC or memory eaters; those subcommands say that they are not simulated.
 */
import type { Proc } from '../../kernel/process.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type {
  HttpRequest,
  HttpResponse,
  ImageDefinition,
  ProcessContext,
  RequestHandler,
} from '../node/runtime/program.ts';
import { logsGenerator } from './agnhost/logs-generator.ts';
import { mounttest } from './agnhost/mounttest.ts';
import { pause } from './agnhost/pause.ts';
import { log, numberFlag, open, type Subcommand, text, waitForEnd } from './agnhost/program.ts';
import { testWebserver } from './agnhost/test-webserver.ts';
import { webhook } from './agnhost/webhook.ts';
import { busyboxPrograms } from './commands/index.ts';
import { formatTime } from './commands/date.ts';
import { tagDigest } from './digests.ts';

const START_US = 5_000;
/** liveness/server.go: healthy for ten seconds, then 500. */
const HEALTHY_US = 10 * MICROS_PER_SECOND;

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  liveness,
  'logs-generator': logsGenerator,
  mounttest,
  netexec,
  pause,
  'serve-hostname': serveHostname,
  term,
  'test-webserver': testWebserver,
  webhook,
};

function* agnhost(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const [, name = '', ...args] = context.argv;
  const run = SUBCOMMANDS[name];
  if (run) return yield* run(context, args);
  context.stderr(`Error: unknown command "${name}" for "app" (not simulated)\n`);
  return 1;
}

function* netexec(context: ProcessContext, args: readonly string[]): Proc<number> {
  const port = numberFlag(args, 'http-port', 8_080);
  const udpPort = numberFlag(args, 'udp-port', 8_081);
  const state = { ready: true };
  const handler: RequestHandler = (request) => {
    log(context, `${request.method} ${request.path}`);
    return answerNetexec(context, request, state);
  };
  if (!open(context, port, handler)) return 1;
  log(context, `Started HTTP server on port ${port}`);
  log(context, `Started UDP server on port  ${udpPort}`);
  return yield* waitForEnd(context);
}

function answerNetexec(
  context: ProcessContext,
  request: HttpRequest,
  state: { ready: boolean },
): HttpResponse | Proc<HttpResponse> {
  const [path = '/', query = ''] = request.path.split('?', 2);
  const parameter = (name: string): string | undefined => {
    const pair = query.split('&').find((part) => part.startsWith(`${name}=`));
    return pair?.slice(name.length + 1);
  };
  switch (path) {
    case '/':
      return text(200, `NOW: ${formatTime('%Y-%m-%d %H:%M:%S', context.kernel.nowMs)} +0000 UTC`);
    case '/hostname':
    case '/hostName':
      return text(200, context.hostname);
    case '/clientip':
      return text(200, `${request.remoteAddress ?? ''}:0`);
    case '/healthz':
    case '/readyz':
      return state.ready ? text(200, 'ok') : text(500, 'not ready');
    case '/set':
      state.ready = parameter('ready') !== '0';
      return text(200, '');
    case '/status':
      return text(Number(parameter('code') ?? 200), '');
    case '/echo':
      return text(200, decodeURIComponent(parameter('msg') ?? ''));
    case '/sleep': {
      const us = Number(parameter('s') ?? 0) * MICROS_PER_SECOND;
      return (function* (): Proc<HttpResponse> {
        yield us;
        return text(200, '');
      })();
    }
    default:
      return text(404, '404 page not found\n');
  }
}

function* liveness(context: ProcessContext, args: readonly string[]): Proc<number> {
  const startedAt = context.kernel.now;
  const handler = (): HttpResponse => {
    const us = context.kernel.now - startedAt;
    if (us <= HEALTHY_US) return text(200, 'ok');
    return text(500, `error: ${(us / MICROS_PER_SECOND).toFixed(6)}`);
  };
  if (!open(context, numberFlag(args, 'port', 8_080), handler)) return 1;
  return yield* waitForEnd(context);
}

function* serveHostname(context: ProcessContext, args: readonly string[]): Proc<number> {
  if (!open(context, numberFlag(args, 'port', 9_376), () => text(200, context.hostname))) return 1;
  log(context, 'Serving on port 9376.');
  return yield* waitForEnd(context);
}

/** Ends |after| seconds after SIGTERM, as a server that finishes its requests. */
function* term(context: ProcessContext, args: readonly string[]): Proc<number> {
  yield* waitForEnd(context);
  yield numberFlag(args, 'after', 0) * MICROS_PER_SECOND;
  return 0;
}

const PROGRAMS = { ...busyboxPrograms('/bin'), '/agnhost': agnhost };

function definition(repository: string): ImageDefinition {
  const tags = ['2.40', '2.45', '2.47', '2.53', '2.55', '2.63.0'];
  return {
    repository,
    tags: Object.fromEntries(
      tags.map((tag) => [tag, { sizeBytes: 54_412_816, digest: tagDigest('agnhost', tag) }]),
    ),
    entrypoint: ['/agnhost'],
    cmd: ['pause'],
    programs: PROGRAMS,
  };
}

/** Pictures for the update demo: test/images/nautilus and kitten. */
function demo(name: string): ImageDefinition {
  const repository = `registry.k8s.io/e2e-test-images/${name}`;
  return {
    repository,
    tags: { '1.8': { sizeBytes: 54_461_712, digest: tagDigest(repository, '1.8') } },
    entrypoint: ['/agnhost'],
    cmd: ['test-webserver'],
    programs: PROGRAMS,
    files: { '/data.json': `{\n    "image": "${name}.jpg"\n}\n` },
  };
}

/** Under the name that Kubernetes' tests use, and under a short one. */
export const agnhostImages: readonly ImageDefinition[] = [
  definition('registry.k8s.io/e2e-test-images/agnhost'),
  definition('docker.io/library/agnhost'),
  demo('nautilus'),
  demo('kitten'),
];
