/**
 * What the manifests of a cloud make for its controller manager: the role of its service account. For
 * clusters whose machines are a cloud's.
 *
 * Models: kubernetes.io docs "Cloud Controller Manager Administration", cluster role of the example
 */
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import { ClusterRoleBinding } from '../../api/kinds/cluster-role-binding.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

const ROLE = 'system:cloud-controller-manager';
const ACCOUNT = { name: 'cloud-controller-manager', namespace: 'kube-system' };
const GROUP = 'rbac.authorization.k8s.io';

function rule(verbs: string, apiGroup: string, ...resources: readonly string[]): object {
  return { apiGroups: [apiGroup], resources, verbs: verbs.split(' ') };
}

export const cloudControllerManager: readonly BootstrapObject[] = [
  { kind: ServiceAccount as unknown as AnyKind, object: { metadata: ACCOUNT } },
  {
    kind: ClusterRole as unknown as AnyKind,
    object: {
      metadata: { name: ROLE },
      rules: [
        rule('create patch update', '', 'events'),
        rule('create patch update', 'events.k8s.io', 'events'),
        rule('*', '', 'nodes'),
        rule('patch', '', 'nodes/status'),
        rule('list patch update watch', '', 'services'),
        rule('patch update', '', 'services/status'),
        rule('create get list watch update', 'coordination.k8s.io', 'leases'),
      ],
    },
  },
  {
    kind: ClusterRoleBinding as unknown as AnyKind,
    object: {
      metadata: { name: ROLE },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: ROLE },
      subjects: [{ kind: 'ServiceAccount', ...ACCOUNT }],
    },
  },
];
