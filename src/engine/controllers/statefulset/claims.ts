/**
 * Who owns the PersistentVolumeClaims of a StatefulSet, by its retention policy: nobody, the
 * StatefulSet (they go with it), or the Pod (they go when it is scaled away).
 *
 * Models: kubernetes pkg/controller/statefulset/stateful_set_utils.go (v1.36)
 */
import type {
  OwnerReference,
  PersistentVolumeClaim,
  StatefulSet,
} from '../../../api/generated/types.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { newControllerRef } from '../../../api/meta/owner-references.ts';
import { type Replica, inRange } from './identity.ts';

type Refs = readonly OwnerReference[];

/** What a claim's reference could name: a Pod that is not created yet has no uid. */
interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

function ownerOf(object: KubeObject): Owner {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}

function podOwner(replica: Replica): Owner {
  const uid = replica.pod?.metadata.uid ?? '';
  return { apiVersion: 'v1', kind: 'Pod', name: replica.name, uid };
}

function refsOf(claim: PersistentVolumeClaim): Refs {
  return claim.metadata.ownerReferences ?? [];
}

function names(ref: OwnerReference, owner: Owner): boolean {
  return ref.apiVersion === owner.apiVersion && ref.kind === owner.kind && ref.name === owner.name;
}

/** It names a namesake of |owner| that is gone. */
function isStale(refs: Refs, owner: Owner): boolean {
  const ref = refs.find((r) => names(r, owner));
  return ref !== undefined && ref.uid !== owner.uid;
}

function owns(refs: Refs, owner: Owner): boolean {
  return refs.some((ref) => ref.uid === owner.uid);
}

function policyOf(set: StatefulSet): { deleted: boolean; scaled: boolean } {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy;
  return {
    deleted: policy?.whenDeleted === 'Delete',
    scaled: policy?.whenScaled === 'Delete',
  };
}

/** Somebody else controls the claim. Where claims are retained that is nobody's problem. */
export function hasConflictingController(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  replica: Replica,
): boolean {
  const policy = policyOf(set);
  if (!policy.deleted && !policy.scaled) return false;
  const us = [ownerOf(set), podOwner(replica)];
  return refsOf(claim).some((ref) => {
    const named = us.find((owner) => names(ref, owner));
    return named ? ref.uid !== named.uid : ref.controller === true;
  });
}

/** Which of the two should own the claim of |replica|. */
function wantedOwners(set: StatefulSet, replica: Replica): { set: boolean; pod: boolean } {
  const { deleted, scaled } = policyOf(set);
  const scaledDown = !inRange(replica.ordinal, set);
  return {
    set: deleted && !(scaled && scaledDown),
    pod: scaled && scaledDown,
  };
}

export function ownersUpToDate(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  replica: Replica,
): boolean {
  const refs = refsOf(claim);
  const setOwner = ownerOf(set);
  const pod = podOwner(replica);
  // What an earlier StatefulSet or Pod of that name owns is left to the garbage collector.
  if (isStale(refs, setOwner) || isStale(refs, pod)) return true;
  if (hasConflictingController(claim, set, replica)) {
    return !owns(refs, setOwner) && !owns(refs, pod);
  }
  const ours = refs.filter((ref) => ref.uid === setOwner.uid || ref.uid === pod.uid);
  if (ours.some((ref) => ref.controller !== true)) return false;
  const wanted = wantedOwners(set, replica);
  return owns(refs, setOwner) === wanted.set && owns(refs, pod) === wanted.pod;
}

/** The claim with the owners that the policy wants. */
export function withOwners(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  replica: Replica,
): PersistentVolumeClaim {
  const others = refsOf(claim).filter(
    (ref) => !names(ref, ownerOf(set)) && !names(ref, podOwner(replica)),
  );
  const refs = [...others];
  if (!hasConflictingController(claim, set, replica)) {
    const wanted = wantedOwners(set, replica);
    if (wanted.pod && replica.pod) refs.push(newControllerRef(replica.pod));
    if (wanted.set) refs.push(newControllerRef(set));
  }
  const { ownerReferences: _old, ...metadata } = claim.metadata;
  return {
    ...claim,
    metadata: refs.length > 0 ? { ...metadata, ownerReferences: refs } : metadata,
  };
}

/** A claim that waits for its deletion with a former Pod must go before the Pod can come back. */
export function isClaimStale(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  replica: Replica,
): boolean {
  return policyOf(set).scaled && isStale(refsOf(claim), podOwner(replica));
}
