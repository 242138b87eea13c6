/**
 * Requests that are passed on to a program in a Pod, and its answers.
 *
 * Models:     k8s.io/apimachinery pkg/util/proxy upgradeaware.go, transport.go (v1.36)
 * Simplified: bodies are text, links in HTML stay as they are, no upgrades to other protocols
 */
import type { ProxyConnect } from '../../api/meta/define-kind.ts';
import { failure, noSuchResource } from '../../api/meta/status.ts';
import type { Call, Forward, TextAnswer } from './call.ts';
import { AnswerNeeded } from './service-calls.ts';

const KEY = 'proxy';
const TIMEOUT_US = 3_600_000_000;

/** Of the headers that a client sends, those that are its own. */
const PASSED_ON = ['accept', 'content-type', 'user-agent'];
/** Hop by hop, or written anew. */
const KEPT_BACK = new Set(['connection', 'transfer-encoding', 'content-length']);

/** Relative links need a slash at the end of the place they stand in. */
export function toSlash({ method, path, query, whole }: Forward): TextAnswer | null {
  if (path !== '' || (method !== 'GET' && method !== 'HEAD')) return null;
  const location = `${whole}/${query === '' ? '' : `?${query}`}`;
  return { code: 301, text: '', headers: { location } };
}

export function proxied(call: Call, { proxy }: ProxyConnect): TextAnswer {
  const { answers, forward } = call;
  if (!forward) throw noSuchResource();
  const redirected = toSlash(forward);
  if (redirected) return redirected;
  const answer = answers?.get(KEY);
  if (!answer) {
    const headers = PASSED_ON.flatMap((name) => {
      const value = forward.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    throw new AnswerNeeded(KEY, {
      to: `${proxy.address}:${proxy.port}`,
      ...proxy,
      method: forward.method,
      path: `${forward.path === '' ? '/' : forward.path}${forward.query === '' ? '' : `?${forward.query}`}`,
      headers: Object.fromEntries(headers),
      body: forward.body,
      timeoutUs: TIMEOUT_US,
    });
  }
  if ('failure' in answer) {
    const dial = `dial tcp ${proxy.address}:${proxy.port}`;
    const why = answer.failure === 'refused' ? 'connect: connection refused' : 'i/o timeout';
    const message = `error trying to reach service: ${dial}: ${why}`;
    throw failure(503, 'ServiceUnavailable', message);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (!KEPT_BACK.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  }
  return { code: answer.status, text: answer.body, headers };
}
