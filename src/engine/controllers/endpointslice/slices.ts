/**
 * Which EndpointSlices a Service should have: endpoints stay in the slice they are in, new ones fill
 * what room there is, and no slice holds more than a hundred.
 *
 * Models: k8s.io/endpointslice reconciler.go, utils.go (v1.36)
 */
import type { Endpoint, EndpointSlice, Node, Pod, Service } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { ipText, parseIp } from '../../../api/meta/ip.ts';
import { isPodReady } from '../../../api/meta/pod-state.ts';
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
import {
  HEADLESS_LABEL,
  belongsInEndpoints,
  findPort,
  hostnameIn,
  isHeadless,
} from '../../client/service-endpoints.ts';

export const CONTROLLER = 'endpointslice-controller.k8s.io';
const MAX_ENDPOINTS = 100; // --max-endpoints-per-slice
const ZONE = 'topology.kubernetes.io/zone';
const RESERVED = new Set([SERVICE_NAME, MANAGED_BY, HEADLESS_LABEL]);

type AddressType = 'IPv4' | 'IPv6';

export function addressTypesOf(service: Service): AddressType[] {
  const families = service.spec.ipFamilies ?? [];
  if (families.length > 0) return families.filter((f) => f === 'IPv4' || f === 'IPv6');
  const { clusterIP = '' } = service.spec;
  if (clusterIP !== '' && clusterIP !== 'None') return [clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
  return ['IPv4', 'IPv6'];
}

export function labelsFor(service: Service): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(service.metadata.labels ?? {})) {
    if (!RESERVED.has(key)) labels[key] = value;
  }
  if (isHeadless(service)) labels[HEADLESS_LABEL] = '';
  labels[SERVICE_NAME] = service.metadata.name;
  labels[MANAGED_BY] = CONTROLLER;
  return labels;
}

export interface SlicePlan {
  readonly create: readonly WantedSlice[];
  readonly update: readonly WantedSlice[];
  readonly unchanged: readonly WantedSlice[];
  readonly remove: readonly EndpointSlice[];
  /** Pods left out because their Node is not known yet. */
  readonly errors: readonly string[];
}

/** Upstream reconcileByAddressType. */
export function planSlices(
  service: Service,
  pods: readonly Pod[],
  existing: readonly EndpointSlice[],
  nodeOf: (name: string) => Node | undefined,
  addressType: AddressType,
): SlicePlan {
  const errors: string[] = [];
  const wanted = wantedByPorts(service, pods, nodeOf, addressType, errors);
  const plan = new Planner(service, addressType);
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const ours = slice.metadata.ownerReferences?.some((r) => r.uid === service.metadata.uid);
    if (!ours) {
      plan.remove.push(slice);
      continue;
    }
    const key = portsKey(slice.ports ?? []);
    byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  for (const [key, { ports, endpoints }] of wanted) {
    plan.reconcile(byPorts.get(key) ?? [], endpoints, ports);
  }
  for (const [key, slices] of byPorts) if (!wanted.has(key)) plan.remove.push(...slices);
  plan.keepOne(existing);
  plan.recycle();
  return {
    create: plan.create,
    update: plan.update,
    unchanged: plan.unchanged(existing),
    remove: plan.remove,
    errors,
  };
}

interface WantedPorts {
  readonly ports: readonly SlicePort[];
  readonly endpoints: Map<string, Endpoint>;
}

function wantedByPorts(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
  addressType: AddressType,
  errors: string[],
): Map<string, WantedPorts> {
  const wanted = new Map<string, WantedPorts>();
  const { namespace = '', name } = service.metadata;
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, true)) continue;
    const ports = portsFor(service, pod);
    const key = portsKey(ports);
    const entry = wanted.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    wanted.set(key, entry);
    const node = nodeOf(pod.spec.nodeName ?? '');
    if (!node && service.spec.publishNotReadyAddresses !== true) {
      const why = `Node ${pod.spec.nodeName ?? ''} Not Found`;
      errors.push(`skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: ${why}`);
      continue;
    }
    const endpoint = endpointOf(service, pod, node, addressType);
    if (endpoint.addresses.length > 0) entry.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return wanted;
}

