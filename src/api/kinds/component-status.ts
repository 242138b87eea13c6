/**
 * ComponentStatus: whether the scheduler, the controller manager and etcd answer. Nothing is stored:
 * it is found out when somebody asks.
 *
 * Models:     pkg/registry/core/componentstatus rest.go, pkg/printers/internalversion
 *             printComponentStatus (v1.36)
 * Simplified: upstream asks a health endpoint; here a component is healthy while it renews the Lease
 *             of its leader election
 */
import type { ComponentStatus as ComponentStatusType, Lease } from '../generated/types.ts';
import { NAME_COLUMN } from '../meta/columns.ts';
import { type AdmissionContext, defineKind } from '../meta/define-kind.ts';
import type { StoredMeta } from '../meta/object.ts';

export type ComponentStatus = ComponentStatusType;

/** Name, Lease in kube-system, secure port. Upstream answers in the order in which they answer. */
const COMPONENTS = [
  ['scheduler', 'kube-scheduler', 10259],
  ['controller-manager', 'kube-controller-manager', 10257],
] as const;
const ETCD = 'etcd-0';
const DEFAULT_LEASE_SECONDS = 15; // --leader-elect-lease-duration

/** Whether |lease| has been renewed in time. Times are RFC 3339. */
export function isLeaseHeld(lease: Lease | undefined, now: string): boolean {
  const renewed = lease?.spec?.renewTime;
  if (!renewed || !lease?.spec?.holderIdentity) return false;
  const seconds = lease.spec.leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS;
  return Date.parse(now) - Date.parse(renewed) <= seconds * 1000;
}

function statusOf(name: string, healthy: boolean, message: string): ComponentStatus {
  return {
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    // It has a name and nothing else.
    metadata: { name } as StoredMeta,
    conditions: [{ type: 'Healthy', status: healthy ? 'True' : 'False', message }],
  };
}

/** Pure: the statuses that follow from which components are alive. */
export function componentStatuses(isAlive: (component: string) => boolean): ComponentStatus[] {
  const out = COMPONENTS.map(([name, component, port]) => {
    if (isAlive(component)) return statusOf(name, true, 'ok');
    const refused = `dial tcp 127.0.0.1:${port}: connect: connection refused`;
    return statusOf(name, false, `Get "https://127.0.0.1:${port}/healthz": ${refused}`);
  });
  // Whoever can ask has reached the store.
  return [...out, statusOf(ETCD, true, 'ok')];
}

function compute(context: AdmissionContext): readonly ComponentStatus[] {
  return componentStatuses((component) =>
    isLeaseHeld(
      context.lookup('coordination.k8s.io', 'leases', 'kube-system', component) as
        | Lease
        | undefined,
      context.now,
    ),
  );
}

function healthOf({
  conditions = [],
}: ComponentStatus): NonNullable<ComponentStatus['conditions']>[number] | undefined {
  return conditions.find(({ type }) => type === 'Healthy');
}

export const ComponentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  namespaced: false,
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  computed: compute,
  columns: [
    NAME_COLUMN,
    {
      name: 'Status',
      type: 'string',
      description: 'Status of the component conditions',
      cell(object) {
        const health = healthOf(object);
        if (health === undefined) return 'Unknown';
        return health.status === 'True' ? 'Healthy' : 'Unhealthy';
      },
    },
    {
      name: 'Message',
      type: 'string',
      description: 'Message of the component conditions',
      cell: (object) => healthOf(object)?.message ?? '',
    },
    {
      name: 'Error',
      type: 'string',
      description: 'Error of the component conditions',
      cell: (object) => healthOf(object)?.error ?? '',
    },
  ],
});
