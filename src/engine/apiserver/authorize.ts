/**
 * May the caller do that? Asked once a request, before anything is looked at.
 *
 * Models: k8s.io/apiserver pkg/endpoints/filters/authorization.go,
 *         pkg/endpoints/handlers/responsewriters errors.go (v1.36)
 */
import type { AccessAttributes, AccessReviewer, UserInfo } from '../../api/meta/authorization.ts';
import { groupResource } from '../../api/meta/define-kind.ts';
import { type ApiError, failure } from '../../api/meta/status.ts';
import type { Call } from './call.ts';

/** Clusters without authorization: everybody may do everything. */
export const ANYTHING_GOES: AccessReviewer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: true }),
  authenticateToken: () => null,
  signToken: () => '',
};

const SUPERUSERS = 'system:masters';

/** Throws Forbidden in the server's words. */
export function authorize(access: AccessReviewer, call: Call): void {
  const { user } = call.caller;
  if (user.groups.includes(SUPERUSERS)) return;
  const { resource } = call;
  const attributes: AccessAttributes = {
    user,
    verb: call.verb,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource: call.subresource,
    namespace: call.namespace,
    name: call.name,
  };
  const decision = access.authorize(attributes);
  if (!decision.allowed) throw forbiddenFor(attributes, decision.reason);
}

/** `pods is forbidden: User "jane" cannot list resource "pods" in API group "" …` */
export function forbiddenFor(attributes: AccessAttributes, reason: string): ApiError {
  const { group, resource, subresource, name } = attributes;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const what = groupResource({ group, plural: resource });
  const subject = name === '' ? what : `${what} ${JSON.stringify(name)}`;
  const why = reason === '' ? '' : `: ${reason}`;
  return failure(
    403,
    'Forbidden',
    `${subject} is forbidden: ${cannot(attributes.user, attributes, full)}${why}`,
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
