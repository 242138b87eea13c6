/**
 * From a request's body to a mutable object of the resource's kind. Typed callers are trusted; what
 * comes over REST is decoded against the schema, with field validation.
 */
import { decodeBody as decodeParsed } from '../../api/meta/decode-body.ts';
import { DecodeError } from '../../api/meta/decode-state.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import { cloneJson, shallowCopy } from '../../api/meta/json.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import type { SchemaRef } from '../../api/meta/schema.ts';
import { badRequest } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import type { ApiServer } from './server.ts';

/** What a body must be, where it is not an object of the resource's own kind. */
export interface BodyKind {
  readonly bodyGroup: string;
  readonly bodyVersion: string;
  readonly bodyKind: string;
  readonly bodySchema: SchemaRef;
}

export function decodeBody(
  server: ApiServer,
  call: Call,
  old: KubeObject | null,
  warnings: string[],
  other?: BodyKind,
): Draft<KubeObject> {
  const { resource } = call;
  const expect = other
    ? {
        apiVersion:
          other.bodyGroup === '' ? other.bodyVersion : `${other.bodyGroup}/${other.bodyVersion}`,
        kind: other.bodyKind,
        schema: other.bodySchema,
      }
    : { apiVersion: resource.apiVersion, kind: resource.kind.kind, schema: resource.kind.schema };
  if (call.typed || !call.parsed) {
    const body = call.body as KubeObject;
    // A status update shares its spec with the stored object: only the upper parts are copied.
    if (old && call.subresource === 'status') return ownUpperParts(body);
    const isShallow = call.typed && call.verb === 'create' && resource.kind.shallowCreate === true;
    const draft = isShallow ? newObject(body) : (cloneJson(body) as Draft<KubeObject>);
    draft.apiVersion = expect.apiVersion;
    draft.kind = expect.kind;
    draft.metadata ??= {} as Draft<KubeObject>['metadata'];
    return draft;
  }
  const validation = call.options.fieldValidation ?? 'Warn';
  const { object, strictErrors } = decodeParsed(call.parsed, {
    kind: resource.kind,
    expect,
    isServed: (apiVersion, kind) => server.registry.ofKind(apiVersion, kind) !== undefined,
    validation,
  });
  if (validation === 'Warn') warnings.push(...strictErrors);
  const draft = object as unknown as Draft<KubeObject>;
  draft.metadata ??= {} as Draft<KubeObject>['metadata'];
  return draft;
}

/** Fields that the server adds to metadata, and to the object itself. */
const ADDED_META = 3;
const ADDED = 3;

function newObject(body: KubeObject): Draft<KubeObject> {
  const draft = shallowCopy(body, ADDED) as Draft<KubeObject>;
  draft.metadata = shallowCopy(body.metadata, ADDED_META) as Draft<KubeObject>['metadata'];
  return draft;
}

/** Upstream defaults while it decodes: a part that only the kind can read may still be refused. */
export function setDefaults(kind: AnyKind, draft: Draft<KubeObject>): void {
  try {
    kind.defaults?.(draft);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(
      `${kind.kind} in version ${goQuote(kind.version)} cannot be handled as a ${kind.kind}: ` +
        error.message,
    );
  }
}

/** Fresh object, metadata, spec and status; everything below stays shared. */
export function ownUpperParts(object: unknown): Draft<KubeObject> {
  const copy = shallowCopy(object as Record<string, unknown>);
  for (const part of ['metadata', 'spec', 'status']) {
    const value = copy[part];
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      copy[part] = shallowCopy(value);
  }
  return copy as unknown as Draft<KubeObject>;
}
