/**
 * Service controller: a load balancer of the cloud for every Service of type LoadBalancer, over the
 * ports of the Nodes; gone again before the Service is.
 *
 * Models:     k8s.io/cloud-provider controllers/service/controller.go (v0.36)
 * Watches:    Service (primary), Node
 * Writes:     Service finalizers and status.loadBalancer; Events
 */
import type { Node as NodeObject, Service as ServiceObject } from '../../api/generated/types.ts';
import { Node } from '../../api/kinds/node.ts';
import { Service } from '../../api/kinds/service.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import type { PretendCloud } from './cloud.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** Where the cluster autoscaler is about to delete the machine. */
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';
/** A Node changed: not a key of a Service, since those have a namespace. */
const NODES = 'nodes';
const RETRY = { baseUs: 5_000_000, maxUs: 300_000_000 }; // minRetryDelay, maxRetryDelay
/** strconv.ParseBool. */
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** What the process knows of balancers beyond the API. */
interface Known {
  readonly service: ServiceObject;
  /** `name providerID` of the Nodes that the balancer was last told. */
  nodes: readonly string[];
}

export function cloudServiceController(cloud: PretendCloud): ControllerDefinition<ServiceObject> {
  const known = new Map<ObjectKey, Known>();
  return defineController<ServiceObject>({
    name: 'service-controller',
    primary: Service,
    ownHandlers: true,
    workers: 1, // --concurrent-service-syncs
    retry: RETRY,
    refOf: (key) => (key === NODES ? 'Node//' : `Service/${key}`),
    start({ informers, queue }) {
      informers.for(Service).addHandler({
        onAdd: (service) => {
          if (wantsBalancer(service) || needsCleanup(service)) queue.add(keyOf(service));
        },
        onUpdate: (service, old) => {
          if (needsUpdate(old, service) || needsCleanup(service)) queue.add(keyOf(service));
        },
      });
      informers.for(Node).addHandler({
        onAdd: () => queue.add(NODES),
        onUpdate: (node, old) => {
          const moved = node.spec.providerID !== old.spec.providerID;
          if (moved || isIncluded(node) !== isIncluded(old)) queue.add(NODES);
        },
        onDelete: () => queue.add(NODES),
      });
    },
    *reconcile(key, context) {
      const sync = new BalancerSync(cloud, context, known);
      if (key === NODES) return yield* sync.nodes();
      const service = context.get(Service, key);
      if (service) yield* sync.service(key, service);
      else known.delete(key);
    },
  });
}

export function wantsBalancer({ spec }: ServiceObject): boolean {
  // With a class it is another implementation's.
  return spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;
}

export function needsCleanup({ metadata, spec }: ServiceObject): boolean {
  if (!metadata.finalizers?.includes(FINALIZER)) return false;
  return metadata.deletionTimestamp !== undefined || spec.type !== 'LoadBalancer';
}

/** Pure: something that the balancer is made of has changed. */
export function needsUpdate(old: ServiceObject, service: ServiceObject): boolean {
  const wants = wantsBalancer(service);
  if (wants !== wantsBalancer(old)) return true;
  if (!wants) return false;
  const parts = ({ metadata, spec }: ServiceObject): unknown => [
    spec.loadBalancerSourceRanges ?? [],
    (spec.ports ?? []).map((p) => [
      p.name ?? '',
      p.protocol ?? '',
      p.port,
      p.nodePort ?? 0,
      p.targetPort ?? '',
      p.appProtocol ?? '',
    ]),
    spec.sessionAffinity ?? '',
    spec.sessionAffinityConfig ?? null,
    spec.loadBalancerIP ?? '',
    spec.externalIPs ?? [],
    metadata.annotations ?? {},
    metadata.uid,
    spec.externalTrafficPolicy ?? '',
    spec.healthCheckNodePort ?? 0,
    spec.ipFamilies?.length ?? 0,
  ];
  return !equalJson(parts(old), parts(service));
}

function isIncluded({ metadata }: NodeObject): boolean {
  const label = metadata.labels?.[EXCLUDED];
  return label === undefined || FALSE.has(label);
}

/** Pure: a Node that balancers send to, ready or not. */
export function isBackend(node: NodeObject): boolean {
  if (node.metadata.deletionTimestamp !== undefined || !isIncluded(node)) return false;
  return !node.spec.taints?.some(({ key }) => key === TO_BE_DELETED);
}

