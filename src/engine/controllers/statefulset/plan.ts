/**
 * Which places a StatefulSet has, who holds them, and what the next step for one of them is.
 *
 * Models: kubernetes pkg/controller/statefulset/stateful_set_control.go (v1.36)
 */
import type { Pod, PodTemplateSpec, StatefulSet } from '../../../api/generated/types.ts';
import { isPodAvailable, isPodTerminal } from '../../../api/meta/pod-state.ts';
import {
  type Replica,
  draftPod,
  inRange,
  isRunningAndReady,
  isUnavailable,
  ordinalOf,
  replicaOf,
  replicasOf,
  startOrdinal,
} from './identity.ts';

/** A revision by name, with the template it brings back. */
export interface Revision {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

export interface Places {
  /** One for each ordinal that is wanted, in order. */
  readonly replicas: Replica[];
  /** Pods beyond, highest ordinal first. */
  readonly condemned: Replica[];
  readonly firstUnavailable: Replica | undefined;
}

export function placesOf(
  set: StatefulSet,
  pods: readonly Pod[],
  current: Revision,
  update: Revision,
  nowMs: number,
): Places {
  const start = startOrdinal(set);
  const held = new Map<number, Replica>();
  const condemned: Replica[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(pod);
    if (inRange(ordinal, set)) held.set(ordinal, replicaOf(pod));
    else if (ordinal >= 0) condemned.push(replicaOf(pod));
  }
  const replicas: Replica[] = [];
  for (let ordinal = start; ordinal < start + replicasOf(set); ordinal++) {
    const held_ = held.get(ordinal);
    if (held_) replicas.push(held_);
    else {
      const { name, template } = revisionFor(set, ordinal, current, update);
      replicas.push(draftPod(set, template, name, ordinal));
    }
  }
  condemned.sort((a, b) => b.ordinal - a.ordinal);
  const minReady = set.spec.minReadySeconds ?? 0;
  const inOrder = [...replicas, ...[...condemned].reverse()];
  const firstUnavailable = inOrder.find((r) => isUnavailable(r, minReady, nowMs));
  return { replicas, condemned, firstUnavailable };
}

/** Places below the partition are filled with the revision they had. */
function revisionFor(
  set: StatefulSet,
  ordinal: number,
  current: Revision,
  update: Revision,
): Revision {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const start = startOrdinal(set);
  const kept = rollingUpdate
    ? (rollingUpdate.partition ?? 0)
    : type === 'RollingUpdate'
      ? (set.status.currentReplicas ?? 0)
      : 0;
  return ordinal < start + kept ? current : update;
}

export type Step = 'delete' | 'create' | 'claims' | 'wait' | 'check';

/** What to do with a place first; `wait` ends the sync of a StatefulSet that goes in order. */
export function nextStep(
  replica: Replica,
  set: StatefulSet,
  monotonic: boolean,
  nowMs: number,
): Step {
  const { pod } = replica;
  if (!pod) return 'create';
  if (isPodTerminal(pod)) return pod.metadata.deletionTimestamp === undefined ? 'delete' : 'wait';
  if (pod.status.phase === 'Pending') return 'claims';
  return afterClaims(pod, set, monotonic, nowMs);
}

/** Once a place is filled: may the next one be looked at? */
export function afterClaims(
  pod: Pod,
  set: StatefulSet,
  monotonic: boolean,
  nowMs: number,
): 'wait' | 'check' {
  if (!monotonic) return 'check';
  if (pod.metadata.deletionTimestamp !== undefined) return 'wait';
  if (!isRunningAndReady(pod)) return 'wait';
  return isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs) ? 'check' : 'wait';
}

/** Whether a Pod that is one too many goes now. `skip`: nothing to do, the next may go. */
export function condemnedStep(
  replica: Replica,
  set: StatefulSet,
  places: Places,
  monotonic: boolean,
  nowMs: number,
): 'delete' | 'wait' | 'skip' {
  const pod = replica.pod as Pod;
  if (pod.metadata.deletionTimestamp !== undefined) return monotonic ? 'wait' : 'skip';
  if (!monotonic || replica === places.firstUnavailable) return 'delete';
  if (!isRunningAndReady(pod)) return 'wait';
  return isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs) ? 'delete' : 'wait';
}

/** The Pod that makes room for the new revision, when all above it are up to date and available. */
export function nextForUpdate(
  set: StatefulSet,
  replicas: readonly Replica[],
  update: string,
  nowMs: number,
): Replica | undefined {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  if (type === 'OnDelete') return undefined;
  const minReady = set.spec.minReadySeconds ?? 0;
  const lowest = rollingUpdate?.partition ?? 0;
  for (let i = replicas.length - 1; i >= lowest; i--) {
    const replica = replicas[i] as Replica;
    const terminating = replica.pod?.metadata.deletionTimestamp !== undefined;
    if (replica.revision !== update && !terminating) return replica;
    if (isUnavailable(replica, minReady, nowMs)) return undefined;
  }
  return undefined;
}
