/**
 * NodeDeclaredFeatures: what a Pod needs a kubelet to be able to do, the node must have declared.
 *
 * Models: pkg/scheduler/framework/plugins/nodedeclaredfeatures/nodedeclaredfeatures.go;
 *         k8s.io/component-helpers nodedeclaredfeatures/features (v1.36): of the five features two are
 *         asked for when a Pod is placed
 */
import type { Pod } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { definePlugin, refuse, SKIP } from '../framework.ts';

const REFUSED = refuse("node(s) didn't match Pod's required features", true);

export const nodeDeclaredFeatures = definePlugin<readonly string[], null>({
  name: 'NodeDeclaredFeatures',
  preFilter(pod) {
    const needed = neededBy(pod);
    return needed.length === 0 ? SKIP : needed;
  },
  filter: (needed, _pod, { declaredFeatures }) =>
    needed.every((feature) => declaredFeatures.includes(feature)) ? null : REFUSED,
  events: ['NodeAdd', 'NodeUpdateNodeDeclaredFeature', 'UnschedulablePodUpdate'],
  helps(event, pod) {
    if ('node' in event) {
      const { node, old } = event;
      return !old || !equalJson(old.status.declaredFeatures, node.status.declaredFeatures);
    }
    if (!('pod' in event) || event.pod.metadata.uid !== pod.metadata.uid) return false;
    return !event.old || !equalJson(neededBy(event.old), neededBy(event.pod));
  },
});

const NOTHING: readonly string[] = [];

function neededBy({ spec }: Pod): readonly string[] {
  let needed: string[] | null = null;
  const restartsAll = [...spec.containers, ...(spec.initContainers ?? [])].some((c) =>
    c.restartPolicyRules?.some((rule) => rule.action === 'RestartAllContainers'),
  );
  if (restartsAll) (needed ??= []).push('RestartAllContainersOnContainerExits');
  if (spec.hostNetwork === true && spec.hostUsers === false) {
    (needed ??= []).push('UserNamespacesHostNetworkSupport');
  }
  return needed ?? NOTHING;
}
