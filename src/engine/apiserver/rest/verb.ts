/**
 * Which verb a request means, and what no resource allows: methods, subresources.
 *
 * Models: k8s.io/apiserver pkg/endpoints/installer.go, pkg/endpoints/request/requestinfo.go (v1.36)
 */
import { type ApiError, failure, noSuchResource } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import type { Verb } from '../call.ts';
import type { Resource } from '../resource.ts';
import { first } from './options.ts';
import { checkProduced } from './media-type.ts';
import type { RequestInfo } from './request-info.ts';

/** As query parameters are read: anything but a no means yes. */
export function isTrue(text: string | undefined): boolean {
  return !['', 'false', '0'].includes((text ?? '').toLowerCase());
}

function verbAsked(request: ApiRequest, info: RequestInfo): Verb {
  const isCollection = info.name === '';
  switch (request.method) {
    case 'POST':
      return 'create';
    case 'GET':
      if (info.isWatch) return 'watch';
      if (!isCollection) return 'get';
      return isTrue(first(request.query, 'watch')) ? 'watch' : 'list';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    default:
      return isCollection ? 'deletecollection' : 'delete';
  }
}

/** The verb of |request|; throws NotFound or MethodNotAllowed as the router does. */
export function verbOf(request: ApiRequest, info: RequestInfo, resource: Resource): Verb {
  const methods = allowedMethods(info, resource);
  if (methods === null) throw noSuchResource();
  if (!methods.includes(request.method)) throw methodNotAllowed();
  checkProduced(request.headers['accept'], info.name === '' || info.isWatch);
  return verbAsked(request, info);
}

/** null = there is nothing under that path. */
function allowedMethods(info: RequestInfo, resource: Resource): readonly string[] | null {
  const { kind } = resource;
  const { subresource, name, namespace } = info;
  if (info.isTooLong) return null;
  // Objects are where their kind says, and nowhere else; the list of all namespaces is the exception.
  if (!kind.namespaced && namespace !== '' && !kind.isNamespace) return null;
  if (kind.namespaced && namespace === '' && name !== '') return null;
  const served = (verb: string): boolean => kind.verbs?.includes(verb) ?? true;
  const pick = (methods: Readonly<Record<string, string>>): readonly string[] | null => {
    const some = Object.keys(methods).filter((method) => served(methods[method] as string));
    return some.length === 0 ? null : some;
  };
  if (info.isWatch) return subresource === '' ? pick({ GET: 'watch' }) : null;
  if (subresource !== '') return subresourceMethods(resource, subresource);
  if (name !== '') return pick({ GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' });
  // Objects of all namespaces can be listed, but each is made and deleted in its own.
  if (kind.namespaced && namespace === '') return pick({ GET: 'list' });
  return pick({ GET: 'list', POST: 'create', DELETE: 'deletecollection' });
}

const READ_WRITE: readonly string[] = ['GET', 'PUT', 'PATCH'];

/** Methods by which a subresource is reached when it leads out of the API server. */
const CONNECT_METHODS: Readonly<Record<string, readonly string[]>> = {
  log: ['GET'],
  proxy: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
};

/** HTTP methods of a subresource; null = there is none of that name. */
export function subresourceMethods(
  { kind, hub }: Resource,
  subresource: string,
): readonly string[] | null {
  if (Object.hasOwn(kind.actions ?? {}, subresource)) return ['POST'];
  if (Object.hasOwn(kind.connects ?? {}, subresource)) {
    return CONNECT_METHODS[subresource] ?? ['GET', 'POST'];
  }
  // Rules of objects that are stored in another version stand with that version.
  if (subresource === 'scale') return (kind.scale ?? hub.kind.scale) ? READ_WRITE : null;
  if (subresource === 'status') return (kind.status ?? hub.kind.status) ? READ_WRITE : null;
  if (!Object.hasOwn(kind.subresources ?? {}, subresource)) return null;
  const { methods } = kind.subresources?.[subresource] ?? {};
  return methods ?? (subresource === 'finalize' ? ['PUT'] : READ_WRITE);
}

export function methodNotAllowed(): ApiError {
  return failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}
