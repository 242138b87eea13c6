/**
 * Applying a patch to a stored object: JSON Patch, JSON merge patch, strategic merge patch.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers/patch.go (v1.36)
 *
 * Server-side apply is in apply.ts.
 */
import { decodeObject } from '../../api/meta/decode.ts';
import { DecodeError, jsonTypeName } from '../../api/meta/decode-state.ts';
import { FieldErrors } from '../../api/meta/field-errors.ts';
import { goJson, goQuote } from '../../api/meta/go-text.ts';
import { type JsonPatchOperation, JsonPatchError } from '../../api/meta/json-patch.ts';
import { jsonPatch, unknownPatchFields } from '../../api/meta/json-patch.ts';
import type { ParsedJson } from '../../api/meta/json-text.ts';
import {
  duplicateFieldErrors,
  JsonSyntaxError,
  parseJson,
  setOwn,
} from '../../api/meta/json-text.ts';
import { jsonMergePatch } from '../../api/meta/merge-patch.ts';
import { keepEmptyManagers } from '../../api/meta/managed-state.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import type { SchemaRef } from '../../api/meta/schema.ts';
import { badRequest, failure, invalid, unsupportedMediaType } from '../../api/meta/status.ts';
import { goMap, strategicMergePatch } from '../../api/meta/strategic-merge.ts';
import type { Call } from './call.ts';
import { ownUpperParts } from './decode-body.ts';
import type { ApiServer } from './server.ts';
import type { Stored } from './stored.ts';
import { fromHub, viewOf } from './versions.ts';

const NO_STRATEGIC =
  'the body of the request was in an unknown format - accepted media types include: ' +
  'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
const MAX_OPERATIONS = 10_000; // patch.go maxJSONPatchOperations
const SCHEME = 'pkg/runtime/scheme.go:111';

/** What is patched, where it is not an object of the resource's own kind (scale). */
export interface PatchTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: SchemaRef;
}

/** What a patch changes: an object as its clients see it. */
export interface PatchSource {
  /** Without managedFields; of most patches that is enough, and much cheaper. */
  readonly bare: unknown;
  /** With them. */
  readonly whole: () => unknown;
}

/** A mutable patched copy; with typed patches, parts that the patch leaves alone stay shared. */
export function applyPatch(
  server: ApiServer,
  call: Call,
  current: Stored,
  warnings: string[],
): Draft<KubeObject> {
  const { apiVersion, kind } = call.resource;
  if (call.typed) return dropEmptyMeta(ownUpperParts(mergeTyped(call, current.object)));
  const target = { apiVersion, kind: kind.kind, schema: kind.schema };
  const source: PatchSource = {
    bare: fromHub(call.resource, current.object),
    whole: () => viewOf(call.resource, current),
  };
  return patchObjectOf(server, call, target, source, warnings);
}

/** Lists and maps of metadata that a patch has emptied: Go leaves them out, and so do we. */
function dropEmptyMeta(draft: Draft<KubeObject>): Draft<KubeObject> {
  const { metadata } = draft;
  if (metadata.ownerReferences?.length === 0) delete metadata.ownerReferences;
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  if (metadata.labels && Object.keys(metadata.labels).length === 0) delete metadata.labels;
  if (metadata.annotations && Object.keys(metadata.annotations).length === 0) {
    delete metadata.annotations;
  }
  return draft;
}

function mergeTyped(call: Call, source: KubeObject): unknown {
  if (call.patchType === 'merge') return jsonMergePatch(source, call.body);
  return strategicMergePatch(call.resource.kind.schema, source, call.body);
}

