/** Requests as kubectl sends them, and how it words what comes back. */
import { groupKind } from '../api/meta/define-kind.ts';
import { decodeUtf8, encodeUtf8 } from '../api/meta/utf8.ts';
import type { Status } from '../api/meta/status.ts';
import type { ApiRequest, ApiResponse } from '../port/protocol.ts';
import type { Mapping } from './mapping.ts';

const USER_AGENT = 'kubectl/v1.36.3 (linux/amd64) kubernetes';

export function resourcePath(
  kind: Mapping,
  namespace: string,
  name = '',
  subresource = '',
): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const inside =
    kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const one = name === '' ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${inside}/${kind.plural}${one}${subresource === '' ? '' : `/${subresource}`}`;
}

export function request(
  method: string,
  path: string,
  body: unknown = null,
  more: {
    contentType?: string;
    accept?: string;
    query?: Readonly<Record<string, readonly string[]>>;
  } = {},
): ApiRequest {
  return {
    method,
    path,
    query: more.query ?? {},
    headers: {
      accept: more.accept ?? 'application/json',
      'user-agent': USER_AGENT,
      ...(body === null ? {} : { 'content-type': more.contentType ?? 'application/json' }),
    },
    body: body === null ? null : encodeUtf8(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

export function bodyOf(response: ApiResponse): unknown {
  const text = decodeUtf8(response.body);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `deployment.apps/web`: how kubectl names an object it has done something to. */
export function shownName(kind: Mapping, name: string): string {
  return `${groupKind({ group: kind.group, kind: kind.singular })}/${name}`;
}

/** `Error from server (NotFound): …`, or for an invalid object `The Pod "web" is invalid: …`. */
export function errorText(response: ApiResponse): string {
  const status = bodyOf(response) as Status | string;
  if (typeof status === 'string') return `Error from server: ${status.trim()}`;
  if (status.reason === 'Invalid' && status.details) {
    const { kind = '', name = '', causes = [] } = status.details;
    const head = `The ${kind} "${name}" is invalid`;
    const list = causes.map((c) => `${c.field ?? ''}: ${c.message}`);
    if (list.length === 0) return `${head}: ${status.message ?? ''}`;
    return list.length === 1 ? `${head}: ${list[0]}` : `${head}: \n* ${list.join('\n* ')}`;
  }
  return `Error from server (${status.reason ?? 'Unknown'}): ${status.message ?? ''}`;
}

/** Texts of the Warning headers. */
export function warningsOf(response: ApiResponse): string[] {
  const header = response.headers['warning'];
  const list = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return list.map((w) => {
    const quoted = /^299 \S+ (".*")$/.exec(w)?.[1];
    return quoted === undefined ? w : (JSON.parse(quoted) as string);
  });
}
