/**
 * One sync of a ReplicaSet or ReplicationController: as many active Pods as spec.replicas says.
 *
 * Models: kubernetes pkg/controller/replicaset/replica_set.go (v1.36)
 */
import type { ReplicaSet, ReplicaSetStatus } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { groupResource } from '../../../api/meta/define-kind.ts';
import { type Input, type KubeObject, type ObjectKey, keyOf } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { isPodActive, isPodAvailable, isPodReady } from '../../../api/meta/pod-state.ts';
import { compileStoredSelector, selectorFromLabels } from '../../../api/meta/selectors.ts';
import { hasStatusCause, isApiError } from '../../../api/meta/status.ts';
import { type Outcome, type Proc, all, sleep } from '../../../kernel/process.ts';
import { type ControllerContext, Retry } from '../../client/controller.ts';
import { claimObjects, orphansIn } from '../../client/ownership.ts';
import { podFromTemplate } from '../../client/pod-template.ts';
import { isRefusal } from '../../client/refusal.ts';
import type { ReplicaKind } from './kind.ts';
import { type PodCounts, isSettled, replicaSetStatus } from './status.ts';
import { chooseVictims } from '../../client/victims.ts';
import { type State, viewOf } from './wake.ts';

const BURST_REPLICAS = 500; // BurstReplicas, replica_set.go
const SLOW_START_FIRST = 1; // controller.SlowStartInitialBatchSize
const US_PER_SECOND = 1_000_000;
const US_PER_MS = 1_000;
/** Upstream lists, filters and counts all Pods in every sync; about this much CPU for each. */
const SYNC_NANOS_PER_POD = 500;
const NANOS_PER_US = 1_000;

export function* syncReplicas(key: ObjectKey, context: ControllerContext, state: State): Proc {
  ensureFresh(key, context, state);
  const cached = viewOf(key, context, state.kind);
  if (cached) {
    const known = context.ownedBy(cached, Pod).size;
    const us = Math.floor((known * SYNC_NANOS_PER_POD) / NANOS_PER_US);
    if (us > 0) yield* sleep(us);
  }
  const rs = viewOf(key, context, state.kind);
  if (!rs) {
    state.written.delete(key);
    context.expectations.forget(key);
    return;
  }
  const needsSync = context.expectations.met(key);
  const { pods, list } = yield* claimPods(rs, context, state);
  const wanted = rs.spec.replicas ?? 1;
  context.note(podsText(wanted), podsText(pods.active));

  let failure: unknown;
  if (needsSync && rs.metadata.deletionTimestamp === undefined) {
    failure = yield* manageReplicas(key, rs, pods.active, list, context, state);
  }
  const nowMs = context.kernel.nowMs;
  const message = failure === undefined ? undefined : messageOf(failure);
  const status = state.kind.trim(replicaSetStatus(rs, pods, message, nowMs));
  const updated = yield* updateStatus(rs, status, context, state.kind);
  wrote(state, key, rs, 'sets', updated);
  if (failure !== undefined) throw failure;
  scheduleAvailabilityCheck(key, updated, context, state);
}

function podsText(count: number): string {
  return count === 1 ? '1 Pod' : `${count} Pods`;
}

