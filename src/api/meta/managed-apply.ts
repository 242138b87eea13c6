/**
 * Server-side apply on values: merging a configuration into an object, who owns what afterwards, and
 * who is in the way.
 *
 * Models: sigs.k8s.io/structured-merge-diff/v6 merge update.go, conflict.go;
 *         k8s.io/apimachinery/pkg/util/managedfields/internal structuredmerge.go,
 *         managedfieldsupdater.go, skipnonapplied.go, lastappliedmanager.go, conflict.go (v1.36)
 */
import { emptyObject } from './decode.ts';
import { diffFields, fieldSetOf } from './field-diff.ts';
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  hasPath,
  intersection,
  pathsOf,
  union,
} from './field-set.ts';
import { goQuote } from './go-text.ts';
import { equalJson } from './json.ts';
import { JsonSyntaxError, parseJson } from './json-text.ts';
import {
  type ManagedChange,
  STRIPPED,
  trackUpdate,
  VersionViews,
  writable,
} from './managed-fields.ts';
import { isSame, type ManagedState, type Manager, readBack } from './managed-state.ts';
import type { SchemaRef } from './schema.ts';
import { type ApiError, failure } from './status.ts';
import { typedError } from './typed-check.ts';
import { fittedTo, mergeTyped, removeFields, withNamedParents } from './typed-merge.ts';
import { elementText, isMap, shapeOf } from './typed-shape.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The one manager that goes on where client-side apply left off. */
export const KUBECTL = 'kubectl';
const BEFORE_FIRST_APPLY = 'before-first-apply'; // skipnonapplied.go

/** `before` is the live object in the version of the request, null when there is none. */
export interface ApplyRequest extends Omit<ManagedChange, 'after'> {
  readonly manager: string;
  readonly time: string;
  readonly force: boolean;
  readonly config: unknown;
}

export interface Applied {
  /** null = the configuration changes nothing. */
  readonly object: unknown;
  readonly state: ManagedState;
}

/** A field that somebody else owns with another value. */
interface Conflict {
  readonly manager: Manager;
  readonly path: readonly string[];
}

/** Throws a Conflict when others own fields with other values. */
export function applyConfiguration(before: ManagedState, request: ApplyRequest): Applied {
  const { schema } = request;
  const live = request.before ?? emptyObject(schema);
  const state = before.managers.length > 0 ? readBack(before) : firstApply(request, live);
  const result = attempt(state, request, live, request.force);
  if (!('conflicts' in result)) return result;
  // What client-side apply has set and nobody changed since is kubectl's own.
  const allowed = request.manager === KUBECTL ? lastAppliedSet(request, live) : null;
  if (allowed === null) throw conflictError(result.conflicts);
  const left = result.conflicts.filter((conflict) => !hasPath(allowed, conflict.path));
  if (left.length > 0) throw conflictError(left);
  return attempt(state, request, live, true) as Applied;
}

/** An object that nobody has been recorded for: what it has belongs to whoever came before. */
function firstApply(request: ApplyRequest, live: unknown): ManagedState {
  if (request.before === null) return { managers: [] };
  return trackUpdate(
    { managers: [] },
    {
      ...request,
      before: null,
      after: live,
      manager: BEFORE_FIRST_APPLY,
      operation: 'Update',
    },
  );
}

type Attempt = Applied | { readonly conflicts: readonly Conflict[] };

function attempt(
  before: ManagedState,
  request: ApplyRequest,
  live: unknown,
  force: boolean,
): Attempt {
  const { schema, apiVersion, config, subresource } = request;
  const shape = shapeOf(schema);
  const known = before.managers.flatMap((manager) => fitted(manager, request));
  const me = { manager: request.manager, operation: 'Apply', subresource, apiVersion } as const;
  const last = known.find((manager) => isSame(manager, me));
  const others = known.filter((manager) => manager !== last);
  const applied: Manager = {
    ...me,
    time: last?.time ?? '',
    set: writable(fieldSetOf(schema, config), request),
  };
  const merged = mergeTyped(shape, live, config);
  const next = last ? pruned(merged, request, [applied, ...others], last) : merged;

  const views = new VersionViews({ ...request, before: live, after: next });
  const conflicts = others.flatMap((manager) => conflictsOf(manager, views));
  if (!force && conflicts.length > 0) return { conflicts };
  const object = equalJson(live, next) ? null : next;
  const managers = others.flatMap((manager) => {
    const set = views.keptBy(manager) ?? EMPTY_SET;
    if (set.size === 0) return [];
    return set === manager.set ? [manager] : [{ ...manager, set }];
  });
  const set = difference(applied.set, STRIPPED);
  if (set.size > 0) {
    managers.push({ ...applied, set, time: object === null ? applied.time : request.time });
  }
  return { object, state: { managers } };
}

/** |manager| with its fields as today's schema has them; none when its version is not served. */
function fitted(manager: Manager, request: ApplyRequest): readonly Manager[] {
  const schema = schemaIn(request, manager.apiVersion);
  if (schema === null) return [];
  const set = fittedTo(shapeOf(schema), manager.set);
  return [set === manager.set ? manager : { ...manager, set }];
}

