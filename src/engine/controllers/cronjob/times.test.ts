import { describe, expect, it, vi } from 'vitest';
import type { CronJob } from '../../../api/generated/types.ts';
import { type CronSchedule, parseSchedule } from '../../../api/kinds/cron-job/schedule.ts';
import { type TimeZone, timeZone } from '../../../api/kinds/cron-job/time-zones.ts';
import { mostRecent, msToNext, nextTime } from './times.ts';

function schedule(text: string): CronSchedule {
  const parsed = parseSchedule(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.schedule;
}

function zone(name: string): TimeZone {
  const found = timeZone(name);
  if (!found) throw new Error(`no zone ${name}`);
  return found;
}

const UTC = zone('UTC');
const ms = (text: string): number => Date.parse(text);

describe('next time', () => {
  it.each([
    ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    ['*/5 * * * *', '2026-01-01T00:01:30Z', '2026-01-01T00:05:00Z'],
    ['0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['30 2 1 * *', '2026-01-31T12:00:00Z', '2026-02-01T02:30:00Z'],
    ['0 12 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T12:00:00Z'],
    ['0 9 * * 1', '2026-01-01T00:00:00Z', '2026-01-05T09:00:00Z'],
    ['0 0 13 * 5', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['0 0 1 1 *', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['@every 90s', '2026-01-01T00:00:10Z', '2026-01-01T00:01:40Z'],
  ])('%s after %s is %s', (text, after, next) => {
    expect(nextTime(schedule(text), UTC, ms(after))).toBe(ms(next));
  });

  it('there is none for the 31st of February', () => {
    expect(nextTime(schedule('0 0 31 2 *'), UTC, ms('2026-01-01T00:00:00Z'))).toBeUndefined();
  });
});

/** Instants by robfig/cron v3.0.1, whose SpecSchedule.Next was asked for them. */
describe('on the clocks of zones', () => {
  it.each([
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', '2026-03-09T06:30:00Z'],
    ['30 1 * * *', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'],
    ['30 1 * * *', 'America/New_York', '2026-11-01T06:30:00Z', '2026-11-02T06:30:00Z'],
    ['*/30 * * * *', 'America/New_York', '2026-03-08T06:30:00Z', '2026-03-08T07:00:00Z'],
    ['0 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', '2026-04-04T15:30:00Z'],
    ['0 0 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T18:30:00Z'],
    ['0 9 * * 1', 'Europe/Berlin', '2026-03-27T00:00:00Z', '2026-03-30T07:00:00Z'],
    ['0 0 29 2 *', 'Pacific/Auckland', '2026-01-01T00:00:00Z', '2028-02-28T11:00:00Z'],
    ['15 12 1 1 *', 'Africa/Casablanca', '2026-06-01T00:00:00Z', '2027-01-01T11:15:00Z'],
    ['0 0 * * *', 'America/Havana', '2026-03-07T12:00:00Z', '2026-03-09T04:00:00Z'],
    ['0 12 * * *', 'Etc/GMT+5', '2026-01-01T00:00:00Z', '2026-01-01T17:00:00Z'],
  ])('%s in %s after %s is %s', (text, name, after, next) => {
    expect(nextTime(schedule(text), zone(name), ms(after))).toBe(ms(next));
  });

  it('no clock of the engine it runs in is asked', () => {
    const intl = vi.spyOn(Intl, 'DateTimeFormat').mockImplementation(() => {
      throw new Error('Intl');
    });
    vi.useFakeTimers();
    const days = ['1999-01-01', '2026-06-01', '2090-01-01'].map((day) => {
      vi.setSystemTime(ms(`${day}T00:00:00Z`));
      return nextTime(schedule('7 4 * * *'), zone('Europe/Berlin'), ms('2026-06-01T00:00:00Z'));
    });
    vi.useRealTimers();
    intl.mockRestore();
    expect(days).toEqual(days.map(() => ms('2026-06-01T02:07:00Z')));
  });
});

describe('what was missed', () => {
  const cj = (last: string, deadline?: number): CronJob =>
    ({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: deadline === undefined ? {} : { startingDeadlineSeconds: deadline },
      status: { lastScheduleTime: last },
    }) as unknown as CronJob;
  const every = schedule('* * * * *');

  it.each<[string, string, string, string | undefined, 'none' | 'few' | 'many']>([
    ['nothing', '2026-01-01T00:00:00Z', '2026-01-01T00:00:30Z', undefined, 'none'],
    ['one', '2026-01-01T00:00:00Z', '2026-01-01T00:01:30Z', '2026-01-01T00:01:00Z', 'none'],
    ['three', '2026-01-01T00:00:00Z', '2026-01-01T00:03:30Z', '2026-01-01T00:03:00Z', 'few'],
    ['many', '2026-01-01T00:00:00Z', '2026-01-01T03:00:30Z', '2026-01-01T03:00:00Z', 'many'],
  ])('%s', (_name, last, now, due, missed) => {
    const recent = mostRecent(cj(last), every, UTC, true, ms(now));
    expect(recent.last).toBe(due === undefined ? undefined : ms(due));
    expect(recent.missed).toBe(missed);
  });

  it('before the deadline does not count', () => {
    const now = ms('2026-01-01T03:00:30Z');
    expect(mostRecent(cj('2026-01-01T00:00:00Z', 10), every, UTC, true, now).last).toBeUndefined();
  });

  it('comes a tenth of a second after its minute', () => {
    const now = ms('2026-01-01T00:00:30Z');
    expect(msToNext(cj('2026-01-01T00:00:00Z'), every, UTC, now)).toBe(30_100);
  });

  it('of a schedule that never comes is nothing, and it is said to be invalid', () => {
    const never = schedule('0 0 31 2 *');
    const now = ms('2026-01-01T03:00:30Z');
    expect(mostRecent(cj('2026-01-01T00:00:00Z'), never, UTC, true, now)).toMatchObject({
      last: undefined,
      error: 'time difference between two schedules is less than 1 second',
    });
    expect(msToNext(cj('2026-01-01T00:00:00Z'), never, UTC, now)).toBeUndefined();
  });
});