/** The Pods it owns, after adopting and releasing: counts, and the list when it is asked for. */
function* claimPods(
  rs: ReplicaSet,
  context: ControllerContext,
  state: State,
): Proc<{ pods: PodCounts; list: () => Pod[] }> {
  const nowMs = context.kernel.nowMs;
  const owned = (): Iterable<Pod> => context.ownedBy(rs, Pod).values();
  const pods = state.tally.counts(rs, owned, nowMs);
  const selector = compileStoredSelector(rs.spec.selector);
  const candidates = [...state.tally.misfits(rs, owned)];
  for (const pod of orphansIn(context.informers.for(Pod), rs.metadata.namespace ?? '')) {
    if (isPodActive(pod) && selector.matches(pod.metadata.labels)) candidates.push(pod);
  }
  const listOwned = (): Pod[] => {
    const list: Pod[] = [];
    for (const pod of owned()) {
      if (isPodActive(pod) && selector.matches(pod.metadata.labels)) list.push(pod);
    }
    return list;
  };
  if (candidates.length === 0) return { pods, list: listOwned };

  const { client } = context;
  const claimed = yield* claimObjects(
    client,
    state.kind.kind,
    rs as KubeObject,
    Pod,
    candidates,
    selector,
  );
  const adopted = claimed.owned;
  const labels = selectorFromLabels(rs.spec.template.metadata.labels ?? {});
  const minReady = rs.spec.minReadySeconds ?? 0;
  return {
    pods: {
      active: pods.active + adopted.length,
      fullyLabeled:
        pods.fullyLabeled + adopted.filter((p) => labels.matches(p.metadata.labels)).length,
      ready: pods.ready + adopted.filter(isPodReady).length,
      available: pods.available + adopted.filter((p) => isPodAvailable(p, minReady, nowMs)).length,
      terminating: pods.terminating,
    },
    list: () => {
      const list = listOwned();
      const seen = new Set(list.map((p) => p.metadata.uid));
      return [...list, ...adopted.filter((p) => !seen.has(p.metadata.uid))];
    },
  };
}

/** Creates or deletes what is missing or too much; answers the first failure. */
function* manageReplicas(
  key: ObjectKey,
  rs: ReplicaSet,
  active: number,
  list: () => Pod[],
  context: ControllerContext,
  state: State,
): Proc<unknown> {
  const diff = (rs.spec.replicas ?? 1) - active;
  const count = Math.min(Math.abs(diff), BURST_REPLICAS);
  if (diff > 0) return yield* createPods(key, rs, count, context, state);
  if (diff < 0) return yield* deletePods(key, rs, count, list(), context, state);
  return undefined;
}

/** Batches of 1, 2, 4 …, so that a refused create stops the flood early. */
function* createPods(
  key: ObjectKey,
  rs: ReplicaSet,
  count: number,
  context: ControllerContext,
  state: State,
): Proc<unknown> {
  const { expectations, kernel } = context;
  const template = podFromTemplate(rs, rs.spec.template);
  expectations.expectCreations(key, count);
  let created = 0;
  let left = count;
  for (let size = SLOW_START_FIRST; left > 0; size *= 2) {
    const batch = Math.min(size, left);
    const bodies: Proc[] = [];
    for (let i = 0; i < batch; i++) bodies.push(createPod(key, rs, template, context, state));
    const failures = failuresOf(yield* all(kernel, 'create Pod', bodies));
    created += batch - failures.length;
    left -= batch;
    if (failures.length === 0) continue;
    // The cache will never show the Pods that were not made.
    expectations.creationSeen(key, count - created);
    return failures[0];
  }
  return undefined;
}

function* createPod(
  key: ObjectKey,
  rs: ReplicaSet,
  template: Input<Pod>,
  context: ControllerContext,
  state: State,
): Proc {
  try {
    const pod = yield* context.client.create(Pod, template);
    wrote(state, key, rs, 'pods', pod);
    const message = `Created pod: ${pod.metadata.name}`;
    context.events.record(rs, { type: 'Normal', reason: 'SuccessfulCreate', message });
  } catch (error) {
    // In a namespace that goes away every create fails: nothing to report, nothing to retry.
    if (hasStatusCause(error, 'NamespaceTerminating')) return;
    if (isRefusal(error)) {
      const message = `Error creating: ${error.message}`;
      context.events.record(rs, { type: 'Warning', reason: 'FailedCreate', message });
    }
    throw error;
  }
}

function* deletePods(
  key: ObjectKey,
  rs: ReplicaSet,
  count: number,
  active: readonly Pod[],
  context: ControllerContext,
  state: State,
): Proc<unknown> {
  const victims = chooseVictims(
    active,
    relatedPods(rs, context, state.kind),
    count,
    context.kernel.nowMs,
  );
  context.expectations.expectDeletions(key, victims.map(keyOf));
  const bodies = victims.map((pod) => deletePod(key, rs, pod, context));
  return failuresOf(yield* all(context.kernel, 'delete Pod', bodies))[0];
}

