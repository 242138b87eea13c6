/**
 * Small programs of tutorials: hello-world, hello-app, node-hello, echoserver, http-echo, whoami,
 * hpa-example, curl.
 *
 * Models: docker.io/library/hello-world, gcr.io/google-samples/hello-app, node-hello,
 * registry.k8s.io/echoserver and hpa-example, docker.io/hashicorp/http-echo, traefik/whoami,
 * curlimages/curl.
 * Simplified: each answers every path alike.
 */
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
import { DEFAULT_PATH, searchExecutable } from '../node/runtime/executables.ts';
import { buildImage } from './build.ts';
import { curl } from './tools/curl.ts';

type Answer = (context: ProcessContext, request: HttpRequest) => HttpResponse | Proc<HttpResponse>;

const START_US = 10_000;
/** What one request of the autoscaling example costs: a million square roots in PHP. */
const BUSY_US = 20_000;
const HELLO = `
Hello from Docker!
This message shows that your installation appears to be working correctly.

To generate this message, Docker took the following steps:
 1. The Docker client contacted the Docker daemon.
 2. The Docker daemon pulled the "hello-world" image from the Docker Hub.
    (amd64)
 3. The Docker daemon created a new container from that image which runs the
    executable that produces the output you are currently reading.
 4. The Docker daemon streamed that output to the Docker client, which sent it
    to your terminal.

To try something more ambitious, you can run an Ubuntu container with:
 $ docker run -it ubuntu bash

Share images, automate workflows, and more with a free Docker ID:
 https://hub.docker.com/

For more examples and ideas, visit:
 https://docs.docker.com/get-started/

`;

function plain(body: string): HttpResponse {
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

/** Serves until it is told to end; Go programs and node end with |exitCode| as process 1. */
function server(
  port: (context: ProcessContext) => number,
  answer: Answer,
  started?: (port: number) => string,
  exitCode = 2,
): Program {
  return function* (context): Proc<number> {
    yield* context.work(START_US);
    const chosen = port(context);
    try {
      context.listen(chosen, (request) => answer(context, request));
    } catch (error) {
      if (!(error instanceof AddressInUse)) throw error;
      context.stderr(`listen tcp :${chosen}: bind: address already in use\n`);
      return 1;
    }
    if (started) context.stderr(started(chosen));
    const ended = new Future<number>();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      context.onSignal(signal, () => ended.resolve(exitCode));
    }
    return (yield ended) as number;
  };
}

function portVariable(fallback: number): (context: ProcessContext) => number {
  return (context) => Number(context.env.get('PORT') ?? fallback);
}

function helloApp(version: string): Program {
  return server(portVariable(8_080), (context, { path }) => {
    context.stderr(`Serving request: ${path}\n`);
    return plain(`Hello, world!\nVersion: ${version}\nHostname: ${context.hostname}\n`);
  });
}

function echo(context: ProcessContext, request: HttpRequest): HttpResponse {
  const { body, headers, method, path, remoteAddress = '' } = request;
  const lines = Object.entries(headers).map(([name, value]) => `\t${name.toLowerCase()}=${value}`);
  const host = headers['Host'] ?? '';
  return plain(
    `\n\nHostname: ${context.hostname}\n\nPod Information:\n\t-no pod information available-\n\n` +
      `Request Information:\n\tclient_address=${remoteAddress}\n\tmethod=${method}\n` +
      `\treal path=${path}\n\tquery=${path.split('?')[1] ?? ''}\n\trequest_version=1.1\n` +
      `\trequest_scheme=http\n\trequest_uri=http://${host}:8080${path}\n\n` +
      `Request Headers:\n${lines.join('\n')}\n\n` +
      `Request Body:\n${body === '' ? '\t-no body in request-' : body}\n\n`,
  );
}

