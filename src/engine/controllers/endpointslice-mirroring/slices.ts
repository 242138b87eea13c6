/**
 * EndpointSlices that say the same as Endpoints somebody wrote by hand.
 *
 * Models: kubernetes pkg/controller/endpointslicemirroring reconciler.go, reconciler_helpers.go,
 *         utils.go (v1.36)
 */
import type {
  Endpoint,
  EndpointAddress,
  EndpointSlice,
  Endpoints,
} from '../../../api/generated/types.ts';
import { ipText, parseIp } from '../../../api/meta/ip.ts';
import { equalJson } from '../../../api/meta/json.ts';
import {
  MANAGED_BY,
  SERVICE_NAME,
  type SlicePort,
  type WantedSlice,
  endpointKey,
  portsKey,
  sameEndpointState,
  sortedPorts,
} from '../../client/endpoint-slices.ts';
import { repackSubsets } from '../../client/endpoint-subsets.ts';
import { TRIGGER_TIME } from '../../client/service-endpoints.ts';

export const CONTROLLER = 'endpointslicemirroring-controller.k8s.io';
export const MAX_PER_SUBSET = 1_000; // --mirroring-max-endpoints-per-subset
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export interface MirrorPlan {
  readonly create: readonly WantedSlice[];
  readonly update: readonly WantedSlice[];
  readonly remove: readonly EndpointSlice[];
  readonly invalid: number;
  readonly skipped: number;
}

interface Wanted {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly SlicePort[];
  readonly endpoints: Map<string, Endpoint>;
}

export function planMirror(object: Endpoints, existing: readonly EndpointSlice[]): MirrorPlan {
  const { wanted, invalid, skipped } = wantedEndpoints(object);
  const byKey = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = `${slice.addressType}-${portsKey(slice.ports ?? [])}`;
    byKey.set(key, [...(byKey.get(key) ?? []), slice]);
  }
  let create: WantedSlice[] = [];
  const update: WantedSlice[] = [];
  let remove: EndpointSlice[] = [];
  for (const [key, one] of wanted) {
    const [first, ...rest] = byKey.get(key) ?? [];
    if (one.endpoints.size === 0) {
      if (first) remove.push(first, ...rest);
      continue;
    }
    remove.push(...rest);
    if (first && isMirrored(object, first, one)) continue;
    (first ? update : create).push(wantedSlice(object, one, first));
  }
  for (const [key, slices] of byKey) if (!wanted.has(key)) remove.push(...slices);
  // What is to be made takes the place of what would be deleted.
  create = create.filter((slice) => {
    const old = remove.find((s) => s.addressType === slice.addressType);
    if (!old) return true;
    remove = remove.filter((s) => s !== old);
    update.push({ ...slice, existing: old });
    return false;
  });
  return { create, update, remove, invalid, skipped };
}

function wantedEndpoints(object: Endpoints): {
  wanted: Map<string, Wanted>;
  invalid: number;
  skipped: number;
} {
  const wanted = new Map<string, Wanted>();
  let invalid = 0;
  let skipped = 0;
  for (const subset of repackSubsets(object.subsets ?? [])) {
    const ports = sortedPorts(
      (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
        name,
        protocol,
        port,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      })),
    );
    const families = { IPv4: family('IPv4'), IPv6: family('IPv6') };
    function family(addressType: 'IPv4' | 'IPv6'): Wanted {
      const key = `${addressType}-${portsKey(ports)}`;
      const known = wanted.get(key) ?? { addressType, ports, endpoints: new Map() };
      wanted.set(key, known);
      return known;
    }
    let added = 0;
    const all = [
      ...(subset.addresses ?? []).map((a) => ({ a, ready: true })),
      ...(subset.notReadyAddresses ?? []).map((a) => ({ a, ready: false })),
    ];
    for (const { a, ready } of all) {
      if (added >= MAX_PER_SUBSET) break;
      const endpoint = endpointOf(a, ready);
      if (!endpoint) {
        invalid++;
        continue;
      }
      const { endpoints } = a.ip.includes(':') ? families.IPv6 : families.IPv4;
      endpoints.set(endpointKey(endpoint), endpoint);
      added++;
    }
    skipped += all.length - added;
  }
  return { wanted, invalid, skipped };
}

function endpointOf(address: EndpointAddress, ready: boolean): Endpoint | undefined {
  const ip = parseIp(address.ip);
  if (!ip) return undefined;
  const { hostname, nodeName, targetRef } = address;
  return {
    addresses: [ipText(ip)],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef ? { targetRef } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function mirroredAnnotations(object: Endpoints): Readonly<Record<string, string>> {
  const { [TRIGGER_TIME]: _t, [LAST_APPLIED]: _l, ...kept } = object.metadata.annotations ?? {};
  return kept;
}

function isMirrored(object: Endpoints, slice: EndpointSlice, { endpoints }: Wanted): boolean {
  const old = slice.endpoints ?? [];
  const same = old.every((endpoint) => {
    const now = endpoints.get(endpointKey(endpoint));
    return now !== undefined && sameEndpointState(now, endpoint);
  });
  const { [MANAGED_BY]: _m, [SERVICE_NAME]: _s, ...labels } = slice.metadata.labels ?? {};
  const foreign = (slice.metadata.ownerReferences ?? []).some(
    (r) => r.kind === 'Endpoints' && r.uid !== object.metadata.uid,
  );
  return (
    same &&
    old.length === endpoints.size &&
    !foreign &&
    equalJson(object.metadata.labels ?? {}, labels) &&
    equalJson(mirroredAnnotations(object), slice.metadata.annotations ?? {})
  );
}

function wantedSlice(
  object: Endpoints,
  { addressType, ports, endpoints }: Wanted,
  existing: EndpointSlice | undefined,
): WantedSlice {
  return {
    addressType,
    labels: {
      ...object.metadata.labels,
      [SERVICE_NAME]: object.metadata.name,
      [MANAGED_BY]: CONTROLLER,
    },
    annotations: mirroredAnnotations(object),
    endpoints: [...endpoints.values()].slice(0, MAX_PER_SUBSET),
    ports,
    owner: object,
    existing,
  };
}
