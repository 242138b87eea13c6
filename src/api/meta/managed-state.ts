/**
 * Who owns which fields of an object, and how metadata.managedFields writes it.
 *
 * Models: k8s.io/apimachinery/pkg/util/managedfields/internal managedfields.go, fieldmanager.go
 *         (decodeLiveOrNew, v1.36)
 */
import type { ManagedFieldsEntry } from '../generated/types.ts';
import { equalSets, type FieldSet, type FieldsV1, fromFieldsV1, toFieldsV1 } from './field-set.ts';
import { compareText } from './go-text.ts';
import { isMap } from './typed-shape.ts';

export const UNKNOWN_MANAGER = 'unknown'; // buildmanagerinfo.go

export interface Manager {
  readonly manager: string;
  readonly operation: 'Update' | 'Apply';
  readonly apiVersion: string;
  readonly subresource: string;
  /** '' = an applier that has not changed anything yet. */
  readonly time: string;
  readonly set: FieldSet;
}

export interface ManagedState {
  readonly managers: readonly Manager[];
}

const NOBODY: ManagedState = { managers: [] };

export function emptyManaged(): ManagedState {
  return NOBODY;
}

/** Appliers are the same whatever version they speak. */
export function isSame(
  manager: Manager,
  other: Pick<Manager, 'manager' | 'operation' | 'subresource' | 'apiVersion'>,
): boolean {
  return (
    manager.manager === (other.manager === '' ? UNKNOWN_MANAGER : other.manager) &&
    manager.operation === other.operation &&
    manager.subresource === other.subresource &&
    (manager.operation === 'Apply' || manager.apiVersion === other.apiVersion)
  );
}

/**
 * |state| as upstream reads what it wrote. The scale subresource can leave two entries for one
 * manager (managed-scale.ts); the later one counts.
 */
export function readBack(state: ManagedState): ManagedState {
  const { managers } = state;
  const isDouble = (manager: Manager, i: number): boolean =>
    managers.some((other, j) => j < i && isSame(other, manager));
  return managers.some(isDouble) ? (fromManagedFields(toManagedFields(state)) ?? NOBODY) : state;
}

/** Whether both states name the same managers with the same fields; times do not count. */
export function sameOwners(a: ManagedState, b: ManagedState): boolean {
  if (a === b) return true;
  if (a.managers.length !== b.managers.length) return false;
  return a.managers.every((manager) =>
    b.managers.some(
      (other) =>
        isSame(manager, other) &&
        manager.apiVersion === other.apiVersion &&
        equalSets(manager.set, other.set),
    ),
  );
}

/** Upstream sortEncodedManagedFields. */
function inOrder(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time, b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

export function toManagedFields(state: ManagedState): readonly ManagedFieldsEntry[] {
  return [...state.managers].sort(inOrder).map((m) => ({
    manager: m.manager,
    operation: m.operation,
    apiVersion: m.apiVersion,
    ...(m.time === '' ? {} : { time: m.time }),
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
    const set = decodedSet((entry.fieldsV1 ?? {}) as FieldsV1);
    if (set === null) return null;
    const manager: Manager = {
      manager: entry.manager ?? '',
      operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time ?? '',
      set,
    };
    // Of two entries for one manager the later one counts.
    const twin = managers.findIndex((other) => isSame(other, manager));
    if (twin >= 0) managers[twin] = manager;
    else managers.push(manager);
  }
  return { managers };
}

function decodedSet(fields: FieldsV1): FieldSet | null {
  try {
    return fromFieldsV1(fields);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * The managers that an update wants to set itself; null when it wants none: what it left out, or
 * what cannot be read, is as it was. One empty entry, or a list of none, resets them.
 */
export function wantedManagers(
  entries: readonly ManagedFieldsEntry[] | null | undefined,
): ManagedState | null {
  if (!entries) return null;
  const [first] = entries;
  if (first === undefined || (entries.length === 1 && isBare(first))) return NOBODY;
  return fromManagedFields(entries);
}

/**
 * Decoding leaves out lists without items; that of the managers means something, so what |raw| says
 * goes on into |object|.
 */
export function keepEmptyManagers(object: Record<string, unknown>, raw: unknown): void {
  const given = isMap(raw) ? raw['metadata'] : null;
  const entries = isMap(given) ? given['managedFields'] : null;
  if (!Array.isArray(entries) || entries.length > 0) return;
  object['metadata'] = { ...(object['metadata'] as object), managedFields: [] };
}

function isBare(entry: ManagedFieldsEntry): boolean {
  return Object.values(entry).every((value) => value === undefined || value === '');
}
