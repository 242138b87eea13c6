/**
 * HTTP/1.1 as bytes: what a program that speaks HTTP gets and sends when the other end is a bare
 * TCP connection, and the other way round.
 *
 * Models: RFC 9112: Content-Length, chunked transfer coding, keep-alive; the refusals of Go's
 * net/http server.
 * Simplified: no pipelining beyond one request after the other, no trailers, no upgrades.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { InputStream } from '../runtime/open-file.ts';
import type {
  Connection,
  ConnectFailure,
  HttpRequest,
  HttpResponse,
  RequestHandler,
} from '../runtime/program.ts';
import { textBytes, textHead } from './bytes.ts';

/** net/http DefaultMaxHeaderBytes. */
const MAX_HEAD_LENGTH = 1_048_576;
/** Bound of a body: a program that never ends its answer must not fill the memory. */
const MAX_BODY_BYTES = 64 * 1_048_576;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  411: 'Length Required',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function reasonPhrase(status: number): string {
  return REASONS[status] ?? `status code ${status}`;
}

type Headers = Record<string, string>;

/** `Thu, 01 Jan 2026 00:00:00 GMT`. */
function httpDate(kernel: Kernel): string {
  const date = new Date(kernel.nowMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day} ${date.getUTCFullYear()} ${time} GMT`;
}

/** `content-type` → `Content-Type`, as Go and nginx write names. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function headerOf(headers: Readonly<Headers>, name: string): string | undefined {
  const exact = headers[name];
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === lower) return value;
  return undefined;
}

interface Head {
  readonly first: string;
  readonly headers: Headers;
}

/** Start line and headers; null at the end of the stream, 'bad' where it is no HTTP. */
function* readHead(input: InputStream): Proc<Head | null | 'bad'> {
  let first = '';
  let length = 0;
  const headers: Headers = {};
  for (;;) {
    const line = yield* input.readLine();
    if (line === null) return first === '' ? null : 'bad';
    length += line.length;
    if (length > MAX_HEAD_LENGTH) return 'bad';
    const text = line.replace(/\r?\n$/, '');
    if (first === '') {
      // Empty lines before a request are passed over (RFC 9112 section 2.2).
      first = text;
      continue;
    }
    if (text === '') return { first, headers };
    const colon = text.indexOf(':');
    if (colon <= 0) return 'bad';
    const name = canonicalName(text.slice(0, colon));
    const value = text.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
}

/** Exactly |count| bytes; null when the stream ends before. */
function* readBytes(input: InputStream, count: number): Proc<string | null> {
  let text = '';
  let have = 0;
  while (have < count) {
    const chunk = yield* input.readChunk();
    if (chunk === null) return null;
    const head = textHead(chunk, count - have);
    text += head;
    have += textBytes(head);
    if (head.length < chunk.length) {
      input.unread(chunk.slice(head.length));
      // A character that does not fit ends the body early rather than never.
      if (head === '') return text;
    }
  }
  return text;
}

function* readChunked(input: InputStream): Proc<string | null> {
  let body = '';
  let total = 0;
  for (;;) {
    const line = yield* input.readLine();
    if (line === null) return null;
    const size = Number.parseInt(line, 16);
    if (Number.isNaN(size) || size < 0) return null;
    total += size;
    if (total > MAX_BODY_BYTES) return null;
    if (size === 0) break;
    const part = yield* readBytes(input, size);
    if (part === null || (yield* input.readLine()) === null) return null;
    body += part;
  }
  for (;;) {
    const trailer = yield* input.readLine();
    if (trailer === null || trailer.trim() === '') return body;
  }
}

/** A body by its headers; |untilEnd|: without any it goes on to the end of the stream. */
function* readBody(input: InputStream, headers: Headers, untilEnd: boolean): Proc<string | null> {
  if (/(^|,)\s*chunked\s*$/i.test(headers['Transfer-Encoding'] ?? '')) {
    return yield* readChunked(input);
  }
  const length = headers['Content-Length'];
  if (length !== undefined) {
    if (!/^\d+$/.test(length) || Number(length) > MAX_BODY_BYTES) return null;
    return yield* readBytes(input, Number(length));
  }
  return untilEnd ? yield* input.readAll() : '';
}

/** Serves one connection with a handler until the other end or the handler's headers end it. */
export function* serveHttp(kernel: Kernel, connection: Connection, handler: RequestHandler): Proc {
  try {
    for (;;) {
      const head = yield* readHead(connection.input);
      if (head === null) return;
      const request = head === 'bad' ? null : yield* requestOf(connection, head);
      if (request === null || head === 'bad') {
        const body = '400 Bad Request';
        const headers = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' };
        yield* send(connection, responseText(kernel, { status: 400, headers, body }, false));
        return;
      }
      const answer = handler(request);
      const response = 'status' in answer ? answer : yield* answer;
      const keep = keepsAlive(head, response);
      const isHead = request.method === 'HEAD';
      yield* send(connection, responseText(kernel, response, isHead, keep ? undefined : 'close'));
      if (!keep) return;
    }
  } finally {
    connection.close();
  }
}

function keepsAlive(head: Head, response: HttpResponse): boolean {
  const wanted = (headerOf(head.headers, 'Connection') ?? '').toLowerCase();
  if (headerOf(response.headers ?? {}, 'Connection')?.toLowerCase() === 'close') return false;
  return head.first.endsWith('HTTP/1.0') ? wanted === 'keep-alive' : wanted !== 'close';
}

function* requestOf(connection: Connection, head: Head): Proc<HttpRequest | null> {
  const match = /^([A-Z]+) (\S+) HTTP\/1\.[01]$/.exec(head.first);
  if (!match) return null;
  const body = yield* readBody(connection.input, head.headers, false);
  if (body === null) return null;
  return {
    method: match[1] as string,
    path: match[2] as string,
    headers: head.headers,
    body,
    remoteAddress: connection.remoteAddress,
    remotePort: connection.remotePort,
  };
}

function responseText(
  kernel: Kernel,
  response: HttpResponse,
  isHead: boolean,
  connection?: string,
): string {
  const { status, headers = {}, body } = response;
  const lines = [`HTTP/1.1 ${status} ${reasonPhrase(status)}`];
  for (const [name, value] of Object.entries(headers))
    lines.push(`${canonicalName(name)}: ${value}`);
  if (headerOf(headers, 'Date') === undefined) lines.push(`Date: ${httpDate(kernel)}`);
  const bare = status === 204 || status === 304;
  if (!bare && headerOf(headers, 'Content-Length') === undefined) {
    lines.push(`Content-Length: ${textBytes(body)}`);
  }
  if (connection !== undefined && headerOf(headers, 'Connection') === undefined) {
    lines.push(`Connection: ${connection}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n${isHead || bare ? '' : body}`;
}

function* send(connection: Connection, text: string): Proc {
  if (connection.write(text) !== null) return;
  while (connection.full) yield connection.full;
}

/** Sends a request over a connection of its own and reads the answer; closes the connection. */
export function* requestOver(
  connection: Connection,
  request: HttpRequest,
): Proc<HttpResponse | ConnectFailure> {
  try {
    const { method, path, headers, body } = request;
    const lines = [`${method} ${path} HTTP/1.1`];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (headerOf(headers, 'Host') === undefined) lines.push(`Host: ${connection.remoteAddress}`);
    if (body !== '' && headerOf(headers, 'Content-Length') === undefined) {
      lines.push(`Content-Length: ${textBytes(body)}`);
    }
    connection.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    const head = yield* readHead(connection.input);
    if (head === null) return 'reset';
    const match = head === 'bad' ? null : /^HTTP\/1\.[01] (\d{3})(?: .*)?$/.exec(head.first);
    if (head === 'bad' || !match) return 'protocol';
    const status = Number(match[1]);
    const bare = method === 'HEAD' || status === 204 || status === 304;
    const answer = bare ? '' : yield* readBody(connection.input, head.headers, true);
    return answer === null ? 'reset' : { status, headers: head.headers, body: answer };
  } finally {
    connection.close();
  }
}
