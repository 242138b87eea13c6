/**
 * TTL-after-finished controller: deletes Jobs some time after they have ended.
 *
 * Models:     kubernetes pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (v1.36)
 * Watches:    Job (primary)
 * Writes:     Job delete
 * Simplified: nothing known
 */
import { Job } from '../../api/kinds/job.ts';
import { type ObjectKey, keyOf, splitKey } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const MS_PER_SECOND = 1_000;
const US_PER_MS = 1_000;

export function ttlAfterFinishedController(): ControllerDefinition<Job> {
  return defineController<Job>({
    name: 'ttl-after-finished-controller',
    primary: Job,
    ownHandlers: true,
    workers: 5, // --concurrent-ttl-after-finished-syncs
    start({ informers, queue }) {
      const wake = (job: Job): void => {
        if (job.metadata.deletionTimestamp === undefined && finishedMs(job) !== undefined) {
          queue.add(keyOf(job));
        }
      };
      informers.for(Job).addHandler({ onAdd: wake, onUpdate: wake });
    },
    reconcile: sync,
  });
}

/** When it has ended; undefined: it has not, or it may stay. */
export function finishedMs({ spec, status }: Job): number | undefined {
  if (spec.ttlSecondsAfterFinished === undefined) return undefined;
  const end = status.conditions?.find(
    (c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  );
  return end?.lastTransitionTime === undefined ? undefined : parseTime(end.lastTransitionTime);
}

/** Milliseconds it may still stay. */
export function msLeft(job: Job, nowMs: number): number | undefined {
  const finished = finishedMs(job);
  if (finished === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  return finished + (job.spec.ttlSecondsAfterFinished ?? 0) * MS_PER_SECOND - nowMs;
}

function* sync(key: ObjectKey, context: ControllerContext): Proc {
  const { client, kernel } = context;
  const cached = context.get(Job, key);
  if (!cached || !isDue(key, cached, context)) return;
  const { namespace, name } = splitKey(key);
  try {
    // The seconds may have been raised a moment ago.
    const fresh = yield* client.get(Job, namespace, name);
    if (!isDue(key, fresh, context)) return;
    context.note(
      'gone',
      `ended ${Math.floor((kernel.nowMs - (finishedMs(fresh) ?? 0)) / 1_000)} s ago`,
    );
    const { uid } = fresh.metadata;
    yield* client.delete(Job, namespace, name, { propagationPolicy: 'Foreground', uid });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

function isDue(key: ObjectKey, job: Job, { kernel, queue }: ControllerContext): boolean {
  const ms = msLeft(job, kernel.nowMs);
  if (ms !== undefined && ms > 0) queue.addAfter(key, ms * US_PER_MS);
  return ms !== undefined && ms <= 0;
}
