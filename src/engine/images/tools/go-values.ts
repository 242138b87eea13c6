/**
 * Values as Go's standard library writes and reads them: durations, and the queries of URLs.
 *
 * Models: time.Duration.String, time.ParseDuration, net/url.
 */

const NANOS_PER_MICRO = 1_000;
const MICROS_PER_SECOND = 1_000_000;
const UNITS_US: Readonly<Record<string, number>> = {
  ns: 1 / NANOS_PER_MICRO,
  us: 1,
  µs: 1,
  ms: 1_000,
  s: MICROS_PER_SECOND,
  m: 60 * MICROS_PER_SECOND,
  h: 3_600 * MICROS_PER_SECOND,
};

/** `1h2m3.5s`, `15ms`, `0s`. */
export function goDuration(us: number): string {
  if (us === 0) return '0s';
  if (us < 1_000) return `${us}µs`;
  if (us < MICROS_PER_SECOND) return `${us / 1_000}ms`;
  const hours = Math.floor(us / (3_600 * MICROS_PER_SECOND));
  const minutes = Math.floor(us / (60 * MICROS_PER_SECOND)) % 60;
  const seconds = `${(us % (60 * MICROS_PER_SECOND)) / MICROS_PER_SECOND}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** Microseconds; null for what is no duration. */
export function parseGoDuration(text: string): number | null {
  if (text === '0') return 0;
  if (!/^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  let us = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    us += Number(count) * (UNITS_US[unit] ?? 0);
  }
  return text.startsWith('-') ? -Math.floor(us) : Math.floor(us);
}

/** What a request asks for: its path, and the values of its query and its form. */
export class FormValues {
  readonly path: string;
  readonly #values = new Map<string, string>();

  constructor(target: string, form = '') {
    const [path = '', query = ''] = splitAt(target, '?');
    this.path = unescaped(path, false);
    // Of a form and a query with the same name, the form comes first (http.Request.FormValue).
    for (const pair of [...form.split('&'), ...query.split('&')]) {
      const [name = '', value = ''] = splitAt(pair, '=');
      const key = unescaped(name);
      if (pair !== '' && !this.#values.has(key)) this.#values.set(key, unescaped(value));
    }
  }

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Text with a bad escape stays as it is. */
function unescaped(text: string, plus = true): string {
  try {
    return decodeURIComponent(plus ? text.replaceAll('+', ' ') : text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}
