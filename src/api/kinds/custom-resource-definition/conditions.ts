/**
 * What becomes of a definition once it is stored: whether its names are free, and when its kinds are
 * served.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/controller/status naming_controller.go,
 *         pkg/controller/establish establishing_controller.go (v1.36)
 */
import type {
  CustomResourceDefinition as Definition,
  CustomResourceDefinitionCondition as Condition,
  CustomResourceDefinitionNames as Names,
} from '../../generated/types.ts';
import { equalJson } from '../../meta/json.ts';

export function conditionOf({ status }: Definition, type: string): Condition | undefined {
  return status.conditions?.find((c) => c.type === type);
}

export function isTrue(definition: Definition, type: string): boolean {
  return conditionOf(definition, type)?.status === 'True';
}

export function isEstablished(definition: Definition): boolean {
  return isTrue(definition, 'Established');
}

/** The conditions with |next| in its place; an unchanged status keeps its time. */
export function withCondition(
  conditions: readonly Condition[] | null | undefined,
  next: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): readonly Condition[] {
  const list = conditions ?? [];
  const old = list.find((c) => c.type === next.type);
  const time = old && old.status === next.status ? old.lastTransitionTime : now;
  const { type, status, reason, message, ...rest } = next;
  const made: Condition = {
    type,
    status,
    lastTransitionTime: time ?? now,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...rest,
  };
  return old ? list.map((c) => (c === old ? made : c)) : [...list, made];
}

/** The status after looking at the names; the same object when nothing is new. */
export function withNames(
  definition: Definition,
  others: readonly Definition[],
  now: string,
): Definition['status'] {
  const taken = takenNames(definition, others);
  const { names } = definition.spec;
  const accepted: Record<string, unknown> = { ...definition.status.acceptedNames };
  const problems: string[] = [];
  const conflicts: string[] = [];
  const use = (field: 'plural' | 'singular' | 'kind' | 'listKind', set: Set<string>): void => {
    const name = names[field] ?? '';
    if (name === (accepted[field] ?? '') || name === '') return;
    if (set.has(name)) {
      problems.push(`${JSON.stringify(name)} is already in use`);
      conflicts.push(reasonOf(field));
    } else accepted[field] = name;
  };
  use('plural', taken.resources);
  use('singular', taken.resources);
  if (!equalJson(names.shortNames ?? [], accepted['shortNames'] ?? [])) {
    const known = new Set((accepted['shortNames'] ?? []) as readonly string[]);
    const bad = (names.shortNames ?? []).filter((n) => !known.has(n) && taken.resources.has(n));
    if (bad.length > 0) {
      problems.push(`[${bad.map((n) => `${JSON.stringify(n)} is already in use`).join(', ')}]`);
      conflicts.push('ShortNamesConflict');
    } else accepted['shortNames'] = names.shortNames;
  }
  use('kind', taken.kinds);
  use('listKind', taken.kinds);
  if (names.categories) accepted['categories'] = names.categories;
  else delete accepted['categories'];
  if (accepted['shortNames'] === undefined) delete accepted['shortNames'];
  const conditions = withVerdict(definition, problems.at(-1), conflicts.at(-1), now);
  const next = { ...definition.status, conditions, acceptedNames: inOrder(accepted) };
  return equalJson(next, definition.status) ? definition.status : next;
}

/** NamesAccepted, and Established where nothing is said of it yet. */
function withVerdict(
  { status: { conditions } }: Definition,
  clash: string | undefined,
  reason: string | undefined,
  now: string,
): readonly Condition[] {
  const names =
    clash === undefined
      ? { status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { status: 'False', reason: reason ?? 'Unknown', message: clash };
  const judged = withCondition(conditions, { type: 'NamesAccepted', ...names }, now);
  if (judged.some((c) => c.type === 'Established')) return judged;
  const established =
    clash === undefined
      ? { reason: 'Installing', message: 'the initial names have been accepted' }
      : { reason: 'NotAccepted', message: 'not all names are accepted' };
  return withCondition(judged, { type: 'Established', status: 'False', ...established }, now);
}

/** The status with Established, once the names are accepted. */
export function withEstablished(definition: Definition, now: string): Definition['status'] {
  if (!isTrue(definition, 'NamesAccepted') || isEstablished(definition)) return definition.status;
  const conditions = withCondition(
    definition.status.conditions,
    {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
    now,
  );
  return { ...definition.status, conditions };
}

function reasonOf(field: string): string {
  return `${(field[0] as string).toUpperCase()}${field.slice(1)}Conflict`;
}

function takenNames(
  definition: Definition,
  others: readonly Definition[],
): { resources: Set<string>; kinds: Set<string> } {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const other of others) {
    if (other.metadata.name === definition.metadata.name) continue;
    if (other.spec.group !== definition.spec.group) continue;
    const { plural, singular, shortNames, kind, listKind } = other.status.acceptedNames;
    for (const name of [plural, singular, ...(shortNames ?? [])]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}

function inOrder(names: Readonly<Record<string, unknown>>): Names {
  const out: Record<string, unknown> = {};
  for (const key of ['plural', 'singular', 'shortNames', 'kind', 'listKind', 'categories']) {
    if (names[key] !== undefined) out[key] = names[key];
  }
  return out as unknown as Names;
}
