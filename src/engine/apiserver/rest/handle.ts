/**
 * Kubernetes REST: from an ApiRequest to an ApiResponse, over the same pipeline as typed calls.
 *
 * Models: k8s.io/apiserver pkg/server/config.go (order of the filters),
 *         pkg/endpoints/{installer,handlers} (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import { ApiError, failure, noSuchResource } from '../../../api/meta/status.ts';
import { bytesOfText } from '../../../api/meta/byte-text.ts';
import { decodeUtf8 } from '../../../api/meta/utf8.ts';
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import type { UserInfo } from '../../../api/meta/authorization.ts';
import type { AnyKind } from '../../../api/meta/define-kind.ts';
import type { Upgrade } from '../../../api/meta/node-dial.ts';
import type { Answer, Call, Caller, Forward } from '../call.ts';
import type { Resource } from '../resource.ts';
import { type ApiServer, ConnectionRefused } from '../server.ts';
import { readBody } from './body.ts';
import { type Authentication, passGate } from './gate.ts';
import { type Allows, NO_FORMS, NO_TABLE, negotiate, OBJECT_FORMS } from './media-type.ts';
import { nonResource } from './non-resource.ts';
import { callOptions, patchType } from './options.ts';
import { contentTypeOf, encodeBody, type Form, listBody, objectBody } from './represent.ts';
import { requestInfo, type RequestInfo } from './request-info.ts';
import { notFoundPath, statusResponse } from './responses.ts';
import type { SessionResponse, StreamedResponse } from './stream.ts';
import { includeOf } from './table.ts';
import { validateOptions } from './validate-options.ts';
import { verbOf } from './verb.ts';
import { openWatch } from './watch.ts';

export { statusResponse } from './responses.ts';

export type { Authentication } from './gate.ts';

export const ADMIN: UserInfo = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** Plain HTTP on loopback: whoever calls is the administrator. */
export const EVERYBODY_IS_ADMIN: Authentication = { tokens: {}, anonymous: ADMIN };

/**
 * Answers |request|; simulated time passes. Errors become Status answers. |outside| says that the
 * client is beyond the simulation (`Caller.outside`).
 */
export function* handle(
  server: ApiServer,
  request: ApiRequest,
  authentication: Authentication = EVERYBODY_IS_ADMIN,
  outside = false,
): Proc<ApiResponse> {
  const warnings: string[] = [];
  try {
    const user = passGate(server, request, authentication);
    const info = requestInfo(request.path);
    if (!info) return nonResource(server, request);
    const resource = server.registry.find(info.group, info.version, info.plural);
    if (!resource) return notServed(server, info);
    if (request.method === 'HEAD') return { code: 405, headers: {}, body: new Uint8Array() };
    const { call, form } = callOf(
      server,
      request,
      info,
      resource,
      callerOf(request, user, outside),
      warnings,
    );
    const answer = yield* server.call(call);
    return respond(server, call, answer, form);
  } catch (error) {
    if (error instanceof ApiError) return warned(statusResponse(error.status), warnings);
    if (error instanceof ConnectionRefused) {
      return statusResponse(
        failure(503, 'ServiceUnavailable', 'the server is currently unable to handle the request')
          .status,
      );
    }
    throw error;
  }
}

function callOf(
  server: ApiServer,
  request: ApiRequest,
  info: RequestInfo,
  resource: Resource,
  caller: Caller,
  warnings: string[],
): { readonly call: Call; readonly form: Form } {
  const verb = verbOf(request, info, resource);
  const { kind } = resource;
  // A version that is on its way out says so with every answer.
  if (kind.deprecation !== undefined) warnings.push(kind.deprecation);
  const connects = kind.connects?.[info.subresource] !== undefined;
  const media = connects
    ? { format: 'json' as const, pretty: false, convert: null }
    : negotiate(request, formsOf(kind, info.subresource));
  const include = media.convert?.kind === 'Table' ? includeOf(request) : 'Metadata';
  const form: Form = { ...media, include };
  const type = verb === 'patch' ? patchType(request.headers['content-type']) : undefined;
  validateOptions(verb, request.query, type);
  const base = {
    caller,
    verb,
    resource,
    subresource: info.subresource,
    namespace: kind.namespaced ? info.namespace : '',
    name: verb === 'watch' ? '' : info.name,
    typed: false,
    authorized: true,
    warnings,
    query: request.query,
  };
  if (connects) {
    const forward = info.subresource === 'proxy' ? { forward: forwardOf(request) } : {};
    const upgrade = upgradeOf(request);
    return { call: { ...base, ...forward, ...(upgrade ? { upgrade } : {}), options: {} }, form };
  }
  if (verb === 'watch') return { call: watchCall(server, request, info, base, form), form };
  if (verb === 'get' || verb === 'list') {
    return { call: { ...base, options: callOptions(request.query, null) }, form };
  }
  return { call: { ...base, ...readBody(request, base, type) }, form };
}

