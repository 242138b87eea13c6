/**
 * Owner references: who controls an object, and the patches that adopt and release it.
 *
 * Models: k8s.io/apimachinery/pkg/apis/meta/v1 controller_ref.go; kubernetes pkg/controller
 *         controller_ref_manager.go (v1.36)
 */
import type { ObjectMeta, OwnerReference } from '../generated/types.ts';
import type { KubeObject } from './object.ts';

interface WithMeta {
  readonly metadata: ObjectMeta;
}

/** The one owner reference with controller=true, if there is one. */
export function controllerOf(object: WithMeta): OwnerReference | undefined {
  const refs = object.metadata.ownerReferences;
  if (refs === undefined) return undefined;
  for (const ref of refs) if (ref.controller === true) return ref;
  return undefined;
}

/** The reference a controller puts on what it creates. */
export function newControllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Strategic merge patch that makes |owner| the controller; the uid guards against a namesake. */
export function adoptPatch(owner: KubeObject, uid: string): object {
  return { metadata: { uid, ownerReferences: [newControllerRef(owner)] } };
}

/** Strategic merge patch that takes the references to |owners| off. */
export function releasePatch(uid: string, owners: readonly string[]): object {
  const ownerReferences = owners.map((owner) => ({ $patch: 'delete', uid: owner }));
  return { metadata: { uid, ownerReferences } };
}

export type Claim = 'owned' | 'adopt' | 'release' | 'ignore';

/** Upstream ClaimObject's decision: what a controller does with an object it might own. */
export function claim(owner: KubeObject, object: WithMeta, matches: boolean): Claim {
  const ref = controllerOf(object);
  const ownerGoes = owner.metadata.deletionTimestamp !== undefined;
  if (ref !== undefined) {
    if (ref.uid !== owner.metadata.uid) return 'ignore';
    if (matches) return 'owned';
    return ownerGoes ? 'ignore' : 'release';
  }
  if (ownerGoes || !matches || object.metadata.deletionTimestamp !== undefined) return 'ignore';
  return object.metadata.namespace === owner.metadata.namespace ? 'adopt' : 'ignore';
}
