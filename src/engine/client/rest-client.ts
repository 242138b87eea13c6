/**
 * Requests as any client library sends them: JSON over the same pipeline, where what is typed is not
 * known to be right. Programs of the reader use it.
 */
import { decodeUtf8, encodeUtf8 } from '../../api/meta/utf8.ts';
import type { Proc } from '../../kernel/process.ts';
import { handle } from '../apiserver/rest/handle.ts';
import type { Client } from './typed-client.ts';

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON; '' = none. */
  readonly body: string;
  readonly contentType?: string;
}

export interface RestAnswer {
  readonly code: number;
  readonly text: string;
  readonly warnings: readonly string[];
}

/** The text of a warning header: `299 - "text"`. */
const WARNING = /^299 \S+ (".*")$/;

/** Answers with whatever the server says; refusals are answers too. */
export function* rest({ server, caller }: Client, request: RestRequest): Proc<RestAnswer> {
  const { method, path, query, body, contentType = 'application/json' } = request;
  const answer = yield* handle(
    server,
    {
      method,
      path,
      query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
      headers: {
        'user-agent': caller.actor,
        accept: 'application/json',
        ...(body === '' ? {} : { 'content-type': contentType }),
      },
      body: body === '' ? null : encodeUtf8(body),
    },
    { tokens: {}, anonymous: caller.user },
  );
  const given = answer.headers['warning'] ?? [];
  const warnings = (typeof given === 'string' ? [given] : given).map((header) => {
    const quoted = WARNING.exec(header)?.[1];
    return quoted === undefined ? header : (JSON.parse(quoted) as string);
  });
  return { code: answer.code, text: decodeUtf8(answer.body), warnings };
}
