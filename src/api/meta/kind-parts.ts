/**
 * What most kinds' PrepareForUpdate do: keep the part of the stored object that this request may
 * not change, and raise the generation when the wanted state changed.
 */
import { equalJson } from './json.ts';
import type { Draft, KubeObject } from './object.ts';

/**
 * A list that upstream writes even when it is empty: then it is null (Go's nil slice), whatever its
 * type says.
 */
export function listOf<T>(list: readonly T[] | null | undefined): readonly T[] {
  return list ?? [];
}

type Part = 'spec' | 'status';

/** |next| gets the old |part|, shared with the stored object: nobody changes it afterwards. */
export function keepPart<T extends KubeObject>(next: Draft<T>, old: T, part: Part): void {
  const from = (old as unknown as Record<Part, unknown>)[part];
  const to = next as unknown as Record<Part, unknown>;
  if (from === undefined) delete to[part];
  else to[part] = from;
}

/** One more than the old generation when |changed|; else the old one. */
export function raiseGeneration<T extends KubeObject>(
  next: Draft<T>,
  old: T,
  changed: boolean,
): void {
  const { generation } = old.metadata;
  const metadata = next.metadata as { generation?: number };
  if (changed) metadata.generation = (generation ?? 0) + 1;
  else if (generation === undefined) delete metadata.generation;
  else metadata.generation = generation;
}

export function specChanged<T extends KubeObject>(next: Draft<T>, old: T): boolean {
  return !equalJson(
    (next as unknown as { spec?: unknown }).spec,
    (old as unknown as { spec?: unknown }).spec,
  );
}

/**
 * Upstream ResetObjectMetaForStatus: a request for the status leaves these parts of metadata alone.
 */
export function resetMetaForStatus<T extends KubeObject>(next: Draft<T>, old: T): void {
  const to = next.metadata as Record<string, unknown>;
  const from = old.metadata as unknown as Readonly<Record<string, unknown>>;
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences']) {
    if (from[field] === undefined) delete to[field];
    else to[field] = from[field];
  }
}
