/**
 * Images of tutorials: kubernetes-bootcamp, the guestbook's front end, goproxy, WordPress, and tool
 * boxes with a shell.
 *
 * Models: gcr.io/google-samples/kubernetes-bootcamp, gb-frontend; registry.k8s.io/goproxy;
 * docker.io/library/wordpress; nicolaka/netshoot, radial/busyboxplus, nginxdemos/hello.
 * Simplified: WordPress tells whether it reaches its database and shows the first page of its
 * installation; the guestbook's front end shows its page alone; goproxy passes nothing on.
 */
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import {
  AddressInUse,
  type HttpRequest,
  type HttpResponse,
  type ImageDefinition,
  type ProcessContext,
  type Program,
} from '../node/runtime/program.ts';
import { lookupHost } from '../node/runtime/resolver.ts';
import { buildImage } from './build.ts';
import { formatTime } from './commands/date.ts';
import { curl } from './tools/curl.ts';
import { dig } from './tools/dig.ts';
import { getent } from './tools/getent.ts';
import { within } from './tools/http-client.ts';

const START_US = 60_000;
const MYSQL_PORT = 3_306;
const DATABASE_TIMEOUT_US = 5 * MICROS_PER_SECOND;
const GO_SIGNALLED = 2;

type Answer = (context: ProcessContext, request: HttpRequest) => HttpResponse | Proc<HttpResponse>;

interface ServerOptions {
  readonly port: number;
  readonly started?: (context: ProcessContext) => string;
  /** On SIGTERM. */
  readonly exitCode?: number;
}

function server({ port, started, exitCode = 0 }: ServerOptions, answer: Answer): Program {
  return function* (context): Proc<number> {
    yield* context.work(START_US);
    try {
      context.listen(port, (request) => answer(context, request));
    } catch (error) {
      if (!(error instanceof AddressInUse)) throw error;
      context.stderr(`cannot listen on port ${port}: address already in use\n`);
      return 1;
    }
    if (started) context.stdout(started(context));
    const ended = new Future<number>();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGWINCH', 'SIGQUIT'] as const) {
      context.onSignal(signal, () => ended.resolve(exitCode));
    }
    return (yield ended) as number;
  };
}

function html(body: string, status = 200): HttpResponse {
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body };
}

function bootcamp(version: string): Program {
  let requests = 0;
  const started = ({ hostname, kernel }: ProcessContext): string => {
    const time = formatTime('%Y-%m-%dT%H:%M:%S.000Z', kernel.nowMs);
    return `Kubernetes Bootcamp App Started At: ${time} | Running On:  ${hostname} \n`;
  };
  return server({ port: 8_080, started, exitCode: GO_SIGNALLED }, (context) => {
    requests++;
    const { hostname, kernel } = context;
    const uptime = (kernel.now / MICROS_PER_SECOND).toFixed(3);
    const counts = `Total Requests: ${requests} | App Uptime: ${uptime} seconds`;
    context.stdout(`Running On: ${hostname} | ${counts}\n`);
    const body = `Hello Kubernetes bootcamp! | Running on: ${hostname} | v=${version}\n`;
    return { status: 200, headers: { 'Content-Type': 'text/plain' }, body };
  });
}

const GUESTBOOK = `<html ng-app="redis">
  <head>
    <title>Guestbook</title>
  </head>
  <body>
    <h2>Guestbook</h2>
  </body>
</html>
`;

const NO_DATABASE = '<h1>Error establishing a database connection</h1>\n';

/** Whether somebody listens where the database should be. */
function* wordpress(context: ProcessContext, request: HttpRequest): Proc<HttpResponse> {
  const log = (status: number): void => {
    const time = formatTime('%d/%b/%Y:%H:%M:%S +0000', context.kernel.nowMs);
    const line = `"${request.method} ${request.path} HTTP/1.1" ${status} -`;
    context.stdout(`${request.remoteAddress ?? '-'} - - [${time}] ${line}\n`);
  };
  const [host = '', port = ''] = (context.env.get('WORDPRESS_DB_HOST') ?? 'mysql').split(':');
  const found = yield* lookupHost(context, host);
  const address = typeof found === 'string' ? null : (found[0] ?? null);
  const connection =
    address === null
      ? 'unreachable'
      : yield* within(
          context.kernel,
          DATABASE_TIMEOUT_US,
          context.connect(address, Number(port || MYSQL_PORT)),
        );
  if (typeof connection === 'string') {
    log(500);
    return html(NO_DATABASE, 500);
  }
  connection.close();
  if (request.path.startsWith('/wp-admin/install.php')) {
    log(200);
    return html('<title>WordPress &rsaquo; Installation</title>\n<h1>Welcome</h1>\n');
  }
  log(302);
  const location = `http://${request.headers['Host'] ?? ''}/wp-admin/install.php`;
  return { status: 302, headers: { Location: location, 'Content-Type': 'text/html' }, body: '' };
}

