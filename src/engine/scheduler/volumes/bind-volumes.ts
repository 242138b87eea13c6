/**
 * Makes what was decided about a Pod's claims true: volumes are given to claims, claims are told their
 * node, and then others have to do their part.
 *
 * Models: pkg/scheduler/framework/plugins/volumebinding binder.go BindPodVolumes, checkBindings (v1.36)
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/generated/types.ts';
import { isFullyBound, SELECTED_NODE } from '../../../api/kinds/persistent-volume/binding.ts';
import { PersistentVolumeClaim as ClaimKind } from '../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume as VolumeKind } from '../../../api/kinds/persistent-volume.ts';
import type { NodeLike } from '../../../api/meta/node-selector.ts';
import { type KubeObject, keyOf } from '../../../api/meta/object.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import { isRefusal } from '../../client/refusal.ts';
import type { BindContext } from '../framework.ts';
import type { Lookup } from '../lookup.ts';
import type { AssumedVolumes } from './assumed-volumes.ts';
import { type Binding, type PodVolumes, reaches } from './find-volumes.ts';

const VOLUME = 'persistentvolume';
const CLAIM = 'persistentvolumeclaim';
const CHECK_PERIOD_US = 1 * MICROS_PER_SECOND; // BindPodVolumes, binder.go

/** '' when everything is bound, else what went wrong. */
export function* bindVolumes(
  pod: Pod,
  node: string,
  volumes: PodVolumes,
  books: AssumedVolumes,
  timeoutSeconds: number,
  context: BindContext,
): Proc<string> {
  const written = yield* write(volumes, books, context);
  if (typeof written === 'string') return written;
  const { kernel } = context;
  const deadline = kernel.now + timeoutSeconds * MICROS_PER_SECOND;
  for (;;) {
    yield* sleep(CHECK_PERIOD_US);
    if (kernel.now > deadline) return 'binding volumes: context deadline exceeded';
    const state = check(pod, node, written, books, context);
    if (state === true) return '';
    if (state !== false) return `binding volumes: ${state}`;
  }
}

/** The objects as the API server has stored them, or its refusal. What it did not get is forgotten. */
function* write(
  { bindings, provisions }: PodVolumes,
  books: AssumedVolumes,
  { client }: BindContext,
): Proc<PodVolumes | string> {
  const bound: Binding[] = [];
  const told: PodVolumes['provisions'][number][] = [];
  try {
    for (const { claim, volume } of bindings) {
      bound.push({ claim, volume: yield* client.update(VolumeKind, volume) });
    }
    for (const claim of provisions) told.push(yield* client.update(ClaimKind, claim));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    for (const b of bindings.slice(bound.length)) books.forgetVolume(b.volume.metadata.name);
    for (const claim of provisions.slice(told.length)) books.forgetClaim(claim);
    return error.message;
  }
  return { bindings: bound, provisions: told };
}

/** True when all is bound, false while it is not, else why it never will be. */
function check(
  pod: Pod,
  nodeName: string,
  { bindings, provisions }: PodVolumes,
  { lookup }: AssumedVolumes,
  { snapshot }: BindContext,
): boolean | string {
  const node = snapshot.nodes.get(nodeName);
  if (!node) return `failed to get node ${quoted(nodeName)}: node ${quoted(nodeName)} not found`;
  if (!lookup.pod(keyOf(pod))) {
    return `pod does not exist any more: pod ${quoted(pod.metadata.name)} not found`;
  }
  for (const binding of bindings) {
    const state = checkBinding(binding, node, lookup);
    if (state !== true) return state;
  }
  for (const claim of provisions) {
    const state = checkProvision(claim, node, lookup);
    if (state !== true) return state;
  }
  return true;
}

function checkBinding(
  { claim, volume }: Binding,
  node: NodeLike,
  lookup: Lookup,
): boolean | string {
  const seen = lookup.volume(volume.metadata.name);
  const seenClaim = lookup.claim(claim.metadata.namespace ?? '', claim.metadata.name);
  if (!seen) return notFound('failed to check binding', VOLUME, volume.metadata.name);
  if (!seenClaim) return notFound('failed to check binding', CLAIM, keyOf(claim));
  if (isOlder(seen, volume)) return false;
  const conflict = affinityConflict(seen, node);
  if (conflict !== null) return conflict;
  if ((seen.spec.claimRef?.uid ?? '') === '') {
    return `ClaimRef got reset for pv ${quoted(seen.metadata.name)}`;
  }
  return isFullyBound(seenClaim);
}

function checkProvision(
  claim: PersistentVolumeClaim,
  node: NodeLike,
  lookup: Lookup,
): boolean | string {
  const seen = lookup.claim(claim.metadata.namespace ?? '', claim.metadata.name);
  if (!seen) return notFound('failed to check provisioning pvc', CLAIM, keyOf(claim));
  if (isOlder(seen, claim)) return false;
  const { annotations, name } = seen.metadata;
  if (!annotations) return `selectedNode annotation reset for PVC ${quoted(name)}`;
  // A provisioner that cannot do it takes the mark away.
  if (annotations[SELECTED_NODE] !== node.name) {
    return `provisioning failed for PVC ${quoted(name)}`;
  }
  const volumeName = seen.spec.volumeName ?? '';
  if (volumeName !== '') {
    const volume = lookup.volume(volumeName);
    if (!volume) return false;
    const conflict = affinityConflict(volume, node);
    if (conflict !== null) return conflict;
  }
  return isFullyBound(seen);
}

function affinityConflict(volume: PersistentVolume, node: NodeLike): string | null {
  if (reaches(volume, node)) return null;
  const names = `pv ${quoted(volume.metadata.name)} node affinity doesn't match node`;
  return `${names} ${quoted(node.name)}: no matching NodeSelectorTerms`;
}

function isOlder(seen: KubeObject, written: KubeObject): boolean {
  return Number(seen.metadata.resourceVersion) < Number(written.metadata.resourceVersion);
}

function notFound(what: string, resource: string, name: string): string {
  return `${what}: ${resource} ${quoted(name)} not found`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
