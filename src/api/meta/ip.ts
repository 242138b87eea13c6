/**
 * IP addresses and CIDRs as texts: parsing, canonical form, upstream's complaints.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation ip.go with StrictIPCIDRValidation (v1.36), Go net
 *         and net/netip
 */
import type { FieldErrors } from './field-errors.ts';
import type { FieldRef } from './field-path.ts';
import { goQuote } from './go-text.ts';

export interface ParsedIp {
  /** 4 or 16 bytes; an IPv4 address in IPv6 clothes keeps 16. */
  readonly bytes: readonly number[];
  readonly version: 4 | 6;
  /** ::ffff:a.b.c.d */
  readonly mapped: boolean;
  /** Some part of the dotted form has a leading zero, which only the lenient parser takes. */
  readonly leadingZeros: boolean;
}

const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** Letter by letter: every status of a Pod comes through here. */
function parseIpv4(text: string): { bytes: number[]; leadingZeros: boolean } | undefined {
  const bytes: number[] = [];
  let leadingZeros = false;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || bytes.length === 4) return undefined;
      bytes.push(value);
      value = 0;
      digits = 0;
      continue;
    }
    if (code < ZERO || code > NINE) return undefined;
    if (digits > 0 && value === 0) leadingZeros = true;
    value = value * 10 + code - ZERO;
    if (value > 255) return undefined;
    digits++;
  }
  return bytes.length === 4 ? { bytes, leadingZeros } : undefined;
}

/** Groups of 16 bits on one side of `::`; the last may be a dotted IPv4 address. */
function parseGroups(text: string): { groups: number[]; leadingZeros: boolean } | undefined {
  if (text === '') return { groups: [], leadingZeros: false };
  const parts = text.split(':');
  const groups: number[] = [];
  let leadingZeros = false;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    if (part.includes('.')) {
      const v4 = i === parts.length - 1 ? parseIpv4(part) : undefined;
      if (v4 === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = v4.bytes;
      groups.push(a * 256 + b, c * 256 + d);
      leadingZeros = v4.leadingZeros;
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return { groups, leadingZeros };
}

/** Upstream ParseIPSloppy; undefined when |text| is no address. */
export function parseIp(text: string): ParsedIp | undefined {
  if (!text.includes(':')) {
    const v4 = parseIpv4(text);
    return v4 && { ...v4, version: 4, mapped: false };
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail =
    halves.length === 2 ? parseGroups(halves[1] ?? '') : { groups: [], leadingZeros: false };
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.groups.length - tail.groups.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head.groups, ...new Array<number>(missing).fill(0), ...tail.groups];
  const bytes = groups.flatMap((g) => [g >> 8, g & 255]);
  const mapped = groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff;
  return { bytes, version: 6, mapped, leadingZeros: head.leadingZeros || tail.leadingZeros };
}

/** Go's net.IP String: mapped addresses in dotted form, the longest run of zeros as `::`. */
export function ipText(ip: ParsedIp): string {
  if (ip.version === 4) return ip.bytes.join('.');
  if (ip.mapped) return ip.bytes.slice(12).join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((ip.bytes[i] ?? 0) * 256 + (ip.bytes[i + 1] ?? 0));
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((g) => g.toString(16)).join(':');
  if (run === undefined) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.end))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; end: number } | undefined {
  let best: { start: number; end: number } | undefined;
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start >= 2 && end - start > (best === undefined ? 0 : best.end - best.start)) {
      best = { start, end };
    }
    if (end > start) start = end;
  }
  return best;
}

const NO_IP_ERROR = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** Upstream IsValidIPForLegacyField: what |oldValues| already hold may stay. */
export function checkLegacyIp(
  value: string,
  path: FieldRef,
  errors: FieldErrors,
  oldValues: readonly string[] = [],
): void {
  if (oldValues.includes(value)) return;
  const ip = parseIp(value);
  if (ip === undefined) {
    errors.invalid(path, value, NO_IP_ERROR);
    return;
  }
  if (ip.leadingZeros) errors.invalid(path, value, 'must not have leading 0s');
  else if (ip.mapped) errors.invalid(path, value, 'must not be an IPv4-mapped IPv6 address');
}

/** Upstream GetWarningsForIP. */
export function ipWarnings(value: string, path: FieldRef): readonly string[] {
  const ip = parseIp(value);
  if (ip === undefined) return [];
  const canonical = ipText(ip);
  if (ip.leadingZeros || ip.mapped) {
    return [
      `${path.toString()}: non-standard IP address ${goQuote(value)} is invalid: ` +
        `use ${goQuote(canonical)}`,
    ];
  }
  if (ip.version === 6 && canonical !== value) {
    return [
      `${path.toString()}: IPv6 address ${goQuote(value)} should be in RFC 5952 canonical format ` +
        `(${goQuote(canonical)})`,
    ];
  }
  return [];
}

/** True when |texts| hold at least one IPv4 and one IPv6 address; undefined when one is none. */
export function isDualStack(texts: readonly string[]): boolean | undefined {
  const ips = texts.map(parseIp);
  if (ips.some((ip) => ip === undefined)) return undefined;
  const isV6 = (ip: ParsedIp | undefined): boolean => ip?.version === 6 && !ip.mapped;
  return ips.some(isV6) && ips.some((ip) => !isV6(ip));
}

/** Upstream IsValidIP's words about |value|: the one accepted way of writing an address. */
export function ipComplaints(value: string): readonly string[] {
  const ip = parseIp(value);
  if (ip === undefined) return [NO_IP_ERROR];
  if (ip.leadingZeros) return ['must not have leading 0s'];
  if (ip.mapped) return ['must not be an IPv4-mapped IPv6 address'];
  const canonical = ipText(ip);
  return canonical === value ? [] : [`must be in canonical form (${goQuote(canonical)})`];
}

/** Upstream ValidateEndpointIP: addresses that cannot be those of an endpoint. */
export function checkEndpointIp(value: string, path: FieldRef, errors: FieldErrors): void {
  const ip = parseIp(value);
  if (ip === undefined) {
    errors.invalid(path, value, 'must be a valid IP address');
    return;
  }
  const bytes = ip.mapped ? ip.bytes.slice(12) : ip.bytes;
  const [a = 0, b = 0, c = 0] = bytes;
  const v4 = bytes.length === 4;
  const last = bytes.at(-1) ?? 0;
  const zeros = bytes.slice(0, -1).every((byte) => byte === 0);
  if (zeros && last === 0) errors.invalid(path, value, `may not be unspecified (${value})`);
  if (v4 ? a === 127 : zeros && last === 1) {
    errors.invalid(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)');
  }
  if (v4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    errors.invalid(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  }
  if (v4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2) {
    const range = 'link-local multicast range (224.0.0.0/24, ff02::/10)';
    errors.invalid(path, value, `may not be in the ${range}`);
  }
}
