/**
 * Giving containers the resources that a resize has promised them, and seeing when that is done.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_manager.go doPodResizeAction; pkg/kubelet/kubelet.go
 *         SyncPod (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import { resizeCondition } from './allocation.ts';
import type { Containers, Round } from './containers.ts';
import { type KubeletContext, nowText, recordPodEvent } from './context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { isResizing, limitBelowUsage } from './resize-action.ts';
import { resizeMessage } from './resize-messages.ts';

/** All containers that run have what they are promised: the resize is over. */
export function checkResize(context: KubeletContext, p: PodRecord): void {
  const { resizing } = p;
  if (!resizing || isResizing(p)) return;
  p.resizing = null;
  const generation = resizing.observedGeneration ?? 0;
  const message = resizeMessage('Pod resize completed', p.pod, generation);
  recordPodEvent(context, p, 'Normal', 'ResizeCompleted', message);
}

/** doPodResizeAction; a limit that is below what is in use is not set. */
export function* resizeContainers(
  context: KubeletContext,
  containers: Containers,
  p: PodRecord,
  list: readonly ContainerRecord[],
  round: Round,
): Proc {
  if (list.length === 0) return;
  const { runtime } = context;
  const error = limitBelowUsage(p, list, (name) => {
    return runtime.container(p.identity.uid, name)?.cgroup.usage().memoryBytes ?? 0;
  });
  if (error !== null) {
    resizeFailed(context, p, error);
    round.failed = true;
    return;
  }
  for (const c of list) {
    yield* containers.resize(p, c);
    round.acted = true;
  }
}

function resizeFailed(context: KubeletContext, p: PodRecord, message: string): void {
  const old = p.resizing;
  const verdict = { reason: 'Error', message };
  const now = nowText(context.kernel);
  const generation = old?.observedGeneration ?? p.pod.metadata.generation ?? 0;
  const next = resizeCondition('PodResizeInProgress', old, verdict, p, now);
  p.resizing = { ...next, observedGeneration: generation };
  if (old?.reason === verdict.reason && old.message === message) return;
  const text = resizeMessage('Pod resize error', p.pod, generation, message);
  recordPodEvent(context, p, 'Warning', 'ResizeError', text);
}
