/**
 * Logs and watches over a WebSocket: a log comes in pieces of bytes, a watch with one event in each
 * message.
 *
 * Models: k8s.io/streaming pkg/httpstream/wsstream stream.go, k8s.io/apiserver
 *         pkg/endpoints/handlers/watch.go HandleWS (v1.36)
 */
import type { WebSocket } from 'ws';
import { isStreamed } from '../../engine/apiserver/rest/stream.ts';
import type { ApiResponse } from '../../port/protocol.ts';

/** Of logs; without any the pieces are bytes as well. */
export const LOG_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io'];

const PIECE_BYTES = 2048;
/** What waits in the socket before no more is read. */
const MAX_WAITING_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** What can be sent like this; undefined = nothing. */
export function framesOf({ code, headers }: ApiResponse): 'log' | 'watch' | undefined {
  if (code !== 200) return undefined;
  const type = String(headers['content-type'] ?? '');
  if (type.startsWith('text/plain')) return 'log';
  return type.startsWith('application/json') ? 'watch' : undefined;
}

/** |later| delays until the moment may be shown. */
export function serveFrames(
  socket: WebSocket,
  answer: ApiResponse,
  protocol: string,
  later: (deliver: () => void) => void,
): void {
  const send = framesOf(answer) === 'log' ? logFrames(socket, protocol) : eventFrames(socket);
  if (!isStreamed(answer)) {
    send(Buffer.from(answer.body));
    socket.close(1000);
    return;
  }
  const { stream } = answer;
  let planned = false;
  const flow = (): void => {
    planned = false;
    while (socket.readyState === socket.OPEN && socket.bufferedAmount < MAX_WAITING_BYTES) {
      const chunk = stream.read();
      if (chunk === null) break;
      send(Buffer.from(chunk), flow);
    }
    if (stream.ended) socket.close(1000);
  };
  stream.onReadable = () => {
    if (planned) return;
    planned = true;
    later(flow);
  };
  socket.on('close', () => stream.close());
  flow();
}

type Send = (bytes: Buffer, sent?: () => void) => void;

function logFrames(socket: WebSocket, protocol: string): Send {
  const isText = protocol.startsWith('base64.');
  // Tells the client that the connection stands.
  socket.send(isText ? '' : Buffer.alloc(0));
  return (bytes, sent) => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      socket.send(isText ? piece.toString('base64') : piece, sent);
    }
  };
}

/** Events end with a newline; a piece may hold several, and part of one. */
function eventFrames(socket: WebSocket): Send {
  let rest = Buffer.alloc(0);
  return (bytes, sent) => {
    rest = Buffer.concat([rest, bytes]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      socket.send(rest.toString('utf8', 0, end + 1), sent);
      rest = rest.subarray(end + 1);
    }
  };
}
