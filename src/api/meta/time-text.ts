/**
 * Reads the times of requests and writes them as the API does: RFC 3339 in UTC, to the second (Time) or microsecond (MicroTime).
 *
 * Models: k8s.io/apimachinery/pkg/apis/meta/v1 time.go, micro_time.go; Go time.Parse (v1.36)
 */
import { goQuote } from './go-text.ts';

const RFC3339 = '2006-01-02T15:04:05Z07:00';
const RFC3339_MICRO = '2006-01-02T15:04:05.000000Z07:00';

interface Step {
  /** How Go's layout calls this part; complaints mention it. */
  readonly layout: string;
  readonly pattern: RegExp;
  readonly range?: readonly [low: number, high: number, name: string];
}

const DATE_STEPS: readonly Step[] = [
  { layout: '2006', pattern: /\d{4}/y },
  { layout: '-', pattern: /-/y },
  { layout: '01', pattern: /\d{2}/y, range: [1, 12, 'month'] },
  { layout: '-', pattern: /-/y },
  { layout: '02', pattern: /\d{2}/y, range: [1, 31, 'day'] },
  { layout: 'T', pattern: /T/y },
  { layout: '15', pattern: /\d{2}/y, range: [0, 23, 'hour'] },
  { layout: ':', pattern: /:/y },
  { layout: '04', pattern: /\d{2}/y, range: [0, 59, 'minute'] },
  { layout: ':', pattern: /:/y },
  { layout: '05', pattern: /\d{2}/y, range: [0, 59, 'second'] },
];
const FREE_FRACTION: Step = { layout: '', pattern: /(?:[.,]\d+)?/y };
const MICRO_FRACTION: Step = { layout: '.000000', pattern: /[.,]\d{6}(?!\d)/y };
const ZONE: Step = { layout: 'Z07:00', pattern: /Z|[+-]\d{2}:\d{2}/y };

const TIME_STEPS = [...DATE_STEPS, FREE_FRACTION, ZONE];
const MICRO_STEPS = [...DATE_STEPS, MICRO_FRACTION, ZONE];

const SHORT_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export type TimeText = { readonly text: string } | { readonly error: string };

/** |text| as the API server would write it again, or Go's complaint. */
export function canonicalTime(text: string): TimeText {
  return canonical(text, TIME_STEPS, RFC3339, false);
}

export function canonicalMicroTime(text: string): TimeText {
  return canonical(text, MICRO_STEPS, RFC3339_MICRO, true);
}

function canonical(text: string, steps: readonly Step[], layout: string, micro: boolean): TimeText {
  const parts: string[] = [];
  let at = 0;
  let outOfRange = '';
  for (const step of steps) {
    step.pattern.lastIndex = at;
    const match = step.pattern.exec(text);
    if (match === null) {
      const rest = goQuote(text.slice(at));
      return {
        error: `parsing time ${goQuote(text)} as "${layout}": cannot parse ${rest} as "${step.layout}"`,
      };
    }
    parts.push(match[0]);
    at += match[0].length;
    const n = Number(match[0]);
    if (step.range && (n < step.range[0] || n > step.range[1])) outOfRange ||= step.range[2];
  }
  if (outOfRange === '' && Number(parts[4]) > daysIn(Number(parts[0]), Number(parts[2]))) {
    outOfRange = 'day';
  }
  if (outOfRange !== '') {
    return { error: `parsing time ${goQuote(text)}: ${outOfRange} out of range` };
  }
  if (at < text.length) {
    return { error: `parsing time ${goQuote(text)}: extra text: ${goQuote(text.slice(at))}` };
  }
  if (!micro && SHORT_TIME.test(text)) return { text };
  return { text: inUtc(parts, micro) };
}

function inUtc(parts: readonly string[], micro: boolean): string {
  const fraction = (parts[11] ?? '').slice(1, 7);
  const zone = parts[12] ?? 'Z';
  const local = `${parts.slice(0, 11).join('')}Z`;
  let ms = Date.parse(local);
  if (zone !== 'Z') {
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
    ms -= (zone.startsWith('-') ? -minutes : minutes) * 60_000;
  }
  const seconds = new Date(ms).toISOString().slice(0, 19);
  return micro ? `${seconds}.${fraction.padEnd(6, '0')}Z` : `${seconds}Z`;
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return leap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
