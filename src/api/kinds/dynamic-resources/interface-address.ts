/**
 * Addresses of network interfaces: an address and the length of its network's prefix.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation ip.go IsValidInterfaceAddress (v1.36)
 */
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { goQuote } from '../../meta/go-text.ts';
import { ipText, parseIp } from '../../meta/ip.ts';

const FORM = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)';
const V4_BITS = 32;
const V6_BITS = 128;

export function checkInterfaceAddress(value: string, path: FieldPath, errors: FieldErrors): void {
  const slash = value.indexOf('/');
  const ip = slash < 0 ? undefined : parseIp(value.slice(0, slash));
  const prefix = value.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  const isLong = ip !== undefined && ip.bytes.length > 4;
  if (ip === undefined || bits < 0 || bits > (isLong ? V6_BITS : V4_BITS)) {
    errors.invalid(path, value, FORM);
    return;
  }
  const inV4 = ip.mapped && bits > V4_BITS;
  const canonical = `${ipText(ip)}/${inV4 ? bits - (V6_BITS - V4_BITS) : bits}`;
  if (value === canonical) return;
  errors.invalid(path, value, `must be in canonical form (${goQuote(canonical)})`);
}
