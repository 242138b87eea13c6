/**
 * curl: one or more requests over HTTP and HTTPS, their bodies on standard output or in files.
 *
 * Models: curl 8.14: its exit codes, the messages that go with them, and `--write-out`.
 * Simplified: certificates are never looked at; no cookies, no proxies, no uploads of files; of
 * `--verbose` the lines of both heads.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { encodeBase64 } from '../../../api/meta/utf8.ts';
import type { ConnectFailure, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { lookupHost } from '../../node/runtime/resolver.ts';
import { utf8Length } from '../../node/runtime/text.ts';
import { within } from './http-client.ts';
import { type CurlOptions, readCurlOptions } from './curl-options.ts';
import { reasonPhrase } from './reason-phrase.ts';

const MAX_REDIRECTS = 50;
const MICROS_PER_MS = 1_000;
const EXIT = {
  malformedUrl: 3,
  noHost: 6,
  noConnection: 7,
  httpError: 22,
  writeError: 23,
  timeout: 28,
  tooManyRedirects: 47,
  emptyReply: 52,
  tls: 35,
  noScheme: 1,
} as const;

interface Target {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** How a transfer ended: an answer, or the number of the error and its text. */
type Transfer =
  | { readonly answer: HttpResponse; readonly target: Target; readonly address: string }
  | { readonly code: number; readonly message: string };

export function* curl(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const options = readCurlOptions(context.argv.slice(1));
  if (typeof options === 'string') {
    context.stderr(`curl: ${options}\ncurl: try 'curl --help' for more information\n`);
    return 2;
  }
  let code = 0;
  for (const [i, url] of options.urls.entries()) code = yield* transfer(context, options, url, i);
  return code;
}

const START_US = 3_000;

function* transfer(
  context: ProcessContext,
  options: CurlOptions,
  url: string,
  index: number,
): Proc<number> {
  const startedAt = context.kernel.now;
  let result: Transfer = { code: 0, message: '' };
  for (let attempt = 0; attempt <= options.retries; attempt++) {
    if (attempt > 0) yield context.rest(2 ** (attempt - 1) * MICROS_PER_SECOND);
    result = yield* follow(context, options, url);
    if ('answer' in result || !isTransient(result.code, options)) break;
  }
  const took = context.kernel.now - startedAt;
  if (!('answer' in result)) {
    report(context, options, result.code, result.message);
    writeOut(context, options, null, took);
    return result.code;
  }
  const { answer } = result;
  const failed = options.fail && answer.status >= 400;
  const written = failed ? 0 : write(context, options, answer, index);
  writeOut(context, options, result, took);
  if (written !== 0) return written;
  if (!failed) return 0;
  report(context, options, EXIT.httpError, `The requested URL returned error: ${answer.status}`);
  return EXIT.httpError;
}

function isTransient(code: number, { retryRefused }: CurlOptions): boolean {
  return code === EXIT.timeout || (code === EXIT.noConnection && retryRefused);
}

function report(context: ProcessContext, options: CurlOptions, code: number, text: string): void {
  if (options.silent && !options.showError) return;
  context.stderr(`curl: (${code}) ${text}\n`);
}

function* follow(context: ProcessContext, options: CurlOptions, url: string): Proc<Transfer> {
  let target = parseUrl(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    if (typeof target === 'string') return { code: EXIT.malformedUrl, message: target };
    const us = options.maxSeconds * MICROS_PER_SECOND;
    const result = yield* within(context.kernel, us || Infinity, once(context, options, target));
    if (result === 'timeout') {
      const ms = Math.floor(us / MICROS_PER_MS);
      const message = `Operation timed out after ${ms} milliseconds with 0 bytes received`;
      return { code: EXIT.timeout, message };
    }
    if (!('answer' in result) || !options.follow) return result;
    const { headers = {}, status } = result.answer;
    const location = headerOf(headers, 'location');
    if (status < 300 || status >= 400 || location === undefined) return result;
    target = redirected(target, location);
  }
  const message = `Maximum (${MAX_REDIRECTS}) redirects followed`;
  return { code: EXIT.tooManyRedirects, message };
}

function redirected(from: Target, location: string): Target | string {
  if (!location.startsWith('/')) return parseUrl(location);
  return { ...from, path: location };
}

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([n]) => n.toLowerCase() === name)?.[1];
}

/** curl takes `host:port/path` for a URL of http. */
function parseUrl(text: string): Target | string {
  const match =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^@/]*@)?(\[[^\]]*\]|[^/:?#]+)(?::(\d+))?([/?][^#]*)?/i.exec(
      text,
    );
  const scheme = (match?.[1] ?? 'http').toLowerCase();
  if (!match?.[2]) return 'URL rejected: No host part in the URL';
  if (scheme !== 'http' && scheme !== 'https') return `Protocol "${scheme}" not supported`;
  const port = Number(match[3] ?? (scheme === 'https' ? 443 : 80));
  if (port > 65_535)
    return 'URL rejected: Port number was not a decimal number between 0 and 65535';
  const path = match[4] ?? '/';
  return { scheme, host: match[2], port, path: path.startsWith('/') ? path : `/${path}` };
}

