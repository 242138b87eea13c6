/**
 * Who an owner may be whom nobody has seen: dependents may tell different things of one uid.
 *
 * Models: kubernetes pkg/controller/garbagecollector/graph_builder.go (partitionDependents,
 *         getAlternateOwnerIdentity, referenceLessThan) (v1.36)
 */
import type { OwnerReference } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { equalJson } from '../../../api/meta/json.ts';

export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** An object that refers to owners. */
export interface Dependent {
  readonly identity: Identity;
  readonly owners: readonly OwnerReference[];
}

/** What a reference says of its owner. */
export function coordinates(ref: OwnerReference): Omit<Identity, 'namespace'> {
  return { apiVersion: ref.apiVersion, kind: ref.kind, name: ref.name, uid: ref.uid };
}

export function sameIdentity(a: Identity, b: Identity): boolean {
  return equalJson(a, b);
}

/** References mean the same object, as far as they tell. */
function agrees(ref: OwnerReference, owner: Identity): boolean {
  const { namespace: _namespace, ...told } = owner;
  return equalJson(coordinates(ref), told);
}

export function refersTo(ref: OwnerReference, owner: Identity, dependent: Identity): boolean {
  return agrees(ref, owner) && (owner.namespace === '' || owner.namespace === dependent.namespace);
}

/** Dependents that mean |owner|, and those that mean something else by its uid; some do both. */
export function partition<D extends Dependent>(
  dependents: Iterable<D>,
  owner: Identity,
): { readonly matching: readonly D[]; readonly others: readonly D[] } {
  const matching: D[] = [];
  const others: D[] = [];
  for (const dependent of dependents) {
    const refs = dependent.owners.filter((ref) => ref.uid === owner.uid);
    const isElsewhere = owner.namespace !== '' && owner.namespace !== dependent.identity.namespace;
    if (!isElsewhere && refs.some((ref) => agrees(ref, owner))) matching.push(dependent);
    if (isElsewhere || refs.some((ref) => !agrees(ref, owner))) others.push(dependent);
  }
  return { matching, others };
}

/** What else |dependents| call the owner that is |absent|: the next in order, else the first. */
export function alternative(
  dependents: Iterable<Dependent>,
  absent: Identity,
): Identity | undefined {
  let first: Identity | undefined;
  let next: Identity | undefined;
  for (const { identity, owners } of dependents) {
    for (const ref of owners) {
      if (ref.uid !== absent.uid || refersTo(ref, absent, identity)) continue;
      // The absent one tells that its kind is not namespaced.
      const { apiVersion, kind } = absent;
      const isWide = absent.namespace === '' && ref.apiVersion === apiVersion && ref.kind === kind;
      const namespace = isWide ? '' : identity.namespace;
      const candidate: Identity = { ...coordinates(ref), namespace };
      if (sameIdentity(candidate, absent)) continue;
      if (!first || order(candidate, first) < 0) first = candidate;
      const follows = order(absent, candidate) < 0;
      if (follows && (!next || order(candidate, next) < 0)) next = candidate;
    }
  }
  return next ?? first;
}

function order(a: Identity, b: Identity): number {
  return (
    compareText(a.kind, b.kind) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name) ||
    compareText(a.uid, b.uid)
  );
}
