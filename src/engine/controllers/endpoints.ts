/**
 * Endpoints controller: the addresses behind every Service with a selector, in the old form.
 *
 * Models:     kubernetes pkg/controller/endpoint/endpoints_controller.go (v1.36)
 * Watches:    Service (primary), Pod, Endpoints
 * Writes:     Endpoints create, update and delete; Events
 * Simplified: see client/endpoint-subsets.ts
 */
import type { EndpointSubset } from '../../api/generated/types.ts';
import { Endpoints } from '../../api/kinds/endpoints.ts';
import { Service } from '../../api/kinds/service.ts';
import { equalJson } from '../../api/meta/json.ts';
import { type KubeObject, type ObjectKey, keyOf, splitKey } from '../../api/meta/object.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import { ConsistencyStore } from '../client/consistency.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { repackSubsets } from '../client/endpoint-subsets.ts';
import {
  HEADLESS_LABEL,
  MAX_RETRIES,
  TRIGGER_TIME,
  TriggerTimes,
  isHeadless,
  podsOf,
  selectsPods,
  wakeServices,
} from '../client/service-endpoints.ts';
import { isOverCapacity, truncated, wantedSubsets } from './endpoints/subsets.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'; // LabelManagedBy
const CONTROLLER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'; // v1.EndpointsOverCapacity
const LEADER = 'control-plane.alpha.kubernetes.io/leader'; // LeaderElectionRecordAnnotationKey

interface State {
  readonly times: TriggerTimes;
  readonly store: ConsistencyStore;
}

export function endpointsController(): ControllerDefinition<Service> {
  const state: State = { times: new TriggerTimes(), store: new ConsistencyStore() };
  return defineController<Service>({
    name: 'endpoint-controller',
    primary: Service,
    workers: 5, // --concurrent-endpoint-syncs
    start(context) {
      wakeServices(context);
      const endpoints = context.informers.for(Endpoints);
      endpoints.addHandler({ onDelete: (e) => context.queue.add(keyOf(e)) });
      // Services may have gone while nobody looked.
      endpoints.whenSynced(() => {
        for (const e of endpoints.all()) {
          if (e.metadata.annotations?.[LEADER] === undefined) context.queue.add(keyOf(e));
        }
      });
    },
    *reconcile(key, context) {
      try {
        yield* sync(key, context, state);
      } catch (error) {
        if (isApiError(error) && context.queue.failures(key) >= MAX_RETRIES) return;
        throw error;
      }
    },
  });
}

function* sync(key: ObjectKey, context: ControllerContext, state: State): Proc {
  const service = context.get(Service, key);
  if (!service) {
    state.times.forget(key);
    state.store.forget(key);
    return yield* remove(key, context);
  }
  if (!selectsPods(service)) return;
  state.store.ensureReady(key, context.informers);
  const pods = podsOf(service, context);
  const subsets = wantedSubsets(service, pods);
  const triggered = state.times.changed(service, pods);
  const current = context.get(Endpoints, key);
  context.note(`${pods.length} Pods selected`, `${subsets.length} subsets`);
  if (current && isUpToDate(current, subsets, service)) return;
  yield* write(service, current, subsets, triggered, context, state);
}

function* remove(key: ObjectKey, { client }: ControllerContext): Proc {
  const { namespace, name } = splitKey(key);
  try {
    yield* client.delete(Endpoints, namespace, name);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

function isUpToDate(
  current: Endpoints,
  subsets: readonly EndpointSubset[],
  service: Service,
): boolean {
  const { labels = {}, annotations = {} } = current.metadata;
  const old = current.subsets ?? [];
  if (!equalJson(old, subsets) && !equalJson(repackSubsets(old), subsets)) return false;
  const { [MANAGED_BY]: manager, [HEADLESS_LABEL]: _headless, ...rest } = labels;
  const { [MANAGED_BY]: _m, [HEADLESS_LABEL]: _h, ...wanted } = service.metadata.labels ?? {};
  if (manager !== CONTROLLER || !equalJson(rest, wanted)) return false;
  return !isOverCapacity(old) && annotations[OVER_CAPACITY] === undefined;
}

function* write(
  service: Service,
  current: Endpoints | undefined,
  subsets: readonly EndpointSubset[],
  triggered: string | undefined,
  context: ControllerContext,
  state: State,
): Proc {
  const { client, events } = context;
  const { namespace = '', name } = service.metadata;
  const over = isOverCapacity(subsets);
  const { [TRIGGER_TIME]: _t, [OVER_CAPACITY]: _o, ...kept } = current?.metadata.annotations ?? {};
  const annotations = {
    ...kept,
    ...(triggered === undefined ? {} : { [TRIGGER_TIME]: triggered }),
    ...(over ? { [OVER_CAPACITY]: 'truncated' } : {}),
  };
  const { [HEADLESS_LABEL]: _h, ...serviceLabels } = service.metadata.labels ?? {};
  const labels = {
    ...serviceLabels,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
    [MANAGED_BY]: CONTROLLER,
  };
  const { annotations: _old, ...metadata } = current?.metadata ?? { name, namespace };
  const next = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...metadata,
      labels,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    ...(subsets.length > 0 ? { subsets: over ? truncated(subsets) : subsets } : {}),
  };
  try {
    const written = current
      ? yield* client.update(Endpoints, next as Endpoints)
      : yield* client.create(Endpoints, next as never);
    // What was created is waited for as well: here a Pod often comes before the cache has shown it.
    state.store.wrote(service, Endpoints, written);
  } catch (error) {
    if (!isApiError(error) || hasStatusCause(error, 'NamespaceTerminating')) return;
    const what = current ? 'Update' : 'Create';
    const object = current ? 'endpoint' : 'endpoint for service';
    events.record(next as KubeObject, {
      type: 'Warning',
      reason: `FailedTo${what}Endpoint`,
      message: `Failed to ${what.toLowerCase()} ${object} ${namespace}/${name}: ${error.message}`,
    });
    throw error;
  }
}
