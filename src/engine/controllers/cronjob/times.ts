/**
 * When a CronJob is due: the next time of its schedule, the last one that was missed.
 *
 * Models: github.com/robfig/cron v3 spec.go, constantdelay.go; kubernetes
 *         pkg/controller/cronjob/utils.go (v1.36)
 */
import { Cron } from 'croner';
import type { CronJob } from '../../../api/generated/types.ts';
import type { CronField, CronSchedule } from '../../../api/kinds/cron-job/schedule.ts';
import { type TimeZone, timeZone } from '../../../api/kinds/cron-job/time-zones.ts';
import { parseTime } from '../../../api/meta/time.ts';

const MS_PER_SECOND = 1_000;
const US_PER_MS = 1_000;
const YEARS_LOOKED_AHEAD = 5; // SpecSchedule.Next
const DELTA_MS = 100; // nextScheduleDelta
const MANY_MISSED = 100; // mostRecentScheduleTime
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const NEVER = 'time difference between two schedules is less than 1 second';
/** Each takes some ten thousand cells. */
const KEPT_PATTERNS = 64;

type CalendarSchedule = Exclude<CronSchedule, { readonly everyUs: number }>;

/** Where the schedule's clock hangs: a zone in the schedule comes before the field. */
export function zoneOf({ spec }: CronJob, schedule: CronSchedule): TimeZone | undefined {
  const written = 'everyUs' in schedule ? undefined : schedule.timeZone;
  return timeZone(written ?? spec.timeZone ?? '');
}

/**
 * The first time after |ms| that the schedule names; undefined: none in the next five years. A clock
 * that is put forward leaves out the times it jumps over, one that is put back shows times twice, as
 * upstream's does.
 */
export function nextTime(schedule: CronSchedule, zone: TimeZone, ms: number): number | undefined {
  if ('everyUs' in schedule) {
    const whole = Math.floor(ms / MS_PER_SECOND) * MS_PER_SECOND;
    return whole + schedule.everyUs / US_PER_MS;
  }
  if (!hasDay(schedule)) return undefined;
  const pattern = patternOf(schedule);
  let span = zone.at(ms);
  const lastYear = new Date(ms + span.offsetMs).getUTCFullYear() + YEARS_LOOKED_AHEAD;
  // What the clock on the wall shows, second by second; the span before begins where this one ends.
  let shown = ms + span.offsetMs;
  for (;;) {
    const next = pattern.nextRun(new Date(shown))?.getTime();
    if (next !== undefined && next - span.offsetMs < span.untilMs) {
      return new Date(next).getUTCFullYear() > lastYear ? undefined : next - span.offsetMs;
    }
    const from = span.untilMs;
    if (new Date(from + span.offsetMs).getUTCFullYear() > lastYear) return undefined;
    span = zone.at(from);
    shown = from + span.offsetMs - 1;
  }
}

/** Day of the month and day of the week: when both are restricted, one of them is enough. */
function hasDay({ day, month, weekday }: CalendarSchedule): boolean {
  if (day.star || !weekday.star) return true;
  const first = Math.min(...day.values);
  return [...month.values].some((m) => first <= (DAYS_IN_MONTH[m - 1] ?? 0));
}

const patterns = new Map<string, Cron>();

/**
 * croner's reader of the same fields. They are written out for it, so that none of its own signs is
 * among them, and it reads a clock without zone: zones are put on above, from data and not from the
 * engine it runs in.
 */
function patternOf(schedule: CalendarSchedule): Cron {
  const { minute, hour, day, month, weekday } = schedule;
  const text = [minute, hour, day, month, weekday].map(fieldText).join(' ');
  const known = patterns.get(text);
  if (known) return known;
  const oldest = patterns.keys().next();
  if (patterns.size >= KEPT_PATTERNS && !oldest.done) patterns.delete(oldest.value);
  const made = new Cron(text, { utcOffset: 0, mode: '5-part', domAndDow: false });
  patterns.set(text, made);
  return made;
}

function fieldText({ values, star }: CronField): string {
  return star ? '*' : [...values].join(',');
}

export interface Recent {
  /** From when on schedules were looked at. */
  readonly earliest: number;
  /** The last time that has passed, if any. */
  readonly last: number | undefined;
  readonly missed: 'none' | 'few' | 'many';
  /** Upstream's complaint about a schedule that never comes. */
  readonly error?: string;
}

/** Upstream mostRecentScheduleTime. */
export function mostRecent(
  cj: CronJob,
  schedule: CronSchedule,
  zone: TimeZone,
  withDeadline: boolean,
  nowMs: number,
): Recent {
  let earliest = parseTime(cj.status.lastScheduleTime ?? cj.metadata.creationTimestamp);
  const { startingDeadlineSeconds } = cj.spec;
  if (withDeadline && startingDeadlineSeconds !== undefined) {
    earliest = Math.max(earliest, nowMs - startingDeadlineSeconds * MS_PER_SECOND);
  }
  const first = nextTime(schedule, zone, earliest);
  if (first === undefined) return { earliest, last: undefined, missed: 'none', error: NEVER };
  if (nowMs < first) return { earliest, last: undefined, missed: 'none' };
  const second = nextTime(schedule, zone, first);
  if (second === undefined) return { earliest, last: undefined, missed: 'none', error: NEVER };
  if (nowMs < second) return { earliest, last: first, missed: 'none' };
  const between = Math.round((second - first) / MS_PER_SECOND);
  const elapsed = Math.floor((nowMs - first) / MS_PER_SECOND);
  const count = Math.floor(elapsed / between) + 1;
  // Near enough to now to walk the rest of the way.
  let last: number | undefined;
  let at = nextTime(schedule, zone, first + (count - 2) * between * MS_PER_SECOND);
  while (at !== undefined && at <= nowMs) {
    last = at;
    at = nextTime(schedule, zone, at);
  }
  return { earliest, last, missed: count > MANY_MISSED ? 'many' : 'few' };
}

/** Milliseconds until the CronJob should be looked at again; undefined: it is never due. */
export function msToNext(
  cj: CronJob,
  schedule: CronSchedule,
  zone: TimeZone,
  nowMs: number,
): number | undefined {
  const { earliest, last, missed, error } = mostRecent(cj, schedule, zone, false, nowMs);
  const sinceEarliest = missed === 'none' && error === undefined;
  const next = nextTime(schedule, zone, last ?? (sinceEarliest ? earliest : nowMs));
  return next === undefined ? undefined : next + DELTA_MS - nowMs;
}
