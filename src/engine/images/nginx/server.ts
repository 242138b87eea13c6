/** The nginx program: options, start, requests, logs, shutdown. Models: nginx 1.2x. */
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import {
  AddressInUse,
  type HttpRequest,
  type HttpResponse,
  type ProcessContext,
} from '../../node/runtime/program.ts';
import { utf8Length } from '../../node/runtime/text.ts';
import { formatTime } from '../commands/date.ts';
import { ConfigError, parseServers, type Server } from './config.ts';

const START_US = 500;
/** ngx_event.c: five tries, half a second apart. */
const BIND_TRIES = 5;
const BIND_RETRY_US = 500_000;
/** Pid that the first worker gets in the official image; it is in every log line of a request. */
const WORKER_PID = 29;
const DEFAULT_VERSION = '1.29.4';

export function* runNginx(context: ProcessContext): Proc<number> {
  const options = context.argv.slice(1);
  const version = context.env.get('NGINX_VERSION') ?? DEFAULT_VERSION;
  if (options.includes('-v') || options.includes('-V')) {
    context.stderr(`nginx version: nginx/${version}\n`);
    return 0;
  }
  const nginx = new Nginx(context, version);
  if (!nginx.readConfiguration()) return 1;
  if (options.includes('-t')) {
    context.stderr('nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n');
    context.stderr('nginx: configuration file /etc/nginx/nginx.conf test is successful\n');
    return 0;
  }
  const at = options.indexOf('-s');
  if (at >= 0) return signalMaster(context, options[at + 1] ?? '');
  yield* context.work(START_US);
  if (!(yield* nginx.bind())) return 1;
  return yield* nginx.serve();
}

function signalMaster(context: ProcessContext, name: string): number {
  const signals = {
    stop: 'SIGTERM',
    quit: 'SIGQUIT',
    reload: 'SIGHUP',
    reopen: 'SIGUSR1',
  } as const;
  if (!(name in signals)) {
    context.stderr(`nginx: invalid option: "-s ${name}"\n`);
    return 1;
  }
  const master = context
    .processes()
    .find(({ argv, pid }) => argv[0] === 'nginx' && pid !== context.pid);
  if (!master) {
    context.stderr(
      'nginx: [error] open() "/run/nginx.pid" failed (2: No such file or directory)\n',
    );
    return 1;
  }
  context.kill(master.pid, signals[name as keyof typeof signals]);
  return 0;
}

/**
 * Configurations read before: a thousand Pods of one image have one. Bounded, emptied when full.
 */
const MAX_CACHED = 64;
const parsed = new Map<string, readonly Server[]>();

function serversOf(text: string): readonly Server[] {
  let servers = parsed.get(text);
  if (!servers) {
    servers = parseServers(text);
    if (parsed.size >= MAX_CACHED) parsed.clear();
    parsed.set(text, servers);
  }
  return servers;
}

class Nginx {
  readonly #context: ProcessContext;
  readonly #version: string;
  #servers: readonly Server[] = [];
  #connections = 0;

  constructor(context: ProcessContext, version: string) {
    this.#context = context;
    this.#version = version;
  }

  readConfiguration(): boolean {
    const { fs } = this.#context;
    const directory = '/etc/nginx/conf.d';
    const servers: Server[] = [];
    const files = (fs.list(directory) ?? []).filter((name) => name.endsWith('.conf'));
    for (const name of files) {
      const path = joinPath(directory, name);
      try {
        servers.push(...serversOf(fs.read(path) ?? ''));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        this.#emergency(`${error.message} in ${path}`);
        return false;
      }
    }
    this.#servers = servers;
    return true;
  }

