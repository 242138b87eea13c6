/**
 * When a CronJob is due: the next time of its schedule, the last one that was missed.
 *
 * Models:     github.com/robfig/cron v3 spec.go, constantdelay.go; kubernetes
 *             pkg/controller/cronjob/utils.go (v1.36)
 * Simplified: all schedules are in UTC; the controller refuses others
 */
import type { CronJob } from '../../../api/generated/types.ts';
import type { CronField, CronSchedule } from '../../../api/kinds/cron-job/schedule.ts';
import { parseTime } from '../../../api/meta/time.ts';

const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 86_400_000;
const US_PER_MS = 1_000;
const YEARS_LOOKED_AHEAD = 5; // SpecSchedule.Next
const DELTA_MS = 100; // nextScheduleDelta
const MANY_MISSED = 100; // mostRecentScheduleTime

/** Zones that are UTC all year round, under their names in the time zone database. */
const UTC_ZONES = new Set([
  ...['UTC', 'UCT', 'Universal', 'Zulu', 'GMT', 'GMT0', 'GMT+0', 'GMT-0', 'Greenwich'],
  ...['Etc/UTC', 'Etc/UCT', 'Etc/Universal', 'Etc/Zulu', 'Etc/Greenwich'],
  ...['Etc/GMT', 'Etc/GMT0', 'Etc/GMT+0', 'Etc/GMT-0', ''],
]);

export function isUtc(zone: string): boolean {
  return UTC_ZONES.has(zone);
}

/** The first time after |ms| that the schedule names; undefined: none in the next five years. */
export function nextTime(schedule: CronSchedule, ms: number): number | undefined {
  if ('everyUs' in schedule) {
    const whole = Math.floor(ms / MS_PER_SECOND) * MS_PER_SECOND;
    return whole + schedule.everyUs / US_PER_MS;
  }
  const start = new Date(ms);
  const end = Date.UTC(start.getUTCFullYear() + YEARS_LOOKED_AHEAD + 1, 0, 1);
  const isDay = dayMatcher(schedule.day, schedule.weekday);
  let at = Math.floor(ms / MS_PER_MINUTE) * MS_PER_MINUTE + MS_PER_MINUTE;
  while (at < end) {
    const date = new Date(at);
    if (!schedule.month.values.has(date.getUTCMonth() + 1)) {
      at = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    } else if (!isDay(date)) at = Math.floor(at / MS_PER_DAY) * MS_PER_DAY + MS_PER_DAY;
    else if (!schedule.hour.values.has(date.getUTCHours())) {
      at = Math.floor(at / MS_PER_HOUR) * MS_PER_HOUR + MS_PER_HOUR;
    } else if (!schedule.minute.values.has(date.getUTCMinutes())) at += MS_PER_MINUTE;
    else return at;
  }
  return undefined;
}

/** Day of the month and day of the week: when both are restricted, one of them is enough. */
function dayMatcher(day: CronField, weekday: CronField): (date: Date) => boolean {
  return (date) => {
    const byDay = day.values.has(date.getUTCDate());
    const byWeekday = weekday.values.has(date.getUTCDay());
    return day.star || weekday.star ? byDay && byWeekday : byDay || byWeekday;
  };
}

export interface Recent {
  /** From when on schedules were looked at. */
  readonly earliest: number;
  /** The last time that has passed, if any. */
  readonly last: number | undefined;
  readonly missed: 'none' | 'few' | 'many';
}

/** Upstream mostRecentScheduleTime. */
export function mostRecent(
  cj: CronJob,
  schedule: CronSchedule,
  withDeadline: boolean,
  nowMs: number,
): Recent {
  let earliest = parseTime(cj.status.lastScheduleTime ?? cj.metadata.creationTimestamp);
  const { startingDeadlineSeconds } = cj.spec;
  if (withDeadline && startingDeadlineSeconds !== undefined) {
    earliest = Math.max(earliest, nowMs - startingDeadlineSeconds * MS_PER_SECOND);
  }
  const first = nextTime(schedule, earliest);
  if (first === undefined || nowMs < first) return { earliest, last: undefined, missed: 'none' };
  const second = nextTime(schedule, first);
  if (second === undefined || nowMs < second) return { earliest, last: first, missed: 'none' };
  const between = Math.round((second - first) / MS_PER_SECOND);
  const elapsed = Math.floor((nowMs - first) / MS_PER_SECOND);
  const count = Math.floor(elapsed / between) + 1;
  // Near enough to now to walk the rest of the way.
  let last: number | undefined;
  let at = nextTime(schedule, first + (count - 2) * between * MS_PER_SECOND);
  while (at !== undefined && at <= nowMs) {
    last = at;
    at = nextTime(schedule, at);
  }
  return { earliest, last, missed: count > MANY_MISSED ? 'many' : 'few' };
}

/** Milliseconds until the CronJob should be looked at again; undefined: it is never due. */
export function msToNext(cj: CronJob, schedule: CronSchedule, nowMs: number): number | undefined {
  const { earliest, last, missed } = mostRecent(cj, schedule, false, nowMs);
  const from = last ?? (missed === 'none' ? earliest : nowMs);
  const next = nextTime(schedule, from);
  return next === undefined ? undefined : next + DELTA_MS - nowMs;
}
