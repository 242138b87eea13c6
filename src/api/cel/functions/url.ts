/**
 * url() and its parts.
 *
 * Models:     k8s.io/apiserver pkg/cel/library/urls.go (v1.36); Go net/url
 * Simplified: escapes in user names are not checked
 */
import { goQuote } from '../../meta/go-text.ts';
import {
  ArrayList,
  CelError,
  CelOpaque,
  EntryMap,
  NO_SUCH_OVERLOAD,
  type CelValue,
} from '../values.ts';
import type { Impl, Library } from './impl.ts';
import { decodeUtf8, encodeUtf8 } from '../../meta/utf8.ts';

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;
}

class CelUrl extends CelOpaque {
  readonly typeName = 'kubernetes.URL';
  readonly parts: UrlParts;
  constructor(parts: UrlParts) {
    super();
    this.parts = parts;
  }
  equals(other: CelValue): boolean | CelError {
    return other instanceof CelUrl ? other.parts.text === this.parts.text : NO_SUCH_OVERLOAD;
  }
}

const BAD_ESCAPE = /%(?![0-9a-fA-F]{2}).{0,2}/s;

/** What is wrong with the host and port, if anything. */
function hostFault(host: string): string | undefined {
  if (host.startsWith('[')) {
    const close = host.lastIndexOf(']');
    if (close < 0) return "missing ']' in host";
    const after = host.slice(close + 1);
    return /^(?::\d*)?$/.test(after) ? undefined : `invalid port ${goQuote(after)} after host`;
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0 && !/^\d*$/.test(host.slice(colon + 1))) {
    return `invalid port ${goQuote(host.slice(colon))} after host`;
  }
  const bad = /[ "<>\\^`{|}]/.exec(host);
  return bad === null ? undefined : `invalid character ${goQuote(bad[0])} in host name`;
}

/** As net/url.ParseRequestURI sees it; without a fragment when |fragment| is split off before. */
function parseUrl(text: string): UrlParts | string {
  if (text === '') return 'empty url';
  if (/[\0-\x1f\x7f]/.test(text)) return 'net/url: invalid control character in URL';
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? '';
  if (scheme === '' && text.startsWith(':')) return 'missing protocol scheme';
  const withoutScheme = scheme === '' ? text : text.slice(scheme.length + 1);
  const question = withoutScheme.indexOf('?');
  const rest = question < 0 ? withoutScheme : withoutScheme.slice(0, question);
  const query = question < 0 ? '' : withoutScheme.slice(question + 1);
  const whole = { scheme: scheme.toLowerCase(), query, text };
  if (!rest.startsWith('/')) {
    return scheme === '' ? 'invalid URI for request' : { ...whole, host: '', path: '' };
  }
  const hasHost = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
  const slash = hasHost ? rest.indexOf('/', 2) : 0;
  const authority = hasHost ? rest.slice(2, slash < 0 ? undefined : slash) : '';
  const path = slash < 0 ? '' : rest.slice(slash);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const fault = hostFault(host);
  if (fault !== undefined) return fault;
  const escape = BAD_ESCAPE.exec(path);
  if (escape !== null) return `invalid URL escape ${goQuote(escape[0])}`;
  return { ...whole, host, path };
}

function stringToUrl(text: string): CelValue {
  const request = parseUrl(text);
  const hash = text.indexOf('#');
  const parts = typeof request === 'string' || hash < 0 ? request : parseUrl(text.slice(0, hash));
  if (typeof parts !== 'string') return new CelUrl({ ...parts, text });
  return new CelError(
    `URL parse error during conversion from string: parse ${goQuote(text)}: ${parts}`,
  );
}

export function isUri(text: string): string | undefined {
  const parts = parseUrl(text);
  return typeof parts === 'string' ? `parse ${goQuote(text)}: ${parts}` : undefined;
}

function hostname(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.lastIndexOf(']'));
  const colon = host.lastIndexOf(':');
  return colon < 0 ? host : host.slice(0, colon);
}

const port = (host: string): string => /:(\d*)$/.exec(host)?.[1] ?? '';

/** Characters that Go escapes in a path; what is escaped already stays. */
function escapedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]/gu, (char) =>
    Array.from(encodeUtf8(char), (b) => `%${b.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  );
}

function unescapeQuery(text: string): string | undefined {
  if (BAD_ESCAPE.test(text)) return undefined;
  const bytes: number[] = [];
  const parts = text.replaceAll('+', ' ').matchAll(/%([0-9a-fA-F]{2})|([^%]+)/gs);
  for (const [, hex, plain = ''] of parts) {
    if (hex === undefined) bytes.push(...encodeUtf8(plain));
    else bytes.push(Number.parseInt(hex, 16));
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

function query(text: string): CelValue {
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = unescapeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = unescapeQuery(equals < 0 ? '' : pair.slice(equals + 1));
    if (key === undefined || value === undefined) continue;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return EntryMap.of([...values].map(([key, list]) => [key, new ArrayList(list)] as const));
}

const ofUrl =
  (impl: (parts: UrlParts) => CelValue): Impl =>
  (value) =>
    value instanceof CelUrl ? impl(value.parts) : undefined;

export const url: Library = {
  url: (text) => (typeof text === 'string' ? stringToUrl(text) : undefined),
  isURL: (text) => (typeof text === 'string' ? isUri(text) === undefined : undefined),
  getScheme: ofUrl(({ scheme }) => scheme),
  getHost: ofUrl(({ host }) => host),
  getHostname: ofUrl(({ host }) => hostname(host)),
  getPort: ofUrl(({ host }) => port(host)),
  getEscapedPath: ofUrl(({ path }) => escapedPath(path)),
  getQuery: ofUrl((parts) => query(parts.query)),
};
