import { describe, expect, it } from 'vitest';
import type { CronJob } from '../../../api/generated/types.ts';
import { type CronSchedule, parseSchedule } from '../../../api/kinds/cron-job/schedule.ts';
import { mostRecent, msToNext, nextTime } from './times.ts';

function schedule(text: string): CronSchedule {
  const parsed = parseSchedule(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.schedule;
}

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
    expect(nextTime(schedule(text), ms(after))).toBe(ms(next));
  });

  it('there is none for the 31st of February', () => {
    expect(nextTime(schedule('0 0 31 2 *'), ms('2026-01-01T00:00:00Z'))).toBeUndefined();
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
    const recent = mostRecent(cj(last), every, true, ms(now));
    expect(recent.last).toBe(due === undefined ? undefined : ms(due));
    expect(recent.missed).toBe(missed);
  });

  it('before the deadline does not count', () => {
    const now = ms('2026-01-01T03:00:30Z');
    expect(mostRecent(cj('2026-01-01T00:00:00Z', 10), every, true, now).last).toBeUndefined();
  });

  it('comes a tenth of a second after its minute', () => {
    const now = ms('2026-01-01T00:00:30Z');
    expect(msToNext(cj('2026-01-01T00:00:00Z'), every, now)).toBe(30_100);
  });
});
