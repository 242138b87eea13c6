/**
 * From a request's body to a mutable object of the resource's kind. Typed callers are trusted; what
 * comes over REST is decoded against the schema, with field validation.
 */
import { type Decoded, DecodeError, decodeObject } from '../../api/meta/decode.ts';
import { cloneJson } from '../../api/meta/json.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { badRequest } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import type { ApiServer } from './server.ts';

/** What a body must be, where it is not an object of the resource's own kind. */
export interface BodyKind {
  readonly bodyGroup: string;
  readonly bodyVersion: string;
  readonly bodyKind: string;
  readonly bodySchema: string;
}

export function decodeBody(
  server: ApiServer,
  call: Call,
  old: KubeObject | null,
  warnings: string[],
  other?: BodyKind,
): Draft<KubeObject> {
  const { resource } = call;
  const apiVersion = other
    ? other.bodyGroup === ''
      ? other.bodyVersion
      : `${other.bodyGroup}/${other.bodyVersion}`
    : resource.apiVersion;
  const kind = other?.bodyKind ?? resource.kind.kind;
  if (call.typed) {
    // A status update shares its spec with the stored object: only the upper parts are copied.
    const body = call.body as KubeObject;
    if (old && call.subresource === 'status') return shallow(body);
    const draft = cloneJson(body) as Draft<KubeObject>;
    draft.apiVersion = apiVersion;
    draft.kind = kind;
    draft.metadata ??= {} as Draft<KubeObject>['metadata'];
    return draft;
  }
  const { body } = call;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest(`json: cannot unmarshal ${goType(body)} into Go value of type ${kind}`);
  }
  const given = body as { apiVersion?: unknown; kind?: unknown };
  if (
    (typeof given.apiVersion === 'string' && given.apiVersion !== '' && given.apiVersion !== apiVersion) ||
    (typeof given.kind === 'string' && given.kind !== '' && given.kind !== kind)
  ) {
    throw wrongKind(call, given, apiVersion, kind);
  }
  const decoded = decodeChecked(call, body, other?.bodySchema ?? resource.kind.schema, kind, warnings);
  const draft = decoded as unknown as Draft<KubeObject>;
  draft.apiVersion = apiVersion;
  draft.kind = kind;
  draft.metadata ??= {} as Draft<KubeObject>['metadata'];
  return draft;
}

/** Decodes against a schema; unknown and duplicate fields refuse, warn or pass. */
export function decodeChecked(
  call: Call,
  body: unknown,
  schema: string,
  kind: string,
  warnings: string[],
  converter = false,
): Record<string, unknown> {
  const validation = call.options.fieldValidation ?? 'Warn';
  const { version } = call.resource;
  let decoded: Decoded;
  try {
    decoded = decodeObject(schema, body, {
      validation,
      converter,
      ...(call.duplicates ? { duplicates: call.duplicates } : {}),
    });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
  if (decoded.strictErrors.length > 0) {
    if (validation === 'Strict') {
      throw badRequest(
        `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${decoded.strictErrors.join(', ')}`,
      );
    }
    if (validation === 'Warn') warnings.push(...decoded.strictErrors);
  }
  return decoded.object;
}

function wrongKind(
  call: Call,
  given: { apiVersion?: unknown; kind?: unknown },
  apiVersion: string,
  kind: string,
): Error {
  const gotVersion = typeof given.apiVersion === 'string' ? given.apiVersion : '';
  const gotKind = typeof given.kind === 'string' ? given.kind : '';
  return badRequest(
    `the API version in the data (${gotVersion}) does not match the expected API version (${apiVersion})` +
      (gotVersion === apiVersion ? ` for ${gotKind} against ${kind} of ${call.resource.plural}` : ''),
  );
}

/** Fresh object, metadata, spec and status; everything below stays shared. */
function shallow(body: KubeObject): Draft<KubeObject> {
  const copy: Record<string, unknown> = { ...body };
  for (const part of ['metadata', 'spec', 'status']) {
    const value = copy[part];
    if (typeof value === 'object' && value !== null) copy[part] = { ...value };
  }
  return copy as unknown as Draft<KubeObject>;
}

function goType(body: unknown): string {
  if (Array.isArray(body)) return 'array';
  if (body === null) return 'null';
  return typeof body === 'boolean' ? 'bool' : typeof body;
}
