/** Answers that need no object: errors, texts, JSON made on the spot. */
import type { Status } from '../../../api/meta/status.ts';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { ApiResponse } from '../../../port/protocol.ts';

export const TEXT_TYPE = 'text/plain; charset=utf-8';

export function statusResponse(status: Status): ApiResponse {
  const retry = status.details?.retryAfterSeconds;
  const response = jsonResponse(status.code, status);
  if (retry === undefined) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(retry) } };
}

export function jsonResponse(code: number, body: unknown): ApiResponse {
  return {
    code,
    headers: { 'content-type': 'application/json' },
    body: encodeUtf8(`${JSON.stringify(body)}\n`),
  };
}

export function textResponse(code: number, text: string, type = TEXT_TYPE): ApiResponse {
  return { code, headers: { 'content-type': type }, body: encodeUtf8(text) };
}

/** What a web server says of a path that it does not know. */
export function notFoundPath(): ApiResponse {
  return textResponse(404, '404 page not found\n');
}
