/**
 * Schedules of CronJobs: `m h day month weekday`, or a name such as `@hourly`.
 *
 * Models: github.com/robfig/cron v3 parser.go, ParseStandard; pkg/util/parsers parsers.go (v1.36)
 */
import { goQuote } from '../../meta/go-text.ts';
import { parseGoDuration } from './go-duration.ts';
import { isTimeZone } from './time-zones.ts';

/** One field: what it matches, and whether it was written with a star. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  readonly star: boolean;
}

export type CronSchedule =
  | {
      readonly minute: CronField;
      readonly hour: CronField;
      readonly day: CronField;
      readonly month: CronField;
      readonly weekday: CronField;
      /** Written into the schedule (`TZ=…`): found in old objects only. */
      readonly timeZone?: string;
    }
  | { readonly everyUs: number };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');
const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
];

const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const EVERY = '@every ';
const SECOND_US = 1_000_000;
const MAX_INT = 2n ** 63n - 1n;

/** Carries the parser's complaint. */
class ScheduleError extends Error {}

function refuse(text: string): never {
  throw new ScheduleError(text);
}

/** The schedule, or upstream's complaint about it. */
export function parseSchedule(
  text: string,
): { readonly schedule: CronSchedule } | { readonly error: string } {
  try {
    return { schedule: parse(text) };
  } catch (error) {
    if (error instanceof ScheduleError) return { error: error.message };
    throw error;
  }
}

function parse(text: string): CronSchedule {
  if (text === '') refuse('empty spec string');
  let spec = text;
  let timeZone: string | undefined;
  if (text.startsWith('TZ=') || text.startsWith('CRON_TZ=')) {
    const blank = text.indexOf(' ');
    // Upstream's parser falls over here; the API server says how.
    if (blank < 0)
      refuse('invalid schedule format: runtime error: slice bounds out of range [:-1]');
    timeZone = text.slice(text.indexOf('=') + 1, blank);
    checkLocation(timeZone);
    spec = text.slice(blank).trim();
  }
  if (spec.startsWith(EVERY)) return { everyUs: parseEvery(spec) };
  if (spec.startsWith('@')) spec = NAMED[spec] ?? refuse(`unrecognized descriptor: ${spec}`);
  const fields = spec.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== BOUNDS.length) {
    const list = fields.join(' ');
    refuse(`expected exactly ${BOUNDS.length} fields, found ${fields.length}: [${list}]`);
  }
  const [minute, hour, day, month, weekday] = fields.map((field, i) =>
    parseField(field, BOUNDS[i] as Bounds),
  ) as [CronField, CronField, CronField, CronField, CronField];
  const own = timeZone === undefined ? {} : { timeZone };
  return { minute, hour, day, month, weekday, ...own };
}

function checkLocation(name: string): void {
  if (name === '' || name === 'Local' || isTimeZone(name)) return;
  const isPath = name.startsWith('/') || name.startsWith('\\') || name.includes('..');
  const why = isPath ? 'time: invalid location name' : `unknown time zone ${name}`;
  refuse(`provided bad location ${name}: ${why}`);
}

function parseEvery(spec: string): number {
  const duration = parseGoDuration(spec.slice(EVERY.length));
  if ('error' in duration) refuse(`failed to parse duration ${spec}: ${duration.error}`);
  // Whole seconds, and never less than one.
  return Math.max(1, Math.trunc(duration.value / SECOND_US)) * SECOND_US;
}

function parseField(field: string, bounds: Bounds): CronField {
  const values = new Set<number>();
  let star = false;
  for (const expression of field.split(',')) {
    if (expression === '') continue;
    if (parseRange(expression, bounds, values)) star = true;
  }
  return { values, star };
}

/** Adds what |expression| matches; answers whether it stands for everything. */
function parseRange(expression: string, bounds: Bounds, values: Set<number>): boolean {
  const [range = '', stepText, ...more] = expression.split('/');
  const [low = '', high, ...others] = range.split('-');
  let star = low === '*' || low === '?';
  const start = star ? bounds.min : parseValue(low, bounds);
  let end = star ? bounds.max : start;
  if (!star && high !== undefined) {
    if (others.length > 0) refuse(`too many hyphens: ${expression}`);
    end = parseValue(high, bounds);
  }
  if (more.length > 0) refuse(`too many slashes: ${expression}`);
  let step = 1;
  if (stepText !== undefined) {
    step = parseInteger(stepText);
    // `5/15` runs on to the end of the field.
    if (high === undefined) end = bounds.max;
    if (step > 1) star = false;
  }
  if (start < bounds.min) {
    refuse(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`);
  }
  if (end > bounds.max) {
    refuse(`end of range (${end}) above maximum (${bounds.max}): ${expression}`);
  }
  if (start > end) {
    refuse(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  }
  if (step === 0) refuse(`step of range should be a positive number: ${expression}`);
  for (let value = start; value <= end; value += step) values.add(value);
  return star;
}

function parseValue(text: string, { min, names }: Bounds): number {
  const i = names?.indexOf(text.toLowerCase()) ?? -1;
  return i < 0 ? parseInteger(text) : i + min;
}

function parseInteger(text: string): number {
  const complain = (why: string): never =>
    refuse(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) complain('invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > MAX_INT || value < -MAX_INT - 1n) complain('value out of range');
  if (value < 0n) refuse(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}
