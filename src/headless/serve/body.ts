/**
 * Bodies of requests: read whole, but never more of them than the API server takes.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/rest.go limitedReadBody; MaxRequestBodyBytes of
 *         pkg/server/config.go (v1.36)
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import zlib from 'node:zlib';
import { badRequest, failure, type Status } from '../../api/meta/status.ts';

/** MaxRequestBodyBytes, pkg/server/config.go. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

export type Body =
  | { readonly bytes: Uint8Array | null }
  | { readonly refused: Status }
  /** The client went away. */
  | { readonly gone: true };

export function tooLarge(): Status {
  return failure(
    413,
    'RequestEntityTooLarge',
    `Request entity too large: limit is ${MAX_BODY_BYTES}`,
  ).status;
}

/** True when the headers alone say that the body is too large. */
export function announcesTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES;
}

export function readBody(request: IncomingMessage, done: (body: Body) => void): void {
  if (announcesTooMuch(request)) {
    done({ refused: tooLarge() });
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let over = false;
  const end = (body: Body): void => {
    if (over) return;
    over = true;
    done(body);
  };
  request.on('data', (chunk: Buffer) => {
    if (over) return;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      request.pause();
      end({ refused: tooLarge() });
      return;
    }
    chunks.push(chunk);
  });
  request.on('end', () => {
    if (over) return;
    if (size === 0) return end({ bytes: null });
    const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
    if (request.headers['content-encoding'] === 'gzip') unzipped(bytes, end);
    else end({ bytes });
  });
  request.on('error', () => end({ gone: true }));
  request.on('close', () => {
    if (!request.complete) end({ gone: true });
  });
}

/** The body of a request whose connection HTTP has let go of: as long as its headers say. */
export function readRaw(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  done: (body: Body) => void,
): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (announcesTooMuch(request)) {
    done({ refused: tooLarge() });
    return;
  }
  if (request.headers['transfer-encoding'] !== undefined) {
    done({
      refused: badRequest('a body in chunks cannot be read beside a change of protocol').status,
    });
    return;
  }
  let bytes = head;
  const take = (): void => {
    if (bytes.length < length) return;
    socket.off('data', onData);
    done({ bytes: length === 0 ? null : bytes.subarray(0, length) });
  };
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    take();
  };
  if (length > 0) socket.on('data', onData);
  take();
}

function unzipped(bytes: Buffer, end: (body: Body) => void): void {
  zlib.gunzip(bytes, { maxOutputLength: MAX_BODY_BYTES }, (error, whole) => {
    if (!error) end({ bytes: whole });
    else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      end({ refused: tooLarge() });
    } else end({ refused: badRequest(`the body is not gzip: ${error.message}`).status });
  });
}
