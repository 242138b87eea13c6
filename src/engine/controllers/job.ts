/**
 * Job controller: runs Pods until enough of them have succeeded, and counts each exactly once.
 *
 * Models:     kubernetes pkg/controller/job/job_controller.go (v1.36)
 * Watches:    Job (primary), Pod
 * Writes:     Pod create, patch (adopt, release, finalizer) and delete; Job status; Events
 * Simplified: no Workloads and PodGroups (their feature gate is off)
 */
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Job } from '../../api/kinds/job.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { type ObjectKey, keyFor, keyOf } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import { isApiError } from '../../api/meta/status.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { wakeOwners } from '../client/owner-wake.ts';
import { JobMemory } from './job/memory.ts';
import { UNTRACK, isTracked } from './job/pods.ts';
import { isFinished } from './job/status.ts';
import { BATCH_MS, JobSync } from './job/sync.ts';

const ORPHAN_KEY = 'Pod ';
const CONTROLLER_NAME = 'kubernetes.io/job-controller'; // batch.JobControllerName
const US_PER_MS = 1_000;
const MS_PER_SECOND = 1_000;

export function jobController(): ControllerDefinition<Job> {
  const memory = new JobMemory();
  return defineController<Job>({
    name: 'job-controller',
    primary: Job,
    ownHandlers: true,
    workers: 5, // --concurrent-job-syncs
    retry: { baseUs: 1_000_000, maxUs: 60_000_000 }, // DefaultJobApiBackOff, MaxJobApiBackOff
    refOf: (key) =>
      key.startsWith(ORPHAN_KEY) ? `Pod/${key.slice(ORPHAN_KEY.length)}` : `Job/${key}`,
    start: (context) => watch(context, memory),
    reconcile: (key, context) =>
      key.startsWith(ORPHAN_KEY)
        ? untrackOrphan(key.slice(ORPHAN_KEY.length), context)
        : sync(key, context, memory),
  });
}

function watch(context: ControllerContext, memory: JobMemory): void {
  const { informers, queue } = context;
  informers.for(Job).addHandler({
    onAdd: (job) => queue.add(keyOf(job)),
    onUpdate: (job, old) => jobUpdated(job, old, context),
    onDelete: (job) => {
      memory.forget(keyOf(job), job.metadata.uid);
      context.expectations.forget(keyOf(job));
      wakeOrphans(job, context);
    },
  });
  watchPods(context, memory);
}

function jobUpdated(job: Job, old: Job, context: ControllerContext): void {
  const { queue, kernel } = context;
  const key = keyOf(job);
  if (isFinished(job)) wakeOrphans(job, context);
  if (isFinished(job)) return queue.add(key);
  const batched = job.metadata.generation === old.metadata.generation;
  queue.addAfter(key, batched ? BATCH_MS * US_PER_MS : 0);
  const { activeDeadlineSeconds: seconds } = job.spec;
  const { startTime } = job.status;
  if (startTime === undefined || seconds === undefined) return;
  if (seconds === old.spec.activeDeadlineSeconds) return;
  const ms = parseTime(startTime) + seconds * MS_PER_SECOND - kernel.nowMs;
  queue.addAfter(key, ms * US_PER_MS);
}

function watchPods(context: ControllerContext, memory: JobMemory): void {
  const { informers, queue, expectations } = context;
  const later = (key: ObjectKey): void => queue.addAfter(key, BATCH_MS * US_PER_MS);
  wakeOwners(context, {
    kind: Job,
    selectorOf: (job) => compileStoredSelector(job.spec.selector),
    created: (key) => {
      expectations.creationSeen(key);
      later(key);
    },
    updated: (key, pod) => {
      if (!isTracked(pod)) memory.untracked(key, pod.metadata.uid);
      later(key);
    },
    gone: (key, pod, job, isGone) => {
      if (isFinished(job)) return;
      expectations.deletionSeen(key, keyOf(pod));
      if (isGone || !isTracked(pod)) memory.untracked(key, pod.metadata.uid);
      later(key);
    },
  });
  const orphaned = (pod: PodObject): void => {
    if (isTracked(pod) && isOrphan(pod, context)) queue.add(ORPHAN_KEY + keyOf(pod));
  };
  informers.for(Pod).addHandler({ onAdd: orphaned, onUpdate: orphaned });
}

/** Its Job has ended, is gone, or has let go of it: nobody counts it any more. */
function isOrphan(pod: PodObject, context: ControllerContext): boolean {
  const ref = controllerOf(pod);
  if (!ref) return true;
  if (ref.kind !== Job.kind || ref.apiVersion !== 'batch/v1') return false;
  const job = context.get(Job, keyFor(pod.metadata.namespace, ref.name));
  if (job?.metadata.uid !== ref.uid) return pod.metadata.deletionTimestamp !== undefined;
  return !isManagedElsewhere(job) && isFinished(job);
}

function wakeOrphans(job: Job, context: ControllerContext): void {
  for (const pod of context.ownedBy(job, Pod).values()) {
    if (isTracked(pod)) context.queue.add(ORPHAN_KEY + keyOf(pod));
  }
}

function* untrackOrphan(key: ObjectKey, context: ControllerContext): Proc {
  const pod = context.get(Pod, key);
  if (!pod || !isTracked(pod)) return;
  const ref = controllerOf(pod);
  const job = ref && context.get(Job, keyFor(pod.metadata.namespace, ref.name));
  const owned = job !== undefined && job.metadata.uid === ref?.uid;
  if (owned && (isManagedElsewhere(job) || !isFinished(job))) return;
  const { namespace = '', name } = pod.metadata;
  try {
    yield* context.client.patch(Pod, namespace, name, UNTRACK, { type: 'strategic' });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

function isManagedElsewhere(job: Job): boolean {
  const { managedBy } = job.spec;
  return managedBy !== undefined && managedBy !== CONTROLLER_NAME;
}

function* sync(key: ObjectKey, context: ControllerContext, memory: JobMemory): Proc {
  memory.store.ensureReady(key, context.informers);
  const job = context.get(Job, key);
  if (!job) {
    context.expectations.forget(key);
    return;
  }
  if (isManagedElsewhere(job)) return;
  if (isFinished(job)) {
    memory.forgetRecord(key);
    memory.finished.delete(job.metadata.uid);
    return;
  }
  // Its end has been written; the cache will show it soon.
  if (memory.finished.has(job.metadata.uid)) return;
  yield* new JobSync(key, job, context, memory).run();
}
