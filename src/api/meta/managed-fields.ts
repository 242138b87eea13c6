/**
 * metadata.managedFields: who last wrote which field. Writes are folded into the state one after
 * the other; nothing here is done before somebody wants to read the result.
 *
 * Models: k8s.io/apimachinery/pkg/util/managedfields/internal (fieldmanager, stripmeta,
 *         skipnonapplied, managedfieldsupdater, capmanagers), structured-merge-diff merge/update.go
 *         (v1.36)
 */
import { emptyObject } from './decode.ts';
import { diffFields, type FieldDiff } from './field-diff.ts';
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  matching,
  setOf,
  union,
  withoutBelow,
} from './field-set.ts';
import { compareText } from './go-text.ts';
import {
  emptyManaged,
  isSame,
  type ManagedState,
  type Manager,
  readBack,
  UNKNOWN_MANAGER,
} from './managed-state.ts';
import type { SchemaRef } from './schema.ts';
import { typedError } from './typed-check.ts';

/** The versions in which a kind is served, for managers that wrote another one. */
export interface Versions {
  /** null = not served. */
  schemaOf(apiVersion: string): SchemaRef | null;
  convert(object: unknown, from: string, to: string): unknown;
}

/** One version of an object, and the next. */
export interface ManagedChange {
  readonly apiVersion: string;
  readonly subresource: string;
  /** Definition of the object. */
  readonly schema: SchemaRef;
  /** null = the write created the object. */
  readonly before: unknown;
  readonly after: unknown;
  /** Fields that the endpoint does not let anybody write; absent: the usual ones. */
  readonly resets?: FieldSet | undefined;
  /** The only fields that the endpoint lets anybody write; `*` is any element. */
  readonly only?: FieldSet | undefined;
  /** Absent: there is one version only. */
  readonly versions?: Versions | undefined;
}

/** `after` is decoded and defaulted, before mutating admission: what admission adds is nobody's. */
export interface ManagedWrite extends ManagedChange {
  readonly manager: string;
  readonly operation: 'Update' | 'Apply';
  /** RFC 3339, to the second. */
  readonly time: string;
  /** The managers that the client itself has written into the object; absent: those before. */
  readonly base?: ManagedState | undefined;
}

const MAX_UPDATE_MANAGERS = 10; // fieldmanager.go DefaultMaxUpdateManagers
const BUCKET_MANAGER = 'ancient-changes'; // capmanagers.go

/** Fields that belong to nobody: stripmeta.go. */
export const STRIPPED: FieldSet = setOf([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((field) => ['f:metadata', `f:${field}`]),
]);

/** The state after |write|, which was an update or a create (managed-apply.ts has the other rules). */
export function foldWrite(before: ManagedState, write: ManagedWrite): ManagedState {
  const state = write.base ?? readBack(before);
  // Upstream tracks from the creation on or never.
  if (state.managers.length === 0 && write.before !== null) return state;
  try {
    return trackUpdate(state, write);
  } catch (error) {
    // An update goes through all the same, but nobody owns anything any more.
    if (error instanceof ConversionError) return emptyManaged();
    throw error;
  }
}

/** The object does not fit a version that one of its managers wrote. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

/** What |write| has changed belongs to its manager from now on, and to nobody else. */
export function trackUpdate(state: ManagedState, write: ManagedWrite): ManagedState {
  const views = new VersionViews(write);
  const diff = views.own;
  if (isNothing(diff) && state.managers.every((m) => m.apiVersion === write.apiVersion)) {
    return state;
  }
  let own = difference(diff.changed, STRIPPED);
  const managers: Manager[] = [];
  for (const manager of state.managers) {
    const kept = views.keptBy(manager);
    // Nobody can own fields of a version that is not served any more.
    if (kept === null) continue;
    const mine = isSame(manager, write) && own.size > 0;
    if (mine) {
      managers.push({ ...manager, time: write.time, set: union(own, kept) });
      own = EMPTY_SET;
    } else if (kept.size > 0) {
      managers.push(kept === manager.set ? manager : { ...manager, set: kept });
    }
  }
  if (own.size > 0) {
    managers.push({
      manager: write.manager === '' ? UNKNOWN_MANAGER : write.manager,
      operation: write.operation,
      apiVersion: write.apiVersion,
      subresource: write.subresource,
      time: write.time,
      set: own,
    });
  }
  const same =
    managers.length === state.managers.length && managers.every((m, i) => m === state.managers[i]);
  return same ? state : { managers: capped(managers) };
}

