/**
 * What `httpGet` of a probe or hook asks for: address, path and headers, and the words for what goes
 * wrong on the way.
 *
 * Models: pkg/probe/http/request.go, pkg/probe/util.go (v1.36); net/http and net of Go
 */
import type { Container, HTTPGetAction } from '../../../api/generated/types.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import type { ConnectFailure, HttpRequest } from '../runtime/program.ts';

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly request: HttpRequest;
}

/** |who| is `probe` or `lifecycle`; a string is the error. */
export function httpTarget(
  action: HTTPGetAction,
  spec: Container,
  podIP: string,
  who: string,
): HttpTarget | string {
  const host = action.host || podIP;
  const port = portOf(action.port, spec);
  if (typeof port === 'string') return port;
  const tls = action.scheme === 'HTTPS';
  const path = requestPath(action.path ?? '');
  const headers: Record<string, string> = {};
  for (const { name, value } of action.httpHeaders ?? []) {
    const key = canonicalName(name);
    const before = headers[key];
    headers[key] = before === undefined ? value : `${before}, ${value}`;
  }
  headers['User-Agent'] ??= `kube-${who}/1.36`;
  headers['Accept'] ??= '*/*';
  if (headers['Accept'] === '') delete headers['Accept'];
  headers['Host'] ||= `${host}:${port}`;
  headers['Connection'] = 'close';
  const request: HttpRequest = { method: 'GET', path, headers, body: '', tls };
  return { host, port, url: `${tls ? 'https' : 'http'}://${host}:${port}${path}`, request };
}

/** url.Parse takes a path as it is, unless what follows a per cent sign is no byte. */
function requestPath(path: string): string {
  const [beforeHash = ''] = path.split('#', 1);
  const valid = !/%(?![0-9a-fA-F]{2})/.test(beforeHash.split('?', 1)[0] ?? '');
  const text = valid ? beforeHash : path.replace(/[%?#]/g, (c) => encodeURIComponent(c));
  return (text.startsWith('/') ? text : `/${text}`).replaceAll(' ', '%20');
}

/** textproto.CanonicalMIMEHeaderKey; names with other characters stay as they are. */
function canonicalName(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** ResolveContainerPort; a string is its error. */
export function portOf(port: number | string, spec: Container): number | string {
  if (typeof port === 'number') return validPort(port);
  const named = spec.ports?.find((p) => p.name === port);
  if (named) return validPort(named.containerPort);
  const number = /^[+-]?\d+$/.test(port) ? Number(port) : Number.NaN;
  if (Number.isNaN(number)) return `strconv.Atoi: parsing ${goQuote(port)}: invalid syntax`;
  return validPort(number);
}

function validPort(port: number): number | string {
  return port > 0 && port < 65_536 ? port : `invalid port number: ${port}`;
}

/** `Get "URL": …` as the error of a client of Go. */
export function getFailure(url: string, why: string): string {
  return `Get ${goQuote(url)}: ${why}`;
}

/** |tls|: that is what the client spoke. */
export function failureText(
  failure: ConnectFailure,
  host: string,
  port: number,
  tls = false,
): string {
  const dial = `dial tcp ${host}:${port}`;
  switch (failure) {
    case 'refused':
      return `${dial}: connect: connection refused`;
    case 'timeout':
      return `${dial}: connect: connection timed out`;
    case 'unreachable':
      return `${dial}: connect: no route to host`;
    case 'reset':
      return 'EOF';
    case 'protocol':
      return tls
        ? 'http: server gave HTTP response to HTTPS client'
        : 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
  }
}
