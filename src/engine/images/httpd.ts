/**
 * httpd: Apache on port 80, serving /usr/local/apache2/htdocs.
 *
 * Models: docker.io/library/httpd 2.4 (SIGWINCH is its graceful stop).
 * Simplified: no configuration is read; the worker processes are not processes of their own.
 */
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import { joinPath, resolvePath } from '../node/runtime/file-tree.ts';
import {
  AddressInUse,
  type HttpRequest,
  type HttpResponse,
  type ImageDefinition,
  type ProcessContext,
} from '../node/runtime/program.ts';
import { utf8Length } from '../node/runtime/text.ts';
import { busyboxPrograms } from './commands/index.ts';
import { formatTime } from './commands/date.ts';
import { layerDigest, tagDigest } from './digests.ts';
import { shellProgram } from './shell/program.ts';

const REPOSITORY = 'docker.io/library/httpd';
const VERSION = '2.4.65';
const ROOT = '/usr/local/apache2/htdocs';
const START_US = 20_000;

function note(context: ProcessContext, module: string, text: string): void {
  const { now, nowMs } = context.kernel;
  const micros = String(now % 1_000_000).padStart(6, '0');
  const time = formatTime(`%a %b %d %H:%M:%S.${micros} %Y`, nowMs);
  context.stderr(`[${time}] [${module}:notice] [pid ${context.pid}:tid ${context.pid}] ${text}\n`);
}

function* httpdForeground(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const address = context.network?.address ?? '127.0.0.1';
  const warning =
    "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, " +
    `using ${address}. Set the 'ServerName' directive globally to suppress this message\n`;
  context.stderr(warning.repeat(2));
  try {
    context.listen(80, (request) => answer(context, request));
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    context.stderr(
      '(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80\n',
    );
    context.stderr('no listening sockets available, shutting down\nAH00015: Unable to open logs\n');
    return 1;
  }
  const ended = new Future<string>();
  context.onSignal('SIGWINCH', () =>
    ended.resolve('AH00492: caught SIGWINCH, shutting down gracefully'),
  );
  context.onSignal('SIGTERM', () => ended.resolve('AH00491: caught SIGTERM, shutting down'));
  note(
    context,
    'mpm_event',
    `AH00489: Apache/${VERSION} (Unix) configured -- resuming normal operations`,
  );
  note(context, 'core', "AH00094: Command line: 'httpd -D FOREGROUND'");
  note(context, 'mpm_event', (yield ended) as string);
  return 0;
}

function answer(context: ProcessContext, request: HttpRequest): HttpResponse {
  const path = resolvePath(ROOT, `.${request.path.replace(/[?#].*$/, '')}`);
  const file = context.fs.kind(path) === 'directory' ? joinPath(path, 'index.html') : path;
  const body = path.startsWith(ROOT) ? context.fs.read(file) : undefined;
  const status = body === undefined ? 404 : 200;
  const content = body ?? NOT_FOUND;
  const time = formatTime('%d/%b/%Y:%H:%M:%S +0000', context.kernel.nowMs);
  const line = `"${request.method} ${request.path} HTTP/1.1" ${status} ${utf8Length(content)}`;
  context.stdout(`${request.remoteAddress ?? '-'} - - [${time}] ${line}\n`);
  return {
    status,
    headers: { Server: `Apache/${VERSION} (Unix)`, 'Content-Type': 'text/html' },
    body: content,
  };
}

const NOT_FOUND =
  '<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n</body></html>\n';
const BASE_BYTES = 29_126_537;
const OWN_BYTES = 33_174_210;

export const httpdImage: ImageDefinition = {
  repository: REPOSITORY,
  tags: Object.fromEntries(
    ['2.4', 'latest', VERSION].map((tag) => [
      tag,
      {
        sizeBytes: BASE_BYTES + OWN_BYTES,
        digest: tagDigest(REPOSITORY, VERSION),
        layers: [
          { digest: layerDigest('debian-bookworm', 'rootfs'), sizeBytes: BASE_BYTES },
          { digest: layerDigest(REPOSITORY, VERSION), sizeBytes: OWN_BYTES },
        ],
      },
    ]),
  ),
  cmd: ['httpd-foreground'],
  env: {
    PATH: '/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HTTPD_PREFIX: '/usr/local/apache2',
    HTTPD_VERSION: VERSION,
  },
  workingDir: '/usr/local/apache2',
  stopSignal: 'SIGWINCH',
  exposedPorts: [80],
  programs: {
    ...busyboxPrograms('/bin'),
    '/bin/bash': shellProgram,
    '/usr/local/bin/httpd-foreground': httpdForeground,
  },
  files: { [`${ROOT}/index.html`]: '<html><body><h1>It works!</h1></body></html>\n' },
  directories: ['/usr/local/apache2/bin', '/usr/local/apache2/conf', '/usr/local/apache2/logs'],
};

/** Under the name that Kubernetes' tests used for long. */
export const httpdTestImage: ImageDefinition = {
  ...httpdImage,
  repository: 'registry.k8s.io/e2e-test-images/httpd',
  tags: Object.fromEntries(
    ['2.4.38-4', '2.4.39-4'].map((tag) => [
      tag,
      { sizeBytes: BASE_BYTES + OWN_BYTES, digest: tagDigest('e2e-test-images/httpd', tag) },
    ]),
  ),
};
