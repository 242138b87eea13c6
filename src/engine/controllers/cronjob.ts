/**
 * CronJob controller: makes a Job whenever the schedule says so, and clears away old ones.
 *
 * Models:  kubernetes pkg/controller/cronjob/cronjob_controllerv2.go (v1.36)
 * Watches: CronJob (primary), Job (owned)
 * Writes:  Job create and delete; CronJob status; Events
 */
import type {
  CronJobStatus,
  Job as JobObject,
  ObjectReference,
} from '../../api/generated/types.ts';
import { CronJob } from '../../api/kinds/cron-job.ts';
import { type CronSchedule, parseSchedule } from '../../api/kinds/cron-job/schedule.ts';
import { timeZone } from '../../api/kinds/cron-job/time-zones.ts';
import { Job } from '../../api/kinds/job.ts';
import { compareText, goQuote } from '../../api/meta/go-text.ts';
import { equalJson } from '../../api/meta/json.ts';
import { type ObjectKey, keyOf } from '../../api/meta/object.ts';
import { controllerOf, newControllerRef } from '../../api/meta/owner-references.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import { parseTime, rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import { ConsistencyStore } from '../client/consistency.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { type Recent, mostRecent, msToNext, zoneOf } from './cronjob/times.ts';

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const US_PER_MS = 1_000;
const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;
const MINUTES_PER_HOUR = 60;

export function cronJobController(): ControllerDefinition<CronJob> {
  const store = new ConsistencyStore();
  return defineController<CronJob>({
    name: 'cronjob-controller',
    primary: CronJob,
    owns: [Job],
    ownHandlers: true,
    workers: 5, // --concurrent-cron-job-syncs
    start(context) {
      const { informers, queue } = context;
      informers.for(CronJob).addHandler({
        onAdd: (cj) => queue.add(keyOf(cj)),
        onUpdate: (cj, old) => updated(cj, old, context),
        onDelete: (cj) => queue.add(keyOf(cj)),
      });
    },
    *reconcile(key, context) {
      // Upstream may see an end twice when its cache is behind; its watch is hardly ever that slow.
      store.ensureReady(key, context.informers);
      const cj = context.get(CronJob, key);
      if (cj) yield* new CronJobSync(key, cj, context, store).run();
      else store.forget(key);
    },
  });
}

/** A new schedule begins with its next time. */
function updated(cj: CronJob, old: CronJob, context: ControllerContext): void {
  const { kernel, queue, events } = context;
  const key = keyOf(cj);
  const same = cj.spec.schedule === old.spec.schedule && cj.spec.timeZone === old.spec.timeZone;
  if (same) return queue.add(key);
  const parsed = parseSchedule(cj.spec.schedule);
  if ('error' in parsed) {
    const message = `unparseable schedule for cronjob: ${cj.spec.schedule}`;
    events.record(cj, { type: 'Warning', reason: 'UnParseableCronJobSchedule', message });
    return;
  }
  const zone = zoneOf(cj, parsed.schedule);
  // A schedule that never comes is said to be invalid by the sync.
  const ms = zone ? msToNext(cj, parsed.schedule, zone, kernel.nowMs) : 0;
  if (ms === undefined) queue.add(key);
  else queue.addAfter(key, ms * US_PER_MS);
}

class CronJobSync {
  readonly #key: ObjectKey;
  readonly #cj: CronJob;
  readonly #context: ControllerContext;
  readonly #store: ConsistencyStore;
  readonly #nowMs: number;
  #status: CronJobStatus;

  constructor(key: ObjectKey, cj: CronJob, context: ControllerContext, store: ConsistencyStore) {
    this.#store = store;
    this.#key = key;
    this.#cj = cj;
    this.#context = context;
    this.#nowMs = context.kernel.nowMs;
    this.#status = cj.status;
  }

  *run(): Proc {
    const jobs = [...this.#context.ownedBy(this.#cj, Job).values()];
    this.#context.note(`on ${this.#cj.spec.schedule}`, `${this.#active().length} active Jobs`);
    yield* this.#cleanUp(jobs);
    let failure: unknown;
    let next: number | undefined;
    try {
      next = yield* this.#sync(jobs);
    } catch (error) {
      if (!isApiError(error) && !(error instanceof Retry)) throw error;
      failure = error;
    }
    if (!equalJson(this.#status, this.#cj.status)) {
      const changed = { ...this.#cj, status: this.#status };
      const updated = yield* this.#context.client.updateStatus(CronJob, changed);
      this.#store.wrote(updated, CronJob, updated);
    }
    if (failure !== undefined) throw failure;
    // The schedule alone keeps nothing unsettled.
    if (next !== undefined) this.#context.queue.addAfter(this.#key, next * US_PER_MS, true);
  }

  #active(): readonly ObjectReference[] {
    return this.#status.active ?? [];
  }

  #setActive(active: readonly ObjectReference[]): void {
    const { active: _old, ...rest } = this.#status;
    this.#status = active.length > 0 ? { ...rest, active } : rest;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.events.record(this.#cj, { type, reason, message });
  }

  /** The oldest finished Jobs beyond the limits go. */
  *#cleanUp(jobs: readonly JobObject[]): Proc {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = this.#cj.spec;
    for (const [type, limit] of [
      ['Complete', successfulJobsHistoryLimit],
      ['Failed', failedJobsHistoryLimit],
    ] as const) {
      if (limit === undefined) continue;
      const ended = jobs.filter((job) => finishedAs(job) === type).sort(byStart);
      for (const job of ended.slice(0, Math.max(0, ended.length - limit))) {
        yield* this.#delete(job);
      }
    }
  }

