/**
 * For whom endpoints are: by the annotation topology-mode, else by trafficDistribution, else for all.
 *
 * Models: k8s.io/endpointslice reconciler.go (reconcileByAddressType), utils.go (hintsEnabled),
 *         trafficdist/trafficdist.go (v1.36)
 */
import type { Endpoint, Service } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { keyOf } from '../../../api/meta/object.ts';
import type { WantedSlice } from '../../client/endpoint-slices.ts';
import {
  type HintedSlices,
  type SlicesToHint,
  type TopologyCache,
  withoutHints,
} from './topology.ts';

/** The older of the two comes first. */
const ANNOTATIONS = [
  'service.kubernetes.io/topology-aware-hints',
  'service.kubernetes.io/topology-mode',
] as const;
const DISTRIBUTIONS: readonly (string | undefined)[] = [
  'PreferClose',
  'PreferSameZone',
  'PreferSameNode',
];

function wantsTopology({ metadata: { annotations = {} } }: Service): boolean {
  const [older, newer] = ANNOTATIONS;
  const value = annotations[older] ?? annotations[newer];
  return value === 'Auto' || value === 'auto';
}

export function withHints(
  service: Service,
  type: string,
  slices: SlicesToHint,
  cache: TopologyCache,
): HintedSlices {
  const key = keyOf(service);
  if (wantsTopology(service)) return cache.add(key, type, slices);
  const notice = cache.forget(key, type);
  const isDistributed = DISTRIBUTIONS.includes(service.spec.trafficDistribution);
  const hinted = isDistributed ? distributed(service, slices) : withoutHints(slices);
  return notice === undefined ? hinted : { ...hinted, notice };
}

function distributed(service: Service, { create, update, unchanged }: SlicesToHint): HintedSlices {
  const hinted = (slice: WantedSlice): WantedSlice => ({
    ...slice,
    endpoints: slice.endpoints.map((endpoint) => hint(service, endpoint)),
  });
  const differing = unchanged.filter(
    (slice) => !equalJson(hinted(slice).endpoints, slice.endpoints),
  );
  return { create: create.map(hinted), update: [...update, ...differing].map(hinted) };
}

/** trafficDistribution: a ready endpoint is for its own zone, or for its own node. */
function hint(service: Service, endpoint: Endpoint): Endpoint {
  const { hints, ...bare } = endpoint;
  if (endpoint.conditions.ready !== true) return hints === undefined ? bare : endpoint;
  const { zone, nodeName } = endpoint;
  const forNodes = service.spec.trafficDistribution === 'PreferSameNode' && nodeName !== undefined;
  if (zone === undefined && !forNodes) return bare;
  return {
    ...bare,
    hints: {
      ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
      ...(forNodes ? { forNodes: [{ name: nodeName }] } : {}),
    },
  };
}