function bootcampImage(repository: string, tag: string): ImageDefinition {
  return buildImage({
    repository,
    sizes: { [tag]: 83_000_000, latest: 83_000_001 },
    cmd: ['/bin/sh', '-c', 'node server.js'],
    exposedPorts: [8_080],
    programs: {
      '/usr/local/bin/node': (context) => bootcamp(tag.slice(1))(context),
      '/usr/bin/curl': curl,
    },
  });
}

const TOOLS: Readonly<Record<string, Program>> = {
  '/usr/bin/curl': curl,
  '/usr/bin/dig': dig,
  '/usr/bin/getent': getent,
};

export const tutorialImages: readonly ImageDefinition[] = [
  bootcampImage('gcr.io/google-samples/kubernetes-bootcamp', 'v1'),
  bootcampImage('docker.io/jocatalin/kubernetes-bootcamp', 'v2'),
  bootcampImage('gcr.io/k8s-minikube/kubernetes-bootcamp', 'v1'),
  buildImage({
    repository: 'gcr.io/google-samples/gb-frontend',
    sizes: { v4: 178_000_000, v5: 318_000_000 },
    cmd: ['apache2-foreground'],
    stopSignal: 'SIGWINCH',
    exposedPorts: [80],
    programs: {
      '/usr/local/bin/apache2-foreground': server({ port: 80 }, () => html(GUESTBOOK)),
    },
  }),
  buildImage({
    repository: 'registry.k8s.io/goproxy',
    sizes: { '0.1': 1_800_000 },
    shell: false,
    cmd: ['/goproxy'],
    exposedPorts: [8_080],
    programs: {
      '/goproxy': server({ port: 8_080, exitCode: GO_SIGNALLED }, () =>
        html('This is a proxy server. Does not respond to non-proxy requests.\n', 500),
      ),
    },
  }),
  buildImage({
    repository: 'docker.io/library/wordpress',
    sizes: {
      '4.8-apache': 133_000_000,
      '6.2.1-apache': 226_000_000,
      '6.8-apache': 251_000_000,
    },
    aliases: { apache: '6.8-apache', latest: '6.8-apache', '6': '6.8-apache' },
    base: 'debian-bookworm-slim',
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['apache2-foreground'],
    stopSignal: 'SIGWINCH',
    workingDir: '/var/www/html',
    exposedPorts: [80],
    directories: ['/var/www/html'],
    programs: { '/usr/local/bin/docker-entrypoint.sh': server({ port: 80 }, wordpress) },
  }),
  buildImage({
    repository: 'docker.io/nginxdemos/hello',
    sizes: { 'plain-text': 17_000_000, latest: 17_000_001 },
    cmd: ['/hello'],
    stopSignal: 'SIGQUIT',
    exposedPorts: [80],
    programs: {
      '/hello': server({ port: 80 }, ({ hostname, network }, { path }) => ({
        status: 200,
        headers: { 'Content-Type': 'text/plain' },
        body: `Server address: ${network?.address ?? ''}:80\nServer name: ${hostname}\nURI: ${path}\n`,
      })),
    },
  }),
  buildImage({
    repository: 'docker.io/nicolaka/netshoot',
    sizes: { 'v0.14': 192_000_000 },
    aliases: { latest: 'v0.14' },
    base: 'alpine',
    cmd: ['sh'],
    programs: TOOLS,
  }),
  buildImage({
    repository: 'docker.io/radial/busyboxplus',
    sizes: { curl: 4_200_000, latest: 2_400_000 },
    cmd: ['/bin/sh'],
    programs: TOOLS,
  }),
];
