/**
 * DaemonSet controller: one Pod on every node that fits, made for that node and brought there by the
 * scheduler.
 *
 * Models:     kubernetes pkg/controller/daemon daemon_controller.go, update.go (v1.36)
 * Watches:    DaemonSet (primary), Pod, Node, ControllerRevision (owned)
 * Writes:     Pod create, patch (adopt, release) and delete; ControllerRevision; DaemonSet status; Events
 * Simplified: nothing known
 */
import type { Node as NodeObject, Pod as PodObject } from '../../api/generated/types.ts';
import { DaemonSet } from '../../api/kinds/daemon-set.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { type ObjectKey, keyFor, keyOf } from '../../api/meta/object.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import { type Proc, all } from '../../kernel/process.ts';
import { ConsistencyStore } from '../client/consistency.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { wakeOwners } from '../client/owner-wake.ts';
import { claimObjects, orphansIn } from '../client/ownership.ts';
import { createPod, deletePod, failuresOf, slowStart } from '../client/pod-control.ts';
import { isRefusal } from '../client/refusal.ts';
import { FailedPodBackoff } from './daemonset/backoff.ts';
import { type History, cleanUpHistory, constructHistory } from './daemonset/history.ts';
import { daemonPod } from './daemonset/nodes.ts';
import {
  type Manager,
  type Plan,
  daemonSetStatus,
  needsWrite,
  planNodes,
  planUpdate,
  podsByNode,
} from './daemonset/plan.ts';
import { watchNodes, watchRevisions } from './daemonset/wake.ts';

const BURST_REPLICAS = 250; // BurstReplicas, daemon_controller.go
const US_PER_SECOND = 1_000_000;
const US_PER_MS = 1_000;

interface State {
  readonly store: ConsistencyStore;
  readonly backoff: FailedPodBackoff;
}

export function daemonSetController(): ControllerDefinition<DaemonSet> {
  const state: State = { store: new ConsistencyStore(), backoff: new FailedPodBackoff() };
  return defineController<DaemonSet>({
    name: 'daemon-set-controller',
    eventSource: 'daemonset-controller',
    primary: DaemonSet,
    workers: 2, // --concurrent-daemonset-syncs
    start: (context) => watch(context, state),
    *reconcile(key, context) {
      state.store.ensureReady(key, context.informers);
      const ds = context.get(DaemonSet, key);
      if (ds) yield* new DaemonSetSync(key, ds, context, state).run();
      else context.expectations.forget(key);
    },
  });
}

function watch(context: ControllerContext, state: State): void {
  const { informers, expectations, queue } = context;
  watchRevisions(context);
  informers.for(DaemonSet).addHandler({
    onDelete: (ds) => {
      state.store.forget(keyOf(ds));
      expectations.forget(keyOf(ds));
    },
  });
  wakeOwners(context, {
    kind: DaemonSet,
    selectorOf: (ds) => compileStoredSelector(ds.spec.selector),
    minReadySeconds: (ds) => ds.spec.minReadySeconds ?? 0,
    created: (key) => {
      expectations.creationSeen(key);
      queue.add(key);
    },
    gone: (key, pod) => {
      expectations.deletionSeen(key, keyOf(pod));
      queue.add(key);
    },
  });
  watchNodes(context);
}

class DaemonSetSync {
  readonly #key: ObjectKey;
  readonly #ds: DaemonSet;
  readonly #context: ControllerContext;
  readonly #state: State;

  constructor(key: ObjectKey, ds: DaemonSet, context: ControllerContext, state: State) {
    this.#key = key;
    this.#ds = ds;
    this.#context = context;
    this.#state = state;
  }

