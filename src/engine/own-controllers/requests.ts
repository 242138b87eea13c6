/**
 * From what a reader's program asks of `client` to requests of REST, and back. What it asks comes
 * from outside: everything is looked at before it is used.
 *
 * Models: the client of sigs.k8s.io/controller-runtime pkg/client, and the words with which
 *         k8s.io/client-go rest/request.go and meta.RESTMapper refuse what cannot be sent
 */
import { failure, type ApiError } from '../../api/meta/status.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { RestRequest } from '../client/rest-client.ts';
import type { Exchange } from './sandbox.ts';

export interface KindName {
  readonly apiVersion: string;
  readonly kind: string;
}

type Input = Exchange['input'];

/** `v1/Pod`, `kubeglass.dev/v1/PodGroup`; undefined when |text| is not like that. */
export function parseKind(text: unknown): KindName | undefined {
  if (typeof text !== 'string') return undefined;
  const parts = text.split('/');
  const kind = parts.pop() ?? '';
  if (parts.length < 1 || parts.length > 2 || kind === '' || parts.includes('')) return undefined;
  return { apiVersion: parts.join('/'), kind };
}

const METHODS: Readonly<Record<string, RestRequest['method']>> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

const PATCHES: Readonly<Record<string, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Fields of options that become the query, by verb. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  list: ['labelSelector', 'fieldSelector'],
  create: ['dryRun'],
  update: ['dryRun'],
  patch: ['dryRun', 'force', 'fieldManager'],
};

/** What was asked cannot be sent: the words of client libraries, in the shape of a refusal. */
function cannot(message: string): ApiError {
  return failure(400, 'BadRequest', message);
}

/** The request, or why there is none. |find| answers the kind of these names, if it is served. */
export function requestFor(
  { verb, input }: Exchange,
  find: (name: KindName) => AnyKind | undefined,
  agent: string,
): RestRequest | ApiError {
  const method = METHODS[verb];
  if (method === undefined) return cannot(`there is no client.${verb}`);
  const kindName = parseKind(input['kind']);
  if (!kindName) {
    return cannot(
      `${JSON.stringify(input['kind'] ?? '')} names no kind: write it as "v1/Pod" or "apps/v1/Deployment"`,
    );
  }
  const kind = find(kindName);
  if (!kind) {
    const { apiVersion } = kindName;
    return failure(
      404,
      'NotFound',
      `no matches for kind "${kindName.kind}" in version "${apiVersion}"`,
    );
  }
  const path = pathFor(verb, input, kind, kindName.apiVersion);
  if (typeof path !== 'string') return path;
  const patchType = String(input['type'] ?? 'merge');
  if (verb === 'patch' && !Object.hasOwn(PATCHES, patchType)) {
    return cannot(`"${patchType}" is no type of patch: merge, json, strategic or apply`);
  }
  return {
    method,
    path,
    query: queryFor(verb, input, patchType, agent),
    body: bodyFor(verb, input),
    ...(verb === 'patch' ? { contentType: PATCHES[patchType] as string } : {}),
  };
}

function pathFor(verb: string, input: Input, kind: AnyKind, apiVersion: string): string | ApiError {
  const { name, namespace, subresource } = input;
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const isNamed = verb !== 'list' && verb !== 'create';
  if (isNamed && (typeof name !== 'string' || name === '')) {
    return cannot('resource name may not be empty');
  }
  let path = group;
  if (kind.namespaced) {
    const inNamespace = typeof namespace === 'string' && namespace !== '';
    if (!inNamespace && verb === 'create') {
      return cannot('an empty namespace may not be set during creation');
    }
    if (!inNamespace && isNamed) {
      return cannot('an empty namespace may not be set when a resource name is provided');
    }
    if (inNamespace) path += `/namespaces/${encodeURIComponent(namespace)}`;
  }
  path += `/${kind.plural}`;
  if (isNamed) path += `/${encodeURIComponent(name as string)}`;
  if (typeof subresource === 'string' && subresource !== '') {
    path += `/${encodeURIComponent(subresource)}`;
  }
  return path;
}

function queryFor(
  verb: string,
  input: Input,
  patchType: string,
  agent: string,
): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const field of QUERIES[verb] ?? []) {
    const value = input[field];
    if (value === undefined || value === null || value === false) continue;
    if (field === 'force' && patchType !== 'apply') continue;
    query[field] = field === 'dryRun' ? 'All' : String(value);
  }
  const labels = input['labels'];
  if (verb === 'list' && typeof labels === 'object' && labels !== null) {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${String(value)}`);
    query['labelSelector'] = [
      ...(query['labelSelector'] ? [query['labelSelector']] : []),
      ...pairs,
    ].join(',');
  }
  if (verb === 'patch' && patchType === 'apply') query['fieldManager'] ??= agent;
  return query;
}

function bodyFor(verb: string, input: Input): string {
  if (verb === 'get' || verb === 'list') return '';
  if (verb !== 'delete') return JSON.stringify(input['body'] ?? null);
  const { gracePeriodSeconds, propagationPolicy, uid } = input;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  });
}

/** What the program gets for |text|, the body of an answer that went well. */
export function resultOf({ verb, input }: Exchange, text: string): string {
  if (verb !== 'list') return text;
  const list = JSON.parse(text) as { readonly items?: readonly object[] };
  const name = parseKind(input['kind']);
  // Items of lists do not say what they are; whoever goes on with one wants to know.
  return JSON.stringify((list.items ?? []).map((item) => ({ ...name, ...item })));
}