class BalancerSync {
  readonly #cloud: PretendCloud;
  readonly #context: ControllerContext;
  readonly #known: Map<ObjectKey, Known>;

  constructor(cloud: PretendCloud, context: ControllerContext, known: Map<ObjectKey, Known>) {
    this.#cloud = cloud;
    this.#context = context;
    this.#known = known;
  }

  *service(key: ObjectKey, service: ServiceObject): Proc {
    try {
      if (!wantsBalancer(service) || needsCleanup(service)) yield* this.#delete(key, service);
      else yield* this.#ensure(key, service);
    } catch (error) {
      if (!isApiError(error)) throw error;
      const message = `Error syncing load balancer: ${error.message}`;
      this.#event(service, 'SyncLoadBalancerFailed', message, 'Warning');
      throw error;
    }
  }

  /** Every balancer hears of the Nodes there are now, if they are others than before. */
  *nodes(): Proc {
    for (const [key, known] of this.#known) {
      const service = this.#context.get(Service, key);
      if (!service || !wantsBalancer(service)) continue;
      const nodes = this.#backends();
      const told = nodes.map(({ metadata, spec }) => `${metadata.name} ${spec.providerID ?? ''}`);
      if (equalJson(told, known.nodes)) continue;
      known.nodes = told;
      const names = nodes.map(({ metadata }) => metadata.name);
      yield* this.#cloud.updateBalancer(service, names);
      if (names.length === 0) this.#noNodes(service);
      else this.#event(service, 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    }
  }

  #event(
    service: ServiceObject,
    reason: string,
    message: string,
    type: 'Normal' | 'Warning' = 'Normal',
  ): void {
    this.#context.events.record(service, { type, reason, message });
  }

  #noNodes(service: ServiceObject): void {
    const message = 'There are no available nodes for LoadBalancer';
    this.#event(service, 'UnAvailableLoadBalancer', message, 'Warning');
  }

  #backends(): readonly NodeObject[] {
    return [...this.#context.informers.for(Node).all()]
      .filter(isBackend)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  *#ensure(key: ObjectKey, service: ServiceObject): Proc {
    this.#event(service, 'EnsuringLoadBalancer', 'Ensuring load balancer');
    this.#context.note('a load balancer', service.status.loadBalancer.ingress?.[0]?.ip ?? 'none');
    const finalizers = service.metadata.finalizers ?? [];
    // Before anything is made, so that it cannot be forgotten.
    if (!finalizers.includes(FINALIZER)) {
      yield* this.#patch(service, { metadata: { finalizers: [...finalizers, FINALIZER] } });
    }
    const nodes = this.#backends();
    if (nodes.length === 0) this.#noNodes(service);
    const told = nodes.map(({ metadata, spec }) => `${metadata.name} ${spec.providerID ?? ''}`);
    this.#known.set(key, { service, nodes: told });
    const names = nodes.map(({ metadata }) => metadata.name);
    const { address } = yield* this.#cloud.ensureBalancer(service, names);
    this.#event(service, 'EnsuredLoadBalancer', 'Ensured load balancer');
    yield* this.#setIngress(service, [{ ip: address, ipMode: 'VIP' }]);
  }

  *#delete(key: ObjectKey, service: ServiceObject): Proc {
    if (yield* this.#cloud.balancer(service)) {
      this.#event(service, 'DeletingLoadBalancer', 'Deleting load balancer');
      yield* this.#cloud.deleteBalancer(service);
    }
    this.#known.delete(key);
    const finalizers = service.metadata.finalizers ?? [];
    if (finalizers.includes(FINALIZER)) {
      const others = finalizers.filter((f) => f !== FINALIZER);
      yield* this.#patch(service, { metadata: { finalizers: others.length > 0 ? others : null } });
    }
    this.#event(service, 'DeletedLoadBalancer', 'Deleted load balancer');
    yield* this.#setIngress(service, []);
  }

  *#setIngress(service: ServiceObject, ingress: readonly object[]): Proc {
    if (equalJson(service.status.loadBalancer.ingress ?? [], ingress)) return;
    const patch = { status: { loadBalancer: { ingress: ingress.length > 0 ? ingress : null } } };
    try {
      yield* this.#patch(service, patch);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  /** Upstream PatchService writes through the status subresource, finalizers too. */
  *#patch(service: ServiceObject, patch: object): Proc {
    const { namespace = '', name } = service.metadata;
    const options = { type: 'merge', subresource: 'status' } as const;
    yield* this.#context.client.patch(Service, namespace, name, patch, options);
  }
}
