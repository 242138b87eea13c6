/**
 * What PersistentVolumeClaims use of a quota: their number and storage, altogether and of each class.
 *
 * Models: pkg/quota/v1/evaluator/core persistent_volume_claims.go (v1.36)
 */
import type { PersistentVolumeClaim } from '../generated/types.ts';
import { classOf } from '../kinds/persistent-volume/parts.ts';
import type { KubeObject } from '../meta/object.ts';
import { compareQuantity } from '../meta/quantity.ts';
import { countName, type Evaluator, meets, type ScopeRequirement } from './evaluator.ts';
import type { List } from './lists.ts';

const COUNT = countName('', 'persistentvolumeclaims');
const CLAIMS = 'persistentvolumeclaims';
const STORAGE = 'requests.storage';
const OF_CLASS = '.storageclass.storage.k8s.io/';

function counts(name: string): boolean {
  if (name === COUNT || name === CLAIMS || name === STORAGE) return true;
  return name.endsWith(OF_CLASS + CLAIMS) || name.endsWith(OF_CLASS + STORAGE);
}

/** The larger of what is asked for and what has been allocated already. */
function storageOf({ spec, status }: PersistentVolumeClaim): string | undefined {
  const asked = spec.resources.requests?.['storage'];
  const allocated = status.allocatedResources?.['storage'];
  if (asked === undefined || allocated === undefined) return asked;
  return compareQuantity(allocated, asked) > 0 ? allocated : asked;
}

function usage(object: KubeObject): List {
  const claim = object as unknown as PersistentVolumeClaim;
  const list: Record<string, string> = { [CLAIMS]: '1', [COUNT]: '1' };
  const className = classOf(claim);
  const storage = storageOf(claim);
  if (className !== '') list[className + OF_CLASS + CLAIMS] = '1';
  if (storage === undefined) return list;
  list[STORAGE] = storage;
  if (className !== '') list[className + OF_CLASS + STORAGE] = storage;
  return list;
}

function attributesClasses(object: KubeObject): readonly string[] {
  const { spec, status } = object as unknown as PersistentVolumeClaim;
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return names.filter((name) => name !== undefined && name !== '') as string[];
}

function matchesScope(requirement: ScopeRequirement, object: KubeObject): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  const names = attributesClasses(object);
  if (names.length === 0) return meets(requirement, undefined);
  return names.some((name) => meets(requirement, name));
}

function requiresReplenish(next: KubeObject, old: KubeObject): boolean {
  const allocated = (object: KubeObject): string | undefined =>
    (object as unknown as PersistentVolumeClaim).status.allocatedResources?.['storage'];
  const names = (object: KubeObject): string =>
    [...new Set(attributesClasses(object))].sort().join();
  return allocated(next) !== allocated(old) || names(next) !== names(old);
}

export const claimEvaluator: Evaluator = {
  group: '',
  plural: CLAIMS,
  handles(operation, subresource, object, old) {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    if (subresource === 'status') return old !== null && requiresReplenish(object, old);
    return subresource === '';
  },
  counts,
  matchesScope,
  usage,
  frees: requiresReplenish,
};
