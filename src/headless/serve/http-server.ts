/**
 * HTTP in front of the engine: Node's own server, with the bounds that a public server needs.
 *
 * Models:     k8s.io/apiserver pkg/server/secure_serving.go, pkg/server/filters (v1.36)
 * Simplified: HTTP/1.1 only; priority and fairness is one bound for all
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Status } from '../../api/meta/status.ts';
import { statusResponse } from '../../engine/apiserver/rest/handle.ts';
import { isSession, isStreamed } from '../../engine/apiserver/rest/stream.ts';
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import { endStream, type Exchange, sendStream, sendWhole } from './answer.ts';
import { announcesTooMuch, type Body, readBody, readRaw } from './body.ts';
import type { Engine } from './engine.ts';
import { parseTarget, type Target } from './target.ts';
import { framesOf } from './websocket-stream.ts';
import { type Bare, plainExchange, upgradeAsked, Upgrades } from './upgrade.ts';

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  /** Who signs the certificates of clients. */
  readonly ca: string;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  /** Overridden by tests. */
  readonly headersTimeoutMs?: number;
}

/** net/http's DefaultMaxHeaderBytes; selectors of clients may be long. */
const MAX_HEADER_BYTES = 1 << 20;
/** ReadHeaderTimeout, pkg/server/secure_serving.go. */
const HEADERS_TIMEOUT_MS = 32_000;
/** --request-timeout of kube-apiserver; watches are not requests in this sense. */
const REQUEST_TIMEOUT_MS = 60_000;
/** IdleTimeout, pkg/server/secure_serving.go. */
const IDLE_TIMEOUT_MS = 90_000;
const MAX_CONNECTIONS = 10_000;
/** --max-requests-inflight plus --max-mutating-requests-inflight; beyond it, filters/maxinflight.go. */
const MAX_IN_FLIGHT = 600;
/** What still runs after this long is cut off when the server stops. */
const DRAIN_MS = 5_000;

export class HttpServer {
  readonly #engine: Engine;
  readonly #options: HttpOptions;
  readonly #server: http.Server | https.Server;
  /** Ends what is open when the server stops. */
  readonly #streams = new Set<() => void>();
  readonly #upgrades = new Upgrades();
  #inFlight = 0;

