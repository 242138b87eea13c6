/**
 * Doubles as Go's fmt writes them.
 *
 * Models: Go strconv.FormatFloat with the formats g, f and e
 */

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? '+Inf' : '-Inf';
}

/** An exponent has two digits at least. */
function exponentText(mantissa: string, exponent: number): string {
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}

/** %g: the shortest digits that read back the same, with an exponent below -4 and from 6 on. */
export function goDoubleText(value: number): string {
  const known = special(value);
  if (known !== undefined) return known;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentDigits = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentDigits);
  // strconv: of the shortest digits, six may stand before the point.
  if (exponent < -4 || exponent >= 6) return exponentText(mantissa, exponent);
  return decimalText(value);
}

/** Without exponent, shortest digits. */
export function decimalText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [mantissa = '', exponent = '0'] = text.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(shift, '0')}`;
}

/** %.<precision>f */
export function fixedText(value: number, precision: number): string {
  return special(value) ?? (Math.abs(value) < 1e21 ? value.toFixed(precision) : decimalText(value));
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** %e as golang.org/x/text prints it: `1.500000×10⁰⁰`. */
export function scientificText(value: number, precision: number): string {
  const known = special(value);
  if (known !== undefined) return known;
  const [mantissa = '', exponent = '0'] = value.toExponential(precision).split('e');
  const power = Number(exponent);
  const digits = String(Math.abs(power)).padStart(2, '0');
  const raised = [...digits].map((digit) => SUPERSCRIPTS[Number(digit)] ?? '').join('');
  return `${mantissa}×10${power < 0 ? '⁻' : ''}${raised}`;
}
