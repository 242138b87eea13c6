/**
 * EndpointSlice controller: the addresses behind every Service with a selector, a hundred to a slice.
 *
 * Models:  kubernetes pkg/controller/endpointslice/endpointslice_controller.go;
 *          k8s.io/endpointslice reconciler.go (v1.36)
 * Watches: Service (primary), Pod, EndpointSlice, Node
 * Writes:  EndpointSlice create, update and delete; Events
 */
import { Node } from '../../api/kinds/node.ts';
import { Service } from '../../api/kinds/service.ts';
import { type ObjectKey, splitKey } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import { ConsistencyStore } from '../client/consistency.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { SliceWatch, type WantedSlice, slicesOf } from '../client/endpoint-slices.ts';
import { aggregate } from '../client/ownership.ts';
import {
  MAX_RETRIES,
  TRIGGER_TIME,
  TriggerTimes,
  podsOf,
  selectsPods,
  wakeServices,
} from '../client/service-endpoints.ts';
import { type SliceWriter, writeSlices } from '../client/write-slices.ts';
import { withHints } from './endpointslice/hints.ts';
import { CONTROLLER, addressTypesOf, planSlices } from './endpointslice/slices.ts';
import { TopologyCache } from './endpointslice/topology.ts';

interface State {
  readonly times: TriggerTimes;
  readonly store: ConsistencyStore;
  readonly watch: SliceWatch;
  readonly topology: TopologyCache;
}

const ZONE = 'topology.kubernetes.io/zone';

export function endpointSliceController(): ControllerDefinition<Service> {
  const state: State = {
    times: new TriggerTimes(),
    store: new ConsistencyStore(),
    watch: new SliceWatch(CONTROLLER),
    topology: new TopologyCache(),
  };
  return defineController<Service>({
    name: 'endpointslice-controller',
    // Upstream's recorder calls itself by another name than the service account.
    eventSource: 'endpoint-slice-controller',
    primary: Service,
    workers: 5, // --concurrent-service-endpoint-syncs
    start(context) {
      wakeServices(context);
      watchNodes(context, state.topology);
      state.watch.start(context);
    },
    reconcile: (key, context) => sync(key, context, state),
  });
}

/** What zones there are is counted anew, once for all nodes that change together. */
function watchNodes(context: ControllerContext, topology: TopologyCache): void {
  const nodes = context.informers.for(Node);
  let isDue = false;
  const look = (): void => {
    if (isDue) return;
    isDue = true;
    context.after(0, () => {
      isDue = false;
      topology.setNodes(nodes.all());
      for (const key of topology.overloaded()) context.queue.add(key);
    });
  };
  const isReady = ({ status }: Node): boolean =>
    status.conditions?.find((c) => c.type === 'Ready')?.status === 'True';
  nodes.addHandler({
    onAdd: look,
    onUpdate: (node, old) => {
      const moved = node.metadata.labels?.[ZONE] !== old.metadata.labels?.[ZONE];
      if (moved || isReady(node) !== isReady(old)) look();
    },
    onDelete: look,
  });
}

function* sync(key: ObjectKey, context: ControllerContext, state: State): Proc {
  const service = context.get(Service, key);
  if (!service) {
    state.times.forget(key);
    state.store.forget(key);
    for (const type of ['IPv4', 'IPv6']) state.topology.forget(key, type);
    return;
  }
  if (!selectsPods(service)) return;
  state.store.ensureReady(key, context.informers);
  const pods = podsOf(service, context);
  const triggered = state.times.changed(service, pods);
  const { namespace, name } = splitKey(key);
  const slices = slicesOf(namespace, name, CONTROLLER, context);
  const types = addressTypesOf(service);
  const about = `Service ${namespace}/${name}`;
  const writer: SliceWriter = { context, store: state.store, watch: state.watch, about };
  const errors: string[] = [];
  const nodeOf = (node: string): Node | undefined => context.get(Node, node);
  try {
    for (const type of types) {
      const existing = slices.filter((s) => s.addressType === type);
      const plan = planSlices(service, pods, existing, nodeOf, type);
      errors.push(...plan.errors);
      const timed = (s: WantedSlice): WantedSlice => withTriggerTime(s, triggered);
      const { remove } = plan;
      const { create, update, notice } = withHints(service, type, plan, state.topology);
      try {
        yield* writeSlices(
          { create: create.map(timed), update: update.map(timed), remove },
          writer,
        );
      } finally {
        if (notice) context.events.record(service, notice);
      }
    }
    const other = slices.filter((s) => !(types as readonly string[]).includes(s.addressType));
    for (const { addressType } of other) state.topology.forget(key, addressType);
    yield* writeSlices({ create: [], update: [], remove: other }, writer);
  } catch (error) {
    if (!isApiError(error) && !(error instanceof Retry)) throw error;
    errors.push(error.message);
  }
  if (errors.length > 0) report(key, service, aggregate(errors), context);
}

function withTriggerTime(slice: WantedSlice, triggered: string | undefined): WantedSlice {
  const { [TRIGGER_TIME]: _old, ...annotations } = slice.annotations;
  if (triggered === undefined) return { ...slice, annotations };
  return { ...slice, annotations: { ...annotations, [TRIGGER_TIME]: triggered } };
}

function report(
  key: ObjectKey,
  service: Service,
  why: string,
  { events, queue }: ControllerContext,
): void {
  const { namespace = '', name } = service.metadata;
  const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${why}`;
  events.record(service, { type: 'Warning', reason: 'FailedToUpdateEndpointSlices', message });
  // After so many failures upstream drops the key until something changes.
  if (queue.failures(key) < MAX_RETRIES) throw new Retry(why);
}
