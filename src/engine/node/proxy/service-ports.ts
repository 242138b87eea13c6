/**
 * One port of a Service and where its rules send connections. Pure.
 *
 * Models: pkg/proxy/servicechangetracker.go, pkg/proxy/topology.go CategorizeEndpoints (v1.36)
 * Simplified: hints and trafficDistribution are not looked at.
 */
import type {
  EndpointSlice,
  Service,
  ServicePort as PortSpec,
} from '../../../api/generated/types.ts';

export interface ServiceEndpoint {
  readonly address: string;
  readonly port: number;
  /** Name of the node; '' where the slice does not say. */
  readonly node: string;
  readonly ready: boolean;
  /** It is ending, but answers still. */
  readonly draining: boolean;
}

export interface ServicePort {
  readonly service: Service;
  readonly spec: PortSpec;
  /** `80/TCP`. */
  readonly key: string;
  /** Worked out from the slices when somebody comes. */
  endpoints: readonly ServiceEndpoint[] | null;
  /** ClientIP affinity: which endpoint a caller has had, and until when. */
  readonly callers: Map<string, { readonly endpoint: string; readonly until: number }>;
}

/** sessionAffinityConfig.clientIP.timeoutSeconds where it is not given. */
const AFFINITY_SECONDS = 10_800;

/** None for a Service without an address: headless ones and other names. */
export function portsOf(service: Service): readonly ServicePort[] {
  const { clusterIP, ports = [], type } = service.spec;
  if (type === 'ExternalName' || !clusterIP || clusterIP === 'None') return [];
  return ports.map((spec) => ({
    service,
    spec,
    key: `${spec.port}/${spec.protocol ?? 'TCP'}`,
    endpoints: null,
    callers: new Map(),
  }));
}

/** Addresses at which the port answers beside the nodes' own; the first is the cluster's. */
export function addressesOf({ spec, status }: Service): readonly string[] {
  const ingress = (status.loadBalancer.ingress ?? [])
    .filter(({ ip, ipMode = 'VIP' }) => ip !== undefined && ipMode === 'VIP')
    .map(({ ip = '' }) => ip);
  return [...(spec.clusterIPs ?? [spec.clusterIP ?? '']), ...(spec.externalIPs ?? []), ...ingress];
}

/** Endpoints of all slices under the port's name, each address once. */
export function endpointsOf(
  { spec }: ServicePort,
  slices: Iterable<EndpointSlice>,
): readonly ServiceEndpoint[] {
  const found = new Map<string, ServiceEndpoint>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    for (const { name = '', port, protocol = 'TCP' } of slice.ports ?? []) {
      if (name !== (spec.name ?? '') || protocol !== (spec.protocol ?? 'TCP')) continue;
      if (port === undefined) continue;
      for (const { addresses, conditions, nodeName = '' } of slice.endpoints ?? []) {
        const [address] = addresses;
        if (address === undefined) continue;
        const ready = conditions.ready !== false;
        const ending = conditions.terminating === true && conditions.serving !== false;
        const endpoint = { address, port, node: nodeName, ready, draining: !ready && ending };
        const id = `${address}:${port}`;
        if (ready || !found.has(id)) found.set(id, endpoint);
      }
    }
  }
  const byAddress = (a: ServiceEndpoint, b: ServiceEndpoint): number =>
    a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
  return [...found.values()].sort(byAddress);
}

/** Those that get connections: what is ready, or what is ending where nothing else is left. */
export function usable(list: readonly ServiceEndpoint[]): readonly ServiceEndpoint[] {
  const ready = list.filter((e) => e.ready);
  return ready.length > 0 ? ready : list.filter((e) => e.draining);
}

/** Microseconds for which a caller keeps its endpoint; null: each connection goes its own way. */
export function affinityUs({ spec }: Service): number | null {
  if (spec.sessionAffinity !== 'ClientIP') return null;
  return (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS) * 1_000_000;
}
