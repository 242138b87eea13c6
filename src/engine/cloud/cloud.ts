/**
 * A pretend cloud: machines with an id, a type and a place; load balancers with an address of their
 * own; routes to the Pods of each machine. Whatever is asked of it takes time, as with a real one.
 *
 * Models:     k8s.io/cloud-provider cloud.go: InstancesV2, LoadBalancer and Routes (v0.36)
 * Simplified: never out of quota, never refuses; one region; balancers speak TCP and UDP, and check
 *             nodes by looking whether they run and, for externalTrafficPolicy Local, have endpoints
 */
import type { NodeAddress, Service } from '../../api/generated/types.ts';
import { bytes, milliCpu } from '../../api/meta/quantity.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { Latency, Rng } from '../../kernel/rng.ts';

const REGION = 'region-1';
const GIBIBYTE = 1_073_741_824;

/** A question to the cloud's API, in microseconds. */
const ASK: Latency = { p10: 40_000, p50: 90_000, p90: 250_000 };
/** A balancer is made: addresses, rules, health checks. */
const BALANCER_MADE: Latency = { p10: 8_000_000, p50: 15_000_000, p90: 35_000_000 };
const BALANCER_CHANGED: Latency = { p10: 700_000, p50: 1_500_000, p90: 4_000_000 };
const BALANCER_DELETED: Latency = { p10: 3_000_000, p50: 6_000_000, p90: 12_000_000 };
const ROUTE_MADE: Latency = { p10: 600_000, p50: 1_500_000, p90: 4_000_000 };

/** A machine as the cloud rents it out. */
export interface Rented {
  readonly name: string;
  /** Of the private network. */
  readonly address: string;
  readonly machineId: string;
  readonly zone: string;
  readonly cpu: string;
  readonly memory: string;
  /** It has power. */
  readonly running: boolean;
}

/** Upstream InstanceMetadata. */
export interface InstanceMetadata {
  readonly providerID: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly region: string;
  readonly addresses: readonly NodeAddress[];
}

export interface Balancer {
  readonly address: string;
  /** `80/TCP` → port of the nodes. */
  readonly ports: ReadonlyMap<string, number>;
  /** Names of nodes. */
  readonly nodes: readonly string[];
  readonly service: Service;
}

export interface Route {
  readonly node: string;
  readonly cidr: string;
}

export class PretendCloud {
  readonly #rng: Rng;
  readonly #machines: () => Iterable<Rented>;
  /** By uid of the Service. */
  readonly #balancers = new Map<string, Balancer>();
  readonly #routes = new Map<string, Route>();
  /** Public addresses by what has them. */
  readonly #addresses = new Map<string, string>();
  #nextAddress = 1;

  constructor(kernel: Kernel, machines: () => Iterable<Rented>) {
    this.#rng = kernel.rng('cloud');
    this.#machines = machines;
  }

  *#takes(latency: Latency): Proc {
    yield* sleep(this.#rng.latency(latency));
  }

  #machine(name: string): Rented | undefined {
    for (const machine of this.#machines()) if (machine.name === name) return machine;
    return undefined;
  }

  /** Null: there is no machine of that name, or another one than the Node is of. */
  *instance(name: string, providerID: string): Proc<InstanceMetadata | null> {
    yield* this.#takes(ASK);
    const machine = this.#machine(name);
    if (!machine) return null;
    const metadata = this.#metadata(machine);
    return providerID === '' || providerID === metadata.providerID ? metadata : null;
  }

  *isShutDown(name: string): Proc<boolean> {
    yield* this.#takes(ASK);
    return this.#machine(name)?.running === false;
  }

  #metadata({ name, address, machineId, zone, cpu, memory }: Rented): InstanceMetadata {
    const cores = Math.max(1, Math.floor(milliCpu(cpu) / 1_000));
    const gibibytes = Math.max(1, Math.floor(bytes(memory) / GIBIBYTE));
    const id = `i-${machineId.slice(0, 17)}`;
    return {
      providerID: `kubeglass:///${zone === '' ? REGION : zone}/${id}`,
      instanceType: `standard-${cores}x${gibibytes}`,
      zone,
      region: REGION,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'ExternalIP', address: this.#addressOf(`node/${name}/${id}`) },
      ],
    };
  }

  /** 203.0.113.0/24 and on: addresses that belong to nobody (RFC 5737, then 198.18.0.0/15). */
  #addressOf(owner: string): string {
    const known = this.#addresses.get(owner);
    if (known !== undefined) return known;
    const n = this.#nextAddress++;
    const address =
      n < 255 ? `203.0.113.${n}` : `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    this.#addresses.set(owner, address);
    return address;
  }

  *balancer(service: Service): Proc<Balancer | undefined> {
    yield* this.#takes(ASK);
    return this.#balancers.get(service.metadata.uid);
  }

  /** Made, or changed to what the Service says. */
  *ensureBalancer(service: Service, nodes: readonly string[]): Proc<Balancer> {
    const { uid } = service.metadata;
    yield* this.#takes(this.#balancers.has(uid) ? BALANCER_CHANGED : BALANCER_MADE);
    const ports = new Map<string, number>();
    for (const { port, protocol = 'TCP', nodePort } of service.spec.ports ?? []) {
      if (nodePort !== undefined) ports.set(`${port}/${protocol}`, nodePort);
    }
    const wanted = service.spec.loadBalancerIP ?? '';
    const address = wanted === '' ? this.#addressOf(`balancer/${uid}`) : wanted;
    const balancer = { address, ports, nodes, service };
    this.#balancers.set(uid, balancer);
    return balancer;
  }

  *updateBalancer(service: Service, nodes: readonly string[]): Proc {
    yield* this.#takes(BALANCER_CHANGED);
    const balancer = this.#balancers.get(service.metadata.uid);
    if (balancer) this.#balancers.set(service.metadata.uid, { ...balancer, nodes });
  }

  *deleteBalancer(service: Service): Proc {
    yield* this.#takes(BALANCER_DELETED);
    const { uid } = service.metadata;
    this.#balancers.delete(uid);
    this.#addresses.delete(`balancer/${uid}`);
  }

  /** Whose address it is, for what arrives there. */
  balancerAt(address: string): Balancer | undefined {
    for (const balancer of this.#balancers.values()) {
      if (balancer.address === address) return balancer;
    }
    return undefined;
  }

  /** Addresses of the machines behind a balancer that run. */
  backendsAt(address: string): readonly string[] {
    const nodes = new Set(this.balancerAt(address)?.nodes);
    const backends: string[] = [];
    for (const machine of this.#machines()) {
      if (machine.running && nodes.has(machine.name)) backends.push(machine.address);
    }
    return backends;
  }

  *routes(): Proc<readonly Route[]> {
    yield* this.#takes(ASK);
    return [...this.#routes.values()];
  }

  *createRoute(route: Route): Proc {
    yield* this.#takes(ROUTE_MADE);
    this.#routes.set(route.cidr, route);
  }

  *deleteRoute({ cidr }: Route): Proc {
    yield* this.#takes(ROUTE_MADE);
    this.#routes.delete(cidr);
  }
}
