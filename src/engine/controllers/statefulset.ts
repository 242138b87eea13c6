/**
 * StatefulSet controller: Pods with names and volumes of their own, made, updated and removed one
 * after the other, or all at once.
 *
 * Models:     kubernetes pkg/controller/statefulset stateful_set.go, stateful_set_control.go (v1.36)
 * Watches:    StatefulSet (primary), Pod; reads PersistentVolumeClaim, ControllerRevision
 * Writes:     Pod create, update, patch (adopt, release), delete; PersistentVolumeClaim create, update;
 *             ControllerRevision create, update, patch, delete; StatefulSet status; Events
 * Simplified: updateStrategy.rollingUpdate.maxUnavailable has no effect (its feature gate is off)
 */
import type {
  ControllerRevision as ControllerRevisionObject,
  Pod as PodObject,
  StatefulSetStatus,
} from '../../api/generated/types.ts';
import { ControllerRevision } from '../../api/kinds/controller-revision.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { StatefulSet } from '../../api/kinds/stateful-set.ts';
import { type ObjectKey, keyOf } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { msUntilAvailable } from '../../api/meta/pod-state.ts';
import { type Selector, compileStoredSelector } from '../../api/meta/selectors.ts';
import { isApiError } from '../../api/meta/status.ts';
import { type Proc, all, sleep } from '../../kernel/process.ts';
import { ConsistencyStore } from '../client/consistency.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { wakeOwners } from '../client/owner-wake.ts';
import { claimObjects, indexOrphans, orphansIn, recheckOwner } from '../client/ownership.ts';
import {
  adoptRevisions,
  createRevision,
  listRevisions,
  newRevision,
  raiseRevision,
  sameData,
  templateOf,
} from '../client/revisions.ts';
import { isRefusal } from '../client/refusal.ts';
import { type Replica, parseName, replicasOf, revisionOf } from './statefulset/identity.ts';
import {
  type Places,
  type Revision,
  afterClaims,
  condemnedStep,
  nextForUpdate,
  nextStep,
  placesOf,
} from './statefulset/plan.ts';
import { StatefulPods } from './statefulset/pods.ts';
import { type Counts, countPods, needsWrite, statefulSetStatus } from './statefulset/status.ts';

const MAX_BATCH = 500; // MaxBatchSize, stateful_set_control.go
const STATUS_RETRIES = 4; // retry.DefaultRetry
const STATUS_BACKOFF_US = 10_000; // retry.DefaultRetry
const US_PER_MS = 1_000;
const MS_PER_SECOND = 1_000;

export function statefulSetController(): ControllerDefinition<StatefulSet> {
  const store = new ConsistencyStore();
  return defineController<StatefulSet>({
    name: 'statefulset-controller',
    primary: StatefulSet,
    workers: 5, // --concurrent-statefulset-syncs
    start(context) {
      indexOrphans(context.informers.for(ControllerRevision));
      context.informers.for(PersistentVolumeClaim);
      context.informers
        .for(StatefulSet)
        .addHandler({ onDelete: (set) => store.forget(keyOf(set)) });
      wakeOwners(context, {
        kind: StatefulSet,
        selectorOf: (set) => compileStoredSelector(set.spec.selector),
        minReadySeconds: (set) => set.spec.minReadySeconds ?? 0,
      });
    },
    *reconcile(key, context) {
      store.ensureReady(key, context.informers);
      const set = context.get(StatefulSet, key);
      if (set) yield* new StatefulSetSync(key, set, context, store).run();
    },
  });
}

interface Revisions {
  readonly current: ControllerRevisionObject;
  readonly update: ControllerRevisionObject;
  readonly collisionCount: number;
}

class StatefulSetSync {
  readonly #key: ObjectKey;
  readonly #set: StatefulSet;
  readonly #context: ControllerContext;
  readonly #store: ConsistencyStore;
  readonly #pods: StatefulPods;
  readonly #nowMs: number;

  constructor(
    key: ObjectKey,
    set: StatefulSet,
    context: ControllerContext,
    store: ConsistencyStore,
  ) {
    this.#key = key;
    this.#set = set;
    this.#context = context;
    this.#store = store;
    this.#pods = new StatefulPods(set, context, store);
    this.#nowMs = context.kernel.nowMs;
  }

