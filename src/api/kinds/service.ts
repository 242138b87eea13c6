/**
 * Service: one name and address for a set of Pods.
 *
 * Models: pkg/registry/core/service strategy.go, pkg/apis/core/v1 defaults.go SetDefaults_Service,
 *         pkg/printers/internalversion printService (v1.36)
 */
import type { Service as ServiceType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { keepPart } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { companionsOf } from './service/addresses.ts';
import { allocateService } from './service/allocation.ts';
import { validateServiceStatus } from './service/load-balancer-validation.ts';
import { dropTypeDependentFields, isExternallyAccessible } from './service/parts.ts';
import { validateService, validateServiceUpdate } from './service/validation.ts';
import { serviceProxy } from './service/proxy.ts';
import { serviceWarnings } from './service/warnings.ts';

export type Service = ServiceType;

const DEFAULT_AFFINITY_SECONDS = 10800; // core/v1 DefaultClientIPServiceAffinitySeconds
const INTERNAL_TYPES = new Set(['ClusterIP', 'NodePort', 'LoadBalancer']);

function setDefaults(service: Draft<Service>): void {
  const spec = (service.spec ??= {});
  service.status ??= { loadBalancer: {} };
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP') {
    if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
      spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: DEFAULT_AFFINITY_SECONDS } };
    }
  }
  spec.type ??= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (!port.targetPort) port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= 'Cluster';
  if (INTERNAL_TYPES.has(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of service.status.loadBalancer?.ingress ?? []) {
    if (ingress.ip) ingress.ipMode ??= 'VIP';
  }
}

/** Upstream keeps it and does not show it; a wrong one is left for validation to refuse. */
function dropInternalPolicy({ spec }: Draft<Service>): void {
  const policy = spec.internalTrafficPolicy;
  if (spec.type !== 'ExternalName') return;
  if (policy === 'Cluster' || policy === 'Local') delete spec.internalTrafficPolicy;
}

function externalIpText({ spec, status }: Service): string {
  const own = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || '<none>';
    case 'LoadBalancer': {
      const ingress = status.loadBalancer?.ingress ?? [];
      const given = [...new Set(ingress.map((i) => i.ip || i.hostname || ''))];
      return [...given.filter((text) => text !== '').sort(), ...own].join(',') || '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function portsText({ spec }: Service): string {
  const texts = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return texts.join(',') || '<none>';
}

function selectorText({ spec }: Service): string {
  const pairs = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(',') || '<none>';
}

const COLUMNS: readonly Column<Service>[] = [
  NAME_COLUMN,
  {
    name: 'Type',
    type: 'string',
    description:
      'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ' +
      'ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a ' +
      'cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by ' +
      'the selector or if that is not specified, by manual construction of an Endpoints object or ' +
      'EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints ' +
      'are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ' +
      'ClusterIP and allocates a port on every node which routes to the same endpoints as the ' +
      'clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if ' +
      'supported in the current cloud) which routes to the same endpoints as the clusterIP. ' +
      '"ExternalName" aliases this service to the specified externalName. Several other fields do ' +
      'not apply to ExternalName services. More info: ' +
      'https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
    cell: ({ spec }) => spec.type ?? '',
  },
  {
    name: 'Cluster-IP',
    type: 'string',
    description:
      'clusterIP is the IP address of the service and is usually assigned randomly. If an address ' +
      'is specified manually, is in-range (as per system configuration), and is not in use, it ' +
      'will be allocated to the service; otherwise creation of the service will fail. This field ' +
      'may not be changed through updates unless the type field is also being changed to ' +
      'ExternalName (which requires this field to be blank) or the type field is being changed ' +
      'from ExternalName (in which case this field may optionally be specified, as describe ' +
      'above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to ' +
      '"None" makes a "headless service" (no virtual IP), which is useful when direct endpoint ' +
      'connections are preferred and proxying is not required.  Only applies to types ClusterIP, ' +
      'NodePort, and LoadBalancer. If this field is specified when creating a Service of type ' +
      'ExternalName, creation will fail. This field will be wiped when updating a Service to type ' +
      'ExternalName. More info: ' +
      'https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    cell: ({ spec }) => spec.clusterIPs?.[0] ?? '<none>',
  },
  {
    name: 'External-IP',
    type: 'string',
    description:
      'externalIPs is a list of IP addresses for which nodes in the cluster will also accept ' +
      'traffic for this service.  These IPs are not managed by Kubernetes.  The user is ' +
      'responsible for ensuring that traffic arrives at a node with this IP.  A common example is ' +
      'external load-balancers that are not part of the Kubernetes system.',
    cell: externalIpText,
  },
  {
    name: 'Port(s)',
    type: 'string',
    description:
      'The list of ports that are exposed by this service. More info: ' +
      'https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    cell: portsText,
  },
  AGE_COLUMN,
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description:
      'Route service traffic to pods with label keys and values matching this selector. If empty ' +
      'or not present, the service is assumed to have an external process managing its endpoints, ' +
      'which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and ' +
      'LoadBalancer. Ignored if type is ExternalName. More info: ' +
      'https://kubernetes.io/docs/concepts/services-networking/service/',
    cell: selectorText,
  },
];

export const Service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Service',
  nameRule: 'dnsLabel',
  createOnUpdate: true,

  defaults: setDefaults,
  allocate: allocateService,
  companions: companionsOf,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    dropInternalPolicy(service);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    dropTypeDependentFields(next, old);
    dropInternalPolicy(next);
  },
  validate(service, errors) {
    validateService(service, undefined, errors);
  },
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate: validateServiceStatus,
  },
  connects: {
    proxy: serviceProxy,
  },
  selectableFields: ({ spec }) => ({
    'spec.clusterIP': spec.clusterIP ?? '',
    'spec.type': spec.type ?? '',
  }),
  deleteReturnsObject: true,
  columns: COLUMNS,
});
