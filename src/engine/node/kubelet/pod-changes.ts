/**
 * What changes of a Pod's object mean to its node. Pure.
 *
 * Models: pkg/kubelet/config/config.go podsDifferSemantically; allocation_manager.go (v1.36)
 */
import type { Pod as PodObject } from '../../../api/generated/types.ts';
import { isTerminal } from './phase.ts';
import { equalJson } from '../../../api/meta/json.ts';

/** A Pod has come to its end, or has got fewer resources. */
export function freesRoom(old: PodObject, pod: PodObject): boolean {
  if (isTerminal(pod.status.phase) && !isTerminal(old.status.phase)) return true;
  const resizes = ({ status }: PodObject): boolean =>
    status.conditions?.some((c) => c.type === 'PodResizeInProgress') === true;
  return resizes(old) && !resizes(pod);
}

/** config.podsDifferSemantically: echoes of the kubelet's own status wake nobody. */
export function differs(old: PodObject, pod: PodObject): boolean {
  const a = old.metadata;
  const b = pod.metadata;
  return (
    a.generation !== b.generation ||
    a.deletionTimestamp !== b.deletionTimestamp ||
    a.deletionGracePeriodSeconds !== b.deletionGracePeriodSeconds ||
    !equalJson(a.labels, b.labels) ||
    !equalJson(a.annotations, b.annotations)
  );
}
