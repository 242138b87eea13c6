/**
 * What an admission plugin that runs CEL sees of a request.
 *
 * Models: k8s.io/apiserver pkg/admission (Attributes), pkg/admission/plugin/cel condition.go
 *         CreateAdmissionRequest (v1.36)
 */
import type { CelValue } from '../../api/cel/values.ts';
import { fromJson } from '../../api/cel/json-values.ts';
import { CelAuthorizer, CelCheck, type Authorize } from '../../api/cel/functions/authorizer.ts';
import type { AdmissionContext, AnyKind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { failure, forbidden, type ApiError } from '../../api/meta/status.ts';
import type { UserInfo } from '../../api/meta/authorization.ts';

export interface AdmissionRequest {
  readonly context: AdmissionContext;
  /** null on DELETE and CONNECT. In the version that the request names. */
  readonly object: KubeObject | null;
  readonly old: KubeObject | null;
  /** That of the namespace itself where the request is about one. */
  readonly namespace: string;
  readonly name: string;
}

/** |kind| shows objects that are stored in another version as its own. */
export function inVersion(object: KubeObject | null, kind: AnyKind): KubeObject | null {
  if (object === null || kind.storedAs === undefined) return object;
  return object.kind === kind.storedAs.kind.kind ? kind.storedAs.fromStored(object) : object;
}

export function admissionRequest(
  object: KubeObject,
  old: KubeObject | null,
  context: AdmissionContext,
): AdmissionRequest {
  const { operation, kind, subresource } = context;
  const gone = operation === 'DELETE' || operation === 'CONNECT';
  // What is POSTed to a subresource (a Binding) is new, whatever it is about.
  const isAction = operation === 'CREATE' && subresource !== '';
  const name = context.name || object.metadata.name;
  const shown = (given: KubeObject | null): KubeObject | null =>
    given === null || subresource !== 'scale' || kind.scale === undefined
      ? inVersion(given, kind)
      : (kind.scale.toScale(given) as unknown as KubeObject);
  return {
    context,
    object: gone ? null : shown(object),
    old: operation === 'CONNECT' || isAction ? null : shown(old),
    namespace: kind.isNamespace === true ? name : context.namespace,
    name,
  };
}

/** NewForbidden: 403 about the object of the request. */
export function refusal({ context, name, object }: AdmissionRequest, message: string): ApiError {
  const shown = name || object?.metadata.generateName || 'Unknown';
  return forbidden(context.kind, shown, message);
}

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

/** A refusal with a reason of its own, which the causes repeat. */
export function refusalBecause(
  request: AdmissionRequest,
  reason: string,
  message: string,
): ApiError {
  const { status } = refusal(request, message);
  const causes = [{ message }];
  return failure(CODES[reason] ?? 422, reason, status.message ?? '', { ...status.details, causes });
}

interface Resource {
  readonly group: string;
  readonly version: string;
}

const kindText = ({ group, version, kind }: AnyKind): object => ({ group, version, kind });
const resourceText = ({ group, version }: Resource, resource: string): object => ({
  group,
  version,
  resource,
});

function userText({ name, uid, groups, extra }: UserInfo): object {
  return {
    username: name,
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

const OPTIONS: Readonly<Record<string, string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
};

/** AdmissionRequest without the objects; |matched| is the kind that the rules matched. */
export function requestJson(request: AdmissionRequest, matched: AnyKind): object {
  const { context, name, namespace } = request;
  const { kind, operation, subresource } = context;
  const options = OPTIONS[operation];
  return {
    uid: '',
    kind: kindText(matched),
    resource: resourceText(matched, matched.plural),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindText(kind),
    requestResource: resourceText(kind, kind.plural),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userText(context.caller),
    dryRun: context.dryRun,
    ...(options === undefined ? {} : { options: { apiVersion: 'meta.k8s.io/v1', kind: options } }),
  };
}

/** The variable `request`. */
export function requestValue(request: AdmissionRequest, matched: AnyKind): CelValue {
  return fromJson(requestJson(request, matched));
}

/** serviceaccount.UserInfo */
function serviceAccountUser(namespace: string, name: string): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
}

function authorize({ access, caller }: AdmissionContext): Authorize {
  return (query) => {
    const { user, path } = query;
    const who = user === undefined ? caller : serviceAccountUser(user.namespace, user.name);
    return access.authorize({
      user: who,
      verb: query.verb,
      group: query.group ?? '',
      version: path === undefined ? '*' : '',
      resource: query.resource ?? '',
      subresource: query.subresource ?? '',
      namespace: query.namespace ?? '',
      name: query.name ?? '',
      ...(path === undefined ? {} : { path }),
      ...(query.fieldSelector === undefined ? {} : { fieldSelector: query.fieldSelector }),
    });
  };
}

export function authorizerValue({ context }: AdmissionRequest): CelValue {
  return new CelAuthorizer(authorize(context));
}

/** `authorizer.requestResource`: the check is about what the request is about. */
export function requestResourceValue({ context, name, namespace }: AdmissionRequest): CelValue {
  const { kind, subresource } = context;
  return new CelCheck('ResourceCheck', authorize(context), {
    group: kind.group,
    resource: kind.plural,
    subresource,
    namespace,
    name,
  });
}

const NAMESPACE_META = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'finalizers',
];

/** The variable `namespaceObject`; null for what lies in none, and for namespaces themselves. */
export function namespaceValue({ context, namespace }: AdmissionRequest): CelValue {
  if (context.kind.isNamespace === true || namespace === '') return null;
  const found = context.lookup('', 'namespaces', '', namespace);
  if (found === undefined) return null;
  const { metadata, spec, status } = found as KubeObject & { spec?: unknown; status?: unknown };
  const meta = Object.entries(metadata).filter(([field]) => NAMESPACE_META.includes(field));
  return fromJson({ metadata: Object.fromEntries(meta), spec: spec ?? {}, status: status ?? {} });
}
