/**
 * Functions of real numbers by series, because those of the host differ from machine to machine in
 * the last digit.
 */
const LN2 = 0.6931471805599453;
const PI = 3.141592653589793;
const MAX_TERMS = 60;
const MAX_EXPONENT = 709.8;

export function exp(x: number): number {
  if (!(Math.abs(x) <= MAX_EXPONENT)) return x > 0 ? Number.POSITIVE_INFINITY : x < 0 ? 0 : x;
  const doublings = Math.round(x / LN2);
  const rest = x - doublings * LN2;
  let sum = 1;
  let term = 1;
  for (let i = 1; i < MAX_TERMS; i++) {
    term *= rest / i;
    sum += term;
  }
  return sum * powerOfTwo(doublings);
}

function powerOfTwo(exponent: number): number {
  let result = 1;
  for (let i = 0; i < Math.abs(exponent); i++) result *= exponent > 0 ? 2 : 0.5;
  return result;
}

export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  let mantissa = x;
  let doublings = 0;
  for (; mantissa >= 1.5; doublings++) mantissa /= 2;
  for (; mantissa < 0.75; doublings--) mantissa *= 2;
  const ratio = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  let power = ratio;
  for (let i = 1; i < 2 * MAX_TERMS; i += 2) {
    sum += power / i;
    power *= ratio * ratio;
  }
  return 2 * sum + doublings * LN2;
}

export function sin(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const turns = Math.round(x / (2 * PI));
  const rest = x - turns * 2 * PI;
  let sum = 0;
  let term = rest;
  for (let i = 1; i < MAX_TERMS; i += 2) {
    sum += term;
    term *= (-rest * rest) / ((i + 1) * (i + 2));
  }
  return sum;
}

export function cos(x: number): number {
  return sin(x + PI / 2);
}

function atan(x: number): number {
  if (x < 0) return -atan(-x);
  if (x > 1) return PI / 2 - atan(1 / x);
  // Halved twice, so that the series is short.
  if (x > 0.2) return 2 * atan(x / (1 + Math.sqrt(1 + x * x)));
  let sum = 0;
  let power = x;
  for (let i = 1; i < MAX_TERMS; i += 2) {
    sum += (i % 4 === 1 ? power : -power) / i;
    power *= x * x;
  }
  return sum;
}

export function atan2(y: number, x: number): number {
  if (x > 0) return atan(y / x);
  if (x < 0) return y >= 0 ? atan(y / x) + PI : atan(y / x) - PI;
  return y > 0 ? PI / 2 : y < 0 ? -PI / 2 : 0;
}

export function power(base: number, exponent: number): number {
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 1_024) {
    let result = 1;
    let factor = base;
    for (let e = Math.abs(exponent); e > 0; e = Math.floor(e / 2)) {
      if (e % 2 === 1) result *= factor;
      factor *= factor;
    }
    return exponent < 0 ? 1 / result : result;
  }
  return base === 0 ? 0 : exp(exponent * log(base));
}
