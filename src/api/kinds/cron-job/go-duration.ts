/**
 * Reads durations as Go writes them: `1h30m`, `1.5s`.
 *
 * Models: Go time.ParseDuration
 */
import { goQuote } from '../../meta/go-text.ts';

const UNIT_US: Readonly<Record<string, number>> = {
  ns: 1e-3,
  us: 1,
  '\u00b5s': 1,
  '\u03bcs': 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
};
const MAX_US = 2 ** 63 / 1000; // time.Duration counts nanoseconds in 63 bits

/** Microseconds, or Go's complaint. */
export function parseGoDuration(
  text: string,
): { readonly value: number } | { readonly error: string } {
  const fail = (): { readonly error: string } => ({
    error: `time: invalid duration ${goQuote(text)}`,
  });
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return { value: 0 };
  if (rest === '') return fail();
  let total = 0;
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return fail();
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return { error: `time: missing unit in duration ${goQuote(text)}` };
    rest = rest.slice(unit.length);
    const us = UNIT_US[unit];
    if (us === undefined) {
      return { error: `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}` };
    }
    total += Number(number) * us;
    if (total >= MAX_US) return fail();
  }
  return { value: sign === '-' ? -total : total };
}
