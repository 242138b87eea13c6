/** A CronJob's schedule: the next times, the last one, the Jobs it has made. */
import type { CronJob, Job } from '../../../api/generated/types.ts';
import { parseSchedule } from '../../../api/kinds/cron-job/schedule.ts';
import { objectRef } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { ScheduleWorkings } from '../../../port/protocol-workings.ts';
import { nextTime, zoneOf } from '../../controllers/cronjob/times.ts';
import { type Definition, msOf, type World } from './world.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';

/** Times and Jobs that are told. */
const MAX_NEXT = 5;
const MAX_JOBS = 20;

export const schedule: Definition = {
  kinds: ['Job'],
  namespaced: true,
  keeps: (subject) => (object) => controllerOf(object)?.uid === subject.metadata.uid,
  look: lookAtSchedule,
};

export function lookAtSchedule(world: World): ScheduleWorkings {
  const cron = world.subject as unknown as CronJob;
  const { spec, status } = cron;
  const parsed = parseSchedule(spec.schedule);
  const next: number[] = [];
  const zone = 'schedule' in parsed ? zoneOf(cron, parsed.schedule) : undefined;
  if ('schedule' in parsed && zone && spec.suspend !== true) {
    let at = nextTime(parsed.schedule, zone, world.nowMs);
    for (; at !== undefined && next.length < MAX_NEXT; at = nextTime(parsed.schedule, zone, at)) {
      next.push(at);
    }
  }
  const jobs = world.all('Job') as unknown as readonly Job[];
  return {
    type: 'schedule',
    ref: objectRef(world.subject),
    schedule: spec.schedule,
    timeZone: spec.timeZone ?? '',
    suspended: spec.suspend === true,
    concurrency: spec.concurrencyPolicy ?? 'Allow',
    startingDeadlineSeconds: spec.startingDeadlineSeconds ?? null,
    lastMs: msOf(status.lastScheduleTime),
    lastSuccessMs: msOf(status.lastSuccessfulTime),
    next,
    problem: 'error' in parsed ? parsed.error : '',
    jobs: jobs.slice(-MAX_JOBS).reverse().map(jobOf),
  };
}

function jobOf(job: Job): ScheduleWorkings['jobs'][number] {
  const ended = (job.status.conditions ?? []).find(
    (c) => c.status === 'True' && (c.type === 'Complete' || c.type === 'Failed'),
  );
  return {
    ref: objectRef(job),
    state: !ended ? 'active' : ended.type === 'Complete' ? 'succeeded' : 'failed',
    startMs: msOf(job.status.startTime) ?? parseTime(job.metadata.creationTimestamp),
    endMs: msOf(ended?.lastTransitionTime),
  };
}
