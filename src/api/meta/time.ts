/** RFC 3339 texts of virtual times, as metav1.Time and metav1.MicroTime write them. */

/** Texts of the seconds last asked for: few are in use at a time, and making one is slow. */
const CACHED = 64;
const cachedSeconds: number[] = new Array<number>(CACHED).fill(Number.NaN);
const cachedTexts: string[] = new Array<string>(CACHED).fill('');

/** `2026-01-01T00:00:00Z` of milliseconds since 1970. */
export function rfc3339(ms: number): string {
  const second = Math.floor(ms / 1000);
  const slot = Math.abs(second % CACHED);
  if (second !== cachedSeconds[slot]) {
    cachedTexts[slot] = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    cachedSeconds[slot] = second;
  }
  return cachedTexts[slot] as string;
}

/** `2026-01-01T00:00:00.000000Z` of an epoch in milliseconds plus microseconds of virtual time. */
export function rfc3339Micro(epochMs: number, micros: number): string {
  const ms = epochMs + Math.floor(micros / 1000);
  const text = rfc3339(ms);
  const fraction = (((ms % 1000) + 1000) % 1000) * 1000 + (micros % 1000);
  return `${text.slice(0, 19)}.${String(fraction).padStart(6, '0')}Z`;
}

/** Milliseconds since 1970 of an RFC 3339 text; NaN when it is none. */
export function parseTime(text: string): number {
  return Date.parse(text);
}
