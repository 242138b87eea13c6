/**
 * Kubernetes REST: from an ApiRequest to an ApiResponse, over the same pipeline as typed calls.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/{installer,handlers} (v1.36)
 * Simplified: discovery, OpenAPI, Table, watch streams and authorization come with the full API;
 *             what is asked for and missing is refused by name
 */
import type { Proc } from '../../../kernel/process.ts';
import { parseBody } from '../../../api/meta/decode-body.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import {
  ApiError,
  failure,
  noSuchResource,
  type Status,
  unsupportedMediaType,
} from '../../../api/meta/status.ts';
import { decodeUtf8, encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import type { UserInfo } from '../../../api/meta/authorization.ts';
import type { Answer, Call, Caller } from '../call.ts';
import type { Resource } from '../resource.ts';
import { type ApiServer, ConnectionRefused } from '../server.ts';
import { callOptions, patchType } from './options.ts';
import { requestInfo, type RequestInfo } from './request-info.ts';
import { validateDeleteOptions, validateOptions } from './validate-options.ts';
import { verbOf } from './verb.ts';

/** Users by bearer token, and who a caller without credentials is. */
export interface Authentication {
  readonly tokens: Readonly<Record<string, UserInfo>>;
  readonly anonymous: UserInfo;
}

export const ADMIN: UserInfo = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** Plain HTTP on loopback: whoever calls is the administrator. */
export const EVERYBODY_IS_ADMIN: Authentication = { tokens: {}, anonymous: ADMIN };

const JSON_TYPE = 'application/json';

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
  try {
    const user = authenticate(request, authentication);
    const info = requestInfo(request.path);
    if (!info) return notFoundPath();
    const resource = server.registry.find(info.group, info.version, info.plural);
    if (!resource) return notServed(server, info);
    if (request.method === 'HEAD') return { code: 405, headers: {}, body: new Uint8Array() };
    const call = callOf(request, info, resource, user, outside);
    const answer = yield* server.call(call);
    return respond(call, answer);
  } catch (error) {
    if (error instanceof ApiError) return statusResponse(error.status);
    if (error instanceof ConnectionRefused) {
      return statusResponse(
        failure(503, 'ServiceUnavailable', 'the server is currently unable to handle the request')
          .status,
      );
    }
    throw error;
  }
}

function authenticate(request: ApiRequest, authentication: Authentication): UserInfo {
  const header = request.headers['authorization'];
  if (header === undefined) return authentication.anonymous;
  const token = /^Bearer (.+)$/.exec(header)?.[1];
  const user = token === undefined ? undefined : authentication.tokens[token];
  if (!user) throw failure(401, 'Unauthorized', 'Unauthorized');
  return user;
}

function callOf(
  request: ApiRequest,
  info: RequestInfo,
  resource: Resource,
  user: UserInfo,
  outside: boolean,
): Call {
  const verb = verbOf(request, info, resource);
  const type = verb === 'patch' ? patchType(request.headers['content-type']) : undefined;
  validateOptions(verb, request.query, type);
  const base = {
    caller: callerOf(request, user, outside),
    verb,
    resource,
    subresource: info.subresource,
    namespace: resource.kind.namespaced ? info.namespace : '',
    name: info.name,
    typed: false,
    query: request.query,
  };
  if (resource.kind.connects?.[info.subresource]) return { ...base, options: {} };
  if (verb === 'get' || verb === 'list' || verb === 'watch') {
    return { ...base, options: callOptions(request.query, null) };
  }
  const text = request.body ? decodeUtf8(request.body) : '';
  if (type !== undefined) {
    const options = callOptions(request.query, null);
    return { ...base, options, patchType: type, patchText: text };
  }
  const deleting = verb === 'delete' || verb === 'deletecollection';
  if (deleting && text === '') return { ...base, options: callOptions(request.query, null) };
  const expected = deleting ? 'DeleteOptions' : bodyKind(resource, info.subresource);
  const parsed = parseBody(text, bodyFormat(request), expected);
  if (deleting) validateDeleteOptions(parsed.value);
  return {
    ...base,
    body: parsed.value,
    parsed,
    options: callOptions(request.query, deleting ? parsed.value : null),
  };
}

/** The kind that a body must be, for refusals. */
function bodyKind({ kind }: Resource, subresource: string): string {
  if (subresource === 'scale') return 'Scale';
  return kind.actions?.[subresource]?.bodyKind ?? kind.kind;
}

function bodyFormat(request: ApiRequest): 'json' | 'yaml' {
  const type = (request.headers['content-type'] ?? JSON_TYPE).split(';')[0]?.trim() ?? '';
  if (type === JSON_TYPE || type === '') return 'json';
  if (type === 'application/yaml') return 'yaml';
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`,
  );
}

function callerOf(request: ApiRequest, user: UserInfo, outside: boolean): Caller {
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] || 'unknown';
  return { user, agent, actor: agent, outside };
}

function respond(call: Call, answer: Answer): ApiResponse {
  if ('text' in answer) {
    const headers = answer.text === '' ? {} : { 'content-type': 'text/plain' };
    return { code: answer.code, headers, body: encodeUtf8(answer.text) };
  }
  if ('object' in answer) {
    return jsonResponse(answer.code, answer.object, answer.warnings);
  }
  const { resource } = call;
  const body = {
    kind: `${resource.kind.kind}List`,
    apiVersion: resource.apiVersion,
    metadata: {
      resourceVersion: answer.resourceVersion,
      ...(answer.continue === undefined ? {} : { continue: answer.continue }),
      ...(answer.remainingItemCount === undefined
        ? {}
        : { remainingItemCount: answer.remainingItemCount }),
    },
    items: answer.items.map(asItem),
  };
  return jsonResponse(200, body, []);
}

/** Inside a list, built-in objects carry no kind and apiVersion of their own. */
function asItem(object: KubeObject): unknown {
  const { kind: _, apiVersion: __, ...rest } = object;
  return rest;
}

/** A group that the server has answers as the API, anything else as a web server. */
function notServed(server: ApiServer, info: RequestInfo): ApiResponse {
  if (!server.registry.resources.some((r) => r.group === info.group)) return notFoundPath();
  return statusResponse(noSuchResource().status);
}

function notFoundPath(): ApiResponse {
  return {
    code: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: encodeUtf8('404 page not found\n'),
  };
}

export function statusResponse(status: Status): ApiResponse {
  const retry = status.details?.retryAfterSeconds;
  const response = jsonResponse(status.code, status, []);
  if (retry === undefined) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(retry) } };
}

function jsonResponse(code: number, body: unknown, warnings: readonly string[]): ApiResponse {
  return {
    code,
    headers: {
      'content-type': JSON_TYPE,
      ...(warnings.length === 0
        ? {}
        : { warning: warnings.map((w) => `299 - ${JSON.stringify(w)}`) }),
    },
    body: encodeUtf8(JSON.stringify(body)),
  };
}