/** The patch of a REST client, applied to |source| and decoded again. */
export function patchObjectOf(
  server: ApiServer,
  call: Call,
  target: PatchTarget,
  source: PatchSource,
  warnings: string[],
): Draft<KubeObject> {
  const text = call.patchText ?? '';
  switch (call.patchType) {
    case 'json': {
      const operations = parseOperations(text);
      const from = operations.some(concernsManagers) ? source.whole() : source.bare;
      const make = (object: unknown): unknown =>
        touchedInOrder(applyOperations(object, operations), object);
      const strict = unknownPatchFields(operations);
      const shown = (): string => goJson(make(inGoOrder(target, source.whole())));
      return decodePatched(server, call, target, from, make(from), strict, shown, warnings);
    }
    case 'merge': {
      const parsed = parsePatch(text, 'error decoding patch: ');
      const from = namesManagers(parsed.value) ? source.whole() : source.bare;
      const make = (object: unknown): unknown =>
        touchedInOrder(jsonMergePatch(object, parsed.value), object);
      const strict = duplicateFieldErrors(parsed);
      const shown = (): string => goJson(make(inGoOrder(target, source.whole())));
      return decodePatched(server, call, target, from, make(from), strict, shown, warnings);
    }
    case 'strategic': {
      if (call.resource.kind.isCustom) throw unsupportedMediaType(NO_STRATEGIC);
      const parsed = parsePatch(text, '');
      const from = namesManagers(parsed.value) ? source.whole() : source.bare;
      const patched = strategicMergePatch(target.schema, from, parsed.value);
      const strict = duplicateFieldErrors(parsed);
      const shown = (): string => goMap(parsed.value);
      return decodePatched(server, call, target, from, patched, strict, shown, warnings);
    }
    default:
      throw unsupportedMediaType(
        `no patch of type ${goQuote(call.patchType ?? '')} is applied here`,
      );
  }
}

const MANAGERS = 'managedFields';

/** Whether a patch that is an object may change the managers: leaving them out leaves them alone. */
function namesManagers(patch: unknown): boolean {
  const { metadata } = patch as { readonly metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null) return false;
  return Object.keys(metadata).some((key) => key.includes(MANAGERS));
}

/** The same of one operation: it may also ask for them, or take them elsewhere. */
function concernsManagers({ path, from }: JsonPatchOperation): boolean {
  return [path, from].some((pointer) => {
    if (typeof pointer !== 'string') return false;
    const [, first = '', second = MANAGERS] = pointer.split('/');
    return first === '' || (first === 'metadata' && second === MANAGERS);
  });
}

