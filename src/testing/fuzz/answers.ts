/** What holds for every answer of the API server, and how a request is shown and told from others. */
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import { isKnownServerError } from './server-errors.ts';
import { isObject, type Value } from './text.ts';

const SHOWN_BYTES = 2_000;

/** Something that must not happen did. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(what: string, request: ApiRequest, answer?: ApiResponse) {
    const told = answer ? `\nanswer: ${answer.code} ${shown(answer.body)}` : '';
    super(`${what}\n${describe(request)}${told}`);
  }
}

export function describe({ method, path, query, headers, body }: ApiRequest): string {
  const search = Object.entries(query)
    .flatMap(([name, values]) => values.map((v) => `${name}=${encodeURIComponent(v)}`))
    .join('&');
  const type = headers['content-type'] ?? '';
  const accept = headers['accept'] ?? '';
  return `${method} ${path}${search === '' ? '' : `?${search}`} (${type}; accept ${accept})\n${shown(body)}`;
}

function shown(bytes: Uint8Array | null): string {
  if (!bytes || bytes.length === 0) return '';
  const text = new TextDecoder().decode(bytes.subarray(0, SHOWN_BYTES));
  return bytes.length > SHOWN_BYTES ? `${text}… (${bytes.length} bytes)` : text;
}

/** An error is a Status with its code; what is not JSON is not looked into. */
export function checkAnswer(sent: ApiRequest, answer: ApiResponse): void {
  const { code, body } = answer;
  if (!Number.isInteger(code) || code < 200 || code > 599) {
    throw new Violation(`code ${code}`, sent, answer);
  }
  const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json');
  if (!isJson || body.length === 0) {
    if (code >= 500) throw new Violation('a server error that is no Status', sent, answer);
    return;
  }
  const value = parsed(sent, answer);
  if (code < 400) return;
  if (!isObject(value) || value['kind'] !== 'Status' || value['code'] !== code) {
    throw new Violation('an error that is no Status', sent, answer);
  }
  if (code >= 500 && !isKnownServerError(code, String(value['message']))) {
    throw new Violation('a server error of a class that no recording shows', sent, answer);
  }
}

export function parsed(sent: ApiRequest, answer: ApiResponse): Value {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body)) as Value;
  } catch (error) {
    throw new Violation(`the answer is not JSON: ${String(error)}`, sent, answer);
  }
}

/** The first place where two objects differ, fields in their order; null when they do not. */
export function difference(a: Value | undefined, b: Value | undefined, path = ''): string | null {
  if (Array.isArray(a) && Array.isArray(b)) {
    const [x, y] = [a as readonly Value[], b as readonly Value[]];
    for (let i = 0; i < Math.max(x.length, y.length); i++) {
      const below = difference(x[i], y[i], `${path}[${i}]`);
      if (below !== null) return below;
    }
    return null;
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    if (keys.join('\0') !== Object.keys(b).join('\0')) {
      return `${path}: fields ${keys.join(',')} became ${Object.keys(b).join(',')}`;
    }
    for (const key of keys) {
      const below = difference(a[key], b[key], `${path}.${key}`);
      if (below !== null) return below;
    }
    return null;
  }
  return a === b ? null : `${path}: ${JSON.stringify(a)} became ${JSON.stringify(b)}`;
}

const FNV_PRIME = 16_777_619;

/** FNV-1a over what is sent. */
export function folded(digest: number, { method, path, query, headers, body }: ApiRequest): number {
  let hash = digest ^ 0x811c9dc5;
  const text = `${method} ${path} ${JSON.stringify(query)} ${JSON.stringify(headers)}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  for (const byte of body ?? []) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}