  *bind(): Proc<boolean> {
    const ports = new Set(this.#servers.flatMap((server) => server.ports));
    for (const port of ports) {
      if (yield* this.#bindPort(port)) continue;
      this.#emergency('still could not bind()');
      return false;
    }
    return true;
  }

  *#bindPort(port: number): Proc<boolean> {
    const servers = this.#servers.filter((server) => server.ports.includes(port));
    for (let attempt = 0; attempt < BIND_TRIES; attempt++) {
      try {
        this.#context.listen(port, (request) => this.#answer(servers[0] as Server, request));
        return true;
      } catch (error) {
        if (!(error instanceof AddressInUse)) throw error;
        this.#emergency(`bind() to 0.0.0.0:${port} failed (98: Address already in use)`);
        this.#log('notice', 'try again to bind() after 500ms');
        yield BIND_RETRY_US;
      }
    }
    return false;
  }

  *serve(): Proc<number> {
    const context = this.#context;
    const ended = new Future<string>();
    context.onSignal('SIGQUIT', () => ended.resolve('signal 3 (SIGQUIT) received, shutting down'));
    for (const [signal, number] of [
      ['SIGTERM', 15],
      ['SIGINT', 2],
    ] as const) {
      context.onSignal(signal, () =>
        ended.resolve(`signal ${number} (${signal}) received, exiting`),
      );
    }
    context.onSignal('SIGHUP', () => {
      this.#log('notice', 'signal 1 (SIGHUP) received, reconfiguring');
      this.readConfiguration();
    });
    context.onSignal('SIGUSR1', () => {});
    context.onSignal('SIGWINCH', () => {});
    for (const text of this.#greeting()) this.#log('notice', text);
    const reason = (yield ended) as string;
    this.#log('notice', reason);
    const worker = `${WORKER_PID}#${WORKER_PID}`;
    if (reason.includes('SIGQUIT')) this.#log('notice', 'gracefully shutting down', worker);
    this.#log('notice', 'exiting', worker);
    this.#log('notice', 'exit', worker);
    this.#log('notice', `signal 17 (SIGCHLD) received from ${WORKER_PID}`);
    this.#log('notice', `worker process ${WORKER_PID} exited with code 0`);
    this.#log('notice', 'exit');
    return 0;
  }

  #greeting(): readonly string[] {
    return [
      'using the "epoll" event method',
      `nginx/${this.#version}`,
      'OS: Linux 6.12.0-1-amd64',
      'getrlimit(RLIMIT_NOFILE): 1048576:1048576',
      'start worker processes',
      `start worker process ${WORKER_PID}`,
    ];
  }

  /** The error log is at level notice in the image since 1.21, at warn before. */
  #log(
    level: 'notice' | 'error' | 'emerg',
    text: string,
    who = `${this.#context.pid}#${this.#context.pid}`,
  ): void {
    if (level === 'notice' && Number(this.#version.split('.')[1]) < 21) return;
    const time = formatTime('%Y/%m/%d %H:%M:%S', this.#context.kernel.nowMs);
    this.#context.stderr(`${time} [${level}] ${who}: ${text}\n`);
  }

  #emergency(text: string): void {
    this.#log('emerg', text);
    this.#context.stderr(`nginx: [emerg] ${text}\n`);
  }

  #answer(server: Server, request: HttpRequest): HttpResponse {
    this.#connections++;
    const response = this.#respond(server, request);
    const time = formatTime('%d/%b/%Y:%H:%M:%S +0000', this.#context.kernel.nowMs);
    const header = (name: string): string =>
      request.headers[name] ?? request.headers[name.toLowerCase()] ?? '-';
    const { status, body } = response;
    const line = `"${request.method} ${request.path} HTTP/1.1" ${status} ${utf8Length(body)}`;
    const caller = `${request.remoteAddress ?? '-'} - - [${time}]`;
    const agent = `"${header('Referer')}" "${header('User-Agent')}" "${header('X-Forwarded-For')}"`;
    this.#context.stdout(`${caller} ${line} ${agent}\n`);
    return response;
  }

  #respond(server: Server, request: HttpRequest): HttpResponse {
    const path = resolvePath('/', decodePath(request.path.replace(/[?#].*$/, '')));
    const location = chooseLocation(server, path);
    const returns = server.returns ?? location?.returns;
    if (returns) return returned(returns.status, returns.body, this.#version);
    if (request.method !== 'GET' && request.method !== 'HEAD') return errorPage(405, this.#version);
    const { fs } = this.#context;
    const file = resolvePath(location?.root ?? server.root, `.${path}`);
    if (fs.kind(file) === 'file') return this.#page(200, file);
    if (fs.kind(file) !== 'directory') {
      this.#logMissing(`open() "${file}" failed (2: No such file or directory)`, request);
      return errorPage(404, this.#version);
    }
    for (const name of location?.index ?? server.index) {
      const index = joinPath(file, name);
      if (fs.kind(index) === 'file') return this.#page(200, index);
    }
    this.#logMissing(
      `directory index of "${file === '/' ? '/' : `${file}/`}" is forbidden`,
      request,
    );
    return errorPage(403, this.#version);
  }

  #page(status: number, file: string): HttpResponse {
    const body = this.#context.fs.read(file) ?? '';
    const type = /\.html?$/.test(file)
      ? 'text/html'
      : /\.(txt|log)$/.test(file)
        ? 'text/plain'
        : 'application/octet-stream';
    return { status, headers: { Server: `nginx/${this.#version}`, 'Content-Type': type }, body };
  }

  #logMissing(what: string, request: HttpRequest): void {
    const host = request.headers['Host'] ?? request.headers['host'] ?? '';
    const client = `client: ${request.remoteAddress ?? '-'}, server: localhost`;
    const asked = `request: "${request.method} ${request.path} HTTP/1.1", host: "${host}"`;
    this.#log(
      'error',
      `*${this.#connections} ${what}, ${client}, ${asked}`,
      `${WORKER_PID}#${WORKER_PID}`,
    );
  }
}

function chooseLocation(server: Server, path: string): Server['locations'][number] | undefined {
  const exact = server.locations.find((location) => location.exact && location.prefix === path);
  if (exact) return exact;
  return server.locations
    .filter((location) => !location.exact && path.startsWith(location.prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

function decodePath(path: string): string {
  return path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const REASONS: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  500: 'Internal Server Error',
  503: 'Service Temporarily Unavailable',
};

function returned(status: number, body: string, version: string): HttpResponse {
  const headers = { Server: `nginx/${version}`, 'Content-Type': 'application/octet-stream' };
  if (status >= 300 && status < 400)
    return { status, headers: { ...headers, Location: body }, body: '' };
  return body === '' && status >= 400 ? errorPage(status, version) : { status, headers, body };
}

function errorPage(status: number, version: string): HttpResponse {
  const title = `${status} ${REASONS[status] ?? ''}`.trim();
  const body = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    `<hr><center>nginx/${version}</center>`,
    '</body>',
    '</html>',
    '',
  ].join('\r\n');
  return { status, headers: { Server: `nginx/${version}`, 'Content-Type': 'text/html' }, body };
}
