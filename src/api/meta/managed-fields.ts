/**
 * metadata.managedFields: who last wrote which field. Writes are folded into the state one after
 * the other; nothing here is done before somebody wants to read the result.
 *
 * Models: k8s.io/apimachinery/pkg/util/managedfields/internal (fieldmanager, stripmeta,
 *         skipnonapplied, managedfieldsupdater, capmanagers), structured-merge-diff merge/update.go
 *         (v1.36)
 */
import type { ManagedFieldsEntry } from '../generated/types.ts';
import { emptyObject } from './decode.ts';
import { diffFields } from './field-diff.ts';
import {
  difference,
  EMPTY_SET,
  type FieldNode,
  type FieldSet,
  type FieldsV1,
  fromFieldsV1,
  LEAF,
  toFieldsV1,
  union,
  withoutTop,
} from './field-set.ts';
import type { SchemaRef } from './schema.ts';

export interface ManagedWrite {
  readonly manager: string;
  readonly operation: 'Update' | 'Apply';
  readonly subresource: string;
  readonly apiVersion: string;
  /** RFC 3339, to the second. */
  readonly time: string;
  /** OpenAPI definition of the object. */
  readonly schema: SchemaRef;
  /** null = the write created the object. */
  readonly before: unknown;
  /** Decoded and defaulted, before mutating admission: what admission adds is nobody's. */
  readonly after: unknown;
}

interface Manager {
  readonly manager: string;
  readonly operation: 'Update' | 'Apply';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly set: FieldSet;
}

export interface ManagedState {
  readonly managers: readonly Manager[];
}

const MAX_UPDATE_MANAGERS = 10; // fieldmanager.go DefaultMaxUpdateManagers
const BUCKET_MANAGER = 'ancient-changes'; // capmanagers.go

const NOBODY: ManagedState = { managers: [] };

export function emptyManaged(): ManagedState {
  return NOBODY;
}

/** Fields that belong to nobody: stripmeta.go. */
const STRIPPED_META = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];
const STRIPPED: FieldSet = new Map<string, FieldNode>([
  ['f:apiVersion', LEAF],
  ['f:kind', LEAF],
  ['f:metadata', { member: true, children: new Map(STRIPPED_META.map((f) => [`f:${f}`, LEAF])) }],
]);

/** The state after |write|, which was an update or a create (server-side apply has its own rules). */
export function foldWrite(state: ManagedState, write: ManagedWrite): ManagedState {
  // Upstream tracks from the creation on or never.
  if (state.managers.length === 0 && write.before !== null) return state;
  const before = write.before ?? emptyObject(write.schema);
  const diff = diffFields(write.schema, before, write.after);
  const ignored = ignoredBy(write.subresource);
  const changed = withoutTop(diff.changed, ignored);
  const removed = withoutTop(diff.removed, ignored);
  if (changed.size === 0 && removed.size === 0) return state;

  let own = difference(changed, STRIPPED);
  const managers: Manager[] = [];
  for (const manager of state.managers) {
    const set = difference(difference(manager.set, changed), removed);
    const mine = isSame(manager, write) && own.size > 0;
    if (mine) {
      managers.push({ ...manager, time: write.time, set: union(own, set) });
      own = EMPTY_SET;
    } else if (set.size > 0) {
      managers.push(set === manager.set ? manager : { ...manager, set });
    }
  }
  if (own.size > 0) {
    managers.push({
      manager: write.manager === '' ? 'unknown' : write.manager,
      operation: write.operation,
      apiVersion: write.apiVersion,
      subresource: write.subresource,
      time: write.time,
      set: own,
    });
  }
  return { managers: capped(managers) };
}

/** Upstream ResetFields: a kind's status is written through its own subresource only. */
function ignoredBy(subresource: string): readonly string[] {
  return subresource === '' ? ['f:status'] : subresource === 'status' ? ['f:spec'] : [];
}

function isSame(manager: Manager, write: ManagedWrite): boolean {
  return (
    manager.manager === write.manager &&
    manager.operation === write.operation &&
    manager.subresource === write.subresource &&
    (manager.operation === 'Apply' || manager.apiVersion === write.apiVersion)
  );
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
  return compare(a.time, b.time) || compare(a.manager, b.manager);
}

/** Upstream sortEncodedManagedFields. */
function inOrder(a: Manager, b: Manager): number {
  return (
    compare(a.operation, b.operation) ||
    compare(a.time, b.time) ||
    compare(a.manager, b.manager) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function toManagedFields(state: ManagedState): readonly ManagedFieldsEntry[] {
  return [...state.managers].sort(inOrder).map((m) => ({
    manager: m.manager,
    operation: m.operation,
    apiVersion: m.apiVersion,
    time: m.time,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(m.set),
    ...(m.subresource === '' ? {} : { subresource: m.subresource }),
  }));
}

/** The state that a client wrote into metadata.managedFields; null when it is not well-formed. */
export function fromManagedFields(entries: readonly ManagedFieldsEntry[]): ManagedState | null {
  const managers: Manager[] = [];
  for (const entry of entries) {
    const { operation } = entry;
    if (operation !== 'Update' && operation !== 'Apply') return null;
    if (entry.fieldsType !== 'FieldsV1' || !entry.apiVersion) return null;
    managers.push({
      manager: entry.manager ?? '',
      operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time ?? '',
      set: fromFieldsV1((entry.fieldsV1 ?? {}) as FieldsV1),
    });
  }
  return { managers };
}
