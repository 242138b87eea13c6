/**
 * Requests that want to go on as something else than HTTP: WebSockets and SPDY into Pods. What leads
 * to no connection is answered over HTTP, and so is what asks for a protocol that is not spoken here.
 *
 * Models:     k8s.io/apimachinery pkg/util/proxy upgradeaware.go; k8s.io/apiserver pkg/util/proxy
 *             streamtunnel.go; k8s.io/streaming pkg/httpstream (v1.36)
 * Simplified: proxied programs speak HTTP only; what a client asks for instead is ignored
 */
import http, { type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { NodeSession } from '../../api/meta/node-dial.ts';
import { isStreamed } from '../../engine/apiserver/rest/stream.ts';
import type { ApiResponse } from '../../port/protocol.ts';
import type { Exchange } from './answer.ts';
import { PORT_FORWARD_PROTOCOL, PortForward } from './port-forward.ts';
import { CHANNEL_PROTOCOLS, PortForwardChannels } from './port-forward-channels.ts';
import { REMOTE_CHANNEL_PROTOCOLS, RemoteCommand } from './remote-command.ts';
import type { Wire } from './spdy.ts';
import { framesOf, LOG_PROTOCOLS, serveFrames } from './websocket-stream.ts';
import { REMOTE_PROTOCOLS, SpdyRemoteCommand } from './spdy-remote-command.ts';

/** Pieces that kubectl sends are of 32 KiB at most (client-go tools/remotecommand). */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const TUNNEL = `SPDY/3.1+${PORT_FORWARD_PROTOCOL}`;
const VERSION_HEADER = 'x-stream-protocol-version';
/** A client that does not close its side has this long. */
const LINGER_MS = 10_000;

/** null = HTTP goes on. */
export function upgradeAsked({ headers }: IncomingMessage): 'websocket' | 'spdy' | null {
  const asked = (headers.upgrade ?? '').toLowerCase();
  if (asked === 'websocket') return 'websocket';
  return asked === 'spdy/3.1' ? 'spdy' : null;
}

/** An ordinary answer on a connection that HTTP has been asked to leave; it ends there. */
export function plainExchange(request: IncomingMessage, socket: Duplex): Exchange {
  const response = new http.ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => socket.end());
  return { response, acceptsGzip: false, head: request.method === 'HEAD' };
}

/** A connection that HTTP has let go of. */
export interface Bare {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Bytes that have come after the headers. */
  readonly head: Buffer;
  /** Answers over HTTP after all. */
  refuse(code: number, text: string, headers?: Readonly<Record<string, string>>): void;
}

/** What SPDY is spoken with on top. */
interface Speaker {
  receive(chunk: Buffer): void;
  closed(): void;
}

export class Upgrades {
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (asked, request) => this.#protocols.get(request) ?? [...asked][0] ?? false,
  });
  /** Protocols that have been chosen. */
  readonly #protocols = new WeakMap<IncomingMessage, string>();

  /** Gives the connection over to |session|. */
  serve(bare: Bare, session: NodeSession): void {
    if (upgradeAsked(bare.request) === 'websocket') this.#webSocket(bare, session);
    else spdy(bare, session);
  }

  /** Sends a log or a watch in the messages of a WebSocket. */
  serveFrames(bare: Bare, answer: ApiResponse, later: (deliver: () => void) => void): void {
    const close = (): void => {
      if (isStreamed(answer)) answer.stream.close();
    };
    this.#accept(
      bare,
      framesOf(answer) === 'log' ? LOG_PROTOCOLS : [],
      close,
      (webSocket, protocol) => {
        serveFrames(webSocket, answer, protocol, later);
      },
    );
  }

  #webSocket(bare: Bare, session: NodeSession): void {
    const spoken =
      session.kind === 'portforward' ? [TUNNEL, ...CHANNEL_PROTOCOLS] : REMOTE_CHANNEL_PROTOCOLS;
    const close = (): void => session.send({ type: 'close' });
    this.#accept(bare, spoken, close, (webSocket, protocol) => {
      if (session.kind !== 'portforward') new RemoteCommand(webSocket, session, protocol).serve();
      else if (protocol === TUNNEL) tunnel(webSocket, session);
      else new PortForwardChannels(webSocket, session, protocol).serve();
    });
  }

  /** |close| is called when there is no protocol in common. */
  #accept(
    bare: Bare,
    spoken: readonly string[],
    close: () => void,
    serve: (webSocket: WebSocket, protocol: string) => void,
  ): void {
    const { head, request, socket } = bare;
    const asked = words(request.headers['sec-websocket-protocol']);
    const protocol = asked.length === 0 ? '' : asked.find((name) => spoken.includes(name));
    if (protocol === undefined) {
      close();
      bare.refuse(400, `requested protocol(s) are not supported: [${asked.join(' ')}]`);
      return;
    }
    this.#protocols.set(request, protocol);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      serve(webSocket, protocol);
    });
  }
}

/** SPDY in the messages of a WebSocket. */
function tunnel(webSocket: WebSocket, session: NodeSession): void {
  const wire: Wire = {
    write: (bytes, sent) => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(bytes, sent);
    },
    end: () => webSocket.close(1000),
    destroy: () => webSocket.terminate(),
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
  };
  const speaker = new PortForward(wire, session);
  webSocket.on('message', (message: Buffer) => speaker.receive(message));
  webSocket.on('close', () => speaker.closed());
}

/** SPDY on the bare connection, httpstream.Handshake. */
function spdy(bare: Bare, session: NodeSession): void {
  const { head, request, socket } = bare;
  const spoken = session.kind === 'portforward' ? [PORT_FORWARD_PROTOCOL] : REMOTE_PROTOCOLS;
  const header = request.headers[VERSION_HEADER];
  const asked = words(typeof header === 'string' ? header : header?.join(','));
  const protocol = asked.find((name) => spoken.includes(name));
  if (protocol === undefined) {
    session.send({ type: 'close' });
    refuseSpdy(bare, asked, spoken);
    return;
  }
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  const wire: Wire = {
    write: (bytes, sent) => {
      if (socket.writable) socket.write(bytes, sent);
    },
    end: () => {
      socket.end();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    },
    destroy: () => socket.destroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
  const speaker: Speaker =
    session.kind === 'portforward'
      ? new PortForward(wire, session)
      : new SpdyRemoteCommand(wire, session, protocol);
  socket.on('data', (chunk: Buffer) => speaker.receive(chunk));
  socket.on('end', () => socket.end());
  socket.on('close', () => speaker.closed());
  if (head.length > 0) speaker.receive(head);
}

function refuseSpdy(bare: Bare, asked: readonly string[], spoken: readonly string[]): void {
  if (asked.length === 0) {
    const count = Object.keys(bare.request.headers).length;
    const name = 'X-Stream-Protocol-Version';
    bare.refuse(
      400,
      `unable to upgrade: header ${name} does not exist in request with ${count} headers\n`,
    );
    return;
  }
  bare.refuse(
    403,
    `unable to upgrade: unable to negotiate protocol: client supports [${asked.join(' ')}], server accepts [${spoken.join(' ')}]\n`,
    { 'x-accepted-stream-protocol-versions': spoken.join(', ') },
  );
}

function words(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