  *#delete(job: JobObject): Proc<boolean> {
    const { namespace = '', name, uid } = job.metadata;
    try {
      const options = { propagationPolicy: 'Background' } as const;
      yield* this.#context.client.delete(Job, namespace, name, options);
    } catch (error) {
      if (!isApiError(error)) throw error;
      this.#event('Warning', 'FailedDelete', `Deleted job: ${error.message}`);
      return false;
    }
    this.#setActive(this.#active().filter((ref) => ref.uid !== uid));
    this.#event('Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    return true;
  }

  /** Upstream syncCronJob; answers in how many milliseconds to look again. */
  *#sync(jobs: readonly JobObject[]): Proc<number | undefined> {
    const cj = this.#cj;
    yield* this.#observe(jobs);
    yield* this.#forgetMissing(jobs);
    if (cj.metadata.deletionTimestamp !== undefined) return undefined;
    if (!this.#knowsZone()) return undefined;
    if (cj.spec.suspend === true) return undefined;
    const schedule = this.#schedule();
    const zone = schedule && zoneOf(cj, schedule);
    if (!schedule || !zone) return undefined;
    const known = { ...cj, status: this.#status };
    const recent = mostRecent(known, schedule, zone, true, this.#nowMs);
    if (recent.error !== undefined) {
      const message = `invalid schedule: ${cj.spec.schedule} : ${recent.error}`;
      this.#event('Warning', 'InvalidSchedule', message);
      return undefined;
    }
    const due = this.#dueTime(recent);
    if (due !== undefined) yield* this.#start(due);
    return msToNext({ ...cj, status: this.#status }, schedule, zone, this.#nowMs);
  }

  /** Jobs that have ended leave the list of active ones. */
  *#observe(jobs: readonly JobObject[]): Proc {
    const { client } = this.#context;
    for (const job of jobs) {
      const { uid, name } = job.metadata;
      const listed = this.#active().some((ref) => ref.uid === uid);
      const ended = finishedAs(job);
      if (!listed && ended === undefined) {
        const { namespace = '' } = this.#cj.metadata;
        const fresh = yield* client.get(CronJob, namespace, this.#cj.metadata.name);
        if (fresh.status.active?.some((ref) => ref.uid === uid)) {
          this.#status = fresh.status;
          continue;
        }
        const message = `Saw a job that the controller did not create or forgot: ${name}`;
        this.#event('Warning', 'UnexpectedJob', message);
      } else if (ended !== undefined) {
        if (listed) {
          this.#setActive(this.#active().filter((ref) => ref.uid !== uid));
          const message = `Saw completed job: ${name}, condition: ${ended}`;
          this.#event('Normal', 'SawCompletedJob', message);
        }
        if (ended === 'Complete') this.#noteSuccess(job.status.completionTime);
      }
    }
  }

  #noteSuccess(completionTime: string | undefined): void {
    const last = this.#status.lastSuccessfulTime;
    if (completionTime === undefined) return;
    if (last !== undefined && parseTime(completionTime) <= parseTime(last)) return;
    this.#status = { ...this.#status, lastSuccessfulTime: completionTime };
  }

  *#forgetMissing(jobs: readonly JobObject[]): Proc {
    const known = new Set(jobs.map((job) => job.metadata.uid));
    for (const ref of this.#active()) {
      if (known.has(ref.uid ?? '')) continue;
      const { namespace = '', name = '', uid } = ref;
      try {
        yield* this.#context.client.get(Job, namespace, name);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
        this.#event('Normal', 'MissingJob', `Active job went missing: ${name}`);
        this.#setActive(this.#active().filter((r) => r.uid !== uid));
      }
    }
  }

  /** Undefined when it cannot be followed; an Event says why. */
  #schedule(): CronSchedule | undefined {
    const { schedule: text } = this.#cj.spec;
    if (text.includes('TZ')) {
      const docs = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
      const message =
        `CRON_TZ or TZ used in schedule ${goQuote(text)} is not officially supported, ` +
        `see ${docs} for more details`;
      this.#event('Warning', 'UnsupportedSchedule', message);
    }
    const parsed = parseSchedule(text);
    if ('error' in parsed) {
      const message = `unparseable schedule: ${goQuote(text)} : ${parsed.error}`;
      this.#event('Warning', 'UnparseableSchedule', message);
      return undefined;
    }
    return parsed.schedule;
  }

  #knowsZone(): boolean {
    const zone = this.#cj.spec.timeZone;
    if (zone === undefined || timeZone(zone)) return true;
    const message = `invalid timeZone: ${goQuote(zone)}: unknown time zone ${zone}`;
    this.#event('Warning', 'UnknownTimeZone', message);
    return false;
  }

  /** The time for which a Job is to be started now. */
  #dueTime({ last, missed }: Recent): number | undefined {
    const cj = this.#cj;
    if (last === undefined) return undefined;
    if (missed === 'many') {
      const message =
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      this.#event('Warning', 'TooManyMissedTimes', message);
    }
    const { startingDeadlineSeconds, concurrencyPolicy } = cj.spec;
    const deadline = startingDeadlineSeconds;
    if (deadline !== undefined && last + deadline * MS_PER_SECOND < this.#nowMs) {
      const message = `Missed scheduled time to start a job: ${rfc1123z(last)}`;
      this.#event('Warning', 'MissSchedule', message);
      return undefined;
    }
    const name = jobName(cj, last);
    if (this.#active().some((ref) => ref.name === name)) return undefined;
    if (this.#status.lastScheduleTime === rfc3339(last)) return undefined;
    if (concurrencyPolicy === 'Forbid' && this.#active().length > 0) {
      const why = 'prior execution is running and concurrency policy is Forbid';
      this.#event('Normal', 'JobAlreadyActive', `Not starting job because ${why}`);
      return undefined;
    }
    return last;
  }

  *#start(due: number): Proc {
    const { client } = this.#context;
    const cj = this.#cj;
    if (cj.spec.concurrencyPolicy === 'Replace') yield* this.#replaceActive();
    let job: JobObject;
    try {
      job = yield* client.create(Job, jobFor(cj, due) as never);
      this.#event('Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
    } catch (error) {
      if (!isApiError(error) || hasStatusCause(error, 'NamespaceTerminating')) throw error;
      if (error.reason !== 'AlreadyExists') {
        this.#event('Warning', 'FailedCreate', `Error creating job: ${error.message}`);
        throw error;
      }
      job = yield* client.get(Job, cj.metadata.namespace ?? '', jobName(cj, due));
      if (controllerOf(job)?.uid !== cj.metadata.uid) return;
      if (this.#active().some((ref) => ref.uid === job.metadata.uid)) return;
    }
    const { namespace = '', name, uid, resourceVersion } = job.metadata;
    const ref = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
    this.#setActive([...this.#active(), ref]);
    this.#status = { ...this.#status, lastScheduleTime: rfc3339(due) };
  }

  *#replaceActive(): Proc {
    for (const { namespace = '', name = '' } of this.#active()) {
      let job: JobObject;
      try {
        job = yield* this.#context.client.get(Job, namespace, name);
      } catch (error) {
        if (isApiError(error)) this.#event('Warning', 'FailedGet', `Get job: ${error.message}`);
        throw error;
      }
      if (!(yield* this.#delete(job))) {
        throw new Retry(`could not replace job ${namespace}/${name}`);
      }
    }
  }
}

