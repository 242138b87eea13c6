/**
 * What can happen to the cluster that may make a refused Pod schedulable. The names are those that
 * kube-scheduler logs and counts by.
 *
 * Models:     k8s.io/kube-scheduler framework types.go ClusterEvent; pkg/scheduler/framework/events.go
 *             (v1.36)
 * Simplified: nothing of devices and Pod groups, which are not simulated
 */
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  VolumeAttachment,
} from '../../api/generated/types.ts';
import { equalJson } from '../../api/meta/json.ts';
import { podResources } from './resources.ts';

export type NodeEventType =
  | 'NodeAdd'
  | 'NodeDelete'
  | 'NodeUpdateNodeAllocatable'
  | 'NodeUpdateNodeLabel'
  | 'NodeUpdateNodeTaint'
  | 'NodeUpdateNodeCondition'
  | 'NodeUpdateNodeAnnotation'
  | 'NodeUpdateNodeDeclaredFeature';

type PodAction =
  | 'Add'
  | 'Delete'
  | 'Update'
  | 'UpdatePodLabel'
  | 'UpdatePodScaleDown'
  | 'UpdatePodToleration'
  | 'UpdatePodSchedulingGatesEliminated';

export type PodEventType = `AssignedPod${PodAction}` | `UnschedulablePod${PodAction}`;

type Action = 'Add' | 'Update' | 'Delete';

interface Change<T> {
  /** As it is now; as it was last where it is deleted. */
  readonly object: T;
  /** As it was before an update. */
  readonly old: T | null;
}

export type ClusterEvent =
  | {
      readonly type: NodeEventType;
      readonly node: Node;
      readonly old: Node | null;
    }
  /** `UnschedulablePod…` is about the waiting Pod itself and about no other. */
  | { readonly type: PodEventType; readonly pod: Pod; readonly old: Pod | null }
  | ({ readonly type: `PersistentVolumeClaim${Action}` } & Change<PersistentVolumeClaim>)
  | ({ readonly type: `PersistentVolume${Action}` } & Change<PersistentVolume>)
  | ({ readonly type: `storage.k8s.io/StorageClass${Action}` } & Change<StorageClass>)
  | ({ readonly type: `storage.k8s.io/CSINode${Action}` } & Change<CSINode>)
  | ({ readonly type: `storage.k8s.io/CSIDriver${Action}` } & Change<CSIDriver>)
  | ({ readonly type: `storage.k8s.io/VolumeAttachment${Action}` } & Change<VolumeAttachment>)
  | ({ readonly type: `storage.k8s.io/CSIStorageCapacity${Action}` } & Change<CSIStorageCapacity>);

export type EventType = ClusterEvent['type'];

/** Why a Pod changes queues without a change in the cluster. */
export type QueueReason =
  | 'ScheduleAttemptFailure'
  | 'BackoffComplete'
  | 'ForceActivate'
  | 'UnschedulableTimeout';

/**
 * What of a node has changed that placing Pods can depend on, one event for each
 * (NodeSchedulingPropertiesChange). Most updates are heartbeats and make none.
 */
export function nodeEvents(node: Node, old: Node): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  const add = (type: NodeEventType): number => events.push({ type, node, old });
  // Cordoning helps nobody; the end of it counts as a changed taint.
  if (old.spec.unschedulable === true && node.spec.unschedulable !== true) {
    add('NodeUpdateNodeTaint');
  }
  if (differ(node.status.allocatable, old.status.allocatable)) add('NodeUpdateNodeAllocatable');
  if (differ(node.metadata.labels, old.metadata.labels)) add('NodeUpdateNodeLabel');
  if (differ(node.spec.taints, old.spec.taints)) add('NodeUpdateNodeTaint');
  if (conditionsDiffer(node, old)) add('NodeUpdateNodeCondition');
  if (differ(node.metadata.annotations, old.metadata.annotations)) add('NodeUpdateNodeAnnotation');
  if (differ(node.status.declaredFeatures, old.status.declaredFeatures)) {
    add('NodeUpdateNodeDeclaredFeature');
  }
  return events;
}

function differ(a: unknown, b: unknown): boolean {
  return a !== b && !equalJson(a, b);
}

function conditionsDiffer(node: Node, old: Node): boolean {
  const now = node.status.conditions ?? [];
  const before = old.status.conditions ?? [];
  if (now === before) return false;
  if (now.length !== before.length) return true;
  return now.some((c) => before.find((b) => b.type === c.type)?.status !== c.status);
}

/** The same of a Pod, placed or waiting (PodSchedulingPropertiesChange). */
export function podEvents(pod: Pod, old: Pod): readonly ClusterEvent[] {
  const actions: PodAction[] = [];
  if (differ(pod.metadata.labels, old.metadata.labels)) actions.push('UpdatePodLabel');
  // A Pod that shrinks gives back what it has when its kubelet says so: in its status.
  if (asksForLess(pod, old)) actions.push('UpdatePodScaleDown');
  if (pod.spec !== old.spec) {
    const gates = pod.spec.schedulingGates?.length ?? 0;
    if (gates === 0 && (old.spec.schedulingGates?.length ?? 0) > 0) {
      actions.push('UpdatePodSchedulingGatesEliminated');
    }
    const tolerations = pod.spec.tolerations?.length ?? 0;
    if (tolerations !== (old.spec.tolerations?.length ?? 0)) actions.push('UpdatePodToleration');
  }
  if (actions.length === 0) actions.push('Update');
  const where = (pod.spec.nodeName ?? '') === '' ? 'UnschedulablePod' : 'AssignedPod';
  return actions.map((action) => ({ type: `${where}${action}` as const, pod, old }));
}

function asksForLess(pod: Pod, old: Pod): boolean {
  const now = podResources(pod).requests;
  const before = podResources(old).requests;
  if (now.cpuMilli < before.cpuMilli || now.memory < before.memory) return true;
  if (now.ephemeral < before.ephemeral) return true;
  for (const [name, n] of before.other ?? []) if ((now.other?.get(name) ?? 0) < n) return true;
  return false;
}
