/**
 * NodeUnschedulable: cordoned nodes take only Pods that tolerate it.
 *
 * Models: pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go (v1.36)
 */
import { toleratedBy } from '../../../api/meta/taints.ts';
import { definePlugin, refuse } from '../framework.ts';

const REFUSED = refuse('node(s) were unschedulable', true);
const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

export const nodeUnschedulable = definePlugin<null, null>({
  name: 'NodeUnschedulable',
  filter: (_, pod, node) =>
    !node.unschedulable || toleratedBy(pod.spec.tolerations, TAINT) ? null : REFUSED,
  events: ['NodeAdd', 'NodeUpdateNodeTaint', 'UnschedulablePodUpdatePodToleration'],
  helps(event, pod) {
    if (!('node' in event)) return toleratedBy(pod.spec.tolerations, TAINT);
    if (event.node.spec.unschedulable === true) return false;
    return !event.old || event.old.spec.unschedulable === true;
  },
});