function* once(context: ProcessContext, options: CurlOptions, target: Target): Proc<Transfer> {
  const { host, port } = target;
  const resolved = options.resolve.get(`${host}:${port}`);
  const found = resolved === undefined ? yield* lookupHost(context, host) : [resolved];
  if (typeof found === 'string') {
    return { code: EXIT.noHost, message: `Could not resolve host: ${host}` };
  }
  const address = found[0] ?? host;
  const startedAt = context.kernel.now;
  const us = options.connectSeconds * MICROS_PER_SECOND || Infinity;
  // Connecting is all that may take long here: an answer in time is a connection in time.
  const limit = Math.min(us, options.maxSeconds * MICROS_PER_SECOND || Infinity);
  const reached = yield* within(context.kernel, limit, context.connect(address, port));
  const ms = Math.floor((context.kernel.now - startedAt) / MICROS_PER_MS);
  if (typeof reached === 'string') return refused(reached, host, port, ms);
  reached.close();
  const { network } = context;
  if (!network) return refused('unreachable', host, port, ms);
  const answer = yield* network.request(address, port, requestOf(options, target));
  if (typeof answer === 'string') return refused(answer, host, port, ms);
  verbose(context, options, target, answer);
  return { answer, target, address };
}

function requestOf(
  options: CurlOptions,
  target: Target,
): Parameters<NonNullable<ProcessContext['network']>['request']>[2] {
  const { host, path, port, scheme } = target;
  const isDefault = port === (scheme === 'https' ? 443 : 80);
  const headers: Record<string, string> = {
    Host: isDefault ? host : `${host}:${port}`,
    'User-Agent': options.agent,
    Accept: '*/*',
  };
  if (options.account !== '') headers['Authorization'] = `Basic ${encodeBase64(options.account)}`;
  if (options.data !== null) {
    headers['Content-Length'] = String(utf8Length(options.data));
    headers['Content-Type'] = 'application/x-www-form-urlencoded';
  }
  for (const [name, value] of options.headers) headers[name] = value;
  const method = options.method ?? (options.head ? 'HEAD' : options.data === null ? 'GET' : 'POST');
  return { method, path, headers, body: options.data ?? '', tls: scheme === 'https' };
}

function refused(failure: ConnectFailure, host: string, port: number, ms: number): Transfer {
  switch (failure) {
    case 'refused':
    case 'unreachable': {
      const message = `Failed to connect to ${host} port ${port} after ${ms} ms`;
      return { code: EXIT.noConnection, message: `${message}: Could not connect to server` };
    }
    case 'timeout':
      return { code: EXIT.timeout, message: `Connection timed out after ${ms} milliseconds` };
    case 'reset':
      return { code: EXIT.emptyReply, message: 'Empty reply from server' };
    case 'protocol': {
      const message = 'TLS connect error: error:0A0000C6:SSL routines::packet length too long';
      return { code: EXIT.tls, message };
    }
  }
}

function headText({ headers = {}, status }: HttpResponse): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines.join('')}\r\n`;
}

function verbose(
  context: ProcessContext,
  options: CurlOptions,
  target: Target,
  answer: HttpResponse,
): void {
  if (!options.verbose) return;
  const { method, path, headers } = requestOf(options, target);
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  for (const line of [...lines, '']) context.stderr(`> ${line}\n`);
  for (const line of headText(answer).split('\r\n').slice(0, -1)) context.stderr(`< ${line}\n`);
}

/** Puts the body where it belongs; the exit code. */
function write(
  context: ProcessContext,
  options: CurlOptions,
  answer: HttpResponse,
  index: number,
): number {
  const body = options.head ? '' : answer.body;
  const text = options.include || options.head ? headText(answer) + body : body;
  const name = options.remoteName
    ? (/([^/?]+)(?:\?.*)?$/.exec(options.urls[index] ?? '')?.[1] ?? '')
    : options.outputs[index];
  if (name === undefined || name === '-') {
    context.stdout(text);
    return 0;
  }
  const file = name === '' ? 'No such file or directory' : context.open(name, 'write');
  if (typeof file === 'string') {
    report(context, options, EXIT.writeError, `Failure writing output to destination`);
    return EXIT.writeError;
  }
  file.write(text);
  file.release();
  return 0;
}

function writeOut(
  context: ProcessContext,
  options: CurlOptions,
  result: Extract<Transfer, { answer: HttpResponse }> | null,
  tookUs: number,
): void {
  if (options.writeOut === '') return;
  const status = String(result?.answer.status ?? 0).padStart(3, '0');
  const seconds = (tookUs / MICROS_PER_SECOND).toFixed(6);
  const values: Readonly<Record<string, string>> = {
    http_code: status,
    response_code: status,
    time_total: seconds,
    time_connect: seconds,
    time_starttransfer: seconds,
    remote_ip: result?.address ?? '',
    remote_port: String(result?.target.port ?? 0),
    size_download: String(utf8Length(result?.answer.body ?? '')),
    content_type: headerOf(result?.answer.headers ?? {}, 'content-type') ?? '',
    redirect_url: headerOf(result?.answer.headers ?? {}, 'location') ?? '',
  };
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  context.stdout(
    options.writeOut
      .replace(/%\{([a-z_]+)\}/g, (_, name: string) => values[name] ?? '')
      .replace(/\\([nrt])/g, (_, letter: string) => escapes[letter] ?? letter),
  );
}
