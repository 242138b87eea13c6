/**
 * What a kubelet finds when it starts and nobody knows any more: Pods that were deleted while it was
 * away, and the volumes of such Pods.
 *
 * Models: pkg/kubelet/kubelet_pods.go HandlePodCleanups; pkg/kubelet/volumemanager/reconciler
 *         reconstruct.go (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import { type KubeletContext, recordOrphanEvent } from './context.ts';

/** |isKnown|: the API server has a Pod of that uid. */
export function removeOrphans(context: KubeletContext, isKnown: (uid: string) => boolean): void {
  const { kernel, runtime, scope, volumes } = context;
  for (const identity of runtime.pods()) {
    if (isKnown(identity.uid)) continue;
    for (const [name, { state }] of runtime.status(identity.uid).containers) {
      if (state === 'running') recordOrphanEvent(context, identity, name);
    }
    kernel.spawn('remove orphan', runtime.killPod(identity.uid), { scope });
  }
  for (const uid of volumes.csi.users) {
    if (!isKnown(uid)) kernel.spawn('unmount orphan', unmountOrphan(context, uid), { scope });
  }
}

/** Nothing may be written any more to a volume that another node gets next. */
function* unmountOrphan({ runtime, volumes }: KubeletContext, uid: string): Proc {
  yield* runtime.killPod(uid);
  volumes.unmountAll(uid);
}
