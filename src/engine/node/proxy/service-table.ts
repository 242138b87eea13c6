/**
 * kube-proxy: addresses of Services lead to their endpoints. All nodes have the same rules, so the
 * machines of a cluster share one table.
 *
 * Models:     pkg/proxy/iptables/proxier.go syncProxyRules (v1.36): cluster IPs, external IPs, load
 *             balancers, node ports, session affinity, traffic policies, masquerading
 * Watches:    services, endpointslices
 * Simplified: rules change the moment the proxy hears of a change, on all nodes at once; a kube-proxy
 *             cannot be stopped; loadBalancerSourceRanges are not looked at
 */
import type {
  EndpointSlice as SliceObject,
  Service as ServiceObject,
} from '../../../api/generated/types.ts';
import { EndpointSlice } from '../../../api/kinds/endpoint-slice.ts';
import { Service } from '../../../api/kinds/service.ts';
import { type ObjectKey, keyOf } from '../../../api/meta/object.ts';
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Rng } from '../../../kernel/rng.ts';
import { type Informer, Informers } from '../../client/informer.ts';
import type { Client } from '../../client/typed-client.ts';
import type { ServiceRoute, ServiceRouter } from '../network/pod-network.ts';
import { HealthPorts, type ListeningNode } from './health-ports.ts';
import {
  addressesOf,
  affinityUs,
  endpointsOf,
  portsOf,
  type ServiceEndpoint,
  type ServicePort,
  usable,
} from './service-ports.ts';

const SERVICE_NAME = 'kubernetes.io/service-name'; // discovery.LabelServiceName
const LOOPBACK = /^127\./;
/** --cluster-cidr: who calls from elsewhere is masqueraded. */
const PODS = /^10\.2(?:4[4-9]|5\d)\./;

/** A node as its neighbours see it. */
export interface ProxyNode extends ListeningNode {
  readonly name: string;
  readonly address: string;
  /** The address is one of its Pods. */
  hasPod(address: string): boolean;
}

export class ServiceTable implements ServiceRouter {
  readonly #kernel: Kernel;
  readonly #rng: Rng;
  readonly #slices: Informer<SliceObject>;
  readonly #informers: Informers;
  readonly #services = new Map<ObjectKey, readonly ServicePort[]>();
  /** `10.96.0.10:53/UDP` → its port. */
  readonly #byAddress = new Map<string, ServicePort>();
  /** `30080/TCP` → its port. */
  readonly #byNodePort = new Map<string, ServicePort>();
  readonly #nodes = new Map<string, ProxyNode>();
  readonly #health: HealthPorts;

