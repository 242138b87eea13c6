/** Pods that a node must not lose. Models: pkg/kubelet/types/pod_update.go (v1.36). */
import type { Pod } from '../../../api/generated/types.ts';
import { isMirror, isStatic } from './static-manifest.ts';

/** scheduling.SystemCriticalPriority. */
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

export function isCritical(pod: Pod): boolean {
  return isStatic(pod) || isMirror(pod) || (pod.spec.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY;
}

/** May |preemptee| end for the sake of |preemptor|? */
export function isPreemptable(preemptor: Pod, preemptee: Pod): boolean {
  if (isCritical(preemptor) && !isCritical(preemptee)) return true;
  const mine = preemptor.spec.priority;
  const theirs = preemptee.spec.priority;
  return mine !== undefined && theirs !== undefined && mine > theirs;
}
