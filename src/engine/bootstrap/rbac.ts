/**
 * Roles and bindings that every cluster has.
 *
 * Models:     pkg/registry/rbac/rest/storage_rbac.go, plugin/pkg/auth/authorizer/rbac/bootstrappolicy
 *             (v1.36)
 * Simplified: they are made once; a server that starts again does not repair them
 */
import { ClusterRoleBinding } from '../../api/kinds/cluster-role-binding.ts';
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import { RoleBinding } from '../../api/kinds/role-binding.ts';
import { Role } from '../../api/kinds/role.ts';
import type { RbacV1Subject } from '../../api/generated/types.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';
import { AGGREGATED_RULES } from './rbac/aggregated-roles.ts';
import { CLUSTER_ROLES } from './rbac/cluster-roles.ts';
import { CONTROLLER_ROLES } from './rbac/controller-roles.ts';
import { readRule } from './rbac/rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SYSTEM = 'kube-system';
const PUBLIC = 'kube-public';
const CONTROLLER = 'system:controller:';

const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

type Labels = Readonly<Record<string, string>>;

function metadata(
  name: string,
  namespace = '',
  labels: Labels = {},
): BootstrapObject['object']['metadata'] {
  return {
    name,
    ...(namespace === '' ? {} : { namespace }),
    labels: { ...LABELS, ...labels },
    annotations: ANNOTATIONS,
  };
}

function goesInto(role: string): Labels {
  return { [`${GROUP}/aggregate-to-${role}`]: 'true' };
}

function clusterRole(name: string, lines: readonly string[], labels?: Labels): BootstrapObject {
  return {
    kind: ClusterRole as unknown as AnyKind,
    object: { metadata: metadata(name, '', labels), rules: lines.map(readRule) },
  };
}

/** Its rules are filled in by a controller. */
function aggregated(name: string, labels?: Labels): BootstrapObject {
  return {
    kind: ClusterRole as unknown as AnyKind,
    object: {
      metadata: metadata(name, '', labels),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: goesInto(name) }] },
    },
  };
}

function role(namespace: string, name: string, ...lines: readonly string[]): BootstrapObject {
  return {
    kind: Role as unknown as AnyKind,
    object: { metadata: metadata(name, namespace), rules: lines.map(readRule) },
  };
}

const group = (name: string): RbacV1Subject => ({ kind: 'Group', apiGroup: GROUP, name });
const user = (name: string): RbacV1Subject => ({ kind: 'User', apiGroup: GROUP, name });
const account = (name: string): RbacV1Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace: SYSTEM,
});

/** |name| of the binding and of the role. */
function clusterBinding(name: string, ...subjects: readonly RbacV1Subject[]): BootstrapObject {
  return {
    kind: ClusterRoleBinding as unknown as AnyKind,
    object: {
      metadata: metadata(name),
      ...(subjects.length === 0 ? {} : { subjects }),
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
    },
  };
}

function binding(
  namespace: string,
  name: string,
  roleName: string,
  ...subjects: readonly RbacV1Subject[]
): BootstrapObject {
  return {
    kind: RoleBinding as unknown as AnyKind,
    object: {
      metadata: metadata(name, namespace),
      subjects,
      roleRef: { apiGroup: GROUP, kind: 'Role', name: roleName },
    },
  };
}

const EVENTS = 'create patch update | core events.k8s.io | events';
const LOCKING = ['leases', 'leasecandidates'].map(
  (resource) => `create get list update watch | coordination.k8s.io | ${resource}`,
);
const MANAGER_LOCK = 'system::leader-locking-kube-controller-manager';
const SCHEDULER_LOCK = 'system::leader-locking-kube-scheduler';
const AUTHENTICATION_READER = 'extension-apiserver-authentication-reader';

const CLUSTER: readonly BootstrapObject[] = [
  aggregated('admin'),
  aggregated('edit', goesInto('admin')),
  aggregated('view', goesInto('edit')),
  ...Object.entries(AGGREGATED_RULES).map(([into, lines]) =>
    clusterRole(`system:aggregate-to-${into}`, lines, goesInto(into)),
  ),
  ...Object.entries(CLUSTER_ROLES).map(([name, lines]) => clusterRole(name, lines)),
  ...Object.entries(CONTROLLER_ROLES).map(([name, lines]) => clusterRole(CONTROLLER + name, lines)),
  clusterBinding('cluster-admin', group('system:masters')),
  clusterBinding('system:monitoring', group('system:monitoring')),
  clusterBinding('system:discovery', group('system:authenticated')),
  clusterBinding('system:basic-user', group('system:authenticated')),
  clusterBinding(
    'system:public-info-viewer',
    group('system:authenticated'),
    group('system:unauthenticated'),
  ),
  clusterBinding('system:node-proxier', user('system:kube-proxy')),
  clusterBinding('system:kube-controller-manager', user('system:kube-controller-manager')),
  clusterBinding('system:kube-dns', account('kube-dns')),
  clusterBinding('system:kube-scheduler', user('system:kube-scheduler')),
  clusterBinding('system:volume-scheduler', user('system:kube-scheduler')),
  // Nodes are authorized one by one; the binding is kept for those who still use it.
  clusterBinding('system:node'),
  clusterBinding('system:service-account-issuer-discovery', group('system:serviceaccounts')),
  ...Object.keys(CONTROLLER_ROLES).map((name) => clusterBinding(CONTROLLER + name, account(name))),
];

const NAMESPACED: readonly BootstrapObject[] = [
  role(
    PUBLIC,
    'system:controller:bootstrap-signer',
    'get list watch | core | configmaps',
    'update | core | configmaps | cluster-info',
    EVENTS,
  ),
  role(
    SYSTEM,
    AUTHENTICATION_READER,
    `get list watch | core | configmaps | ${AUTHENTICATION_READER.replace('-reader', '')}`,
  ),
  role(SYSTEM, `${CONTROLLER}bootstrap-signer`, 'get list watch | core | secrets'),
  role(SYSTEM, `${CONTROLLER}cloud-provider`, 'create get list watch | core | configmaps'),
  role(SYSTEM, `${CONTROLLER}token-cleaner`, 'delete get list watch | core | secrets', EVENTS),
  role(SYSTEM, MANAGER_LOCK, ...LOCKING),
  role(SYSTEM, SCHEDULER_LOCK, ...LOCKING),
  ...[PUBLIC, SYSTEM].map((namespace) =>
    binding(
      namespace,
      `${CONTROLLER}bootstrap-signer`,
      `${CONTROLLER}bootstrap-signer`,
      account('bootstrap-signer'),
    ),
  ),
  binding(
    SYSTEM,
    `system::${AUTHENTICATION_READER}`,
    AUTHENTICATION_READER,
    user('system:kube-controller-manager'),
    user('system:kube-scheduler'),
  ),
  binding(
    SYSTEM,
    MANAGER_LOCK,
    MANAGER_LOCK,
    user('system:kube-controller-manager'),
    account('kube-controller-manager'),
    account('leader-election-controller'),
  ),
  binding(
    SYSTEM,
    SCHEDULER_LOCK,
    SCHEDULER_LOCK,
    user('system:kube-scheduler'),
    account('kube-scheduler'),
  ),
  ...['cloud-provider', 'token-cleaner'].map((name) =>
    binding(SYSTEM, CONTROLLER + name, CONTROLLER + name, account(name)),
  ),
];

export const rbac: readonly BootstrapObject[] = [...CLUSTER, ...NAMESPACED];
