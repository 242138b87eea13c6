/**
 * Natural logarithm from the four operations alone, which IEEE 754 rounds alike everywhere;
 * Math.log differs between JavaScript engines (invariant 3).
 */
const LN2 = 0.6931471805599453;

/** ln(x) for x > 0, to about 1e-15. */
export function ln(x: number): number {
  let exponent = 0;
  let m = x;
  while (m > 1.5) {
    m /= 2;
    exponent++;
  }
  while (m < 0.75) {
    m *= 2;
    exponent--;
  }
  // ln m = 2 (y + y³/3 + y⁵/5 + …) with y = (m − 1)/(m + 1), |y| ≤ 0.2
  const y = (m - 1) / (m + 1);
  const square = y * y;
  let term = y;
  let sum = 0;
  for (let k = 1; k < 40; k += 2) {
    sum += term / k;
    term *= square;
  }
  return 2 * sum + exponent * LN2;
}
