/**
 * Answers on their way to a client: whole ones, gzipped when they are long and the client can read
 * it, and streams that go as fast as the client takes them.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/responsewriters/writers.go (v1.36):
 *         defaultGzipThresholdBytes, defaultGzipContentEncodingLevel
 */
import crypto from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import zlib from 'node:zlib';
import type { ApiStream, StreamedResponse } from '../../engine/apiserver/rest/stream.ts';
import type { ApiResponse } from '../../port/protocol.ts';

const GZIP_THRESHOLD_BYTES = 128 * 1024;
const GZIP_LEVEL = 1;

/** What the server has for the answer; a method that is HEAD sends no body. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly acceptsGzip: boolean;
  readonly head: boolean;
}

export function sendWhole({ response, acceptsGzip, head }: Exchange, answer: ApiResponse): void {
  const headers = headersOf(answer);
  const { body } = answer;
  const write = (bytes: Uint8Array): void => {
    if (response.destroyed) return;
    if (answer.code !== 204 && answer.code !== 304) headers['content-length'] = bytes.length;
    response.writeHead(answer.code, headers);
    response.end(head ? undefined : bytes);
  };
  if (!acceptsGzip || head || body.length < GZIP_THRESHOLD_BYTES || headers['content-encoding']) {
    write(body);
    return;
  }
  zlib.gzip(body, { level: GZIP_LEVEL }, (error, zipped) => {
    if (error) {
      write(body);
      return;
    }
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
    write(zipped);
  });
}

/**
 * Sends what comes as it comes. A client that reads slowly is read to slowly: what it does not take
 * waits in the stream, whose bound ends it. |later| delays until the moment may be shown.
 */
export function sendStream(
  { response }: Exchange,
  answer: StreamedResponse,
  later: (deliver: () => void) => void,
): void {
  const { stream } = answer;
  const headers = headersOf(answer);
  response.writeHead(answer.code, headers);
  response.flushHeaders();
  let waiting = false;
  let planned = false;
  const flow = (): void => {
    planned = false;
    if (response.destroyed) return;
    while (!waiting) {
      const chunk = stream.read();
      if (chunk === null) break;
      if (!response.write(chunk)) waiting = true;
    }
    if (stream.ended && !waiting) response.end();
  };
  stream.onReadable = () => {
    if (planned) return;
    planned = true;
    later(flow);
  };
  response.on('drain', () => {
    waiting = false;
    flow();
  });
  response.on('close', () => stream.close());
  flow();
}

/** Ends a stream whose server goes away. */
export function endStream(stream: ApiStream, response: ServerResponse): void {
  stream.close();
  response.end();
}

function headersOf(answer: ApiResponse): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    'audit-id': crypto.randomUUID(),
    'cache-control': 'no-cache, private',
  };
  for (const [name, value] of Object.entries(answer.headers)) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  return headers;
}
