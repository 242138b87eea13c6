/** How long something still lasts. */

const MICROS_PER_SECOND = 1_000_000;

/** `7.3 s`, `48 s`, `4:05`: of constant width while it counts, so that nothing beside it jumps. */
export function countdownText(micros: number): string {
  const seconds = Math.max(micros, 0) / MICROS_PER_SECOND;
  if (seconds < 10) return `${(Math.ceil(seconds * 10) / 10).toFixed(1)} s`;
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const rest = String(whole % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}
