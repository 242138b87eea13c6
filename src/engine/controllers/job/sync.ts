/**
 * One sync of a Job: look at its Pods, make or delete some, and count those that have ended, in steps
 * that lose none of them when a write fails in between.
 *
 * Models: kubernetes pkg/controller/job/job_controller.go syncJob, manageJob,
 *         trackJobStatusAndRemoveFinalizers (v1.36)
 * Writes: Pod create, patch, delete; Job status; Events
 */
import type { JobCondition, JobStatus, Pod as PodObject } from '../../../api/generated/types.ts';
import { Job } from '../../../api/kinds/job.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { type ObjectKey, keyOf } from '../../../api/meta/object.ts';
import { isPodActive, isPodReady, isPodTerminating } from '../../../api/meta/pod-state.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import { rfc3339 } from '../../../api/meta/time.ts';
import { type Proc, all } from '../../../kernel/process.ts';
import { type ControllerContext, Retry } from '../../client/controller.ts';
import { claimObjects, orphansIn } from '../../client/ownership.ts';
import { failuresOf, slowStart } from '../../client/pod-control.ts';
import { chooseVictims } from '../../client/victims.ts';
import { type BackoffRecord, finishedMs, nextRecord, remainingMs } from './backoff.ts';
import { finishedCondition, indexState, msToDeadline, type IndexState } from './finish.ts';
import {
  duplicates,
  failureCount,
  firstPending,
  formatIndexes,
  ignoredFailureCount,
  indexesOf,
  isIndexed,
  validIndexOf,
} from './indexes.ts';
import { TRACKING, isFailed, isTracked, replacesOnlyFailed } from './pods.ts';
import { failureVerdict } from './policies.ts';
import type { JobMemory } from './memory.ts';
import { JobPods } from './pod-writes.ts';
import {
  countUntracked,
  isFinished,
  newCondition,
  uncountedOf,
  withCondition,
  withCount,
  withUncounted,
} from './status.ts';

export const BATCH_MS = 1_000; // SyncJobBatchPeriod
const MAX_UNCOUNTED = 500; // MaxUncountedPods
const MAX_PODS_PER_SYNC = 500; // MaxPodCreateDeletePerSync
const US_PER_MS = 1_000;

export class JobSync {
  readonly #key: ObjectKey;
  readonly #context: ControllerContext;
  readonly #memory: JobMemory;
  readonly #writes: JobPods;
  readonly #nowMs: number;
  /** As it is now: every write of the status gives a newer one. */
  #job: Job;
  #pods: readonly PodObject[] = [];
  #active = 0;
  #ready = 0;
  #terminating = 0;
  #succeeded = 0;
  #failed = 0;
  #indexes: IndexState | undefined = undefined;
  #expectedUntracked: ReadonlySet<string> = new Set();
  #record: BackoffRecord = { failures: 0, lastFailureMs: 0 };
  #finished: JobCondition | undefined = undefined;

  constructor(key: ObjectKey, job: Job, context: ControllerContext, memory: JobMemory) {
    this.#key = key;
    this.#job = job;
    this.#context = context;
    this.#memory = memory;
    this.#writes = new JobPods(key, context, memory);
    this.#nowMs = context.kernel.nowMs;
  }

