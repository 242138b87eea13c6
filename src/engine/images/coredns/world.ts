/**
 * What CoreDNS knows of the cluster: Services, their endpoints and namespaces, kept by watches.
 *
 * Models: coredns plugin/kubernetes controller.go, object/endpoint.go
 */
import type {
  EndpointSlice as SliceObject,
  Service as ServiceObject,
} from '../../../api/generated/types.ts';
import type { Namespace as NamespaceObject } from '../../../api/generated/types.ts';
import { EndpointSlice } from '../../../api/kinds/endpoint-slice.ts';
import { Namespace } from '../../../api/kinds/namespace.ts';
import { Service } from '../../../api/kinds/service.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { ClusterClient, ObjectHandler } from '../../node/runtime/program.ts';

const SERVICE_NAME = 'kubernetes.io/service-name'; // discovery.LabelServiceName

export interface DnsEndpoint {
  readonly address: string;
  /** Its hostname, or its address with dashes. */
  readonly name: string;
  readonly ports: SliceObject['ports'];
}

export class World {
  readonly #services = new Map<string, ServiceObject>();
  readonly #byAddress = new Map<string, ServiceObject>();
  readonly #slices = new Map<string, Map<string, SliceObject>>();
  readonly #namespaces = new Set<string>();
  #unsynced = 3;

  /** Every kind has been listed. */
  get synced(): boolean {
    return this.#unsynced === 0;
  }

  /** The answer ends it. */
  watch(client: ClusterClient): () => void {
    const onSynced = (): void => {
      this.#unsynced--;
    };
    const services: ObjectHandler<ServiceObject> = {
      onAdd: (service) => this.#setService(service),
      onUpdate: (service, old) => {
        if (service.spec === old.spec) return;
        this.#removeService(old);
        this.#setService(service);
      },
      onDelete: (service) => this.#removeService(service),
      onSynced,
    };
    const slices: ObjectHandler<SliceObject> = {
      onAdd: (slice) => this.#setSlice(slice),
      onUpdate: (slice) => this.#setSlice(slice),
      onDelete: ({ metadata: { namespace, name, labels } }) => {
        this.#slices.get(`${namespace}/${labels?.[SERVICE_NAME]}`)?.delete(name);
      },
      onSynced,
    };
    const namespaces: ObjectHandler<NamespaceObject> = {
      onAdd: ({ metadata }) => this.#namespaces.add(metadata.name),
      onUpdate: () => undefined,
      onDelete: ({ metadata }) => this.#namespaces.delete(metadata.name),
      onSynced,
    };
    const ends = [
      client.watch(Service, services),
      client.watch(EndpointSlice, slices),
      client.watch(Namespace, namespaces),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  service(namespace: string, name: string): ServiceObject | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  serviceAt(address: string): ServiceObject | undefined {
    return this.#byAddress.get(address);
  }

  /** Those that are ready, each address once. */
  endpoints({ metadata }: KubeObject): readonly DnsEndpoint[] {
    const slices = this.#slices.get(`${metadata.namespace}/${metadata.name}`);
    const found = new Map<string, DnsEndpoint>();
    for (const slice of slices?.values() ?? []) {
      for (const { addresses, conditions, hostname } of slice.endpoints ?? []) {
        if (conditions.ready === false) continue;
        for (const address of addresses) {
          const name = hostname ?? address.replaceAll('.', '-');
          found.set(address, { address, name, ports: slice.ports ?? [] });
        }
      }
    }
    return [...found.values()];
  }

  /** Name of an endpoint's address below its Service. */
  endpointName(address: string): string | undefined {
    for (const [key, slices] of this.#slices) {
      for (const slice of slices.values()) {
        for (const { addresses, hostname } of slice.endpoints ?? []) {
          if (!addresses.includes(address)) continue;
          const [namespace, service] = key.split('/');
          return `${hostname ?? address.replaceAll('.', '-')}.${service}.${namespace}`;
        }
      }
    }
    return undefined;
  }

  #setService(service: ServiceObject): void {
    const { namespace, name } = service.metadata;
    this.#services.set(`${namespace}/${name}`, service);
    for (const ip of addressesOf(service)) this.#byAddress.set(ip, service);
  }

  #removeService(service: ServiceObject): void {
    const { namespace, name } = service.metadata;
    this.#services.delete(`${namespace}/${name}`);
    for (const ip of addressesOf(service)) this.#byAddress.delete(ip);
  }

  #setSlice(slice: SliceObject): void {
    const { namespace, name, labels } = slice.metadata;
    const service = labels?.[SERVICE_NAME];
    if (service === undefined || slice.addressType !== 'IPv4') return;
    const key = `${namespace}/${service}`;
    const known = this.#slices.get(key);
    if (known) known.set(name, slice);
    else this.#slices.set(key, new Map([[name, slice]]));
  }
}

/** Cluster addresses; none of a headless Service. */
export function addressesOf({ spec }: ServiceObject): readonly string[] {
  const list = spec.clusterIPs ?? [spec.clusterIP ?? ''];
  return list.filter((ip) => ip !== '' && ip !== 'None');
}