  constructor(client: Client, rng: Rng, scope: Scope) {
    this.#kernel = client.server.kernel;
    this.#rng = rng;
    this.#informers = new Informers(client, scope);
    this.#health = new HealthPorts((service, node) => this.#localEndpoints(service, node));
    this.#slices = this.#informers.for(EndpointSlice);
    this.#slices.addIndex('service', (slice) => {
      const name = slice.metadata.labels?.[SERVICE_NAME];
      return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
    });
    const stale = (slice: SliceObject): void => this.#forgetEndpoints(slice);
    this.#slices.addHandler({ onAdd: stale, onUpdate: stale, onDelete: stale });
    this.#informers.for(Service).addHandler({
      onAdd: (service) => this.#set(service),
      onUpdate: (service, old) => {
        if (service.spec !== old.spec || service.status !== old.status) this.#set(service);
      },
      onDelete: (service) => {
        this.#remove(keyOf(service));
        this.#health.remove(keyOf(service));
      },
    });
  }

  start(): void {
    this.#informers.start();
  }

  /** The address is a node's or a Pod's. */
  isInside(address: string): boolean {
    return PODS.test(address) || LOOPBACK.test(address) || this.#nodes.has(address);
  }

  /** What a node answers to health checks: of externalTrafficPolicy Local, whether it has endpoints. */
  isHealthy(address: string, nodePort: number, protocol: 'TCP' | 'UDP'): boolean {
    const node = this.#nodes.get(address);
    const entry = this.#byNodePort.get(`${nodePort}/${protocol}`);
    if (!node || !entry) return false;
    if (entry.service.spec.externalTrafficPolicy !== 'Local') return true;
    return this.#endpoints(entry).some((e) => e.ready && e.node === node.name);
  }

  addNode(node: ProxyNode): void {
    this.#nodes.set(node.address, node);
    this.#health.addNode(node);
  }

  removeNode({ address, name }: ProxyNode): void {
    this.#nodes.delete(address);
    this.#health.removeNode(name);
  }

  route(
    from: string,
    to: string,
    port: number,
    protocol: 'TCP' | 'UDP',
  ): ServiceRoute | 'refused' | 'dropped' | null {
    const clusterIP = this.#byAddress.get(`${to}:${port}/${protocol}`);
    if (clusterIP) {
      const outside = !isClusterIP(clusterIP, to);
      return this.#lead(clusterIP, from, null, outside);
    }
    const node = this.#nodes.get(to);
    if (!node || LOOPBACK.test(to)) return null;
    const nodePort = this.#byNodePort.get(`${port}/${protocol}`);
    return nodePort ? this.#lead(nodePort, from, node, true) : null;
  }

  /** |via|: the node whose rules are asked, null: the caller's. |outside|: by an address that is not the cluster's. */
  #lead(
    entry: ServicePort,
    from: string,
    via: ProxyNode | null,
    outside: boolean,
  ): ServiceRoute | 'refused' | 'dropped' {
    const { spec } = entry.service;
    // Pods and nodes that use an outer address are led to all endpoints.
    const isLocal = outside
      ? spec.externalTrafficPolicy === 'Local' && !PODS.test(from) && !this.#nodes.has(from)
      : spec.internalTrafficPolicy === 'Local';
    const all = this.#endpoints(entry);
    const here = isLocal ? (via ?? this.#nodeOf(from))?.name : undefined;
    const candidates = isLocal ? usable(all.filter((e) => e.node === here)) : usable(all);
    if (candidates.length === 0) {
      return isLocal && usable(all).length > 0 ? 'dropped' : 'refused';
    }
    const endpoint = this.#choose(entry, from, candidates);
    const masquerade =
      endpoint.address === from ||
      !PODS.test(from) ||
      (outside && spec.externalTrafficPolicy !== 'Local');
    const { address, port } = endpoint;
    if (!masquerade) return { address, port };
    return { address, port, source: this.#masquerade(via ?? this.#nodeOf(from), from, endpoint) };
  }

  /** Address of the interface through which the connection leaves: the bridge's, or the node's. */
  #masquerade(via: ProxyNode | undefined, from: string, endpoint: ServiceEndpoint): string {
    if (!via) return from;
    if (!via.hasPod(endpoint.address)) return via.address;
    return `${endpoint.address.slice(0, endpoint.address.lastIndexOf('.'))}.1`;
  }

  #choose(
    entry: ServicePort,
    from: string,
    candidates: readonly ServiceEndpoint[],
  ): ServiceEndpoint {
    const us = affinityUs(entry.service);
    if (us === null) return this.#rng.pick(candidates);
    const { now } = this.#kernel;
    const known = entry.callers.get(from);
    const again =
      known && known.until > now ? candidates.find((e) => e.address === known.endpoint) : undefined;
    const endpoint = again ?? this.#rng.pick(candidates);
    entry.callers.set(from, { endpoint: endpoint.address, until: now + us });
    return endpoint;
  }

  #endpoints(entry: ServicePort): readonly ServiceEndpoint[] {
    const { namespace, name } = entry.service.metadata;
    entry.endpoints ??= endpointsOf(
      entry,
      this.#slices.by('service', `${namespace}/${name}`).values(),
    );
    return entry.endpoints;
  }

  #nodeOf(address: string): ProxyNode | undefined {
    const node = this.#nodes.get(address);
    if (node) return node;
    for (const other of this.#nodes.values()) if (other.hasPod(address)) return other;
    return undefined;
  }

  #set(service: ServiceObject): void {
    const key = keyOf(service);
    this.#remove(key);
    this.#health.set(service);
    const ports = portsOf(service);
    if (ports.length === 0) return;
    this.#services.set(key, ports);
    for (const entry of ports) {
      for (const ip of addressesOf(service)) this.#byAddress.set(`${ip}:${entry.key}`, entry);
      const { nodePort, protocol = 'TCP' } = entry.spec;
      if (nodePort) this.#byNodePort.set(`${nodePort}/${protocol}`, entry);
    }
  }

  #remove(key: ObjectKey): void {
    for (const entry of this.#services.get(key) ?? []) {
      for (const ip of addressesOf(entry.service)) {
        const address = `${ip}:${entry.key}`;
        if (this.#byAddress.get(address) === entry) this.#byAddress.delete(address);
      }
      const { nodePort, protocol = 'TCP' } = entry.spec;
      const port = `${nodePort}/${protocol}`;
      if (this.#byNodePort.get(port) === entry) this.#byNodePort.delete(port);
    }
    this.#services.delete(key);
  }

  /** Ready ones, each address once. */
  #localEndpoints(service: ServiceObject, node: string): number {
    const addresses = new Set<string>();
    for (const entry of this.#services.get(keyOf(service)) ?? []) {
      for (const e of this.#endpoints(entry)) {
        if (e.ready && e.node === node) addresses.add(e.address);
      }
    }
    return addresses.size;
  }

  #forgetEndpoints(slice: SliceObject): void {
    const name = slice.metadata.labels?.[SERVICE_NAME];
    if (name === undefined) return;
    const key = `${slice.metadata.namespace}/${name}` as ObjectKey;
    for (const entry of this.#services.get(key) ?? []) entry.endpoints = null;
  }
}

function isClusterIP({ service }: ServicePort, address: string): boolean {
  const { clusterIP, clusterIPs = [] } = service.spec;
  return clusterIP === address || clusterIPs.includes(address);
}
