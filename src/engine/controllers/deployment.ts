/**
 * Deployment controller: moves Pods from one template to the next through ReplicaSets, within the
 * limits of the strategy, and keeps old ReplicaSets as revisions.
 *
 * Models:     kubernetes pkg/controller/deployment deployment_controller.go, sync.go, rolling.go,
 *             recreate.go, progress.go (v1.36)
 * Watches:    Deployment (primary), ReplicaSet (owned), Pod (the last one of a Recreate is gone)
 * Writes:     ReplicaSet create, update, patch (adopt, release) and delete; Deployment status; Events
 * Simplified: nothing known
 */
import type { DeploymentStatus } from '../../api/generated/types.ts';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { equalJson } from '../../api/meta/json.ts';
import { type ObjectKey, keyFor } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { podTemplateHash } from '../../api/meta/pod-template-hash.ts';
import { isPodTerminal } from '../../api/meta/pod-state.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import { ApiError, hasStatusCause, isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { claimObjects, orphansIn } from '../client/ownership.ts';
import {
  type Resize,
  activeSets,
  available,
  isRollingUpdate,
  maxSurge,
  newReplicaSetSize,
  planScaleDown,
  proportionalSizes,
  sizeOf,
  sum,
  wantedReplicas,
} from './deployment/limits.ts';
import {
  DESIRED_REPLICAS,
  REVISION,
  byAge,
  countAnnotation,
  newReplicaSet,
  newSetAnnotations,
  nextRevision,
  replicaSetName,
  sameTemplate,
  splitReplicaSets,
  surplusReplicaSets,
  withCounts,
} from './deployment/replica-sets.ts';
import { planRollback, rollbackTarget } from './deployment/rollback.ts';
import {
  conditionOf,
  deploymentStatus,
  hasProgressDeadline,
  isComplete,
  msToProgressCheck,
  newCondition,
  pauseCondition,
  rolloutStatus,
  setCondition,
} from './deployment/status.ts';
import { watchOrphans } from './deployment/wake.ts';

const MAX_RETRIES = 15; // maxRetries, deployment_controller.go
const US_PER_MS = 1_000;
const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;

export function deploymentController(): ControllerDefinition<Deployment> {
  return defineController<Deployment>({
    name: 'deployment-controller',
    primary: Deployment,
    owns: [ReplicaSet],
    workers: 5, // --concurrent-deployment-syncs
    start: watchOrphans,
    reconcile: reconcile,
  });
}

function* reconcile(key: ObjectKey, context: ControllerContext): Proc {
  const cached = context.get(Deployment, key);
  if (!cached) return; // deleted: the garbage collector does the rest
  try {
    yield* new DeploymentSync(key, cached, context).run();
  } catch (error) {
    if (hasStatusCause(error, 'NamespaceTerminating')) return;
    const expected = error instanceof ApiError || error instanceof Retry;
    // After so many failures upstream drops the key until something changes.
    if (expected && context.queue.failures(key) >= MAX_RETRIES) return;
    throw error;
  }
}

/** The ReplicaSets of a Deployment as one sync sees them. */
interface Sets {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
}

function allOf(sets: Sets): readonly ReplicaSet[] {
  return sets.newSet ? [...sets.oldSets, sets.newSet] : sets.oldSets;
}

/**
 * One sync. Like upstream's it works on its own copy of the Deployment: what it has already changed
 * of it stays changed, but the resourceVersion stays that of the cache, so that a second status
 * write of one sync is refused and the Deployment comes again.
 */
class DeploymentSync {
  #d: Deployment;
  readonly #key: ObjectKey;
  readonly #context: ControllerContext;

  constructor(key: ObjectKey, d: Deployment, context: ControllerContext) {
    this.#key = key;
    this.#d = d;
    this.#context = context;
  }