  *run(): Proc {
    const ds = this.#ds;
    const { events, expectations } = this.#context;
    const { selector } = ds.spec;
    if (!selector.matchLabels && !selector.matchExpressions) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
      events.record(ds, { type: 'Warning', reason: 'SelectingAll', message });
      return;
    }
    if (ds.metadata.deletionTimestamp !== undefined) return;
    const history = yield* constructHistory(ds, () => this.#pods(), this.#context);
    // Only counted until its own creations and deletions are seen.
    if (!expectations.met(this.#key)) return yield* this.#writeStatus(history.hash, false);
    let failure: unknown;
    try {
      yield* this.#update(history);
    } catch (error) {
      if (!isRefusal(error) && !(error instanceof Retry)) throw error;
      failure = error;
    }
    try {
      yield* this.#writeStatus(history.hash, true);
    } catch (error) {
      if (failure === undefined || !isRefusal(error)) throw error;
    }
    if (failure !== undefined) throw failure;
  }

  *#update(history: History): Proc {
    const ds = this.#ds;
    const { kernel, expectations } = this.#context;
    const { hash } = history;
    const pods = yield* this.#pods();
    const nodes = this.#nodes();
    const byNode = podsByNode(pods);
    const plan = planNodes(ds, nodes, byNode, hash, this.#manager(), kernel.nowMs);
    this.#context.note(`${nodes.length} Nodes looked at`, `${byNode.size} with a Pod`);
    yield* this.#carryOut(plan, hash);
    if (ds.spec.updateStrategy.type === 'RollingUpdate' && expectations.met(this.#key)) {
      const seen = podsByNode(yield* this.#pods());
      yield* this.#carryOut(planUpdate(ds, nodes, seen, hash, kernel.nowMs), hash);
    }
    yield* cleanUpHistory(ds, history.old, yield* this.#pods(), this.#context);
  }

  #nodes(): readonly NodeObject[] {
    return [...this.#context.informers.for(Node).all()];
  }

  *#pods(): Proc<readonly PodObject[]> {
    const { client, informers } = this.#context;
    const ds = this.#ds;
    const pods = informers.for(Pod);
    const { uid, namespace = '' } = ds.metadata;
    const candidates = [...pods.ownedBy(uid).values(), ...orphansIn(pods, namespace)];
    const selector = compileStoredSelector(ds.spec.selector);
    const claimed = yield* claimObjects(client, DaemonSet, ds, Pod, candidates, selector);
    return claimed.owned;
  }

  /** Ended Pods make way, with Events; failed ones after a back-off that doubles. */
  #manager(): Manager {
    const ds = this.#ds;
    const { events, kernel, queue } = this.#context;
    const { backoff } = this.#state;
    const found = (what: string, pod: PodObject, node: string): string =>
      `Found ${what} daemon pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} on node ${node}`;
    return {
      mayReplaceFailed: (pod, node) => {
        const key = `${ds.metadata.uid}/${ds.status.observedGeneration ?? 0}/${node}`;
        const ms = backoff.wait(key, kernel.nowMs);
        if (ms > 0) {
          queue.addAfter(this.#key, ms * US_PER_MS);
          return false;
        }
        const message = `${found('failed', pod, node)}, will try to kill it`;
        events.record(ds, { type: 'Warning', reason: 'FailedDaemonPod', message });
        return true;
      },
      succeeded: (pod, node) => {
        const message = `${found('succeeded', pod, node)}, will try to delete it`;
        events.record(ds, { type: 'Normal', reason: 'SucceededDaemonPod', message });
      },
    };
  }

  /** Upstream syncNodes. */
  *#carryOut(plan: Plan, hash: string): Proc {
    const { expectations, kernel } = this.#context;
    const create = plan.create.slice(0, BURST_REPLICAS);
    const remove = plan.remove.slice(0, BURST_REPLICAS);
    expectations.expect(this.#key, create.length, remove.map(keyOf));
    const bodies = create.map((node) => this.#create(node, hash));
    const { failures, skipped } = yield* slowStart(bodies, this.#context);
    if (skipped > 0) expectations.creationSeen(this.#key, skipped);
    const outcomes = yield* all(
      kernel,
      'delete Pod',
      remove.map((pod) => this.#remove(pod)),
    );
    const [failure] = [...failures, ...failuresOf(outcomes)];
    if (failure !== undefined) throw failure;
  }

  *#create(node: string, hash: string): Proc {
    const ds = this.#ds;
    try {
      const pod = yield* createPod(ds, daemonPod(ds, node, hash), this.#context);
      this.#state.store.wrote(ds, Pod, pod);
    } catch (error) {
      if (hasStatusCause(error, 'NamespaceTerminating')) return;
      this.#context.expectations.creationSeen(this.#key);
      throw error;
    }
  }

  *#remove(pod: PodObject): Proc {
    const { namespace = '', name } = pod.metadata;
    try {
      yield* deletePod(this.#ds, namespace, name, this.#context);
    } catch (error) {
      this.#context.expectations.deletionSeen(this.#key, keyFor(namespace, name));
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  *#writeStatus(hash: string, observe: boolean): Proc {
    const { client, kernel, queue } = this.#context;
    const ds = this.#ds;
    const byNode = podsByNode(yield* this.#pods());
    const status = daemonSetStatus(ds, this.#nodes(), byNode, hash, observe, kernel.nowMs);
    if (needsWrite(ds, status)) {
      let updated: DaemonSet;
      try {
        updated = yield* client.updateStatus(DaemonSet, { ...ds, status });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const live = yield* client.get(DaemonSet, ds.metadata.namespace ?? '', ds.metadata.name);
        updated = yield* client.updateStatus(DaemonSet, { ...live, status });
      }
      this.#state.store.wrote(ds, DaemonSet, updated);
    }
    const minReady = ds.spec.minReadySeconds ?? 0;
    if (minReady > 0 && status.numberReady !== (status.numberAvailable ?? 0)) {
      queue.addAfter(this.#key, minReady * US_PER_SECOND);
    }
  }
}