function parsePatch(text: string, prefix: string): ParsedJson {
  const parsed = parseText(text, prefix);
  const { value } = parsed;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return parsed;
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw badRequest(
    `${prefix}json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

function parseOperations(text: string): readonly JsonPatchOperation[] {
  const prefix = 'error decoding patch: ';
  const { value } = parseText(text, prefix);
  if (!Array.isArray(value)) {
    const type = typeof value === 'boolean' ? 'bool' : typeof value;
    throw badRequest(
      `${prefix}json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (value.length > MAX_OPERATIONS) {
    throw failure(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ` +
        `${MAX_OPERATIONS}, got ${value.length}`,
    );
  }
  // Go reads null into an operation with nothing in it.
  return value.map((operation) => (operation ?? {}) as JsonPatchOperation);
}

function parseText(text: string, prefix: string): ParsedJson {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(prefix + error.message);
    throw error;
  }
}

function applyOperations(source: unknown, operations: readonly JsonPatchOperation[]): unknown {
  try {
    return jsonPatch(source, operations);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    const message = 'the server rejected our request due to an error in our request';
    throw failure(422, 'Invalid', message, {});
  }
}

/** A stored object with its fields as Go would write them. */
function inGoOrder(target: PatchTarget, source: unknown): unknown {
  return decodeObject(target.schema, source).object;
}

/** Upstream writes the maps that a patch has touched in key order, the others as they were. */
function touchedInOrder(patched: unknown, source: unknown): unknown {
  if (patched === source || typeof patched !== 'object' || patched === null) return patched;
  const before = typeof source === 'object' && source !== null ? source : {};
  if (Array.isArray(patched)) {
    const list = Array.isArray(before) ? before : [];
    return patched.map((item, i) => touchedInOrder(item, list[i]));
  }
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(patched).sort()) {
    const below = (patched as Record<string, unknown>)[key];
    const old = Object.hasOwn(before, key) ? (before as Record<string, unknown>)[key] : undefined;
    setOwn(out, key, touchedInOrder(below, old));
  }
  return out;
}

/** What the patch has made, as an object; |shown| is how a refusal shows it. */
function decodePatched(
  server: ApiServer,
  call: Call,
  target: PatchTarget,
  source: unknown,
  patched: unknown,
  patchErrors: readonly string[],
  shown: () => string,
  warnings: string[],
): Draft<KubeObject> {
  const refuse = (message: string): Error => {
    const errors = new FieldErrors();
    errors.invalid('patch', shown(), message);
    return invalid({ group: '', kind: '' }, '', errors.list);
  };
  const validation = call.options.fieldValidation ?? 'Warn';
  const strategic = call.patchType === 'strategic';
  try {
    const schema = strategic ? target.schema : schemaOfResult(server, target, patched, refuse);
    const known = untouchedParts(call, source, patched);
    const decoded = decodeObject(schema, patched, { validation, converter: strategic, known });
    if (schema !== target.schema) throw refuse(unknownConversion(target, patched));
    const strict = validation === 'Ignore' ? [] : [...patchErrors, ...decoded.strictErrors];
    if (validation === 'Strict' && strict.length > 0) {
      throw refuse(`strict decoding error: ${strict.join(', ')}`);
    }
    warnings.push(...strict);
    keepEmptyManagers(decoded.object, patched);
    decoded.object['metadata'] ??= {};
    decoded.object['kind'] = target.kind;
    decoded.object['apiVersion'] = target.apiVersion;
    const draft = decoded.object as unknown as Draft<KubeObject>;
    return known.size > 0 ? ownUpperParts(draft) : draft;
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}

const NO_PARTS: ReadonlySet<unknown> = new Set();

/** Of what is patched through `status`: the parts that need not be decoded anew, nor may change. */
function untouchedParts(call: Call, source: unknown, patched: unknown): ReadonlySet<unknown> {
  if (call.subresource !== 'status' || call.resource.kind.isCustom) return NO_PARTS;
  const before = source as Readonly<Record<string, unknown>>;
  const after = patched as Readonly<Record<string, unknown>>;
  const parts = new Set<unknown>();
  for (const key of Object.keys(before)) {
    const part = before[key];
    if (key === 'metadata' || key === 'status' || typeof part !== 'object') continue;
    if (part !== null && part === after[key]) parts.add(part);
  }
  return parts;
}

/** A patch may change kind and apiVersion; the result is then decoded as what it says it is. */
function schemaOfResult(
  server: ApiServer,
  target: PatchTarget,
  patched: unknown,
  refuse: (message: string) => Error,
): SchemaRef {
  const given = (patched ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const apiVersion = typeText(given.apiVersion, 'apiVersion', refuse) ?? target.apiVersion;
  const kind = typeText(given.kind, 'kind', refuse) ?? target.kind;
  if (apiVersion === target.apiVersion && kind === target.kind) return target.schema;
  const other = server.registry.ofKind(apiVersion, kind);
  if (other) return other.kind.schema;
  throw refuse(
    `no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme "${SCHEME}"`,
  );
}

function typeText(
  value: unknown,
  field: string,
  refuse: (message: string) => Error,
): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw refuse(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeName(value)} ` +
      `into Go struct field .${field} of type string`,
  );
}

function unknownConversion(target: PatchTarget, patched: unknown): string {
  const given = patched as { apiVersion?: string | null; kind?: string | null };
  const apiVersion = given.apiVersion ?? target.apiVersion;
  const kind = given.kind ?? target.kind;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const group = target.apiVersion.includes('/') ? target.apiVersion.split('.')[0] : 'core';
  const name = (group ?? '').split('/')[0];
  return `converting (${version}.${kind}) to (${name}.${target.kind}): unknown conversion`;
}