  *run(): Proc {
    const owned = yield* this.#claimReplicaSets();
    const wanted = wantedReplicas(this.#d);
    this.#context.note(countText(wanted, 'available Pod'), seenText(owned));
    if (this.#d.metadata.deletionTimestamp !== undefined) return yield* this.#statusOnly(owned);
    const pause = pauseCondition(this.#d, this.#context.kernel.nowMs);
    if (pause) {
      this.#setStatus({
        ...this.#d.status,
        conditions: setCondition(this.#d.status.conditions ?? [], pause),
      });
      yield* this.#writeStatus();
    }
    if (this.#d.spec.paused === true) return yield* this.#scaleOnly(owned);
    const asked = rollbackTarget(this.#d);
    if (asked !== undefined) return yield* this.#rollback(owned, asked);
    if (yield* this.#isScaling(owned)) return yield* this.#scaleOnly(owned);
    if (isRollingUpdate(this.#d)) yield* this.#rolling(owned);
    else yield* this.#recreate(owned);
  }

  *#rollback(owned: readonly ReplicaSet[], asked: bigint): Proc {
    const { client, events } = this.#context;
    const sets = yield* this.#syncRevision(owned, true);
    const { deployment, done, refused } = planRollback(this.#d, allOf(sets), asked);
    if (refused) events.record(this.#d, refused);
    yield* client.update(Deployment, deployment);
    if (done) events.record(this.#d, done);
  }

  *#claimReplicaSets(): Proc<readonly ReplicaSet[]> {
    const { client, informers } = this.#context;
    const d = this.#d;
    const sets = informers.for(ReplicaSet);
    const candidates = [
      ...sets.ownedBy(d.metadata.uid).values(),
      ...orphansIn(sets, d.metadata.namespace ?? ''),
    ];
    const selector = compileStoredSelector(d.spec.selector);
    const claimed = yield* claimObjects(client, Deployment, d, ReplicaSet, candidates, selector);
    return claimed.owned;
  }

  /** Upstream syncStatusOnly: a Deployment that is being deleted. */
  *#statusOnly(owned: readonly ReplicaSet[]): Proc {
    const sets = yield* this.#syncRevision(owned, false);
    yield* this.#plainStatus(sets);
  }

  /** Upstream sync: paused, or scaled: no step of a rollout is taken. */
  *#scaleOnly(owned: readonly ReplicaSet[]): Proc {
    const sets = yield* this.#syncRevision(owned, false);
    yield* this.#scale(sets);
    if (this.#d.spec.paused === true) yield* this.#cleanup(sets.oldSets);
    yield* this.#plainStatus(sets);
  }

  *#plainStatus(sets: Sets): Proc {
    const status = deploymentStatus(this.#d, allOf(sets), sets.newSet, this.#context.kernel.nowMs);
    if (equalJson(this.#d.status, status)) return;
    this.#setStatus(status);
    yield* this.#writeStatus();
  }

  /** Scaled since the ReplicaSets were last told the Deployment's size. */
  *#isScaling(owned: readonly ReplicaSet[]): Proc<boolean> {
    const sets = yield* this.#syncRevision(owned, false);
    const wanted = wantedReplicas(this.#d);
    return activeSets(allOf(sets)).some((rs) => {
      const desired = countAnnotation(rs, DESIRED_REPLICAS);
      return desired !== undefined && desired !== wanted;
    });
  }

  *#rolling(owned: readonly ReplicaSet[]): Proc {
    const sets = yield* this.#syncRevision(owned, true);
    const newSet = sets.newSet as ReplicaSet;
    const all = allOf(sets);
    const d = this.#d;
    const size = sizeOf(newSet);
    const wanted = wantedReplicas(d);
    const target = size > wanted ? wanted : newReplicaSetSize(d, all, size);
    if (size !== wanted && (yield* this.#resize(newSet, target))) {
      return yield* this.#rolloutStatus(sets);
    }
    if (yield* this.#scaleDownOld(sets, newSet)) return yield* this.#rolloutStatus(sets);
    if (isComplete(d, d.status)) yield* this.#cleanup(sets.oldSets);
    yield* this.#rolloutStatus(sets);
  }

  *#scaleDownOld(sets: Sets, newSet: ReplicaSet): Proc<boolean> {
    const plan = planScaleDown(this.#d, allOf(sets), activeSets(sets.oldSets), newSet);
    try {
      yield* this.#resizeAll(plan, false);
    } catch (error) {
      // Upstream forgets the error: the status is written, and the conflict's cause brings a sync.
      if (isApiError(error)) return false;
      throw error;
    }
    return plan.length > 0;
  }

  *#recreate(owned: readonly ReplicaSet[]): Proc {
    let sets = yield* this.#syncRevision(owned, false);
    const plan = activeSets(sets.oldSets).map((replicaSet) => ({ replicaSet, to: 0 }));
    yield* this.#resizeAll(plan, false);
    if (plan.length > 0) return yield* this.#rolloutStatus(sets);
    if (this.#oldPodsRunning(sets, owned)) return yield* this.#rolloutStatus(sets);
    if (!sets.newSet) sets = yield* this.#syncRevision(owned, true);
    yield* this.#resize(sets.newSet as ReplicaSet, wantedReplicas(this.#d));
    if (isComplete(this.#d, this.#d.status)) yield* this.#cleanup(sets.oldSets);
    yield* this.#rolloutStatus(sets);
  }

  #oldPodsRunning(sets: Sets, owned: readonly ReplicaSet[]): boolean {
    if (sum(sets.oldSets, (rs) => rs.status.replicas) > 0) return true;
    for (const rs of owned) {
      if (rs.metadata.uid === sets.newSet?.metadata.uid) continue;
      for (const pod of this.#context.ownedBy(rs, Pod).values()) {
        if (!isPodTerminal(pod)) return true;
      }
    }
    return false;
  }

  *#rolloutStatus(sets: Sets): Proc {
    const { kernel, queue } = this.#context;
    const status = rolloutStatus(this.#d, allOf(sets), sets.newSet, kernel.nowMs);
    if (!equalJson(this.#d.status, status)) {
      this.#setStatus(status);
      return yield* this.#writeStatus();
    }
    const ms = msToProgressCheck(this.#d, status, kernel.nowMs);
    if (ms === undefined) return;
    // Nothing else would wake a Deployment that is stuck. The check alone keeps nothing unsettled.
    if (ms < MS_PER_SECOND) queue.addRateLimited(this.#key);
    else queue.addAfter(this.#key, ms * US_PER_MS + US_PER_SECOND, true);
  }

  /** Upstream scale: one active ReplicaSet gets all, several get their shares. */
  *#scale(sets: Sets): Proc {
    const d = this.#d;
    const wanted = wantedReplicas(d);
    const active = activeSets(allOf(sets));
    if (active.length <= 1) {
      const newestOld = [...sets.oldSets].sort(byAge).at(-1);
      const only = active[0] ?? sets.newSet ?? newestOld;
      if (only && sizeOf(only) !== wanted) yield* this.#resize(only, wanted);
      return;
    }
    if (isSaturated(d, sets.newSet)) {
      const plan = activeSets(sets.oldSets).map((replicaSet) => ({ replicaSet, to: 0 }));
      return yield* this.#resizeAll(plan, false);
    }
    if (isRollingUpdate(d)) yield* this.#resizeAll(proportionalSizes(d, active), true);
  }

  /** Steps in order; a ReplicaSet that comes twice is taken as the first step left it. */
  *#resizeAll(plan: readonly Resize[], always: boolean): Proc {
    const latest = new Map<string, ReplicaSet>();
    for (const { replicaSet, to } of plan) {
      const { uid } = replicaSet.metadata;
      const rs = latest.get(uid) ?? replicaSet;
      latest.set(uid, (yield* this.#resize(rs, to, always)) ?? rs);
    }
  }

  /** Upstream scaleReplicaSet: answers the updated ReplicaSet, or undefined when nothing was written. */
  *#resize(rs: ReplicaSet, to: number, always = false): Proc<ReplicaSet | undefined> {
    const from = sizeOf(rs);
    if (!always && from === to) return undefined;
    const d = this.#d;
    const wanted = wantedReplicas(d);
    const old = rs.metadata.annotations ?? {};
    const annotations = withCounts(old, wanted, wanted + maxSurge(d));
    if (from === to && annotations === old) return undefined;
    const updated = yield* this.#context.client.update(ReplicaSet, {
      ...rs,
      metadata: { ...rs.metadata, annotations },
      spec: { ...rs.spec, replicas: to },
    });
    if (from !== to) this.#scaled(from < to ? 'up' : 'down', updated.metadata.name, from, to);
    return updated;
  }

  #scaled(direction: string, name: string, from: number, to: number): void {
    this.#context.events.record(this.#d, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${direction} replica set ${name} from ${from} to ${to}`,
    });
  }

  *#cleanup(oldSets: readonly ReplicaSet[]): Proc {
    for (const rs of surplusReplicaSets(this.#d, oldSets)) {
      const { namespace = '', name } = rs.metadata;
      try {
        yield* this.#context.client.delete(ReplicaSet, namespace, name);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  }

  /** Upstream getAllReplicaSetsAndSyncRevision. */
  *#syncRevision(owned: readonly ReplicaSet[], create: boolean): Proc<Sets> {
    const { newSet, oldSets } = splitReplicaSets(this.#d, owned);
    const revision = nextRevision(oldSets);
    if (newSet) return { newSet: yield* this.#syncExisting(newSet, revision), oldSets };
    if (!create) return { newSet, oldSets };
    return { newSet: yield* this.#createNewSet(oldSets, revision), oldSets };
  }

  *#syncExisting(rs: ReplicaSet, revision: bigint): Proc<ReplicaSet> {
    const { kernel, client } = this.#context;
    const d = this.#d;
    const old = rs.metadata.annotations ?? {};
    const annotations = newSetAnnotations(d, old, revision);
    const minReady = d.spec.minReadySeconds ?? 0;
    if (annotations !== old || (rs.spec.minReadySeconds ?? 0) !== minReady) {
      const { minReadySeconds: _old, ...spec } = rs.spec;
      return yield* client.update(ReplicaSet, {
        ...rs,
        metadata: { ...rs.metadata, annotations },
        spec: minReady === 0 ? spec : { ...spec, minReadySeconds: minReady },
      });
    }
    let changed = this.#setRevision(old[REVISION] ?? '');
    if (hasProgressDeadline(d) && conditionOf(d.status, 'Progressing') === undefined) {
      const message = `Found new replica set "${rs.metadata.name}"`;
      this.#setProgress('True', 'FoundNewReplicaSet', message, kernel.nowMs);
      changed = true;
    }
    if (changed) yield* this.#writeStatus();
    return rs;
  }

  *#createNewSet(oldSets: readonly ReplicaSet[], revision: bigint): Proc<ReplicaSet> {
    const { client, kernel } = this.#context;
    const d = this.#d;
    const hash = podTemplateHash(d.spec.template, d.status.collisionCount);
    const size = newReplicaSetSize(d, oldSets, 0);
    const wanted = wantedReplicas(d);
    const annotations = withCounts(
      newSetAnnotations(d, {}, revision),
      wanted,
      wanted + maxSurge(d),
    );
    const name = replicaSetName(d.metadata.name, hash);
    let created: ReplicaSet;
    let existed = false;
    try {
      created = yield* client.create(ReplicaSet, newReplicaSet(d, hash, size, annotations));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (hasStatusCause(error, 'NamespaceTerminating')) throw error;
      if (error.reason !== 'AlreadyExists') yield* this.#reportCreateFailure(name, error);
      created = yield* this.#existing(name, error);
      existed = true;
    }
    if (!existed && size > 0) this.#scaled('up', created.metadata.name, 0, size);
    let changed = this.#setRevision(String(revision));
    if (!existed && hasProgressDeadline(d)) {
      const message = `Created new replica set "${created.metadata.name}"`;
      this.#setProgress('True', 'NewReplicaSetCreated', message, kernel.nowMs);
      changed = true;
    }
    if (changed) yield* this.#writeStatus();
    return created;
  }

  /** The name is taken: by our own ReplicaSet that the cache showed late, or by another hash. */
  *#existing(name: string, error: ApiError): Proc<ReplicaSet> {
    const d = this.#d;
    const rs = this.#context.get(ReplicaSet, keyFor(d.metadata.namespace, name));
    if (!rs) throw new Retry(`replicaset.apps "${name}" not found`);
    const ours = controllerOf(rs)?.uid === d.metadata.uid;
    if (ours && sameTemplate(d.spec.template, rs.spec.template)) return rs;
    this.#setStatus({ ...d.status, collisionCount: (d.status.collisionCount ?? 0) + 1 });
    yield* this.#tryWriteStatus();
    throw error;
  }

  *#reportCreateFailure(name: string, error: ApiError): Proc<never> {
    const message = `Failed to create new replica set "${name}": ${error.message}`;
    const reason = 'ReplicaSetCreateError';
    this.#context.events.record(this.#d, { type: 'Warning', reason, message });
    if (hasProgressDeadline(this.#d)) {
      this.#setProgress('False', reason, message, this.#context.kernel.nowMs);
      yield* this.#tryWriteStatus();
    }
    throw error;
  }

  #setProgress(status: string, reason: string, message: string, nowMs: number): void {
    const condition = newCondition('Progressing', status, reason, message, nowMs);
    const conditions = setCondition(this.#d.status.conditions ?? [], condition);
    this.#setStatus({ ...this.#d.status, conditions });
  }

  #setRevision(revision: string): boolean {
    const { metadata } = this.#d;
    if (metadata.annotations?.[REVISION] === revision) return false;
    const annotations = { ...metadata.annotations, [REVISION]: revision };
    this.#d = { ...this.#d, metadata: { ...metadata, annotations } };
    return true;
  }

  #setStatus(status: DeploymentStatus): void {
    this.#d = { ...this.#d, status };
  }

  *#writeStatus(): Proc {
    yield* this.#context.client.updateStatus(Deployment, this.#d);
  }

  /** For when a bigger problem is about to be reported than a refused status. */
  *#tryWriteStatus(): Proc {
    try {
      yield* this.#writeStatus();
    } catch (error) {
      if (!isApiError(error)) throw error;
    }
  }
}

/** Upstream IsSaturated: all Pods are the new ones, and the ReplicaSet knows it is to have them all. */
function isSaturated(d: Deployment, rs: ReplicaSet | undefined): boolean {
  if (!rs) return false;
  const wanted = wantedReplicas(d);
  const desired = countAnnotation(rs, DESIRED_REPLICAS);
  return sizeOf(rs) === wanted && desired === wanted && available(rs) === wanted;
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function seenText(sets: readonly ReplicaSet[]): string {
  const pods = countText(sum(sets, available), 'available Pod');
  return `${pods} in ${countText(sets.length, 'ReplicaSet')}`;
}
