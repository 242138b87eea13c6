/**
 * What the manifests of metrics-server make beside its Deployment: who serves metrics.k8s.io, and who
 * may read it. For clusters that have metrics.
 *
 * Models:     metrics-server v0.8 manifests/base/{apiservice,rbac}.yaml
 * Simplified: the API server itself answers for the group, so that its APIService is a local one
 */
import { APIService } from '../../api/kinds/api-service.ts';
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const LABELS = { 'k8s-app': 'metrics-server' };
const PRIORITY = 100;

export const metricsServer: readonly BootstrapObject[] = [
  {
    kind: ClusterRole as unknown as AnyKind,
    object: {
      metadata: {
        name: 'system:aggregated-metrics-reader',
        labels: {
          ...LABELS,
          'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
          'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
          'rbac.authorization.k8s.io/aggregate-to-view': 'true',
        },
      },
      rules: [
        { apiGroups: [GROUP], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
      ],
    },
  },
  {
    kind: APIService as unknown as AnyKind,
    object: {
      metadata: { name: `${VERSION}.${GROUP}`, labels: LABELS },
      spec: {
        group: GROUP,
        version: VERSION,
        groupPriorityMinimum: PRIORITY,
        versionPriority: PRIORITY,
      },
    },
  },
];