function finishedAs({ status }: JobObject): 'Complete' | 'Failed' | undefined {
  const end = status.conditions?.find(
    (c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  );
  return end?.type as 'Complete' | 'Failed' | undefined;
}

/** Those that never started last. */
function byStart(a: JobObject, b: JobObject): number {
  const [x, y] = [a.status.startTime, b.status.startTime];
  if (x === y) return compareText(a.metadata.name, b.metadata.name);
  if (x === undefined) return 1;
  return y === undefined ? -1 : compareText(x, y);
}

function jobName(cj: CronJob, due: number): string {
  return `${cj.metadata.name}-${Math.floor(due / MS_PER_MINUTE)}`;
}

function jobFor(cj: CronJob, due: number): object {
  const { metadata, spec } = cj.spec.jobTemplate;
  const { labels, annotations } = metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cj, due),
      namespace: cj.metadata.namespace,
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, [SCHEDULED_AT]: zoneTime(cj, due) },
      ownerReferences: [newControllerRef(cj)],
    },
    spec,
  };
}

/** RFC 3339 on the clock of the CronJob's zone. */
function zoneTime({ spec }: CronJob, ms: number): string {
  const offsetMs = timeZone(spec.timeZone ?? '')?.at(ms).offsetMs ?? 0;
  if (offsetMs === 0) return rfc3339(ms);
  const minutes = Math.abs(offsetMs) / MS_PER_MINUTE;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const sign = offsetMs < 0 ? '-' : '+';
  const shown = rfc3339(ms + offsetMs).replace('Z', sign);
  return `${shown}${two(minutes / MINUTES_PER_HOUR)}:${two(minutes % MINUTES_PER_HOUR)}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Mon, 02 Jan 2006 15:04:05 +0000` */
function rfc1123z(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day} ${date.getUTCFullYear()} ${time} +0000`;
}
