/** date in virtual time, UTC. Models: busybox coreutils/date.c, strftime(3) in the C locale. */
import type { Proc } from '../../../kernel/process.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import { readOptions, usage } from './applet.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Virtual wall time of an instant of the run. */
export function wallTimeMs(kernel: Kernel, us: number): number {
  return kernel.epochMs + Math.floor(us / 1_000);
}

export function* dateCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'uR', 'dsrDI', { utc: 'u', date: 'd' });
  if (unknown !== undefined) return usage(context, 'date', '[OPTIONS] [+FMT] [TIME]', unknown);
  yield* context.work(0);
  let ms = context.kernel.nowMs;
  const given = flags.get('d')?.[0];
  if (given !== undefined) {
    const parsed = parseDate(given, ms);
    if (parsed === undefined) {
      context.stderr(`date: invalid date '${given}'\n`);
      return 1;
    }
    ms = parsed;
  }
  const file = flags.get('r')?.[0];
  if (file !== undefined) {
    const stat = context.fs.stat(resolvePath(context.cwd, file));
    if (!stat) {
      context.stderr(`date: ${file}: No such file or directory\n`);
      return 1;
    }
    ms = wallTimeMs(context.kernel, stat.modifiedAt);
  }
  const iso = flags.get('I')?.[0];
  let format = operands.find((operand) => operand.startsWith('+'))?.slice(1);
  if (iso !== undefined) format = iso.startsWith('s') ? '%Y-%m-%dT%H:%M:%S+00:00' : '%Y-%m-%d';
  if (flags.has('R')) format = '%a, %d %b %Y %H:%M:%S +0000';
  context.stdout(`${formatTime(format ?? '%a %b %e %H:%M:%S UTC %Y', ms)}\n`);
  return 0;
}

/**
 * A moment as busybox reads it: `@seconds`, ISO dates, `HH:MM`, and MMDDhhmm with or without a year.
 * What is missing is taken from |nowMs|. Milliseconds; undefined when it is no date.
 */
export function parseDate(text: string, nowMs: number): number | undefined {
  if (/^@-?\d+$/.test(text)) return Number(text.slice(1)) * 1_000;
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const iso = /^(?:(\d{4}-\d\d-\d\d)(?:[ T]|$))?(?:(\d\d:\d\d)(:\d\d)?Z?)?$/.exec(text);
  if (iso && text !== '')
    return moment(`${iso[1] ?? today}T${iso[2] ?? '00:00'}${iso[3] ?? ':00'}Z`);
  const short = /^(\d{4}|\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(text);
  if (!short) return undefined;
  const [, year = today.slice(0, 4), month, day, hour, minute, second = '00'] = short;
  const full = year.length === 2 ? `20${year}` : year;
  return moment(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function moment(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** strftime. Pure. */
export function formatTime(format: string, ms: number): string {
  const date = new Date(ms);
  return format.replace(
    /%[-_0]?([a-zA-Z%])/g,
    (whole, letter: string) => field(letter, date, ms) ?? whole,
  );
}

function field(letter: string, date: Date, ms: number): string | undefined {
  const two = (n: number, fill = '0'): string => String(n).padStart(2, fill);
  const hour = date.getUTCHours();
  switch (letter) {
    case 'Y':
      return String(date.getUTCFullYear());
    case 'y':
      return two(date.getUTCFullYear() % 100);
    case 'm':
      return two(date.getUTCMonth() + 1);
    case 'd':
      return two(date.getUTCDate());
    case 'e':
      return two(date.getUTCDate(), ' ');
    case 'H':
      return two(hour);
    case 'I':
      return two(hour % 12 === 0 ? 12 : hour % 12);
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'M':
      return two(date.getUTCMinutes());
    case 'S':
      return two(date.getUTCSeconds());
    case 's':
      return String(Math.floor(ms / 1_000));
    case 'N':
      return `${String(date.getUTCMilliseconds()).padStart(3, '0')}000000`;
    case 'a':
      return (DAYS[date.getUTCDay()] ?? '').slice(0, 3);
    case 'A':
      return DAYS[date.getUTCDay()];
    case 'b':
    case 'h':
      return (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3);
    case 'B':
      return MONTHS[date.getUTCMonth()];
    case 'u':
      return String(date.getUTCDay() === 0 ? 7 : date.getUTCDay());
    case 'w':
      return String(date.getUTCDay());
    case 'j':
      return String(
        Math.floor((ms - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1,
      ).padStart(3, '0');
    default:
      return combined(letter, ms);
  }
}

const COMBINED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

function combined(letter: string, ms: number): string | undefined {
  if (letter === 'z') return '+0000';
  if (letter === 'Z') return 'UTC';
  if (letter === 'n') return '\n';
  if (letter === 't') return '\t';
  if (letter === '%') return '%';
  const format = COMBINED[letter];
  return format === undefined ? undefined : formatTime(format, ms);
}
