/**
 * Query parameters and DeleteOptions of a request.
 *
 * Models: k8s.io/apimachinery pkg/apis/meta/v1 ListOptions, CreateOptions, DeleteOptions, …
 */
import type { CallOptions, PatchType, Propagation } from '../call.ts';
import { failure } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';

type Query = ApiRequest['query'];

export function callOptions(query: Query, body: unknown): CallOptions {
  const fromBody = deleteOptions(body);
  return {
    ...text(query, 'labelSelector'),
    ...text(query, 'fieldSelector'),
    ...text(query, 'resourceVersion'),
    ...text(query, 'resourceVersionMatch'),
    ...text(query, 'continue'),
    ...text(query, 'fieldManager'),
    ...fieldValidation(query),
    ...limit(query),
    ...(first(query, 'dryRun') === 'All' ? { dryRun: true } : {}),
    ...(first(query, 'force') === 'true' ? { force: true } : {}),
    ...grace(query),
    ...propagation(query),
    ...fromBody,
  };
}

export function first(query: Query, name: string): string | undefined {
  return query[name]?.[0];
}

function text<K extends string>(query: Query, name: K): Partial<Record<K, string>> {
  const value = first(query, name);
  return (value === undefined || value === '' ? {} : { [name]: value }) as Partial<
    Record<K, string>
  >;
}

function fieldValidation(query: Query): Pick<CallOptions, 'fieldValidation'> {
  const value = first(query, 'fieldValidation');
  return value === 'Strict' || value === 'Warn' || value === 'Ignore'
    ? { fieldValidation: value }
    : {};
}

function limit(query: Query): Pick<CallOptions, 'limit'> {
  const value = first(query, 'limit');
  if (value === undefined || !/^-?\d+$/.test(value)) return {};
  return { limit: Number(value) };
}

function grace(query: Query): Pick<CallOptions, 'gracePeriodSeconds'> {
  const value = first(query, 'gracePeriodSeconds');
  return value !== undefined && /^-?\d+$/.test(value) ? { gracePeriodSeconds: Number(value) } : {};
}

function propagation(query: Query): Pick<CallOptions, 'propagationPolicy'> {
  const value = first(query, 'propagationPolicy');
  return isPropagation(value) ? { propagationPolicy: value } : {};
}

function isPropagation(value: unknown): value is Propagation {
  return value === 'Orphan' || value === 'Background' || value === 'Foreground';
}

/** What a DELETE's body says; it wins over the query. */
function deleteOptions(body: unknown): Partial<CallOptions> {
  if (typeof body !== 'object' || body === null) return {};
  const o = body as {
    kind?: unknown;
    gracePeriodSeconds?: unknown;
    propagationPolicy?: unknown;
    orphanDependents?: unknown;
    dryRun?: unknown;
    preconditions?: { uid?: unknown; resourceVersion?: unknown };
  };
  const { preconditions } = o;
  return {
    ...(typeof o.gracePeriodSeconds === 'number'
      ? { gracePeriodSeconds: o.gracePeriodSeconds }
      : {}),
    ...(isPropagation(o.propagationPolicy) ? { propagationPolicy: o.propagationPolicy } : {}),
    ...(o.orphanDependents === true ? { propagationPolicy: 'Orphan' as const } : {}),
    ...(o.orphanDependents === false ? { propagationPolicy: 'Background' as const } : {}),
    ...(Array.isArray(o.dryRun) && o.dryRun.includes('All') ? { dryRun: true } : {}),
    ...(typeof preconditions?.uid === 'string' ? { uid: preconditions.uid } : {}),
    ...(typeof preconditions?.resourceVersion === 'string'
      ? { resourceVersion: preconditions.resourceVersion }
      : {}),
  };
}

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export function patchType(contentType: string | undefined): PatchType {
  const media = (contentType ?? '').split(';')[0]?.trim() ?? '';
  const type = PATCH_TYPES[media];
  if (type) return type;
  throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}
