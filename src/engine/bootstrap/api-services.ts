/**
 * APIServices of the built-in groups: their priorities decide the order of discovery.
 *
 * Models: pkg/controlplane/apiserver aggregator.go, cmd/kube-apiserver/app aggregator.go (v1.36)
 */
import { APIService } from '../../api/kinds/api-service.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

/** group, version, priority of the group, priority of the version in it. */
type Row = readonly [group: string, version: string, groupPriority: number, version: number];

const DEFAULT_VERSION_PRIORITY = 15;

const ROWS: readonly Row[] = [
  ['', 'v1', 18_000, 1],
  ['apps', 'v1', 17_800, DEFAULT_VERSION_PRIORITY],
  ['events.k8s.io', 'v1', 17_750, DEFAULT_VERSION_PRIORITY],
  ['authentication.k8s.io', 'v1', 17_700, DEFAULT_VERSION_PRIORITY],
  ['authorization.k8s.io', 'v1', 17_600, DEFAULT_VERSION_PRIORITY],
  ['autoscaling', 'v1', 17_500, DEFAULT_VERSION_PRIORITY],
  ['autoscaling', 'v2', 17_500, 30],
  ['batch', 'v1', 17_400, DEFAULT_VERSION_PRIORITY],
  ['certificates.k8s.io', 'v1', 17_300, DEFAULT_VERSION_PRIORITY],
  ['networking.k8s.io', 'v1', 17_200, DEFAULT_VERSION_PRIORITY],
  ['policy', 'v1', 17_100, DEFAULT_VERSION_PRIORITY],
  ['rbac.authorization.k8s.io', 'v1', 17_000, DEFAULT_VERSION_PRIORITY],
  ['storage.k8s.io', 'v1', 16_800, DEFAULT_VERSION_PRIORITY],
  ['apiextensions.k8s.io', 'v1', 16_700, DEFAULT_VERSION_PRIORITY],
  ['admissionregistration.k8s.io', 'v1', 16_700, DEFAULT_VERSION_PRIORITY],
  ['scheduling.k8s.io', 'v1', 16_600, DEFAULT_VERSION_PRIORITY],
  ['coordination.k8s.io', 'v1', 16_500, DEFAULT_VERSION_PRIORITY],
  ['node.k8s.io', 'v1', 16_300, DEFAULT_VERSION_PRIORITY],
  ['discovery.k8s.io', 'v1', 16_200, DEFAULT_VERSION_PRIORITY],
  ['resource.k8s.io', 'v1', 16_200, 21],
  ['flowcontrol.apiserver.k8s.io', 'v1', 16_100, 21],
];

/** Groups that come up with the server are registered once, at its start. */
const LABELS = { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' };

export const apiServices: readonly BootstrapObject[] = ROWS.map(
  ([group, version, groupPriorityMinimum, versionPriority]) => ({
    kind: APIService as unknown as AnyKind,
    object: {
      metadata: { name: `${version}.${group}`, labels: LABELS },
      spec: {
        ...(group === '' ? {} : { group }),
        version,
        groupPriorityMinimum,
        versionPriority,
      },
    },
  }),
);
