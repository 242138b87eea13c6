/**
 * What a request is for, read from its first line: the path as it was sent, and the query as Go's
 * net/url reads it. Bad escapes in the path refuse the request; in the query they lose their pair.
 *
 * Models: net/url Parse, ParseQuery (Go 1.26), net/http readRequest
 */
import { decodeUtf8 } from '../../api/meta/utf8.ts';

export interface Target {
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
}

/** null = no URL that a server could answer. */
export function parseTarget(url: string): Target | null {
  const mark = url.indexOf('?');
  const whole = mark < 0 ? url : url.slice(0, mark);
  // A proxy's form, which servers have to understand as well.
  const path = /^https?:\/\/[^/]*(?<path>\/.*)?$/i.exec(whole)?.groups?.['path'] ?? whole;
  if (!path.startsWith('/')) return null;
  if (unescaped(path, false) === null) return null;
  return { path, query: parseQuery(mark < 0 ? '' : url.slice(mark + 1)) };
}

function parseQuery(text: string): Record<string, string[]> {
  // A name may be __proto__, which must be a name like any other.
  const query = Object.create(null) as Record<string, string[]>;
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const name = unescaped(equals < 0 ? pair : pair.slice(0, equals), true);
    const value = unescaped(equals < 0 ? '' : pair.slice(equals + 1), true);
    if (name === null || value === null) continue;
    (query[name] ??= []).push(value);
  }
  return query;
}

/** null = a percent sign that no two hexadecimal digits follow. */
function unescaped(text: string, plusIsSpace: boolean): string | null {
  if (!/[%+]/.test(text)) return text;
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  const spaced = plusIsSpace ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  return decodeUtf8(Buffer.from(spaced.replace(/%(..)/g, toByte), 'latin1'));
}

function toByte(_: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
