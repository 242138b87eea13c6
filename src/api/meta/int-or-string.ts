/**
 * A number, or a text that is a percentage (rolling updates) or a name (ports).
 *
 * Models: k8s.io/apimachinery/pkg/util/intstr intstr.go (v1.36)
 */
import type { IntOrString } from '../generated/types.ts';
import { goQuote } from './go-text.ts';

const INTEGER = /^[+-]?[0-9]+$/;

/** `50%` → 50; undefined for a number or any other text. */
export function percentValue(value: IntOrString): number | undefined {
  if (typeof value === 'number' || !value.endsWith('%')) return undefined;
  const digits = value.slice(0, -1);
  return INTEGER.test(digits) ? Number(digits) : undefined;
}

export type ScaledValue =
  | { readonly value: number; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string };

/** Upstream GetScaledValueFromIntOrPercent: the number, or that percentage of |total|. */
export function scaledValue(
  value: IntOrString | undefined,
  total: number,
  roundUp: boolean,
): ScaledValue {
  if (value === undefined) return { error: 'nil value for IntOrString' };
  if (typeof value === 'number') return { value };
  if (!value.endsWith('%')) {
    return { error: 'invalid value for IntOrString: invalid type: string is not a percentage' };
  }
  const percent = percentValue(value);
  if (percent === undefined) {
    const digits = value.slice(0, -1);
    const cause = `strconv.Atoi: parsing ${goQuote(digits)}: invalid syntax`;
    return { error: `invalid value for IntOrString: invalid value ${goQuote(value)}: ${cause}` };
  }
  const share = (percent * total) / 100;
  return { value: roundUp ? Math.ceil(share) : Math.floor(share) };
}
