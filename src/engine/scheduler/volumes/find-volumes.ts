/**
 * Which volumes a Pod gets on a node: those its claims have, those that claims that wait for a node
 * could have there, and those that could be made there.
 *
 * Models:     pkg/scheduler/framework/plugins/volumebinding binder.go; k8s.io/component-helpers
 *             storage/volume pv_helpers.go FindMatchingVolume (v1.36)
 * Simplified: volumes of drivers that were once part of Kubernetes keep their old form
 */
import type {
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from '../../../api/generated/types.ts';
import {
  hasOtherAttributes,
  hasOtherMode,
  isFullyBound,
  isMeantFor,
  NO_PROVISIONER,
  offersModes,
  SELECTED_NODE,
} from '../../../api/kinds/persistent-volume/binding.ts';
import { classOf } from '../../../api/kinds/persistent-volume/parts.ts';
import { claimNameOf } from '../../../api/kinds/pod/claims.ts';
import { matchesTerm, type NodeLike } from '../../../api/meta/node-selector.ts';
import { keyOf } from '../../../api/meta/object.ts';
import { bytes, compareQuantity } from '../../../api/meta/quantity.ts';
import { compileStoredSelector, EVERYTHING } from '../../../api/meta/selectors.ts';
import { failure, type Refusal } from '../framework.ts';
import type { AssumedVolumes } from './assumed-volumes.ts';

type Volume = PersistentVolume;
type Claim = PersistentVolumeClaim;

const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
const NO_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

export interface PodClaims {
  readonly bound: readonly Claim[];
  /** Their class binds them when the Pod has a node; smallest first. */
  readonly delayed: readonly Claim[];
  /** They should have a volume already. */
  readonly immediate: readonly Claim[];
}

export interface Binding {
  readonly claim: Claim;
  readonly volume: Volume;
}

/** What has to be done for the Pod's claims once it has the node. */
export interface PodVolumes {
  readonly bindings: readonly Binding[];
  readonly provisions: readonly Claim[];
}

const NOTHING_TO_DO: PodVolumes = { bindings: [], provisions: [] };

/** The claims of a Pod, sorted by what has to happen to them. All are known to exist. */
export function podClaims(pod: Pod, books: AssumedVolumes): PodClaims {
  const bound: Claim[] = [];
  const delayed: Claim[] = [];
  const immediate: Claim[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = books.claim(pod.metadata.namespace ?? '', name);
    if (!claim) continue;
    if (isFullyBound(claim)) bound.push(claim);
    else if ((claim.spec.volumeName ?? '') === '' && waitsForNode(claim, books))
      delayed.push(claim);
    else immediate.push(claim);
  }
  delayed.sort((a, b) => compareQuantity(sizeOf(a), sizeOf(b)));
  return { bound, delayed, immediate };
}

function waitsForNode(claim: Claim, { lookup }: AssumedVolumes): boolean {
  const name = classOf(claim);
  return name !== '' && lookup.storageClass(name)?.volumeBindingMode === 'WaitForFirstConsumer';
}

function sizeOf({ spec }: Claim): string {
  return spec.resources?.requests?.['storage'] ?? '0';
}

/** Upstream FindPodVolumes. */
export function findVolumes(
  claims: PodClaims,
  node: NodeLike,
  books: AssumedVolumes,
): PodVolumes | Refusal {
  const reasons: string[] = [];
  const boundReason = boundConflict(claims.bound, node, books);
  if (boundReason === NODE_CONFLICT) reasons.push(boundReason);
  let found: PodVolumes | Refusal | string = NOTHING_TO_DO;
  if (claims.delayed.length > 0) found = findDelayed(claims.delayed, node, books);
  if (typeof found === 'string') reasons.push(found);
  else if ('reasons' in found) return found;
  if (boundReason === NO_VOLUME) reasons.push(boundReason);
  if (typeof found === 'string' || reasons.length > 0) return { reasons, unresolvable: true };
  return found;
}

function boundConflict(
  claims: readonly Claim[],
  node: NodeLike,
  books: AssumedVolumes,
): string | null {
  for (const { spec } of claims) {
    const volume = books.volume(spec.volumeName ?? '');
    if (!volume) return NO_VOLUME;
    if (!reaches(volume, node)) return NODE_CONFLICT;
  }
  return null;
}

/** Whether a volume can be used on a node. */
export function reaches({ spec }: Volume, node: NodeLike): boolean {
  const required = spec.nodeAffinity?.required;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function findDelayed(
  claims: readonly Claim[],
  node: NodeLike,
  books: AssumedVolumes,
): PodVolumes | Refusal | string {
  const provisions: Claim[] = [];
  const toMatch: Claim[] = [];
  for (const claim of claims) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected === undefined) toMatch.push(claim);
    else if (selected === node.name) provisions.push(claim);
    else return BIND_CONFLICT;
  }
  const bindings: Binding[] = [];
  const chosen = new Set<string>();
  for (const claim of toMatch) {
    const volume = matchingVolume(claim, node, chosen, books);
    if (volume) {
      chosen.add(volume.metadata.name);
      bindings.push({ claim, volume });
    } else provisions.push(claim);
  }
  for (const claim of provisions) {
    const conflict = provisionConflict(claim, node, books);
    if (conflict !== null) return conflict;
  }
  return { bindings, provisions };
}

