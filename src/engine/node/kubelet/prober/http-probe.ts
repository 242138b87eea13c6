/**
 * A probe by an HTTP request: follows redirects on the same host, trusts any certificate.
 *
 * Models:     pkg/probe/http/http.go DoHTTPProbe, RedirectChecker (v1.36); the client of Go
 * Simplified: names of hosts other than localhost are not looked up on a node.
 */
import type { Container, HTTPGetAction } from '../../../../api/generated/types.ts';
import type { Proc } from '../../../../kernel/process.ts';
import { textHead } from '../../network/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../runtime/program.ts';
import { failureText, getFailure, type HttpTarget, httpTarget } from '../http-action.ts';
import type { KubeletContext } from '../context.ts';
import type { ProbeOutcome } from './outcome.ts';
import { within } from './within.ts';

/** pkg/probe/http maxRespBodyLength. */
const MAX_BODY_BYTES = 10 * 1024;
/** net/http: stopped after as many. */
const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const TIMED_OUT = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
const ADDRESS = /^[\d.]+$|^localhost$/;

export function* httpProbe(
  context: KubeletContext,
  action: HTTPGetAction,
  spec: Container,
  podIP: string,
  timeoutUs: number,
): Proc<ProbeOutcome> {
  const first = httpTarget(action, spec, podIP, 'probe');
  if (typeof first === 'string') return { kind: 'error', message: first };
  const { kernel } = context;
  const deadline = kernel.now + timeoutUs;
  let target = first;
  for (let hops = 1; ; hops++) {
    const left = deadline - kernel.now;
    const answer = yield* within(kernel, left, ask(context, target));
    if (answer === 'deadline') return failure(getFailure(target.url, TIMED_OUT));
    if (typeof answer === 'string') return failure(getFailure(target.url, answer));
    const next = redirection(target, answer);
    if (!next || next.host !== first.host) return judged(answer);
    if (hops >= MAX_REDIRECTS) {
      return failure(getFailure(next.url, `stopped after ${MAX_REDIRECTS} redirects`));
    }
    target = next;
  }
}

/** A string is the error. */
function* ask(
  { runtime }: KubeletContext,
  { host, port, request }: HttpTarget,
): Proc<HttpResponse | string> {
  if (!ADDRESS.test(host)) return `dial tcp: lookup ${host}: no such host`;
  const answer = yield* runtime.hostNetwork.request(host, port, request);
  return typeof answer === 'string' ? failureText(answer, host, port, request.tls) : answer;
}

function judged({ status, body }: HttpResponse): ProbeOutcome {
  if (status < 200 || status >= 400) {
    return failure(`HTTP probe failed with statuscode: ${status}`);
  }
  if (status < 300) return { kind: 'success' };
  const text = textHead(body, MAX_BODY_BYTES);
  return { kind: 'warning', message: `Probe terminated redirects, Response body: ${text}` };
}

function failure(message: string): ProbeOutcome {
  return { kind: 'failure', message };
}

/** Where an answer sends its client to; null: nowhere. */
function redirection(from: HttpTarget, { status, headers = {} }: HttpResponse): HttpTarget | null {
  const location = headers['Location'] ?? headers['location'];
  if (!REDIRECTS.has(status) || location === undefined || location === '') return null;
  const scheme = from.request.tls ? 'https' : 'http';
  const full = /^(?:(https?):)?\/\/([^/?#:]*)(?::(\d*))?([^#]*)/i.exec(location);
  if (!full) {
    const base = from.request.path.replace(/\?.*$/, '');
    const path = resolvePath(base, location.replace(/#.*$/, ''));
    const { host, port } = from;
    return pointing(from, scheme, host, port, `${scheme}://${host}:${port}`, path);
  }
  const [, named = scheme, host = '', digits = '', rest = ''] = full;
  const to = named.toLowerCase();
  const port = digits === '' ? (to === 'https' ? 443 : 80) : Number(digits);
  const origin = `${to}://${host}${digits === '' ? '' : `:${digits}`}`;
  return pointing(from, to, host, port, origin, rest.startsWith('/') ? rest : `/${rest}`);
}

function pointing(
  { request }: HttpTarget,
  scheme: string,
  host: string,
  port: number,
  origin: string,
  path: string,
): HttpTarget {
  const headers = { ...request.headers, Host: origin.replace(/^https?:\/\//, '') };
  const next: HttpRequest = { ...request, headers, path, tls: scheme === 'https' };
  return { host, port, url: `${origin}${path}`, request: next };
}

/** RFC 3986, section 5.2, of a reference without a host. */
function resolvePath(base: string, reference: string): string {
  if (reference.startsWith('?')) return `${base}${reference}`;
  const [path = '', query] = splitOnce(reference, '?');
  const joined = path.startsWith('/') ? path : base.slice(0, base.lastIndexOf('/') + 1) + path;
  const parts: string[] = [];
  const segments = joined.slice(1).split('/');
  for (const [i, segment] of segments.entries()) {
    if (segment === '..') parts.pop();
    if (segment !== '.' && segment !== '..') parts.push(segment);
    else if (i === segments.length - 1) parts.push('');
  }
  return `/${parts.join('/')}${query === undefined ? '' : `?${query}`}`;
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