  *run(): Proc {
    const { expectations, queue } = this.#context;
    const before = this.#job;
    const satisfied = expectations.met(this.#key);
    this.#pods = yield* this.#claimPods();
    this.#count();
    const suspended = before.spec.suspend === true;
    let status: JobStatus = withUncounted(before.status, uncountedOf(before.status));
    if (status.startTime === undefined && !suspended) {
      status = { ...status, startTime: rfc3339(this.#nowMs) };
    }
    this.#setStatus(status);
    const found = {
      pods: this.#pods,
      failed: this.#failed,
      startTime: status.startTime,
      indexes: this.#indexes,
    };
    this.#finished = finishedCondition(before, found, this.#nowMs);
    const left = msToDeadline(before, status.startTime, this.#nowMs);
    if (!this.#finished && left !== undefined) queue.addAfter(this.#key, left * US_PER_MS);

    const { failure, changed } = this.#finished
      ? { failure: yield* this.#stop(satisfied), changed: false }
      : yield* this.#goOn(satisfied);
    yield* this.#writeCounts(before, changed);
    if (failure !== undefined) throw failure;
  }

  #setStatus(status: JobStatus): void {
    this.#job = { ...this.#job, status };
  }

  *#claimPods(): Proc<readonly PodObject[]> {
    const { client, informers } = this.#context;
    const job = this.#job;
    const pods = informers.for(Pod);
    const { uid, namespace = '' } = job.metadata;
    const candidates = [...pods.ownedBy(uid).values(), ...orphansIn(pods, namespace)];
    const selector = compileStoredSelector(job.spec.selector);
    const fits = (): boolean => true;
    const finalizers = [TRACKING];
    const claimed = yield* claimObjects(
      client,
      Job,
      job,
      Pod,
      candidates,
      selector,
      fits,
      finalizers,
    );
    return claimed.owned;
  }

  /** What the Pods add up to. */
  #count(): void {
    const job = this.#job;
    const pods = this.#pods;
    this.#expectedUntracked = this.#memory.expectedUntracked(this.#key);
    const active = pods.filter(isPodActive);
    this.#active = active.length;
    this.#ready = active.filter(isPodReady).length;
    this.#terminating = pods.filter(isPodTerminating).length;
    const uncounted = uncountedOf(job.status);
    const isNew = (pod: PodObject, known: readonly string[]): boolean =>
      this.#isPending(pod) &&
      !known.includes(pod.metadata.uid) &&
      (!isIndexed(job) || validIndexOf(pod, job) !== undefined);
    const succeeded = pods.filter(
      (p) => p.status.phase === 'Succeeded' && isNew(p, uncounted.succeeded),
    );
    const failed = pods.filter((p) => isFailed(p, job) && isNew(p, uncounted.failed));
    const counted = failed.filter((p) => failureVerdict(job, p).counts);
    this.#succeeded = (job.status.succeeded ?? 0) + succeeded.length + uncounted.succeeded.length;
    this.#failed = (job.status.failed ?? 0) + counted.length + uncounted.failed.length;
    this.#record = nextRecord(this.#memory.record(this.#key), succeeded, failed);
    if (!isIndexed(job)) return;
    this.#indexes = indexState(job, pods, this.#expectedUntracked);
    this.#succeeded = this.#indexes.succeeded.size;
  }

  /** Still carries the finalizer, and nobody is about to take it off. */
  #isPending(pod: PodObject): boolean {
    return isTracked(pod) && !this.#expectedUntracked.has(pod.metadata.uid);
  }

  /** The Job ends: its running Pods are deleted first. */
  *#stop(satisfied: boolean): Proc<unknown> {
    const job = this.#job;
    const active = this.#pods.filter(isPodActive);
    const bodies = active.map((pod) => this.#writes.delete(job, pod));
    const failures = failuresOf(yield* all(this.#context.kernel, 'delete Pod', bodies));
    const deleted = active.length - failures.length;
    // Only when nothing can still come to light is the end written down.
    if (failures.length > 0 || !satisfied) this.#finished = undefined;
    this.#active -= deleted;
    this.#terminating += deleted;
    this.#ready -= active.filter(isPodReady).length;
    this.#context.note('no Pods left', `${job.metadata.name}: ${active.length} active`);
    return failures[0];
  }

  *#goOn(satisfied: boolean): Proc<{ failure: unknown; changed: boolean }> {
    const job = this.#job;
    const managed = satisfied && job.metadata.deletionTimestamp === undefined;
    const failure = managed ? yield* this.#manage() : undefined;
    const { completions } = job.spec;
    const enough = completions === undefined ? this.#succeeded > 0 : this.#succeeded >= completions;
    if (enough && this.#active === 0) {
      const message = 'Reached expected number of succeeded pods';
      this.#finished = newCondition(
        'SuccessCriteriaMet',
        'True',
        'CompletionsReached',
        message,
        this.#nowMs,
      );
      return { failure, changed: false };
    }
    return { failure, changed: managed && this.#suspendOrResume() };
  }

  #suspendOrResume(): boolean {
    const job = this.#job;
    const suspended = job.spec.suspend === true;
    const what = suspended ? 'suspended' : 'resumed';
    const next = newCondition(
      'Suspended',
      suspended ? 'True' : 'False',
      suspended ? 'JobSuspended' : 'JobResumed',
      `Job ${what}`,
      this.#nowMs,
    );
    const conditions = withCondition(job.status.conditions ?? [], next);
    if (!conditions) return false;
    const reason = suspended ? 'Suspended' : 'Resumed';
    this.#context.events.record(job, { type: 'Normal', reason, message: `Job ${what}` });
    const { startTime: _old, ...rest } = job.status;
    this.#setStatus(
      suspended
        ? { ...rest, conditions }
        : { ...rest, conditions, startTime: rfc3339(this.#nowMs) },
    );
    return true;
  }

  /** Upstream manageJob: as many Pods as are wanted now. */
  *#manage(): Proc<unknown> {
    const job = this.#job;
    const active = this.#pods.filter(isPodActive);
    const { parallelism = 1, completions } = job.spec;
    if (job.spec.suspend === true) return yield* this.#removePods(active);
    let wanted = parallelism;
    if (completions !== undefined) {
      wanted = Math.max(0, Math.min(parallelism, completions - this.#succeeded));
    } else if (this.#succeeded > 0) wanted = active.length;
    this.#context.note(`${wanted} active Pods`, `${active.length} active Pods`);
    const surplus = this.#surplus(active, Math.max(0, active.length - wanted));
    if (surplus.length > 0) return yield* this.#removePods(surplus.slice(0, MAX_PODS_PER_SYNC));
    const waitingFor = replacesOnlyFailed(job) ? this.#terminating : 0;
    const missing = wanted - waitingFor - active.length;
    return missing > 0 ? yield* this.#addPods(Math.min(missing, MAX_PODS_PER_SYNC)) : undefined;
  }

  #surplus(active: readonly PodObject[], atLeast: number): readonly PodObject[] {
    const choose = (pods: readonly PodObject[], count: number): readonly PodObject[] =>
      chooseVictims(pods, [], count, this.#nowMs);
    const surplus = isIndexed(this.#job) ? duplicates(this.#job, active, choose) : [];
    if (surplus.length >= atLeast) return surplus;
    const rest = active.filter((pod) => !surplus.includes(pod));
    return [...surplus, ...choose(rest, atLeast - surplus.length)];
  }

  *#removePods(pods: readonly PodObject[]): Proc<unknown> {
    const { expectations, kernel } = this.#context;
    expectations.expectDeletions(this.#key, pods.map(keyOf));
    const bodies = pods.map((pod) => this.#writes.remove(this.#job, pod));
    const failures = failuresOf(yield* all(kernel, 'delete Pod', bodies));
    const removed = pods.length - failures.length;
    this.#active -= removed;
    this.#terminating += removed;
    this.#ready -= pods.filter(isPodReady).length;
    return failures[0];
  }

  *#addPods(missing: number): Proc<unknown> {
    const job = this.#job;
    const { expectations } = this.#context;
    const perIndex = job.spec.backoffLimitPerIndex !== undefined;
    const wait = perIndex ? 0 : remainingMs(this.#record, this.#nowMs);
    if (wait > 0) return this.#later(wait);
    let indexes: (number | undefined)[] = Array.from({ length: missing }, () => undefined);
    if (isIndexed(job)) {
      const pending = this.#pendingIndexes(missing);
      const waits = pending.map((i) => this.#indexWaitMs(i));
      indexes = pending.filter((_, i) => waits[i] === 0);
      if (indexes.length === 0 && pending.length > 0) return this.#later(Math.min(...waits));
    }
    expectations.expectCreations(this.#key, indexes.length);
    this.#active += indexes.length;
    const bodies = indexes.map((index) => this.#writes.create(job, index, this.#replacedBy(index)));
    const { failures, skipped } = yield* slowStart(bodies, this.#context);
    this.#active -= failures.length + skipped;
    if (skipped > 0) expectations.creationSeen(this.#key, skipped);
    return failures[0];
  }

  /** The failed Pod whose index is tried again. */
  #replacedBy(index: number | undefined): PodObject | undefined {
    return index === undefined ? undefined : this.#indexes?.waiting.get(index);
  }

  #later(ms: number): undefined {
    this.#context.queue.addAfter(this.#key, Math.max(ms, BATCH_MS) * US_PER_MS);
    return undefined;
  }

  #pendingIndexes(count: number): number[] {
    const job = this.#job;
    const taken = [
      this.#indexes?.succeeded ?? new Set<number>(),
      indexesOf(this.#pods.filter(isPodActive)),
      this.#indexes?.failed ?? new Set<number>(),
    ];
    if (replacesOnlyFailed(job)) taken.push(indexesOf(this.#pods.filter(isPodTerminating)));
    return firstPending(count, job.spec.completions ?? 0, taken);
  }

  #indexWaitMs(index: number): number {
    const last = this.#indexes?.waiting.get(index);
    if (!last || this.#job.spec.backoffLimitPerIndex === undefined) return 0;
    const failures = failureCount(last) + ignoredFailureCount(last) + 1;
    return remainingMs({ failures, lastFailureMs: finishedMs(last) }, this.#nowMs);
  }

  /** Upstream trackJobStatusAndRemoveFinalizers. */
  *#writeCounts(before: Job, changed: boolean): Proc {
    const { status } = this.#job;
    let flush =
      changed ||
      this.#active !== (before.status.active ?? 0) ||
      this.#ready !== before.status.ready ||
      this.#terminating !== before.status.terminating;
    this.#setStatus({
      ...withCount(status, 'active', this.#active),
      ready: this.#ready,
      terminating: this.#terminating,
    });
    const tracked = new Set<string>();
    for (const pod of this.#pods) if (this.#isPending(pod)) tracked.add(pod.metadata.uid);
    if (this.#countUntracked(tracked)) flush = true;
    const { ended, full, news } = this.#collectEnded();
    if (this.#writeIndexes() || news) flush = true;
    if (this.#announceEnd()) flush = true;
    if (flush) {
      yield* this.#flush();
      this.#memory.setRecord(this.#key, this.#record);
    }
    const untracked = yield* this.#writes.untrack(ended);
    for (const uid of untracked) tracked.delete(uid);
    const counted = this.#countUntracked(tracked);
    const finished = !full && untracked.length === ended.length && this.#enactEnd();
    if (counted || finished) yield* this.#flush();
    if (finished) this.#reportEnd();
    if (untracked.length < ended.length) throw new Retry('not all finalizers could be removed');
  }

  #countUntracked(tracked: ReadonlySet<string>): boolean {
    const next = countUntracked(this.#job.status, tracked);
    if (next) this.#setStatus(next);
    return next !== undefined;
  }

  /** Pods that have ended are noted by uid before their finalizers go: none is lost or counted twice. */
  #collectEnded(): { ended: PodObject[]; full: boolean; news: boolean } {
    const job = this.#job;
    const old = uncountedOf(job.status);
    const succeeded = [...old.succeeded];
    const failed = [...old.failed];
    const ended: PodObject[] = [];
    let indexes = 0;
    let news = false;
    let full = false;
    for (const pod of this.#pods) {
      const { uid } = pod.metadata;
      if (!this.#isPending(pod) || !this.#mayUntrack(pod)) continue;
      ended.push(pod);
      const index = isIndexed(job) ? validIndexOf(pod, job) : undefined;
      if (pod.status.phase === 'Succeeded' && !failed.includes(uid)) {
        if (isIndexed(job)) {
          const isNew = index !== undefined && !this.#indexes?.previous.has(index);
          if (isNew) indexes++;
          news ||= isNew;
        } else if (!succeeded.includes(uid)) {
          succeeded.push(uid);
          news = true;
        }
      } else if (this.#countsAsFailed(pod) && !failed.includes(uid)) {
        const belongs = !isIndexed(job) || index !== undefined;
        if (belongs && failureVerdict(job, pod).counts) {
          failed.push(uid);
          news = true;
        }
      }
      full = indexes + succeeded.length + failed.length >= MAX_UNCOUNTED;
      if (full) break;
    }
    this.#setStatus(withUncounted(job.status, { succeeded, failed }));
    return { ended, full, news };
  }

  #countsAsFailed(pod: PodObject): boolean {
    if (isFailed(pod, this.#job)) return true;
    return this.#finished !== undefined && this.#finished.type !== 'SuccessCriteriaMet';
  }

  #mayUntrack(pod: PodObject): boolean {
    const job = this.#job;
    if (job.metadata.deletionTimestamp !== undefined || this.#finished) return true;
    if (pod.status.phase === 'Succeeded') return true;
    if (!isFailed(pod, job)) return false;
    const index = validIndexOf(pod, job);
    // It tells how often its index has failed until the next Pod of the index does.
    const isWaiting = index !== undefined && this.#indexes?.waiting.get(index) === pod;
    return !isWaiting;
  }

  #writeIndexes(): boolean {
    const indexes = this.#indexes;
    if (!indexes) return false;
    const { status } = this.#job;
    const completed = formatIndexes(indexes.succeeded);
    const failed = indexes.failed && formatIndexes(indexes.failed);
    const { completedIndexes: _c, failedIndexes: _f, ...rest } = status;
    this.#setStatus({
      ...withCount(rest, 'succeeded', indexes.succeeded.size),
      ...(completed === '' ? {} : { completedIndexes: completed }),
      ...(failed === undefined ? {} : { failedIndexes: failed }),
    });
    return completed !== (status.completedIndexes ?? '') || failed !== status.failedIndexes;
  }

  /** FailureTarget before Failed, SuccessCriteriaMet before Complete. */
  #announceEnd(): boolean {
    const condition = this.#finished;
    const { conditions = [] } = this.#job.status;
    if (condition?.type !== 'FailureTarget' && condition?.type !== 'SuccessCriteriaMet') {
      return false;
    }
    const type = condition.type === 'FailureTarget' ? 'Failed' : 'Complete';
    const { reason = '', message = '' } = condition;
    this.#finished = newCondition(type, 'True', reason, message, this.#nowMs);
    if (conditions.some((c) => c.type === condition.type && c.status === 'True')) return false;
    this.#setStatus({ ...this.#job.status, conditions: [...conditions, condition] });
    return true;
  }

  *#flush(): Proc {
    const updated = yield* this.#context.client.updateStatus(Job, this.#job);
    this.#job = updated;
    this.#memory.store.wrote(updated, Job, updated);
  }

  /** The end itself waits until every Pod is counted and gone. */
  #enactEnd(): boolean {
    const condition = this.#finished;
    const { status } = this.#job;
    const { succeeded, failed } = uncountedOf(status);
    if (!condition || succeeded.length + failed.length > 0 || this.#terminating > 0) return false;
    const conditions = withCondition(status.conditions ?? [], condition) ?? status.conditions ?? [];
    const { lastTransitionTime } = condition;
    const completionTime =
      condition.type === 'Complete' && lastTransitionTime !== undefined
        ? { completionTime: lastTransitionTime }
        : {};
    this.#setStatus({ ...status, conditions, ...completionTime });
    return true;
  }

  #reportEnd(): void {
    const job = this.#job;
    const condition = this.#finished;
    const { events } = this.#context;
    if (condition?.type === 'Complete') {
      const { completions } = job.spec;
      if (completions !== undefined && (job.status.succeeded ?? 0) > completions) {
        const message = 'Too many succeeded pods running after completion count reached';
        events.record(job, { type: 'Warning', reason: 'TooManySucceededPods', message });
      }
      events.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
    } else if (condition) {
      const { reason = '', message = '' } = condition;
      events.record(job, { type: 'Warning', reason, message });
    }
    if (isFinished(job)) this.#memory.finished.add(job.metadata.uid);
  }
}
