/**
 * EndpointSlice mirroring controller: Endpoints that somebody wrote for a Service without a selector
 * appear as EndpointSlices too.
 *
 * Models:     kubernetes pkg/controller/endpointslicemirroring
 *             endpointslicemirroring_controller.go (v1.36)
 * Watches:    Endpoints (primary), Service, EndpointSlice
 * Writes:     EndpointSlice create, update and delete; Events
 * Simplified: nothing known
 */
import { Endpoints } from '../../api/kinds/endpoints.ts';
import { Service } from '../../api/kinds/service.ts';
import { type ObjectKey, keyOf, splitKey } from '../../api/meta/object.ts';
import type { Proc } from '../../kernel/process.ts';
import { ConsistencyStore } from '../client/consistency.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { SliceWatch, slicesOf } from '../client/endpoint-slices.ts';
import { type SliceWriter, writeSlices } from '../client/write-slices.ts';
import { CONTROLLER, MAX_PER_SUBSET, planMirror } from './endpointslice-mirroring/slices.ts';

const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'; // discovery.LabelSkipMirror
const LEADER = 'control-plane.alpha.kubernetes.io/leader'; // LeaderElectionRecordAnnotationKey

interface State {
  readonly store: ConsistencyStore;
  readonly watch: SliceWatch;
}

export function endpointSliceMirroringController(): ControllerDefinition<Endpoints> {
  const state: State = { store: new ConsistencyStore(), watch: new SliceWatch(CONTROLLER) };
  return defineController<Endpoints>({
    name: 'endpointslicemirroring-controller',
    eventSource: 'endpoint-slice-mirroring-controller',
    primary: Endpoints,
    ownHandlers: true,
    workers: 5, // --mirroring-concurrent-service-endpoint-syncs
    start(context) {
      const { informers, queue } = context;
      informers.for(Endpoints).addHandler({
        onAdd: (e) => {
          if (isToMirror(e)) queue.add(keyOf(e));
        },
        onUpdate: (e, old) => {
          if (isToMirror(e) || isToMirror(old)) queue.add(keyOf(e));
        },
        onDelete: (e) => {
          if (isToMirror(e)) queue.add(keyOf(e));
        },
      });
      const wake = (service: Service): void => queue.add(keyOf(service));
      informers.for(Service).addHandler({
        onAdd: wake,
        onDelete: wake,
        onUpdate: (service, old) => {
          const before = old.spec.selector === undefined;
          if ((service.spec.selector === undefined) !== before) wake(service);
        },
      });
      state.watch.start(context);
    },
    reconcile: (key, context) => sync(key, context, state),
  });
}

function isToMirror({ metadata }: Endpoints): boolean {
  const { labels = {}, annotations = {} } = metadata;
  return labels[SKIP_MIRROR] !== 'true' && annotations[LEADER] === undefined;
}

function* sync(key: ObjectKey, context: ControllerContext, state: State): Proc {
  const { namespace, name } = splitKey(key);
  const endpoints = context.get(Endpoints, key);
  const service = context.get(Service, key);
  const slices = slicesOf(namespace, name, CONTROLLER, context);
  const about = `Endpoints ${namespace}/${name}`;
  const writer: SliceWriter = { context, store: state.store, watch: state.watch, about };
  if (!endpoints || !isToMirror(endpoints) || !service || service.spec.selector !== undefined) {
    state.store.forget(key);
    return yield* writeSlices({ create: [], update: [], remove: slices }, writer);
  }
  state.store.ensureReady(key, context.informers);
  const plan = planMirror(endpoints, slices);
  const warn = (reason: string, message: string): void =>
    context.events.record(endpoints, { type: 'Warning', reason, message });
  if (plan.invalid > 0) {
    const message = `Skipped ${plan.invalid} invalid IP addresses when mirroring to EndpointSlices`;
    warn('InvalidIPAddress', message);
  }
  if (plan.skipped > plan.invalid) {
    const limit = `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset.`;
    warn('TooManyAddressesToMirror', `${limit} ${plan.skipped} addresses were skipped`);
  }
  yield* writeSlices(plan, writer);
}
