/** Plays one recorded case against a target and tells the first difference. */
import { decodeUtf8, encodeUtf8 } from '../../api/meta/utf8.ts';
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import {
  type Exchange,
  type Json,
  type RecordedCase,
  type RecordedRequest,
  unfold,
} from './case.ts';
import { type Difference, firstDifference } from './compare.ts';
import { Bindings } from './placeholders.ts';
import type { GoldenTarget, MakeTarget } from './target.ts';

export type { Exchange } from './case.ts';

/** Bearer tokens of the recorded users. */
const TOKENS: Readonly<Record<string, string>> = {
  admin: 'admintoken',
  jane: 'janetoken',
  badtoken: 'nosuchtoken',
};

/** Headers that a recording holds whenever they were there. */
const COMPARED_HEADERS = ['warning', 'allow', 'retry-after', 'location'];

/** The recorder went on when what it had defined was served; that pause was not written down. */
const DEFINES = /\/customresourcedefinitions$/;
const ESTABLISH_SECONDS = 0.1;

/** How far controllers had come depends on how long the recorder thought, which is not recorded. */
export function runCase(recorded: RecordedCase, makeTarget: MakeTarget): Difference {
  const difference = runOnce(recorded, makeTarget());
  if (difference === undefined) return undefined;
  return runOnce(recorded, makeTarget({ patient: true })) === undefined ? undefined : difference;
}

function runOnce(recorded: RecordedCase, target: GoldenTarget): Difference {
  const bindings = new Bindings();
  for (const [i, step] of (recorded.setup ?? []).entries()) {
    if (step.request === undefined) {
      target.waitSeconds(step.waitSeconds);
      continue;
    }
    const answer = target.handle(apiRequest(step.request, bindings));
    if (answer.code !== step.response.code) {
      const text = decodeUtf8(answer.body).slice(0, 200);
      return `setup[${i}]: code ${answer.code}, expected ${step.response.code}: ${text}`;
    }
    if (DEFINES.test(step.request.path)) target.waitSeconds(ESTABLISH_SECONDS);
  }
  const varies = recorded.varies ?? [];
  const difference = exchangeDifference(recorded, 'response', target, bindings, varies);
  if (difference !== undefined) return difference;
  for (const [i, exchange] of (recorded.also ?? []).entries()) {
    const later = exchangeDifference(exchange, `also[${i}]`, target, bindings, varies);
    if (later !== undefined) return later;
  }
  return undefined;
}

export function exchangeDifference(
  exchange: Exchange,
  path: string,
  target: GoldenTarget,
  bindings: Bindings,
  varies: readonly string[],
): Difference {
  const answer = target.handle(apiRequest(exchange.request, bindings));
  const { response } = exchange;
  const text = decodeUtf8(answer.body);
  if (answer.code !== response.code) {
    return `${path}.code: ${answer.code}, expected ${response.code}: ${text.slice(0, 300)}`;
  }
  const body = response.body === undefined ? undefined : unfold(response.body);
  if (body !== undefined) {
    const actual = typeof body === 'string' ? text : parsed(text);
    const difference = firstDifference(body, actual, `${path}.body`, bindings, varies);
    if (difference !== undefined) return difference;
  }
  return headerDifference(response.headers ?? {}, answer, `${path}.headers`, bindings);
}

function headerDifference(
  expected: Readonly<Record<string, string | readonly string[]>>,
  answer: ApiResponse,
  path: string,
  bindings: Bindings,
): Difference {
  for (const name of COMPARED_HEADERS) {
    const difference = firstDifference(
      listed(expected[name]),
      listed(answer.headers[name]),
      `${path}.${name}`,
      bindings,
    );
    if (difference !== undefined) return difference;
  }
  const type = expected['content-type'];
  if (type === undefined) return undefined;
  return firstDifference(
    listed(type),
    listed(answer.headers['content-type']),
    `${path}.content-type`,
    bindings,
  );
}

function listed(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The request as it was sent: with the headers that all recorded requests had. */
export function apiRequest(recorded: RecordedRequest, bindings: Bindings): ApiRequest {
  const { path, query } = splitPath(bindings.fill(recorded.path));
  const body = recorded.body === undefined ? null : unfold(recorded.body);
  const text = body === null ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const headers: Record<string, string> = {
    'user-agent': 'golden/1.0',
    accept: 'application/json',
  };
  if (text !== null) headers['content-type'] = 'application/json';
  const token =
    recorded.bearer === undefined
      ? TOKENS[recorded.user ?? 'admin']
      : bindings.fill(recorded.bearer);
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  for (const [name, value] of Object.entries(recorded.headers ?? {})) {
    if (value === null) delete headers[name.toLowerCase()];
    else headers[name.toLowerCase()] = value;
  }
  return {
    method: recorded.method,
    path,
    query,
    headers,
    body: text === null ? null : encodeUtf8(bindings.fill(text)),
  };
}

function splitPath(whole: string): { path: string; query: Record<string, string[]> } {
  const mark = whole.indexOf('?');
  if (mark < 0) return { path: whole, query: {} };
  const query: Record<string, string[]> = {};
  for (const pair of whole.slice(mark + 1).split('&')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    (query[decode(name)] ??= []).push(decode(value));
  }
  return { path: whole.slice(0, mark), query };
}

function decode(text: string): string {
  return decodeURIComponent(text.replace(/\+/g, ' '));
}
