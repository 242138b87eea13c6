/**
 * May the caller do that? Asked once a request, before anything is looked at.
 *
 * Models: k8s.io/apiserver pkg/endpoints/filters/authorization.go,
 *         pkg/endpoints/handlers/responsewriters errors.go; kubernetes
 *         pkg/registry/core/pod/rest/authorize.go (v1.36)
 */
import type { AccessAttributes, AccessReviewer, UserInfo } from '../../api/meta/authorization.ts';
import { groupResource } from '../../api/meta/define-kind.ts';
import { parseFieldSelector, SelectorError } from '../../api/meta/selectors.ts';
import { type ApiError, failure, forbidden } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import type { Resource } from './resource.ts';
import type { Stored } from './stored.ts';

/** Whom the impersonation headers of a request name. */
export interface WantedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What the server itself needs of whoever decides about access. */
export interface Access extends AccessReviewer {
  /** Whether |user| may do it with every object there, whatever its name. Remembered; the hot path. */
  allowsAny(
    user: UserInfo,
    resource: Resource,
    verb: string,
    subresource: string,
    namespace: string,
  ): boolean;
  /** The user that |attributes|' user acts as; throws Forbidden. */
  impersonate(wanted: WantedUser, attributes: AccessAttributes): UserInfo;
  /** Told of every change in etcd; null = not there. */
  onChange(prefix: string, now: Stored | null, before: Stored | null): void;
  /** JSON Web Keys that check the tokens. */
  readonly publicKeys: readonly Readonly<Record<string, string>>[];
}

/** Clusters without authorization: everybody may do everything. */
export const ANYTHING_GOES: Access = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: true }),
  authenticateToken: () => ({ error: 'invalid bearer token' }),
  signToken: () => '',
  allowsAny: () => true,
  impersonate: ({ name, groups }) => ({ name, groups }),
  onChange: () => {},
  publicKeys: [],
};

/** Throws Forbidden in the server's words. */
export function authorize(access: Access, call: Call): void {
  const { resource, verb, subresource, namespace } = call;
  const { user } = call.caller;
  if (access.allowsAny(user, resource, verb, subresource, namespace)) return;
  const { fieldSelector } = call.options;
  authorizeAttributes(access, {
    user,
    verb,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource,
    namespace,
    name: call.name || namedBy(fieldSelector),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
}

/** A WebSocket begins with a GET, and is no less than what a POST begins. */
export function authorizeUpgrade(access: Access, call: Call): void {
  if (call.verb === 'create') return;
  const { resource, subresource, namespace, name } = call;
  const { user } = call.caller;
  const { group, version, plural } = resource;
  const attributes = { user, verb: 'create', group, version, resource: plural, subresource };
  const decision = access.authorize({ ...attributes, namespace, name });
  if (!decision.allowed) throw forbidden(resource, name, decision.reason);
}

/** The one object that a list or watch can only be of; '' = not one. */
export function namedBy(fieldSelector = ''): string {
  if (fieldSelector === '') return '';
  try {
    const name = parseFieldSelector(fieldSelector).requiresExactMatch('metadata.name') ?? '';
    return /^\.\.?$|[/%]/.test(name) ? '' : name;
  } catch (error) {
    // It is refused later, in better words.
    if (error instanceof SelectorError) return '';
    throw error;
  }
}

/** The same for what is known only as attributes: a path, or a resource that may not exist. */
export function authorizeAttributes(access: AccessReviewer, attributes: AccessAttributes): void {
  const decision = access.authorize(attributes);
  if (!decision.allowed) throw forbiddenFor(attributes, decision.reason);
}

/** `pods is forbidden: User "jane" cannot list resource "pods" in API group "" …` */
export function forbiddenFor(attributes: AccessAttributes, reason: string): ApiError {
  const { user, verb, path, group, resource, subresource, name } = attributes;
  const why = reason === '' ? '' : `: ${reason}`;
  if (path !== undefined) {
    const text = `forbidden: User "${user.name}" cannot ${verb} path "${path}"${why}`;
    return failure(403, 'Forbidden', text, {});
  }
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const what = groupResource({ group, plural: resource });
  const subject = name === '' ? what : `${what} ${JSON.stringify(name)}`;
  return failure(
    403,
    'Forbidden',
    `${subject} is forbidden: ${cannot(user, attributes, full)}${why}`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
    },
  );
}

function cannot(user: UserInfo, attributes: AccessAttributes, full: string): string {
  const { verb, group, namespace } = attributes;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`;
}
