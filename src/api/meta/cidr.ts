/**
 * Ranges of addresses as texts (10.9.8.0/24): parsing, canonical form, upstream's complaints.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation ip.go with StrictIPCIDRValidation (v1.36), Go net
 *         and net/netip
 */
import type { FieldErrors } from './field-errors.ts';
import type { FieldRef } from './field-path.ts';
import { goQuote } from './go-text.ts';
import { ipText, type ParsedIp, parseIp } from './ip.ts';

export interface ParsedCidr {
  /** As written, host bits included. */
  readonly address: ParsedIp;
  /** The same without its host bits. */
  readonly network: ParsedIp;
  readonly prefixLength: number;
  /** Some number has a leading zero, which only the lenient parser takes. */
  readonly leadingZeros: boolean;
}

const MAPPED_PREFIX_BITS = 96; // ::ffff:0:0/96

/** Upstream ParseCIDRSloppy; undefined when |text| is no range. */
export function parseCidr(text: string): ParsedCidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,6}$/.test(digits)) return undefined;
  const prefixLength = Number(digits);
  if (prefixLength > address.bytes.length * 8) return undefined;
  return {
    address,
    network: masked(address, prefixLength),
    prefixLength,
    leadingZeros: address.leadingZeros || (digits.length > 1 && digits.startsWith('0')),
  };
}

function masked(ip: ParsedIp, prefixLength: number): ParsedIp {
  const bytes = ip.bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, prefixLength - i * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return { ...ip, bytes, mapped: ip.mapped && prefixLength >= MAPPED_PREFIX_BITS };
}

/** Go's IPNet String: mapped addresses as IPv4. */
export function cidrText({ network, prefixLength }: ParsedCidr): string {
  const bits = network.mapped ? prefixLength - MAPPED_PREFIX_BITS : prefixLength;
  return `${ipText(network)}/${bits}`;
}

/** Whether |inner| lies in |outer| and is smaller. */
export function isStrictSubset(inner: ParsedCidr, outer: ParsedCidr): boolean {
  if (outer.prefixLength >= inner.prefixLength) return false;
  const { network } = outer;
  if (inner.network.bytes.length !== network.bytes.length) return false;
  const bytes = masked(inner.network, outer.prefixLength).bytes;
  return bytes.every((byte, i) => byte === network.bytes[i]);
}

/** IPv4 or IPv6, or undefined when |text| is no range. */
export function cidrFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  const address = parseCidr(text)?.address;
  if (address === undefined) return undefined;
  return address.version === 4 || address.mapped ? 'IPv4' : 'IPv6';
}

function complaintAbout(cidr: ParsedCidr | undefined): string | undefined {
  if (cidr === undefined) return 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
  if (cidr.leadingZeros) return 'must not have leading 0s in IP or prefix length';
  if (cidr.address.mapped) return 'must not have an IPv4-mapped IPv6 address';
  if (hasHostBits(cidr)) return 'must not have bits set beyond the prefix length';
  return undefined;
}

function hasHostBits({ address, network }: ParsedCidr): boolean {
  return address.bytes.some((byte, i) => byte !== network.bytes[i]);
}

/** Upstream IsValidCIDRForLegacyField: what |oldValues| already hold may stay. */
export function checkLegacyCidr(
  value: string,
  path: FieldRef,
  errors: FieldErrors,
  oldValues: readonly string[] = [],
): void {
  if (oldValues.includes(value)) return;
  const complaint = complaintAbout(parseCidr(value));
  if (complaint !== undefined) errors.invalid(path, value, complaint);
}

/** Upstream IsValidCIDR: the one accepted way of writing it. */
export function checkCidr(value: string, path: FieldRef, errors: FieldErrors): void {
  const cidr = parseCidr(value);
  const complaint = complaintAbout(cidr);
  if (complaint !== undefined) errors.invalid(path, value, complaint);
  else if (cidr !== undefined && cidrText(cidr) !== value) {
    errors.invalid(path, value, `must be in canonical form (${goQuote(cidrText(cidr))})`);
  }
}

/** Upstream GetWarningsForCIDR. */
export function cidrWarnings(value: string, path: FieldRef): readonly string[] {
  const cidr = parseCidr(value);
  if (cidr === undefined) return [];
  const head = `${path.toString()}: `;
  const canonical = goQuote(cidrText(cidr));
  const warnings: string[] = [];
  if (hasHostBits(cidr)) {
    const single = goQuote(`${ipText(cidr.address)}/${cidr.address.bytes.length * 8}`);
    const choice = `(should be ${canonical} or ${single}?)`;
    warnings.push(`${head}CIDR value ${goQuote(value)} is ambiguous in this context ${choice}`);
  }
  if (cidr.leadingZeros || cidr.address.mapped) {
    warnings.push(`${head}non-standard CIDR value ${goQuote(value)} is invalid: use ${canonical}`);
  }
  if (warnings.length === 0 && cidr.address.version === 6 && cidrText(cidr) !== value) {
    const form = `should be in RFC 5952 canonical format (${canonical})`;
    warnings.push(`${head}IPv6 CIDR value ${goQuote(value)} ${form}`);
  }
  return warnings;
}
