/**
 * Which verb a request means, and what no resource allows: methods, subresources, media types.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/installer.go, handlers/negotiation (v1.36)
 * Simplified: answers are JSON, whichever acceptable type the client prefers
 */
import { type ApiError, failure, noSuchResource } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import type { Verb } from '../call.ts';
import type { Resource } from '../resource.ts';
import { first } from './options.ts';
import type { RequestInfo } from './request-info.ts';

const MEDIA_TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
] as const;
const WATCH_TYPES = [
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];

/** The verb of |request|; throws NotFound or MethodNotAllowed as the router does. */
export function verbOf(request: ApiRequest, info: RequestInfo, resource: Resource): Verb {
  const methods = allowedMethods(info, resource);
  if (methods === null) throw noSuchResource();
  if (!methods.includes(request.method)) throw methodNotAllowed();
  checkAccept(request.headers['accept'], info.name === '');
  const collection = info.name === '';
  switch (request.method) {
    case 'GET':
      if (['1', 'true'].includes(first(request.query, 'watch') ?? '')) return 'watch';
      return collection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    default:
      return collection ? 'deletecollection' : 'delete';
  }
}

/** null = there is no such subresource. */
function allowedMethods(info: RequestInfo, { kind }: Resource): readonly string[] | null {
  const { subresource, name, namespace } = info;
  const served = (verb: string): boolean => kind.verbs?.includes(verb) ?? true;
  if (subresource === '') {
    if (name !== '') return ['GET', 'PUT', 'PATCH', 'DELETE'];
    const methods = ['GET'];
    // Objects of all namespaces can be listed, but each is made and deleted in its own.
    if (kind.namespaced && namespace === '') return methods;
    methods.push('POST');
    if (served('deletecollection')) methods.push('DELETE');
    return methods;
  }
  if (kind.actions?.[subresource]) return ['POST'];
  if (kind.connects?.[subresource]) return subresource === 'log' ? ['GET'] : ['GET', 'POST'];
  if (subresource === 'scale') return kind.scale ? ['GET', 'PUT', 'PATCH'] : null;
  if (subresource === 'status') return kind.status ? ['GET', 'PUT', 'PATCH'] : null;
  if (!kind.subresources?.[subresource]) return null;
  return subresource === 'finalize' ? ['PUT'] : ['GET', 'PUT', 'PATCH'];
}

function methodNotAllowed(): ApiError {
  return failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

function checkAccept(accept: string | undefined, collection: boolean): void {
  if (accept === undefined || accept === '') return;
  const wanted = accept.split(',').map((part) => part.split(';')[0]?.trim() ?? '');
  const known = new Set<string>(['*/*', 'application/*', ...MEDIA_TYPES]);
  if (wanted.some((type) => known.has(type))) return;
  const types = collection ? [...MEDIA_TYPES, ...WATCH_TYPES] : MEDIA_TYPES;
  throw failure(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`,
    {},
  );
}
