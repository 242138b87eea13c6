/** Digits of pi, by Machin's formula in whole numbers. */

/** Digits beyond the wanted ones, so that the last is rounded rightly. */
const GUARD_DIGITS = 10;
/** A larger wish is refused: it would hold up everything else. */
const MAX_DIGITS = 20_000;
/** 2000 digits take perl's Math::BigInt about four seconds; twice as many four times as long. */
const US_PER_SQUARE_DIGIT = 1;

export const CUT_SHORT = `more than ${MAX_DIGITS} digits of pi are not simulated\n`;

/** CPU time that perl takes for so many digits. */
export function piCostUs(digits: number): number {
  return Math.min(digits, MAX_DIGITS) ** 2 * US_PER_SQUARE_DIGIT;
}

/** Pi with |digits| digits in all, the 3 among them, rounded; null: they are too many. */
export function pi(digits: number): string | null {
  if (digits > MAX_DIGITS) return null;
  const count = Math.max(1, digits);
  const scale = 10n ** BigInt(count - 1 + GUARD_DIGITS);
  const exact = 4n * (4n * arcTangent(5n, scale) - arcTangent(239n, scale));
  const unit = 10n ** BigInt(GUARD_DIGITS);
  const rounded = String((exact + unit / 2n) / unit);
  return count === 1 ? rounded : `${rounded[0]}.${rounded.slice(1)}`;
}

/** arctan(1/x), times |scale|. */
function arcTangent(x: bigint, scale: bigint): bigint {
  const square = x * x;
  let power = scale / x;
  let sum = power;
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= square;
    sum += (sign * power) / n;
  }
  return sum;
}