/** What a write has changed, in the version of each manager. */
export class VersionViews {
  readonly #write: ManagedChange;
  readonly #diffs = new Map<string, FieldDiff | null>();

  constructor(write: ManagedChange) {
    this.#write = write;
  }

  get own(): FieldDiff {
    return this.diffIn(this.#write.apiVersion) as FieldDiff;
  }

  /** null = that version is not served. */
  diffIn(apiVersion: string): FieldDiff | null {
    let diff = this.#diffs.get(apiVersion);
    if (diff === undefined) {
      diff = this.#compare(apiVersion);
      this.#diffs.set(apiVersion, diff);
    }
    return diff;
  }

  #compare(apiVersion: string): FieldDiff | null {
    const write = this.#write;
    const { versions } = write;
    let { schema, before, after } = write;
    if (apiVersion !== write.apiVersion) {
      const other = versions?.schemaOf(apiVersion) ?? null;
      if (!versions || other === null) return null;
      schema = other;
      const convert = (object: unknown, what: string): unknown => {
        const converted = versions.convert(object, write.apiVersion, apiVersion);
        const wrong = typedError(other, converted);
        if (wrong !== '') throw new ConversionError(`failed to convert ${what} object: ${wrong}`);
        return converted;
      };
      before = before === null ? null : convert(before, 'old');
      after = convert(after, 'new');
    }
    const diff = diffFields(schema, before ?? emptyObject(schema), after);
    return { changed: writable(diff.changed, write), removed: writable(diff.removed, write) };
  }

  /** What |manager| still owns after the write; null when its version is not served. */
  keptBy(manager: Manager): FieldSet | null {
    const diff = this.diffIn(manager.apiVersion);
    if (diff === null) return null;
    return difference(difference(manager.set, diff.changed), diff.removed);
  }
}

function isNothing(diff: FieldDiff): boolean {
  return diff.changed.size === 0 && diff.removed.size === 0;
}

const STATUS = setOf([['f:status']]);
const SPEC = setOf([['f:spec']]);

/** What of |set| the endpoint lets anybody write. */
export function writable(
  set: FieldSet,
  { only, resets, subresource }: Pick<ManagedChange, 'only' | 'resets' | 'subresource'>,
): FieldSet {
  if (only) return matching(set, only);
  return withoutBelow(set, resets ?? resetsOf(subresource));
}

/** Upstream's usual GetResetFields: a kind's status is written through its own subresource only. */
function resetsOf(subresource: string): FieldSet {
  return subresource === '' ? STATUS : subresource === 'status' ? SPEC : EMPTY_SET;
}

/** Joins the oldest updaters of a version in one entry when there are too many. */
function capped(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter((m) => m.operation === 'Update');
  if (updaters.length <= MAX_UPDATE_MANAGERS) return managers;
  const oldest = [...updaters].sort(byAge);
  let left = updaters.length;
  const gone = new Set<Manager>();
  const buckets = new Map<string, Manager>();
  const first = new Map<string, Manager>();
  for (const manager of oldest) {
    if (left <= MAX_UPDATE_MANAGERS) break;
    const { apiVersion } = manager;
    const start = first.get(apiVersion);
    if (start === undefined) {
      first.set(apiVersion, manager);
      continue;
    }
    gone.add(start);
    gone.add(manager);
    const bucket = buckets.get(apiVersion) ?? start;
    buckets.set(apiVersion, {
      manager: BUCKET_MANAGER,
      operation: 'Update',
      apiVersion,
      subresource: '',
      time: manager.time,
      set: union(manager.set, bucket.set),
    });
    left--;
  }
  return [...managers.filter((m) => !gone.has(m)), ...buckets.values()];
}

function byAge(a: Manager, b: Manager): number {
  return compareText(a.time, b.time) || compareText(a.manager, b.manager);
}