function portsFor(service: Service, pod: Pod): SlicePort[] {
  const found: SlicePort[] = [];
  for (const servicePort of service.spec.ports ?? []) {
    const port = findPort(pod, servicePort);
    if (port === undefined) continue;
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    found.push({ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return sortedPorts(found);
}

function endpointOf(
  service: Service,
  pod: Pod,
  node: Node | undefined,
  addressType: AddressType,
): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const addresses: string[] = [];
  for (const { ip } of pod.status.podIPs ?? []) {
    const parsed = parseIp(ip);
    if (parsed && ip.includes(':') === (addressType === 'IPv6')) addresses.push(ipText(parsed));
  }
  const { namespace = '', name, uid } = pod.metadata;
  const hostname = hostnameIn(service, pod);
  const zone = node?.metadata.labels?.[ZONE];
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}

class Planner {
  readonly #service: Service;
  readonly #addressType: AddressType;
  readonly #labels: Readonly<Record<string, string>>;
  create: WantedSlice[] = [];
  update: WantedSlice[] = [];
  remove: EndpointSlice[] = [];

  constructor(service: Service, addressType: AddressType) {
    this.#service = service;
    this.#addressType = addressType;
    this.#labels = labelsFor(service);
  }

  /** Upstream reconcileByPortMapping. */
  reconcile(
    existing: readonly EndpointSlice[],
    wanted: ReadonlyMap<string, Endpoint>,
    ports: readonly SlicePort[],
  ): void {
    const left = new Map(wanted);
    const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
    const same: EndpointSlice[] = [];
    for (const slice of existing) {
      const old = slice.endpoints ?? [];
      const kept: Endpoint[] = [];
      let differs = false;
      for (const endpoint of old) {
        const key = endpointKey(endpoint);
        const now = left.get(key);
        if (!now) continue;
        const { hints } = endpoint;
        kept.push(hints === undefined ? now : { ...now, hints });
        if (!sameEndpointState(now, endpoint)) differs = true;
        left.delete(key);
      }
      if (kept.length !== old.length && kept.length === 0) this.remove.push(slice);
      else if (differs || kept.length !== old.length || this.#relabeled(slice)) {
        changed.push({ slice, endpoints: kept });
      } else same.push(slice);
    }
    const rest = [...left.values()];
    for (const { endpoints } of [...changed].sort(
      (a, b) => b.endpoints.length - a.endpoints.length,
    )) {
      endpoints.push(...rest.splice(0, MAX_ENDPOINTS - endpoints.length));
    }
    this.#place(rest, same, ports);
    for (const { slice, endpoints } of changed)
      this.update.push(this.#wanted(endpoints, ports, slice));
  }

  /** What is left goes into a slice with just enough room, or into new ones. */
  #place(rest: Endpoint[], same: EndpointSlice[], ports: readonly SlicePort[]): void {
    while (rest.length > 0) {
      const filled = rest.length < MAX_ENDPOINTS ? closestFit(same, rest.length) : undefined;
      if (filled) same.splice(same.indexOf(filled), 1);
      const endpoints = [...(filled?.endpoints ?? [])];
      endpoints.push(...rest.splice(0, MAX_ENDPOINTS - endpoints.length));
      const slice = this.#wanted(endpoints, ports, filled);
      (filled ? this.update : this.create).push(slice);
    }
  }

  /** A Service without endpoints has one empty slice. */
  keepOne(existing: readonly EndpointSlice[]): void {
    if (existing.length !== this.remove.length || this.create.length > 0) return;
    const [only] = this.remove;
    if (this.remove.length === 1 && only && this.#isPlaceholder(only)) this.remove = [];
    else this.create.push(this.#wanted([], [], undefined));
  }

  #isPlaceholder({ endpoints, ports, addressType, metadata }: EndpointSlice): boolean {
    return (
      (endpoints ?? []).length === 0 &&
      (ports ?? []).length === 0 &&
      addressType === this.#addressType &&
      equalJson(metadata.labels, this.#labels)
    );
  }

  /** What is to be made takes the place of what would be deleted. */
  recycle(): void {
    for (const slice of [...this.remove]) {
      const ours = slice.metadata.ownerReferences?.some(
        (r) => r.uid === this.#service.metadata.uid,
      );
      const wanted = ours ? this.create.pop() : undefined;
      if (!wanted) continue;
      this.remove.splice(this.remove.indexOf(slice), 1);
      this.update.push({ ...wanted, existing: slice });
    }
  }

  unchanged(existing: readonly EndpointSlice[]): WantedSlice[] {
    const touched = new Set<EndpointSlice | undefined>([
      ...this.update.map((s) => s.existing),
      ...this.remove,
    ]);
    return existing
      .filter((slice) => !touched.has(slice))
      .map((slice) => this.#wanted(slice.endpoints ?? [], slice.ports ?? [], slice));
  }

  #relabeled({ metadata }: EndpointSlice): boolean {
    return !equalJson(metadata.labels, this.#labels);
  }

  #wanted(
    endpoints: readonly Endpoint[],
    ports: readonly SlicePort[],
    existing: EndpointSlice | undefined,
  ): WantedSlice {
    return {
      addressType: this.#addressType,
      labels: this.#labels,
      annotations: existing?.metadata.annotations ?? {},
      endpoints,
      ports,
      owner: this.#service,
      existing,
    };
  }
}

/** The slice that the endpoints would fill best. */
function closestFit(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let least = MAX_ENDPOINTS;
  for (const slice of slices) {
    const room = MAX_ENDPOINTS - count - (slice.endpoints ?? []).length;
    if (room >= 0 && room < least) {
      least = room;
      best = slice;
    }
  }
  return best;
}