/** The volume that is meant for the claim, else the smallest that fits. */
function matchingVolume(
  claim: Claim,
  node: NodeLike,
  chosen: ReadonlySet<string>,
  books: AssumedVolumes,
): Volume | null {
  const wanted = sizeOf(claim);
  const className = classOf(claim);
  const { selector } = claim.spec;
  const labels = selector === undefined ? EVERYTHING : compileStoredSelector(selector);
  let best: Volume | null = null;
  for (const volume of books.volumesOfClass(className)) {
    const { metadata, spec, status } = volume;
    const isMeant = isMeantFor(volume, claim);
    if (chosen.has(metadata.name) || (spec.claimRef !== undefined && !isMeant)) continue;
    if (compareQuantity(capacityOf(volume), wanted) < 0) continue;
    if (hasOtherMode(claim, volume) || hasOtherAttributes(claim, volume)) continue;
    if (metadata.deletionTimestamp !== undefined) continue;
    if (isMeant) return reaches(volume, node) ? volume : null;
    if (status.phase !== 'Available' || !labels.matches(metadata.labels)) continue;
    if (!reaches(volume, node) || !offersModes(claim, volume)) continue;
    if (!best || compareQuantity(capacityOf(best), capacityOf(volume)) > 0) best = volume;
  }
  return best;
}

function capacityOf({ spec }: Volume): string {
  return spec.capacity?.['storage'] ?? '0';
}

/** null = a volume for the claim can be made for the node. */
function provisionConflict(
  claim: Claim,
  node: NodeLike,
  { lookup }: AssumedVolumes,
): string | Refusal | null {
  const className = classOf(claim);
  if (className === '') return failure(`no class for claim ${JSON.stringify(keyOf(claim))}`);
  const storageClass = lookup.storageClass(className);
  if (!storageClass) return failure(`failed to find storage class ${JSON.stringify(className)}`);
  const { provisioner } = storageClass;
  if (provisioner === '' || provisioner === NO_PROVISIONER) return BIND_CONFLICT;
  if (!isAllowed(storageClass, node)) return BIND_CONFLICT;
  if (claim.spec.resources?.requests?.['storage'] === undefined) return null;
  if (lookup.csiDriver(provisioner)?.spec.storageCapacity !== true) return null;
  const size = bytes(sizeOf(claim));
  for (const capacity of lookup.capacities(className)) {
    const limit = limitOf(capacity);
    if (limit !== null && limit >= size && isWithin(capacity, node)) return null;
  }
  return NOT_ENOUGH_SPACE;
}

/** allowedTopologies: one of the terms, if there are any. */
function isAllowed({ allowedTopologies }: StorageClass, { labels }: NodeLike): boolean {
  if (!allowedTopologies || allowedTopologies.length === 0) return true;
  return allowedTopologies.some(
    ({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.length > 0 &&
      matchLabelExpressions.every(({ key, values }) => {
        const value = labels[key];
        return value !== undefined && values.includes(value);
      }),
  );
}

/** The largest volume that can be made; null = none. */
export function limitOf({ capacity, maximumVolumeSize }: CSIStorageCapacity): number | null {
  const limit = maximumVolumeSize ?? capacity;
  return limit === undefined ? null : bytes(limit);
}

function isWithin({ nodeTopology }: CSIStorageCapacity, { labels }: NodeLike): boolean {
  return nodeTopology !== undefined && compileStoredSelector(nodeTopology).matches(labels);
}
