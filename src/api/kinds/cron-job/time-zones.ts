/**
 * The IANA time zone database: which names there are, and how far their clocks are from UTC when.
 *
 * Models:     Go's time.LoadLocation and Location.lookup, which the API server validates CronJobs with
 *             and the CronJob controller reads their schedules with (v1.36)
 * Simplified: clocks before 2020 stand as they stood in 2020
 */
import { TIME_ZONES } from '../../generated/time-zones.ts';

const MS_PER_SECOND = 1_000;
const MS_PER_DAY = 86_400_000;
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3_600;
const DAYS_PER_WEEK = 7;
const BASE = 36; // of the numbers in the generated lines
const CHANGE_HOUR = 2; // of a POSIX rule that names none

/** A time in which a clock runs on without being put forward or back. */
export interface ClockSpan {
  readonly offsetMs: number;
  /** When it ends; Infinity when it does not. */
  readonly untilMs: number;
}

export interface TimeZone {
  at(ms: number): ClockSpan;
}

const lines = new Map<string, string>();
const zones = new Map<string, TimeZone>();

export function isTimeZone(name: string): boolean {
  return linesByName().has(name);
}

/** Undefined when there is no such zone; no name, and `Local`, are UTC, as in the real containers. */
export function timeZone(name: string): TimeZone | undefined {
  if (name === '' || name === 'Local') return timeZone('UTC');
  const line = linesByName().get(name);
  if (line === undefined) return undefined;
  const known = zones.get(line);
  if (known) return known;
  const made = parseZone(line);
  zones.set(line, made);
  return made;
}

function linesByName(): ReadonlyMap<string, string> {
  if (lines.size > 0) return lines;
  for (const line of TIME_ZONES) {
    for (const group of line.slice(line.lastIndexOf('|') + 1).split(' ')) {
      const region = group.slice(0, group.lastIndexOf('/') + 1);
      for (const place of group.slice(region.length).split(',')) lines.set(region + place, line);
    }
  }
  return lines;
}

function parseZone(line: string): TimeZone {
  const [rule = '', told = ''] = line.split('|');
  const after = parseRule(rule);
  if (told === '') return after;
  const [first = '0', ...rest] = told.split(' ');
  const changes = rest.map((text) => {
    const [at = '', offset = ''] = text.split(':');
    return { atMs: fromBase(at), offsetMs: fromBase(offset) };
  });
  return {
    at(ms) {
      let offsetMs = fromBase(first);
      for (const change of changes) {
        if (ms < change.atMs) return { offsetMs, untilMs: change.atMs };
        offsetMs = change.offsetMs;
      }
      return after.at(ms);
    },
  };
}

function fromBase(text: string): number {
  return Number.parseInt(text, BASE) * MS_PER_SECOND;
}

const NAME = '(?:<[^>]+>|[A-Za-z]+)';
const CLOCK = String.raw`[+-]?\d+(?::\d+){0,2}`;
const POSIX_RULE = new RegExp(`^${NAME}(${CLOCK})(?:${NAME}(${CLOCK})?,([^,]+),([^,]+))?$`);

/** `CET-1CEST,M3.5.0,M10.5.0/3`: hours are counted to the west, and summer is one ahead. */
function parseRule(rule: string): TimeZone {
  const match = POSIX_RULE.exec(rule);
  if (!match) throw new Error(`not a rule of a time zone: ${rule}`);
  const [, winterText = '', summerText, start, end] = match;
  const winter = 0 - clockMs(winterText);
  if (start === undefined || end === undefined) {
    const always = { offsetMs: winter, untilMs: Number.POSITIVE_INFINITY };
    return { at: () => always };
  }
  const hour = SECONDS_PER_HOUR * MS_PER_SECOND;
  const summer = summerText === undefined ? winter + hour : 0 - clockMs(summerText);
  return {
    at(ms) {
      const year = new Date(ms + winter).getUTCFullYear();
      const changes = [year - 1, year, year + 1].flatMap((y) => [
        { atMs: changeDay(start, y) - winter, offsetMs: summer },
        { atMs: changeDay(end, y) - summer, offsetMs: winter },
      ]);
      changes.sort((a, b) => a.atMs - b.atMs);
      const next = changes.findIndex((change) => change.atMs > ms);
      const untilMs = changes[next]?.atMs;
      const offsetMs = changes[next - 1]?.offsetMs;
      if (untilMs === undefined || offsetMs === undefined) throw new Error(`a gap in ${rule}`);
      return { offsetMs, untilMs };
    },
  };
}

/** `M3.5.0/2`: month, week (5 is the last), weekday, time; in milliseconds of a clock without zone. */
function changeDay(text: string, year: number): number {
  const [date = '', time] = text.split('/');
  const [month = 0, week = 0, weekday = 0] = date.slice(1).split('.').map(Number);
  const first = Date.UTC(year, month - 1, 1);
  const skip = (weekday - new Date(first).getUTCDay() + DAYS_PER_WEEK) % DAYS_PER_WEEK;
  let day = first + (skip + (week - 1) * DAYS_PER_WEEK) * MS_PER_DAY;
  if (day >= Date.UTC(year, month, 1)) day -= DAYS_PER_WEEK * MS_PER_DAY;
  return (
    day + (time === undefined ? CHANGE_HOUR * SECONDS_PER_HOUR * MS_PER_SECOND : clockMs(time))
  );
}

function clockMs(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  const total = hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE + seconds;
  return sign * total * MS_PER_SECOND;
}