  *run(): Proc {
    const selector = compileStoredSelector(this.#set.spec.selector);
    yield* this.#adoptRevisions(selector);
    const pods = yield* this.#claimPods(selector);
    this.#context.note(`${replicasOf(this.#set)} Pods`, `${pods.length} Pods`);
    const history = listRevisions(this.#set, selector, this.#context);
    const revisions = yield* this.#revisions(history);
    let status: StatefulSetStatus;
    try {
      status = yield* this.#update(pods, revisions);
    } catch (error) {
      if (isRefusal(error) || error instanceof Retry) {
        yield* this.#truncate(history, pods, revisions);
      }
      throw error;
    }
    yield* this.#truncate(history, pods, revisions);
    this.#scheduleAvailabilityCheck(pods, status);
  }

  *#adoptRevisions(selector: Selector): Proc {
    const { client } = this.#context;
    const set = this.#set;
    const orphans = listRevisions(set, selector, this.#context).filter((r) => !controllerOf(r));
    if (orphans.length === 0) return;
    const refused = yield* recheckOwner(client, StatefulSet, set);
    if (refused !== '') throw new Retry(`can't adopt ControllerRevisions: ${refused}`);
    yield* adoptRevisions(set, orphans, this.#context);
  }

  *#claimPods(selector: Selector): Proc<readonly PodObject[]> {
    const { client, informers } = this.#context;
    const set = this.#set;
    const pods = informers.for(Pod);
    const { namespace = '', name, uid } = set.metadata;
    const candidates = [...pods.ownedBy(uid).values(), ...orphansIn(pods, namespace)];
    const isMember = (pod: PodObject): boolean => parseName(pod.metadata.name).parent === name;
    const claimed = yield* claimObjects(
      client,
      StatefulSet,
      set,
      Pod,
      candidates,
      selector,
      isMember,
    );
    return claimed.owned;
  }

  /** Upstream getStatefulSetRevisions: the revision Pods have had, and the one they should have. */
  *#revisions(history: readonly ControllerRevisionObject[]): Proc<Revisions> {
    const set = this.#set;
    const collisionCount = set.status.collisionCount ?? 0;
    const newest = history.at(-1);
    const number = (newest?.revision ?? 0) + 1;
    const { template } = set.spec;
    const wanted = newRevision(set, template, number, collisionCount, set.metadata.annotations);
    const equal = history.filter((r) => sameData(r, wanted)).at(-1);
    let update: ControllerRevisionObject;
    let collisions = collisionCount;
    if (equal && newest && sameData(newest, equal)) update = newest;
    else if (equal) update = yield* raiseRevision(equal, number, this.#context);
    else {
      const made = yield* createRevision(set, wanted, collisionCount, this.#context);
      update = made.revision;
      collisions = made.collisionCount;
    }
    const current = history.find((r) => r.metadata.name === set.status.currentRevision) ?? update;
    return { current, update, collisionCount: collisions };
  }

  /** One round of steps; the status is written even when a step fails. */
  *#update(pods: readonly PodObject[], revisions: Revisions): Proc<StatefulSetStatus> {
    const set = this.#set;
    const names = {
      current: revisions.current.metadata.name,
      update: revisions.update.metadata.name,
    };
    const asRevision = (r: ControllerRevisionObject): Revision => ({
      name: r.metadata.name,
      template: templateOf(r),
    });
    const places = placesOf(
      set,
      pods,
      asRevision(revisions.current),
      asRevision(revisions.update),
      this.#nowMs,
    );
    const counted = [...places.replicas, ...places.condemned].flatMap((r) => r.pod ?? []);
    const going = set.metadata.deletionTimestamp !== undefined;
    const counts = countPods(set, going ? pods : counted, names, this.#nowMs);
    let failure: unknown;
    try {
      if (!going) yield* this.#steps(places, names.update, counts);
    } catch (error) {
      if (!isApiError(error) && !(error instanceof Retry)) throw error;
      failure = error;
    }
    const status = statefulSetStatus(set, counts, names, revisions.collisionCount);
    yield* this.#writeStatus(status, failure);
    if (failure !== undefined) throw failure;
    return status;
  }

  *#steps(places: Places, update: string, counts: Counts): Proc {
    const monotonic = this.#set.spec.podManagementPolicy !== 'Parallel';
    const { replicas, condemned } = places;
    if (yield* this.#forAll(replicas, monotonic, (r) => this.#fill(r, monotonic))) return;
    if (yield* this.#forAll(condemned, monotonic, (r) => this.#fixClaims(r))) return;
    const condemn = (r: Replica): Proc<boolean> => this.#condemn(r, places, monotonic);
    if (yield* this.#forAll(condemned, monotonic, condemn)) return;
    const next = nextForUpdate(this.#set, replicas, update, this.#nowMs);
    if (!next) return;
    yield* this.#pods.remove(next);
    counts.current--;
  }

  /** In order until one says stop, or all in growing batches. True: nothing further this time. */
  *#forAll(
    replicas: readonly Replica[],
    monotonic: boolean,
    step: (replica: Replica) => Proc<boolean>,
  ): Proc<boolean> {
    if (monotonic) {
      for (const replica of replicas) if (yield* step(replica)) return true;
      return false;
    }
    let done = 0;
    for (let size = 1; done < replicas.length; size = Math.min(size * 2, MAX_BATCH)) {
      const batch = replicas.slice(done, done + size);
      const outcomes = yield* all(this.#context.kernel, 'StatefulSet', batch.map(step));
      for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
      done += batch.length;
    }
    return false;
  }

  /** Upstream processReplica. */
  *#fill(replica: Replica, monotonic: boolean): Proc<boolean> {
    const pods = this.#pods;
    const step = nextStep(replica, this.#set, monotonic, this.#nowMs);
    if (step === 'delete') yield* pods.remove(replica);
    if (step === 'delete' || step === 'wait') return true;
    if (step === 'create') {
      if (pods.claimsAreStale(replica)) return true;
      yield* pods.create(replica);
      if (monotonic) return true;
    }
    const { pod } = replica;
    if (!pod) return false;
    if (step === 'claims') {
      yield* pods.createMissingClaims(replica);
      if (afterClaims(pod, this.#set, monotonic, this.#nowMs) === 'wait') return true;
    }
    yield* pods.correct(replica);
    return false;
  }

  *#fixClaims(replica: Replica): Proc<boolean> {
    if (!this.#pods.claimsHaveOwners(replica)) yield* this.#pods.ownClaims(replica);
    return false;
  }

  *#condemn(replica: Replica, places: Places, monotonic: boolean): Proc<boolean> {
    const step = condemnedStep(replica, this.#set, places, monotonic, this.#nowMs);
    if (step === 'delete') yield* this.#pods.remove(replica);
    return step !== 'skip';
  }

  /** A conflict is tried again from the cache, a few times; a step's own failure counts for more. */
  *#writeStatus(status: StatefulSetStatus, failure: unknown): Proc {
    const { client } = this.#context;
    let set = this.#set;
    if (!needsWrite(set.status, status)) return;
    for (let attempt = 0; ; attempt++) {
      try {
        const updated = yield* client.updateStatus(StatefulSet, { ...set, status });
        this.#store.wrote(updated, StatefulSet, updated);
        return;
      } catch (error) {
        if (!isApiError(error, 'Conflict') || attempt >= STATUS_RETRIES) {
          if (failure !== undefined) return;
          throw error;
        }
      }
      yield* sleep(STATUS_BACKOFF_US);
      set = this.#context.get(StatefulSet, this.#key) ?? set;
    }
  }

  /** Old revisions that no Pod has go, down to the limit. */
  *#truncate(
    history: readonly ControllerRevisionObject[],
    pods: readonly PodObject[],
    { current, update }: Revisions,
  ): Proc {
    const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(revisionOf)]);
    const old = history.filter((r) => !live.has(r.metadata.name));
    const limit = this.#set.spec.revisionHistoryLimit ?? 10;
    // Nothing keeps the limit from being negative: then all are kept.
    if (limit < 0) return;
    const surplus = old.length - limit;
    for (const { metadata } of old.slice(0, Math.max(0, surplus))) {
      yield* this.#context.client.delete(
        ControllerRevision,
        metadata.namespace ?? '',
        metadata.name,
      );
    }
  }

  #scheduleAvailabilityCheck(pods: readonly PodObject[], status: StatefulSetStatus): void {
    const minReady = this.#set.spec.minReadySeconds ?? 0;
    if (minReady === 0 || (status.readyReplicas ?? 0) === (status.availableReplicas ?? 0)) return;
    let ms = minReady * MS_PER_SECOND;
    let next: number | undefined;
    for (const pod of pods) {
      const left = msUntilAvailable(pod, minReady, this.#nowMs);
      if (left !== undefined && (next === undefined || left < next)) next = left;
    }
    ms = next ?? ms;
    this.#context.queue.addAfter(this.#key, ms * US_PER_MS);
  }
}
