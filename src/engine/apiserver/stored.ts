/**
 * What etcd holds for an object: the object (shared, frozen, without managedFields) and the record
 * of who wrote which of its fields. That record is a chain of writes that is folded into
 * metadata.managedFields only when somebody reads them.
 */
import type { KubeObject } from '../../api/meta/object.ts';
import { foldWrite, type ManagedWrite } from '../../api/meta/managed-fields.ts';
import { emptyManaged, type ManagedState, toManagedFields } from '../../api/meta/managed-state.ts';

export interface Stored {
  readonly object: KubeObject;
  readonly managed: ManagedChain;
}

/** A chain of writes, newest first. */
export interface ManagedChain {
  readonly before: ManagedChain | null;
  readonly write: ManagedWrite | null;
  readonly depth: number;
  state: ManagedState | null;
}

export const NO_MANAGED: ManagedChain = { before: null, write: null, depth: 0, state: null };

/** A chain this long is folded, so that memory stays bounded. */
const MAX_CHAIN = 16;

export function addWrite(chain: ManagedChain, write: ManagedWrite): ManagedChain {
  const next: ManagedChain = { before: chain, write, depth: chain.depth + 1, state: null };
  if (next.depth < MAX_CHAIN) return next;
  return { before: null, write: null, depth: 0, state: managedState(next) };
}

/** A chain whose result is known. */
export function settledChain(state: ManagedState): ManagedChain {
  return { before: null, write: null, depth: 0, state };
}

export function managedState(chain: ManagedChain): ManagedState {
  if (chain.state) return chain.state;
  const before = chain.before ? managedState(chain.before) : emptyManaged();
  const state = chain.write ? foldWrite(before, chain.write) : before;
  chain.state = state;
  return state;
}

/** The object as a client gets it over REST: with managedFields. */
export function withManagedFields(stored: Stored): KubeObject {
  const managedFields = toManagedFields(managedState(stored.managed));
  if (managedFields.length === 0) return stored.object;
  return { ...stored.object, metadata: { ...stored.object.metadata, managedFields } };
}
