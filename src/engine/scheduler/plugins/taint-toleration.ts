/**
 * TaintToleration: nodes with taints the Pod does not tolerate are out; nodes with fewer untolerated
 * PreferNoSchedule taints are preferred.
 *
 * Models: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go (v1.36)
 */
import type { Pod, Taint, Toleration } from '../../../api/generated/types.ts';
import { toleratedBy } from '../../../api/meta/taints.ts';
import { definePlugin, normalizeTo100, refuse } from '../framework.ts';

const REFUSED = refuse('node(s) had untolerated taint(s)', true);

export const taintToleration = definePlugin<null, readonly Toleration[]>({
  name: 'TaintToleration',
  weight: 3,
  filter: (_, pod, node) => (isTolerated(node.taints, pod) ? null : REFUSED),
  preScore: (pod) =>
    (pod.spec.tolerations ?? []).filter(
      (t) =>
        t.effect === undefined || (t.effect as string) === '' || t.effect === 'PreferNoSchedule',
    ),
  score(tolerations, _pod, node) {
    let n = 0;
    for (const taint of node.taints) {
      if (taint.effect === 'PreferNoSchedule' && !toleratedBy(tolerations, taint)) n++;
    }
    return n;
  },
  normalize: (_, scores) => normalizeTo100(scores, true),
  events: ['NodeAdd', 'NodeUpdateNodeTaint', 'UnschedulablePodUpdatePodToleration'],
  helps(event, pod) {
    if (!('node' in event)) return true;
    const before = event.old?.spec.taints;
    return (
      isTolerated(event.node.spec.taints ?? [], pod) &&
      (!event.old || !isTolerated(before ?? [], pod))
    );
  },
});

function isTolerated(taints: readonly Taint[], pod: Pod): boolean {
  for (const taint of taints) {
    if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') continue;
    if (!toleratedBy(pod.spec.tolerations, taint)) return false;
  }
  return true;
}
