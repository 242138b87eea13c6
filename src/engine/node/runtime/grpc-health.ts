/**
 * The health service of gRPC as requests of this network: HTTP/2 with a framed message both ways.
 *
 * Models: grpc.health.v1.Health/Check (github.com/grpc/grpc/doc/health-checking.md), the message frame
 * of gRPC over HTTP/2, and protobuf's encoding of the two messages.
 * Simplified: the trailers of an answer stand among its headers.
 */
import { decodeUtf8, encodeUtf8 } from '../../../api/meta/utf8.ts';
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import type { HttpRequest, HttpResponse } from './program.ts';

export const HEALTH_PATH = '/grpc.health.v1.Health/Check';

/** HealthCheckResponse.ServingStatus. */
const STATUS_NUMBERS = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

export type ServingStatus = keyof typeof STATUS_NUMBERS;

/** Codes of google.golang.org/grpc/codes that occur here, as numbers of grpc-status. */
export const GRPC_CODES = { OK: 0, NotFound: 5, Unimplemented: 12, Unavailable: 14 } as const;

/** Why a call failed. */
export interface GrpcError {
  readonly code: number;
  readonly message: string;
}

const FRAME_BYTES = 5;
/** Field 1, length-delimited; field 1, varint. */
const SERVICE_TAG = 0x0a;
const STATUS_TAG = 0x08;
const CONTENT_TYPE = 'application/grpc';

export function healthRequest(service: string): HttpRequest {
  const name = encodeUtf8(service);
  const message = name.length === 0 ? [] : [SERVICE_TAG, ...varint(name.length), ...name];
  return {
    method: 'POST',
    path: HEALTH_PATH,
    headers: { 'Content-Type': CONTENT_TYPE, Te: 'trailers' },
    body: framed(message),
    http2: true,
  };
}

/** The service that a request asks about; null when it is none of this protocol. */
export function askedService(request: HttpRequest): string | null {
  if (request.path !== HEALTH_PATH) return null;
  const message = bytesOfText(request.body).subarray(FRAME_BYTES);
  if (message.length === 0) return '';
  if (message[0] !== SERVICE_TAG) return null;
  let at = 1;
  while (((message[at] ?? 0) & 0x80) !== 0) at++;
  return decodeUtf8(message.subarray(at + 1));
}

export function healthAnswer(status: ServingStatus): HttpResponse {
  const number = STATUS_NUMBERS[status];
  const headers = { 'Content-Type': CONTENT_TYPE, 'Grpc-Status': '0' };
  return { status: 200, headers, body: framed(number === 0 ? [] : [STATUS_TAG, number]) };
}

export function grpcFailure({ code, message }: GrpcError): HttpResponse {
  const headers = {
    'Content-Type': CONTENT_TYPE,
    'Grpc-Status': String(code),
    'Grpc-Message': message,
  };
  return { status: 200, headers, body: '' };
}

/** What a server has answered. */
export function readHealthAnswer({ headers = {}, body }: HttpResponse): ServingStatus | GrpcError {
  const code = Number(headers['Grpc-Status'] ?? GRPC_CODES.Unimplemented);
  if (code !== GRPC_CODES.OK) return { code, message: headers['Grpc-Message'] ?? '' };
  const message = bytesOfText(body).subarray(FRAME_BYTES);
  const number = message[0] === STATUS_TAG ? (message[1] ?? 0) : 0;
  const found = Object.entries(STATUS_NUMBERS).find(([, n]) => n === number);
  return (found?.[0] as ServingStatus | undefined) ?? 'UNKNOWN';
}

/** Not compressed; the length is big-endian. */
function framed(message: readonly number[]): string {
  const { length } = message;
  const head = [0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
  return textOfBytes(Uint8Array.from([...head, ...message]));
}

function varint(number: number): readonly number[] {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
