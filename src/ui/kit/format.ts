/** Numbers, times and names as the page writes them; no cluster words. */

const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;

/** `T+00:00:01.482` for microseconds since the start. */
export function clockText(micros: number): string {
  const ms = Math.floor(Math.max(micros, 0) / MICROS_PER_MS);
  const pad = (n: number, width: number): string => String(n).padStart(width, '0');
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = Math.floor(ms / 1_000) % 60;
  return `T+${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(ms % 1_000, 3)}`;
}

/** `T+1.482` for microseconds since the start; hours and minutes only when there are any. */
export function momentText(micros: number): string {
  const seconds = Math.max(micros, 0) / MICROS_PER_SECOND;
  if (seconds < 60) return `T+${seconds.toFixed(3)}`;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - minutes * 60).toFixed(3).padStart(6, '0');
  if (minutes < 60) return `T+${minutes}:${rest}`;
  const hours = Math.floor(minutes / 60);
  return `T+${hours}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** `1.5 s`, `340 ms`, `2m10s`: a length of time in microseconds. */
export function durationText(micros: number): string {
  if (micros < MICROS_PER_MS) return `${Math.round(micros)} µs`;
  const ms = micros / MICROS_PER_MS;
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${Math.floor(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}

/** Age as tables show it: `5s`, `2m10s`, `3h20m`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes}m${seconds % 60 === 0 ? '' : `${seconds % 60}s`}`;
  if (minutes < 180) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h${minutes % 60 === 0 ? '' : `${minutes % 60}m`}`;
}

/** Bytes as `64Mi`, `1.5Gi`. */
export function bytesText(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let n = bytes;
  let unit = 0;
  while (n >= 1_024 && unit < units.length - 1) {
    n /= 1_024;
    unit++;
  }
  const text = Number.isInteger(n) ? String(n) : n.toFixed(n < 10 ? 1 : 0);
  return text + (units[unit] ?? '');
}

/** Thousandths as `250m`, `1`, `1.5`. */
export function milliText(milli: number): string {
  return milli < 1_000 ? `${milli}m` : String(milli / 1_000);
}

/** Shortened in the middle, never at the end, where names differ: `web-…-x2kqp`. */
export function middleShort(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const tail = Math.min(Math.ceil((longest - 1) * 0.6), longest - 2);
  return `${name.slice(0, longest - 1 - tail)}…${name.slice(-tail)}`;
}
