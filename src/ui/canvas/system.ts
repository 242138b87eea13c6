/**
 * What belongs to the cluster itself: Pods of kube-system, and the machine that the control plane runs
 * on. Both are folded away until the reader asks for them.
 */
import { isSystem } from '../mirror/refs.ts';
import type { MirrorState } from '../mirror/state.ts';
import { useMirror } from '../mirror/store.ts';

/** Put on a control plane's machine by kubeadm. */
const CONTROL_PLANE_TAINT = 'node-role.kubernetes.io/control-plane';

export function isControlPlane(state: Pick<MirrorState, 'objects'>, node: string): boolean {
  const taints = state.objects.get(`Node//${node}`)?.node?.taints ?? [];
  return taints.some((taint) => taint.startsWith(CONTROL_PLANE_TAINT));
}

export function useSystemCount(node: string): number {
  return useMirror((s) => s.podsByNode.get(node).filter(isSystem).length);
}
