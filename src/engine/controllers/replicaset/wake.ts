/**
 * What the ReplicaSet controller remembers between syncs, and how Pod events reach it: expectations,
 * the tally, and waking the ReplicaSets that a Pod concerns.
 *
 * Models: kubernetes pkg/controller/replicaset/replica_set.go (event handlers) (v1.36)
 */
import { Pod } from '../../../api/kinds/pod.ts';
import { ReplicaSet } from '../../../api/kinds/replica-set.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { keyFor, keyOf, type ObjectKey } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { isPodReady } from '../../../api/meta/pod-state.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { indexOrphans } from '../../client/ownership.ts';
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
  readonly tally: PodTally;
  readonly written: Map<ObjectKey, Written>;
}

export function watchPods(context: ControllerContext, state: State): void {
  const { informers, expectations } = context;
  informers.for(ReplicaSet).addIndex('namespace', (rs) => [rs.metadata.namespace ?? '']);
  informers.for(ReplicaSet).addHandler({
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
      podAdded(pod, context);
    },
    onUpdate: (pod, old) => {
      state.tally.observe(old, pod);
      podUpdated(pod, old, context);
    },
    onDelete: (pod) => {
      state.tally.observe(pod, undefined);
      podGone(pod, context);
    },
  });
}

function podAdded(pod: Pod, context: ControllerContext): void {
  if (pod.metadata.deletionTimestamp !== undefined) return podGone(pod, context);
  const rs = ownerOf(pod, context);
  if (rs) {
    context.expectations.creationSeen(keyOf(rs));
    context.queue.add(keyOf(rs));
  } else if (!controllerOf(pod)) wakeMatching(pod, context);
}

function podUpdated(pod: Pod, old: Pod, context: ControllerContext): void {
  const { queue } = context;
  const relabeled = !equalJson(pod.metadata.labels, old.metadata.labels);
  if (pod.metadata.deletionTimestamp !== undefined) {
    podGone(pod, context);
    if (relabeled) podGone(old, context);
    return;
  }
  const changedOwner = !equalJson(controllerOf(pod), controllerOf(old));
  const former = changedOwner ? ownerOf(old, context) : undefined;
  if (former) queue.add(keyOf(former));
  const rs = ownerOf(pod, context);
  if (rs) {
    queue.add(keyOf(rs));
    const minReady = rs.spec.minReadySeconds ?? 0;
    if (minReady > 0 && isPodReady(pod) && !isPodReady(old)) {
      queue.addAfter(keyOf(rs), minReady * US_PER_SECOND);
    }
  } else if (!controllerOf(pod) && (changedOwner || relabeled)) wakeMatching(pod, context);
}

function podGone(pod: Pod, context: ControllerContext): void {
  const rs = ownerOf(pod, context);
  if (!rs) return;
  context.expectations.deletionSeen(keyOf(rs), keyOf(pod));
  context.queue.add(keyOf(rs));
}

function ownerOf(pod: Pod, context: ControllerContext): ReplicaSet | undefined {
  const ref = controllerOf(pod);
  if (ref?.kind !== 'ReplicaSet') return undefined;
  const rs = context.get(ReplicaSet, keyFor(pod.metadata.namespace, ref.name));
  return rs?.metadata.uid === ref.uid ? rs : undefined;
}

/** An orphan wakes all that might adopt it. */
function wakeMatching(pod: Pod, context: ControllerContext): void {
  const sets = context.informers.for(ReplicaSet);
  for (const rs of sets.by('namespace', pod.metadata.namespace ?? '').values()) {
    const matches = compileStoredSelector(rs.spec.selector).matches(pod.metadata.labels);
    if (matches) context.queue.add(keyOf(rs));
  }
}