/** Words of a header that is a list. */
function words(header: string | undefined): readonly string[] {
  return (header ?? '').split(',').map((word) => word.trim());
}

/** What the client wants to speak from here on; undefined = HTTP. */
function upgradeOf({ headers }: ApiRequest): Upgrade | undefined {
  if (!words(headers['connection']?.toLowerCase()).includes('upgrade')) return undefined;
  return {
    to: (headers['upgrade'] ?? '').toLowerCase(),
    protocols: words(headers['sec-websocket-protocol']),
  };
}

/** Up to the name of what the request is passed on to. */
const UP_TO_PROXY =
  /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+\/proxy(?=\/|$)/;

function forwardOf({ method, path, query, headers, body }: ApiRequest): Forward {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  return {
    method,
    whole: path,
    path: path.replace(UP_TO_PROXY, ''),
    query: pairs.join('&'),
    headers,
    body: body ? decodeUtf8(body) : '',
  };
}

function formsOf({ verbs }: AnyKind, subresource: string): Allows {
  if (subresource !== '') return NO_FORMS;
  return verbs?.length === 1 && verbs[0] === 'create' ? NO_TABLE : OBJECT_FORMS;
}

function watchCall(
  server: ApiServer,
  request: ApiRequest,
  info: RequestInfo,
  base: Omit<Call, 'options'>,
  form: Form,
): Call {
  const asked = callOptions(request.query, null);
  // A path that names the object selects it by its name.
  const named = info.name === '' ? [] : [`metadata.name=${info.name}`];
  const fields = [...named, ...(asked.fieldSelector ? [asked.fieldSelector] : [])].join(',');
  const options = fields === '' ? asked : { ...asked, fieldSelector: fields };
  const call: Call = { ...base, options };
  if (!(base.resource.kind.verbs?.includes('watch') ?? true)) return call;
  return { ...call, openWatch: () => openWatch(server, call, request, form) };
}

function callerOf(request: ApiRequest, user: UserInfo, outside: boolean): Caller {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] || 'unknown';
  return { user, agent, actor: agent, outside };
}

function respond(
  server: ApiServer,
  call: Call,
  answer: Answer,
  form: Form,
): ApiResponse | StreamedResponse | SessionResponse {
  if ('session' in answer) {
    return { code: 101, headers: {}, body: new Uint8Array(), session: answer.session };
  }
  if ('text' in answer) {
    const headers = answer.headers ?? (answer.text === '' ? {} : { 'content-type': 'text/plain' });
    return { code: answer.code, headers, body: bytesOfText(answer.text) };
  }
  const usual = call.warnings ?? [];
  if ('stream' in answer) {
    return {
      code: answer.code,
      headers: { 'content-type': answer.type ?? 'application/json', ...warningHeader(usual) },
      body: new Uint8Array(),
      stream: answer.stream,
    };
  }
  const { nowMs } = server.kernel;
  const isObject = 'object' in answer;
  const text = isObject
    ? objectBody(call, answer, form, nowMs)
    : listBody(call, answer, form, nowMs);
  const warnings = isObject ? answer.warnings : usual;
  return {
    code: isObject ? answer.code : 200,
    headers: {
      'content-type': contentTypeOf(form),
      ...warningHeader(warnings),
    },
    body: encodeBody(text, form),
  };
}

function warned(response: ApiResponse, warnings: readonly string[]): ApiResponse {
  if (warnings.length === 0) return response;
  return { ...response, headers: { ...response.headers, ...warningHeader(warnings) } };
}

const CONTROL = /\p{Cc}/u;

function warningHeader(warnings: readonly string[]): { readonly warning?: readonly string[] } {
  if (warnings.length === 0) return {};
  // Upstream repeats no text, and leaves out what a header cannot hold.
  const texts = [...new Set(warnings)].filter((text) => !CONTROL.test(text));
  if (texts.length === 0) return {};
  return { warning: texts.map((text) => `299 - ${JSON.stringify(text)}`) };
}

/** A group that the server has answers as the API, anything else as a web server. */
function notServed(server: ApiServer, info: RequestInfo): ApiResponse {
  const { resources } = server.registry;
  const sameGroup = resources.filter((r) => r.group === info.group);
  // Versions that a definition has made come and go with it.
  const isCustom = sameGroup.every((r) => r.kind.isCustom);
  if (isCustom && !sameGroup.some((r) => r.version === info.version)) return notFoundPath();
  return statusResponse(noSuchResource().status);
}