function whoami(context: ProcessContext, request: HttpRequest): HttpResponse {
  const address = context.network?.address ?? '';
  const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\n`);
  const remote = `${request.remoteAddress ?? ''}:${request.remotePort ?? 0}`;
  return plain(
    `Hostname: ${context.hostname}\nIP: 127.0.0.1\nIP: ${address}\nRemoteAddr: ${remote}\n` +
      `${request.method} ${request.path} HTTP/1.1\n${lines.join('')}\n`,
  );
}

function option(context: ProcessContext, name: string): string | undefined {
  for (const [i, word] of context.argv.entries()) {
    const match = /^--?([\w-]+)(?:=(.*))?$/s.exec(word);
    if (match?.[1] === name) return match[2] ?? context.argv[i + 1];
  }
  return undefined;
}

function* httpEcho(context: ProcessContext): Proc<number> {
  const text = option(context, 'text') ?? context.env.get('ECHO_TEXT') ?? '';
  if (text === '') {
    context.stderr('Missing -text option!\n');
    return 127;
  }
  const listen = option(context, 'listen') ?? ':5678';
  const port = Number(listen.slice(listen.lastIndexOf(':') + 1));
  const run = server(
    () => port,
    () => plain(`${text}\n`),
    () => `[INFO] server is listening on ${listen}\n`,
    0,
  );
  return yield* run(context);
}

function* work(context: ProcessContext): Proc<HttpResponse> {
  yield* context.work(BUSY_US);
  return { status: 200, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: 'OK!' };
}

// oxlint-disable-next-line require-yield
function* helloWorld(context: ProcessContext): Proc<number> {
  context.stdout(HELLO);
  return 0;
}

/** Puts curl in front of arguments that are options. */
function* entrypoint(context: ProcessContext): Proc<number> {
  const [first = '', ...rest] = context.argv.slice(1);
  const argv = first.startsWith('-') ? ['curl', first, ...rest] : [first, ...rest];
  const path = context.env.get('PATH') ?? DEFAULT_PATH;
  const found = searchExecutable(context.fs, argv[0] ?? '', path, context.cwd);
  const program = argv[0]?.startsWith('/') ? argv[0] : found?.path;
  const running = program === undefined ? 'not found' : context.exec(program, argv, context.env);
  if (typeof running !== 'string') return yield* running;
  context.stderr(`/entrypoint.sh: exec: line 19: ${argv[0]}: not found\n`);
  return 127;
}

const HELLO_APP = { '1.0': '1.0.0', '2.0': '2.0.0' } as const;

function helloAppImage(repository: string): ImageDefinition {
  return buildImage({
    repository,
    sizes: { '1.0': 11_500_000, '2.0': 11_500_001 },
    shell: false,
    cmd: ['/hello-app'],
    exposedPorts: [8_080],
    programs: {
      '/hello-app': (context) =>
        helloApp(context.env.get('APP_VERSION') ?? HELLO_APP['1.0'])(context),
    },
    envOf: (tag) => ({ APP_VERSION: HELLO_APP[tag as keyof typeof HELLO_APP] }),
  });
}

export const helloImages: readonly ImageDefinition[] = [
  buildImage({
    repository: 'docker.io/library/hello-world',
    sizes: { linux: 2_459 },
    aliases: { latest: 'linux' },
    shell: false,
    cmd: ['/hello'],
    programs: { '/hello': helloWorld },
  }),
  helloAppImage('gcr.io/google-samples/hello-app'),
  helloAppImage('us-docker.pkg.dev/google-samples/containers/gke/hello-app'),
  buildImage({
    repository: 'gcr.io/google-samples/node-hello',
    sizes: { '1.0': 265_000_000 },
    cmd: ['/server'],
    exposedPorts: [8_080],
    programs: {
      '/server': server(
        () => 8_080,
        () => plain('Hello Kubernetes!'),
      ),
    },
  }),
  buildImage({
    repository: 'registry.k8s.io/echoserver',
    sizes: { '1.4': 43_000_000, '1.10': 34_900_000 },
    cmd: ['/run.sh'],
    exposedPorts: [8_080],
    programs: { '/run.sh': server(() => 8_080, echo) },
  }),
  buildImage({
    repository: 'registry.k8s.io/hpa-example',
    sizes: { latest: 183_000_000 },
    cmd: ['apache2-foreground'],
    exposedPorts: [80],
    programs: { '/usr/local/bin/apache2-foreground': server(() => 80, work, undefined, 0) },
  }),
  buildImage({
    repository: 'docker.io/hashicorp/http-echo',
    sizes: { '0.2.3': 1_500_000, '1.0': 3_160_000 },
    aliases: { latest: '1.0', '1.0.0': '1.0' },
    shell: false,
    entrypoint: ['/http-echo'],
    exposedPorts: [5_678],
    programs: { '/http-echo': httpEcho },
  }),
  buildImage({
    repository: 'docker.io/traefik/whoami',
    sizes: { 'v1.11': 2_900_000 },
    aliases: { latest: 'v1.11' },
    shell: false,
    entrypoint: ['/whoami'],
    exposedPorts: [80],
    programs: {
      '/whoami': server(
        (context) => Number(option(context, 'port') ?? context.env.get('WHOAMI_PORT_NUMBER') ?? 80),
        whoami,
        (port) => `Starting up on port ${port}\n`,
      ),
    },
  }),
  buildImage({
    repository: 'docker.io/curlimages/curl',
    sizes: { '8.15.0': 9_700_000 },
    aliases: { latest: '8.15.0' },
    base: 'alpine',
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl', '--help'],
    user: '101',
    programs: { '/usr/bin/curl': curl, '/entrypoint.sh': entrypoint },
  }),
];
