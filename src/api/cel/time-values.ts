/**
 * Durations and timestamps: parsing, texts, parts.
 *
 * Models:     cel-go common/types/duration.go, timestamp.go; Go time.ParseDuration, time.Parse; strfmt
 *             ParseDuration
 * Simplified: of named time zones only UTC is known; offsets (`+02:00`) all are
 */
import { CelDuration, CelError, CelTimestamp, type CelValue } from './values.ts';

const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MINUTE = 60n * NANOS_PER_SECOND;
const NANOS_PER_HOUR = 60n * NANOS_PER_MINUTE;
const NANOS_PER_MILLI = 1_000_000n;
const MAX_INT64 = 2n ** 63n - 1n;
/** 0001-01-01 and 9999-12-31, timestamp.go */
const MIN_UNIX_SECONDS = -62_135_596_800n;
const MAX_UNIX_SECONDS = 253_402_300_799n;

const UNIT_NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: NANOS_PER_MILLI,
  s: NANOS_PER_SECOND,
  m: NANOS_PER_MINUTE,
  h: NANOS_PER_HOUR,
};

const GO_DURATION = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/** Go's time.ParseDuration; undefined when |text| is no duration. */
export function parseDuration(text: string): CelDuration | undefined {
  if (/^[+-]?0$/.test(text)) return new CelDuration(0n);
  const match = GO_DURATION.exec(text);
  if (match === null) return undefined;
  let nanos = 0n;
  for (const [, number = '', unit = ''] of (match[2] ?? '').matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    const [whole = '', fraction = ''] = number.split('.');
    const scale = UNIT_NANOS[unit] ?? 0n;
    nanos += BigInt(whole === '' ? '0' : whole) * scale;
    if (fraction !== '') nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (match[1] === '-') nanos = -nanos;
  return fitsInt64(nanos) ? new CelDuration(nanos) : undefined;
}

export function fitsInt64(value: bigint): boolean {
  return value <= MAX_INT64 && value >= -MAX_INT64 - 1n;
}

/** Seconds in decimal form and an `s`. */
export function durationText({ nanos }: CelDuration): string {
  return `${decimalSeconds(nanos)}s`;
}

function decimalSeconds(nanos: bigint): string {
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % NANOS_PER_SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const whole = `${sign}${size / NANOS_PER_SECOND}`;
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** undefined when |text| is no RFC 3339 time. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year = '', month, day, hour, minute, second, fraction = '', sign, zh, zm] = match;
  const seconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  if (Number.isNaN(seconds) || Number(hour) > 23) return undefined;
  // Date.parse lets the 31st of a shorter month pass into the next one.
  if (new Date(seconds * 1000).toISOString().slice(8, 10) !== day) return undefined;
  const offset = sign === undefined ? 0 : Number(zh) * 3600 + Number(zm) * 60;
  const unix = BigInt(sign === '-' ? seconds + offset : seconds - offset);
  return new CelTimestamp(unix * NANOS_PER_SECOND + BigInt(fraction.padEnd(9, '0').slice(0, 9)));
}

/** Whether Go's time can hold it (years 1 to 9999). */
export function inTimestampRange(nanos: bigint): boolean {
  const seconds = floorDiv(nanos, NANOS_PER_SECOND);
  return seconds >= MIN_UNIX_SECONDS && seconds <= MAX_UNIX_SECONDS;
}

function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

const floorMod = (a: bigint, b: bigint): bigint => a - floorDiv(a, b) * b;

/** RFC 3339 with as many digits of the second as there are. */
export function timestampText({ nanos }: CelTimestamp): string {
  const seconds = Number(floorDiv(nanos, NANOS_PER_SECOND));
  const fraction = String(floorMod(nanos, NANOS_PER_SECOND)).padStart(9, '0').replace(/0+$/, '');
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${text}Z` : `${text}.${fraction}Z`;
}

export const unixSeconds = ({ nanos }: CelTimestamp): bigint => floorDiv(nanos, NANOS_PER_SECOND);

type Part = (date: Date, nanosOfSecond: bigint) => number;

const DAY_MS = 86_400_000;

const PARTS: Readonly<Record<string, Part>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: (date) => (startOfDay(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS,
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (_date, nanos) => Number(nanos / NANOS_PER_MILLI),
};

function startOfDay(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

/** A part of a timestamp in |zone| (UTC when not given). */
export function timestampPart(fn: string, { nanos }: CelTimestamp, zone?: string): CelValue {
  const offset = zone === undefined ? 0n : zoneOffset(zone);
  if (offset instanceof CelError) return offset;
  const seconds = floorDiv(nanos, NANOS_PER_SECOND) + offset;
  const part = PARTS[fn]?.(new Date(Number(seconds) * 1000), floorMod(nanos, NANOS_PER_SECOND));
  return BigInt(part ?? 0);
}

/** Seconds east of Greenwich. */
function zoneOffset(zone: string): bigint | CelError {
  const colon = zone.indexOf(':');
  if (colon < 0) {
    if (zone === 'UTC' || zone === '') return 0n;
    return new CelError(`unknown time zone ${zone}`);
  }
  const hours = zone.slice(0, colon);
  const minutes = zone.slice(colon + 1);
  for (const text of [hours, minutes]) {
    if (!/^[+-]?\d+$/.test(text)) {
      return new CelError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    }
  }
  const east = BigInt(hours) * 60n;
  return (zone.startsWith('-') ? east - BigInt(minutes) : east + BigInt(minutes)) * 60n;
}

export function durationPart(fn: string, { nanos }: CelDuration): CelValue {
  switch (fn) {
    case 'getHours':
      return nanos / NANOS_PER_HOUR;
    case 'getMinutes':
      return nanos / NANOS_PER_MINUTE;
    case 'getSeconds':
      return nanos / NANOS_PER_SECOND;
    default:
      return nanos / NANOS_PER_MILLI;
  }
}