function* deletePod(key: ObjectKey, rs: ReplicaSet, pod: Pod, context: ControllerContext): Proc {
  const { namespace = '', name } = pod.metadata;
  try {
    yield* context.client.delete(Pod, namespace, name);
    const message = `Deleted pod: ${name}`;
    context.events.record(rs, { type: 'Normal', reason: 'SuccessfulDelete', message });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // The cache will not show this deletion.
    context.expectations.deletionSeen(key, keyOf(pod));
    if (isApiError(error, 'NotFound')) return;
    const message = `Error deleting: ${error.message}`;
    context.events.record(rs, { type: 'Warning', reason: 'FailedDelete', message });
    throw new Retry(`unable to delete pods: ${error.message}`);
  }
}

/** Pods of all ReplicaSets that share the owner of |rs|, as their selectors find them. */
function relatedPods(rs: ReplicaSet, context: ControllerContext, kind: ReplicaKind): Pod[] {
  const owner = controllerOf(rs);
  if (!owner) return [];
  const related: Pod[] = [];
  for (const sibling of context.informers.for(kind.kind).ownedBy(owner.uid).values()) {
    for (const pod of context.ownedBy(sibling, Pod).values()) related.push(pod);
  }
  return related;
}

/** What was refused or failed; anything else is a programmer's error and stops the run. */
function failuresOf(outcomes: readonly Outcome<unknown>[]): unknown[] {
  const failures: unknown[] = [];
  for (const outcome of outcomes) {
    if (outcome.ok) continue;
    if (!isRefusal(outcome.error) && !(outcome.error instanceof Retry)) throw outcome.error;
    failures.push(outcome.error);
  }
  return failures;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes only what differs; a conflict is retried once on the newest ReplicaSet. */
function* updateStatus(
  rs: ReplicaSet,
  next: ReplicaSetStatus,
  context: ControllerContext,
  kind: ReplicaKind,
): Proc<ReplicaSet> {
  if (isSettled(rs, next)) return rs;
  const { client } = context;
  const observedGeneration = rs.metadata.generation ?? 0;
  const { conditions, ...counts } = next;
  const status = { ...counts, observedGeneration, ...(conditions ? { conditions } : {}) };
  try {
    return kind.view(yield* client.updateStatus(kind.kind, kind.withStatus(rs, status)));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const { namespace = '', name } = rs.metadata;
  const fresh = kind.view(yield* client.get(kind.kind, namespace, name));
  return kind.view(yield* client.updateStatus(kind.kind, kind.withStatus(fresh, status)));
}

/** While ready Pods wait for minReadySeconds nothing else would wake the ReplicaSet. */
function scheduleAvailabilityCheck(
  key: ObjectKey,
  rs: ReplicaSet,
  context: ControllerContext,
  state: State,
): void {
  const minReady = rs.spec.minReadySeconds ?? 0;
  if (minReady === 0) return;
  if ((rs.status.readyReplicas ?? 0) === (rs.status.availableReplicas ?? 0)) return;
  const ms = state.tally.msToNextAvailable(rs, context.kernel.nowMs);
  context.queue.addAfter(key, ms === undefined ? minReady * US_PER_SECOND : ms * US_PER_MS);
}

/** Refuses to work from a cache that is older than what the controller itself has written. */
function ensureFresh(key: ObjectKey, context: ControllerContext, state: State): void {
  const written = state.written.get(key);
  if (!written) return;
  check(context.informers.for(Pod).revision, written.pods, 'pods');
  const { kind } = state.kind;
  check(context.informers.for(kind).revision, written.sets, groupResource(kind));
  state.written.delete(key);
}

function check(read: number, wrote: number, resource: string): void {
  if (wrote <= read) return;
  const versions = `read version: ${read} is not as new as written version: ${wrote}`;
  throw new Retry(`${versions} for group resource ${resource}`);
}

function wrote(
  state: State,
  key: ObjectKey,
  rs: ReplicaSet,
  what: 'pods' | 'sets',
  object: { readonly metadata: { readonly resourceVersion: string } },
): void {
  let written = state.written.get(key);
  if (written?.uid !== rs.metadata.uid) {
    written = { uid: rs.metadata.uid, pods: 0, sets: 0 };
    state.written.set(key, written);
  }
  written[what] = Math.max(written[what], Number(object.metadata.resourceVersion));
}
