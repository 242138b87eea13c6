/**
 * Requests that want to go on as something else than HTTP: WebSockets and SPDY into Pods. What leads
 * to no connection is answered over HTTP, and so is what asks for a protocol that is not spoken here.
 *
 * Models:     k8s.io/apimachinery pkg/util/proxy upgradeaware.go; k8s.io/streaming pkg/httpstream
 *             (v1.36)
 * Simplified: watches and proxied programs speak HTTP only; what a client asks for instead is ignored
 */
import http, { type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { NodeSession } from '../../api/meta/node-dial.ts';
import type { Exchange } from './answer.ts';
import { RemoteCommand, remoteProtocol } from './remote-command.ts';

/** Pieces that kubectl sends are of 32 KiB at most (client-go tools/remotecommand). */
const MAX_MESSAGE_BYTES = 1024 * 1024;

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

export class Upgrades {
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (protocols) => remoteProtocol([...protocols]) ?? false,
  });

  /** Gives |socket| over to |session|. |refuse| is called when they have no protocol in common. */
  serve(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    session: NodeSession,
    refuse: (text: string) => void,
  ): void {
    const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    const protocol = remoteProtocol(asked.map((name) => name.trim()));
    if (protocol === undefined || upgradeAsked(request) !== 'websocket') {
      session.send({ type: 'close' });
      refuse('requested protocol(s) are not supported');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      new RemoteCommand(webSocket, session, protocol).serve();
    });
  }
}