  constructor(engine: Engine, options: HttpOptions) {
    this.#engine = engine;
    this.#options = options;
    const timeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    const settings = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeout,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(5_000, timeout),
      noDelay: true,
    };
    const { tls } = options;
    this.#server = tls
      ? https.createServer({ ...settings, ...tls, requestCert: true, rejectUnauthorized: false })
      : http.createServer(settings);
    this.#server.maxConnections = MAX_CONNECTIONS;
    // Streams last; what is slow is bounded above.
    this.#server.timeout = 0;
    this.#server.on('request', (request, response) => this.#onRequest(request, response));
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (!announcesTooMuch(request)) response.writeContinue();
      this.#onRequest(request, response);
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#onUpgrade(request, socket, head),
    );
    this.#server.on('clientError', onClientError);
  }

  /** Address when it listens. */
  listen(done: (url: string) => void, failed: (message: string) => void): void {
    const { host, port, tls } = this.#options;
    this.#server.once('error', (error: NodeJS.ErrnoException) =>
      failed(cannotListen(error, host, port)),
    );
    this.#server.listen(port, host, () => {
      const address = this.#server.address() as AddressInfo;
      const shown = host.includes(':') ? `[${host}]` : host;
      done(`${tls ? 'https' : 'http'}://${shown}:${address.port}`);
    });
  }

  /** Takes no more connections, ends watches, waits for the rest. */
  close(done: () => void): void {
    const cut = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS);
    this.#server.close(() => {
      clearTimeout(cut);
      done();
    });
    for (const end of this.#streams) end();
    this.#server.closeIdleConnections();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    const exchange: Exchange = {
      response,
      acceptsGzip: acceptsGzip(request),
      head: request.method === 'HEAD',
    };
    const target = this.#admit(exchange, request);
    if (!target) return;
    this.#read(exchange, request, target, (done) => readBody(request, done));
  }

  /** What |request| is for, and room for it; null when it has been refused. */
  #admit(exchange: Exchange, request: IncomingMessage): Target | null {
    const { response } = exchange;
    const target = parseTarget(request.url ?? '');
    if (!target) {
      refuseText(exchange, 400, '400 Bad Request');
      return null;
    }
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      response.setHeader('retry-after', '1');
      refuseText(exchange, 429, 'Too many requests, please try again later.\n');
      return null;
    }
    this.#inFlight++;
    response.once('close', () => this.#done(response));
    return target;
  }

  /** A request that may go on as something else, on the bare connection. */
  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const end = (): void => void socket.destroy();
    this.#streams.add(end);
    socket.on('close', () => this.#streams.delete(end));
    const exchange = plainExchange(request, socket);
    const target = this.#admit(exchange, request);
    if (!target) return;
    if (upgradeAsked(request) === null) {
      this.#read(exchange, request, target, (done) => readRaw(request, socket, head, done));
      return;
    }
    let gone = false;
    socket.once('close', () => {
      gone = true;
    });
    this.#engine.send(this.#requestOf(request, target, null), (answer) => {
      this.#done(exchange.response);
      if (gone) {
        abandon(answer);
        return;
      }
      const refuse: Bare['refuse'] = (code, text, headers = {}) => {
        const plain = plainExchange(request, socket);
        for (const [name, value] of Object.entries(headers)) plain.response.setHeader(name, value);
        refuseText(plain, code, text);
      };
      const bare: Bare = { request, socket, head, refuse };
      const mayFrame = upgradeAsked(request) === 'websocket' && framesOf(answer) !== undefined;
      if (!isSession(answer) && !mayFrame) {
        this.#answer(exchange, answer);
        return;
      }
      exchange.response.detachSocket(socket as Socket);
      if (isSession(answer)) this.#upgrades.serve(bare, answer.session);
      else this.#upgrades.serveFrames(bare, answer, (deliver) => this.#engine.later(deliver));
    });
  }

  #read(
    exchange: Exchange,
    request: IncomingMessage,
    target: Target,
    read: (done: (body: Body) => void) => void,
  ): void {
    const { response } = exchange;
    read((body) => {
      if ('gone' in body) return;
      if ('refused' in body) {
        response.setHeader('connection', 'close');
        refuse(exchange, body.refused);
        return;
      }
      const sent = this.#requestOf(request, target, body.bytes);
      this.#engine.send(sent, (answer) => this.#answer(exchange, answer));
    });
  }

  #requestOf(request: IncomingMessage, target: Target, body: Uint8Array | null): ApiRequest {
    const peer = peerOf(request);
    return {
      method: request.method ?? 'GET',
      path: target.path,
      query: target.query,
      headers: headersOf(request),
      body,
      ...(peer ? { peer } : {}),
    };
  }

  readonly #released = new WeakSet<ServerResponse>();

  /** A request counts until its answer begins to flow, or its client has gone. */
  #done(response: ServerResponse): void {
    if (this.#released.has(response)) return;
    this.#released.add(response);
    this.#inFlight--;
  }

  #answer(exchange: Exchange, answer: ApiResponse): void {
    const { response } = exchange;
    if (!isStreamed(answer)) {
      if (!response.destroyed) sendWhole(exchange, answer);
      return;
    }
    if (response.destroyed || exchange.head) {
      answer.stream.close();
      if (!response.destroyed) sendWhole(exchange, answer);
      return;
    }
    this.#done(response);
    const end = (): void => endStream(answer.stream, response);
    this.#streams.add(end);
    response.on('close', () => this.#streams.delete(end));
    sendStream(exchange, answer, (deliver) => this.#engine.later(deliver));
  }
}

/** Nobody is there any more to take |answer|. */
function abandon(answer: ApiResponse): void {
  if (isSession(answer)) answer.session.send({ type: 'close' });
  if (isStreamed(answer)) answer.stream.close();
}

/** Names are lower-case already; what came several times is one list, as Go joins it. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(',');
  }
  return headers;
}

/** The certificate that the client has shown, if the authority vouches for it. */
function peerOf(request: IncomingMessage): ApiRequest['peer'] {
  const socket = request.socket as Partial<TLSSocket>;
  if (socket.authorized !== true || !socket.getPeerCertificate) return undefined;
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  const name = first(subject?.CN);
  if (name === undefined) return undefined;
  const groups = subject.O as string | string[] | undefined;
  return {
    commonName: name,
    organizations: groups === undefined ? [] : [groups].flat(),
    sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** As upstream does: the word is looked for, weights are not weighed. */
function acceptsGzip(request: IncomingMessage): boolean {
  const header = request.headers['accept-encoding'];
  const list = Array.isArray(header) ? header.join(',') : (header ?? '');
  return list.split(',').some((part) => part.trim().split(';')[0] === 'gzip');
}

function refuse(exchange: Exchange, status: Status): void {
  sendWhole(exchange, statusResponse(status));
}

function refuseText(exchange: Exchange, code: number, text: string): void {
  exchange.response.setHeader('connection', 'close');
  sendWhole(exchange, {
    code,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from(text),
  });
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is no HTTP, or comes too slowly, never becomes a request. */
function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const line = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${line}`,
  );
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `error: port ${port} of ${host} is taken; choose another with --port`;
    case 'EACCES':
      return `error: port ${port} may not be used by this user; choose one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `error: this machine has no address ${host}`;
    default:
      return `error: cannot listen on ${host}:${port}: ${error.message}`;
  }
}
