import { describe, expect, it } from 'vitest';
import { isTimeZone, timeZone } from './time-zones.ts';

const NAMES =
  'UTC America/New_York Europe/London Europe/Dublin Europe/Berlin Asia/Kolkata Asia/Kathmandu ' +
  'Australia/Lord_Howe Australia/Sydney America/Sao_Paulo Africa/Johannesburg Asia/Tokyo ' +
  'Pacific/Chatham America/St_Johns Etc/GMT+5 Etc/GMT-14 America/Havana Asia/Tehran';
const MS_PER_DAY = 86_400_000;
const DAYS_LOOKED_AT = 4_000; // beyond all listed changes of these zones
const MS_PER_MINUTE = 60_000;

/** What the database of this machine says. */
function offsetMs(name: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  return (ms) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(format.format(ms));
    if (!match) throw new Error(format.format(ms));
    const [, sign, hours, minutes] = match;
    const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MS_PER_MINUTE;
    return sign === '-' ? -size : size;
  };
}

describe('time zones', () => {
  it.each(NAMES.split(' '))('%s is as far from UTC as the machine says', (name) => {
    const expected = offsetMs(name);
    const zone = timeZone(name);
    const wrong: string[] = [];
    for (let day = 0; day < DAYS_LOOKED_AT; day += 3) {
      const ms = Date.UTC(2021, 0, 1, 7, 31) + day * MS_PER_DAY;
      if (zone?.at(ms).offsetMs !== expected(ms)) wrong.push(new Date(ms).toISOString());
    }
    expect(wrong).toEqual([]);
  });

  it('a change is at its second', () => {
    const zone = timeZone('America/New_York');
    const change = Date.parse('2026-03-08T07:00:00Z');
    expect(zone?.at(change - 1)).toEqual({ offsetMs: -5 * 3_600_000, untilMs: change });
    expect(zone?.at(change).offsetMs).toBe(-4 * 3_600_000);
  });

  it('every name has a clock, others have none', () => {
    expect(isTimeZone('America/Argentina/ComodRivadavia')).toBe(true);
    expect(isTimeZone('W-SU')).toBe(true);
    expect(isTimeZone('Europe/Atlantis')).toBe(false);
    expect(timeZone('Europe/Atlantis')).toBeUndefined();
    expect(timeZone('')?.at(0).offsetMs).toBe(0);
  });
});