function schemaIn(request: ApplyRequest, apiVersion: string): SchemaRef | null {
  if (apiVersion === request.apiVersion) return request.schema;
  return request.versions?.schemaOf(apiVersion) ?? null;
}

function conflictsOf(manager: Manager, views: VersionViews): readonly Conflict[] {
  const changed = views.diffIn(manager.apiVersion)?.changed ?? EMPTY_SET;
  return pathsOf(intersection(manager.set, changed)).map((path) => ({ manager, path }));
}

/**
 * |merged| without what the applier applied last time and not this time, unless somebody else owns
 * it too.
 */
function pruned(
  merged: unknown,
  request: ApplyRequest,
  managers: readonly Manager[],
  last: Manager,
): unknown {
  if (last.set.size === 0) return merged;
  const { apiVersion } = last;
  const schema = schemaIn(request, apiVersion) as SchemaRef;
  const shape = shapeOf(schema);
  const before = converted(request, merged, request.apiVersion, apiVersion);
  const without = removeFields(shape, before, withNamedParents(shape, last.set));
  const kept = withOwnedItems(request, before, without ?? {}, apiVersion, managers);
  // Of what is gone now, only what the applier owned before really goes.
  const gone = intersection(
    difference(namedSet(schema, before), namedSet(schema, kept)),
    withNamedParents(shape, last.set),
  );
  const result = removeFields(shape, before, gone) ?? {};
  return converted(request, result, apiVersion, request.apiVersion);
}

/** Gives back what |managers| own, version by version, that of the pruned object first. */
function withOwnedItems(
  request: ApplyRequest,
  before: unknown,
  without: unknown,
  first: string,
  managers: readonly Manager[],
): unknown {
  const owned = new Map<string, FieldSet>([[first, EMPTY_SET]]);
  for (const { apiVersion, set } of managers) {
    owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY_SET, set));
  }
  let version = first;
  let merged = before;
  let kept = without;
  for (const [apiVersion, set] of owned) {
    const schema = schemaIn(request, apiVersion);
    if (schema === null) continue;
    merged = converted(request, merged, version, apiVersion);
    kept = converted(request, kept, version, apiVersion);
    version = apiVersion;
    const shape = shapeOf(schema);
    const safe = union(namedSet(schema, kept), withNamedParents(shape, set));
    kept = removeFields(shape, merged, difference(namedSet(schema, merged), safe)) ?? {};
  }
  return converted(request, kept, version, first);
}

function namedSet(schema: SchemaRef, object: unknown): FieldSet {
  return withNamedParents(shapeOf(schema), fieldSetOf(schema, object));
}

function converted(request: ApplyRequest, object: unknown, from: string, to: string): unknown {
  return from === to ? object : request.versions?.convert(object, from, to);
}

/** Fields of the last client-side apply that are still as it set them; null = none is known. */
function lastAppliedSet(request: ApplyRequest, live: unknown): FieldSet | null {
  const { schema } = request;
  const metadata = isMap(live) ? live['metadata'] : null;
  const annotations = isMap(metadata) ? metadata['annotations'] : null;
  const text = isMap(annotations) ? annotations[LAST_APPLIED] : null;
  if (typeof text !== 'string' || text === '') return null;
  const last = parsed(text);
  if (!isMap(last) || last['apiVersion'] !== request.apiVersion) return null;
  if (typedError(schema, last) !== '' || typedError(schema, live) !== '') return null;
  const { changed, removed } = diffFields(schema, last, live);
  return difference(difference(fieldSetOf(schema, last), changed), removed);
}

/** A text that is no JSON was not written by kubectl: nothing follows from it. */
function parsed(text: string): unknown {
  try {
    return parseJson(text).value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
}

/** Upstream's order: by manager as its identifier is written. */
function identifierOf({ manager, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
}

function shownManager(manager: Manager): string {
  const { operation, apiVersion, subresource } = manager;
  const name = goQuote(manager.manager);
  const who = subresource === '' ? name : `${name} with subresource ${goQuote(subresource)}`;
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const order = (a: Conflict, b: Conflict): number => {
    const x = identifierOf(a.manager);
    const y = identifierOf(b.manager);
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const sorted = [...conflicts].sort(order);
  const causes = sorted.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${shownManager(manager)}`,
    field: path.map(elementText).join(''),
  }));
  const [only] = causes;
  if (only && causes.length === 1) {
    const message = `Apply failed with 1 conflict: ${only.message}: ${only.field}`;
    return failure(409, 'Conflict', message, { causes });
  }
  const lines: string[] = [];
  let current: Manager | null = null;
  for (const [i, { manager }] of sorted.entries()) {
    if (manager !== current) lines.push(`conflicts with ${shownManager(manager)}:`);
    current = manager;
    lines.push(`- ${causes[i]?.field ?? ''}`);
  }
  const message = `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return failure(409, 'Conflict', message, { causes });
}
