/**
 * What the ReplicaSet controller remembers between syncs, and how Pod events reach it: expectations,
 * the tally, and waking the ReplicaSets that a Pod concerns.
 *
 * Models: kubernetes pkg/controller/replicaset/replica_set.go (event handlers) (v1.36)
 */
import { Pod } from '../../../api/kinds/pod.ts';
import type { ReplicaSet } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { keyFor, keyOf, type ObjectKey } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { isPodReady } from '../../../api/meta/pod-state.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { indexOrphans } from '../../client/ownership.ts';
import type { ReplicaKind } from './kind.ts';
import type { PodTally } from './tally.ts';

const US_PER_SECOND = 1_000_000;

/** Newest revisions the controller has written on behalf of a ReplicaSet. */
export interface Written {
  readonly uid: string;
  pods: number;
  sets: number;
}

/** What lasts between syncs. */
export interface State {
  readonly kind: ReplicaKind;
  readonly tally: PodTally;
  readonly written: Map<ObjectKey, Written>;
}

export function watchPods(context: ControllerContext, state: State): void {
  const { informers, expectations } = context;
  informers.for(state.kind.kind).addIndex('namespace', (rs) => [rs.metadata.namespace ?? '']);
  informers.for(state.kind.kind).addHandler({
    onDelete: (rs) => {
      state.tally.forget(rs.metadata.uid);
      state.written.delete(keyOf(rs));
      expectations.forget(keyOf(rs));
    },
  });
  const pods = informers.for(Pod);
  indexOrphans(pods);
  pods.addHandler({
    onAdd: (pod) => {
      state.tally.observe(undefined, pod);
      podAdded(pod, context, state.kind);
    },
    onUpdate: (pod, old) => {
      state.tally.observe(old, pod);
      podUpdated(pod, old, context, state.kind);
    },
    onDelete: (pod) => {
      state.tally.observe(pod, undefined);
      podGone(pod, context, state.kind);
    },
  });
}

function podAdded(pod: Pod, context: ControllerContext, kind: ReplicaKind): void {
  if (pod.metadata.deletionTimestamp !== undefined) return podGone(pod, context, kind);
  const rs = ownerOf(pod, context, kind);
  if (rs) {
    context.expectations.creationSeen(keyOf(rs));
    context.queue.add(keyOf(rs));
  } else if (!controllerOf(pod)) wakeMatching(pod, context, kind);
}

function podUpdated(pod: Pod, old: Pod, context: ControllerContext, kind: ReplicaKind): void {
  const { queue } = context;
  const relabeled = !equalJson(pod.metadata.labels, old.metadata.labels);
  if (pod.metadata.deletionTimestamp !== undefined) {
    podGone(pod, context, kind);
    if (relabeled) podGone(old, context, kind);
    return;
  }
  const changedOwner = !equalJson(controllerOf(pod), controllerOf(old));
  const former = changedOwner ? ownerOf(old, context, kind) : undefined;
  if (former) queue.add(keyOf(former));
  const rs = ownerOf(pod, context, kind);
  if (rs) {
    queue.add(keyOf(rs));
    const minReady = rs.spec.minReadySeconds ?? 0;
    if (minReady > 0 && isPodReady(pod) && !isPodReady(old)) {
      queue.addAfter(keyOf(rs), minReady * US_PER_SECOND);
    }
  } else if (!controllerOf(pod) && (changedOwner || relabeled)) wakeMatching(pod, context, kind);
}

function podGone(pod: Pod, context: ControllerContext, kind: ReplicaKind): void {
  const rs = ownerOf(pod, context, kind);
  if (!rs) return;
  context.expectations.deletionSeen(keyOf(rs), keyOf(pod));
  context.queue.add(keyOf(rs));
}

function ownerOf(pod: Pod, context: ControllerContext, kind: ReplicaKind): ReplicaSet | undefined {
  const ref = controllerOf(pod);
  if (ref?.kind !== kind.kind.kind) return undefined;
  const rs = viewOf(keyFor(pod.metadata.namespace, ref.name), context, kind);
  return rs?.metadata.uid === ref.uid ? rs : undefined;
}

export function viewOf(
  key: ObjectKey,
  context: ControllerContext,
  kind: ReplicaKind,
): ReplicaSet | undefined {
  const object = context.get(kind.kind, key);
  return object && kind.view(object);
}

/** An orphan wakes all that might adopt it. */
function wakeMatching(pod: Pod, context: ControllerContext, kind: ReplicaKind): void {
  const sets = context.informers.for(kind.kind);
  for (const object of sets.by('namespace', pod.metadata.namespace ?? '').values()) {
    const rs = kind.view(object);
    const matches = compileStoredSelector(rs.spec.selector).matches(pod.metadata.labels);
    if (matches) context.queue.add(keyOf(rs));
  }
}
