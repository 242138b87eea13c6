/**
 * Ports of nodes that tell load balancers whether a node has endpoints of a Service whose traffic is
 * to stay local: healthCheckNodePort.
 *
 * Models: kubernetes pkg/proxy/healthcheck service_health.go (v1.36)
 */
import type { Service } from '../../../api/generated/types.ts';
import { type ObjectKey, keyOf } from '../../../api/meta/object.ts';
import type { Proc } from '../../../kernel/process.ts';
import {
  AddressInUse,
  type HttpRequest,
  type HttpResponse,
  type RequestHandler,
} from '../runtime/program.ts';

const OK = 200;
const SERVICE_UNAVAILABLE = 503;

/** A node on which ports can be opened; the answer closes one. */
export interface ListeningNode {
  readonly name: string;
  listen?(port: number, handler: RequestHandler): () => void;
}

export class HealthPorts {
  /** How many ready endpoints of the Service the node has. */
  readonly #count: (service: Service, node: string) => number;
  readonly #services = new Map<ObjectKey, Service>();
  readonly #nodes = new Map<string, ListeningNode>();
  /** By `namespace/name node`. */
  readonly #open = new Map<string, () => void>();

  constructor(count: (service: Service, node: string) => number) {
    this.#count = count;
  }

  set(service: Service): void {
    const key = keyOf(service);
    const old = this.#services.get(key);
    const port = portOf(service);
    if (old && portOf(old) !== port) this.remove(key);
    if (port === 0) return;
    this.#services.set(key, service);
    for (const node of this.#nodes.values()) this.#listen(key, port, node);
  }

  remove(key: ObjectKey): void {
    if (!this.#services.delete(key)) return;
    for (const name of this.#nodes.keys()) this.#close(key, name);
  }

  addNode(node: ListeningNode): void {
    this.#nodes.set(node.name, node);
    for (const [key, service] of this.#services) this.#listen(key, portOf(service), node);
  }

  removeNode(name: string): void {
    for (const key of this.#services.keys()) this.#close(key, name);
    this.#nodes.delete(name);
  }

  #listen(key: ObjectKey, port: number, node: ListeningNode): void {
    const id = `${key} ${node.name}`;
    if (this.#open.has(id) || !node.listen) return;
    try {
      this.#open.set(id, node.listen(port, this.#answer(key, node.name)));
    } catch (error) {
      // A Pod on the node's network has the port: upstream reports it and goes on.
      if (!(error instanceof AddressInUse)) throw error;
    }
  }

  #close(key: ObjectKey, node: string): void {
    const id = `${key} ${node}`;
    this.#open.get(id)?.();
    this.#open.delete(id);
  }

  #answer(key: ObjectKey, node: string): RequestHandler {
    const services = this.#services;
    const count = this.#count;
    return function* (_request: HttpRequest): Proc<HttpResponse> {
      const service = services.get(key);
      const endpoints = service ? count(service, node) : 0;
      return {
        status: endpoints > 0 ? OK : SERVICE_UNAVAILABLE,
        headers: {
          'Content-Type': 'application/json',
          'X-Content-Type-Options': 'nosniff',
          'X-Load-Balancing-Endpoint-Weight': String(endpoints),
        },
        body: bodyOf(key, endpoints),
      };
    };
  }
}

function portOf({ spec }: Service): number {
  const isLocal = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
  return isLocal ? (spec.healthCheckNodePort ?? 0) : 0;
}

/** Pure: upstream's text, which is indented with tabs. */
function bodyOf(key: ObjectKey, localEndpoints: number): string {
  const [namespace = '', name = ''] = key.split('/');
  const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: true };
  return JSON.stringify(body, null, '\t');
}
