/**
 * IP addresses and ranges: ip(), cidr().
 *
 * Models: k8s.io/apiserver pkg/cel/library/ip.go, cidr.go (v1.36); Go net/netip
 */
import { goQuote } from '../../meta/go-text.ts';
import { ipText, parseIp, type ParsedIp } from '../../meta/ip.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type CelValue } from '../values.ts';
import type { Impl, Library } from './impl.ts';

export class CelIp extends CelOpaque {
  readonly typeName = 'net.IP';
  override readonly size: number;
  readonly ip: ParsedIp;
  readonly text: string;
  constructor(ip: ParsedIp) {
    super();
    this.ip = ip;
    this.size = ip.bytes.length;
    this.text = ipText(ip);
  }
  equals(other: CelValue): boolean | CelError {
    return other instanceof CelIp ? other.text === this.text : NO_SUCH_OVERLOAD;
  }
}

export class CelCidr extends CelOpaque {
  readonly typeName = 'net.CIDR';
  override readonly size: number;
  readonly ip: ParsedIp;
  readonly bits: number;
  constructor(ip: ParsedIp, bits: number) {
    super();
    this.ip = ip;
    this.bits = bits;
    this.size = Math.ceil(bits / 8);
  }
  get text(): string {
    return `${ipText(this.ip)}/${this.bits}`;
  }
  equals(other: CelValue): boolean | CelError {
    return other instanceof CelCidr ? other.text === this.text : NO_SUCH_OVERLOAD;
  }
}

/** What netip.ParseAddr finds wrong with four numbers. */
function ipv4Fault(text: string): string {
  let digits = 0;
  let value = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? '';
    if (c >= '0' && c <= '9') {
      if (digits === 1 && value === 0) return 'IPv4 field has octet with leading zero';
      value = value * 10 + Number(c);
      digits += 1;
      if (value > 255) return 'IPv4 field has value >255';
    } else if (c === '.') {
      if (i === 0 || i === text.length - 1 || text[i - 1] === '.') {
        return `IPv4 field must have at least one digit (at ${goQuote(text.slice(i))})`;
      }
      if (dots === 3) return 'IPv4 address too long';
      dots += 1;
      value = 0;
      digits = 0;
    } else return `unexpected character (at ${goQuote(text.slice(i))})`;
  }
  return 'IPv4 address too short';
}

/** What it finds wrong with groups of hexadecimal digits. */
function ipv6Fault(text: string): string {
  let rest = text.startsWith('::') ? text.slice(2) : text;
  let ellipsis = text.startsWith('::');
  for (let groups = 0; groups < 8 && rest !== ''; groups += 1) {
    const digits = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? '';
    const at = ` (at ${goQuote(rest)})`;
    if (digits.length > 4) return `each group must have 4 or less digits${at}`;
    if (digits === '') return `each colon-separated field must have at least one digit${at}`;
    const after = rest.slice(digits.length);
    if (after.startsWith('.')) return ipv4Fault(rest);
    if (after === '') return ellipsis ? '' : 'address string too short';
    if (!after.startsWith(':')) {
      return `unexpected character, want colon (at ${goQuote(after)})`;
    }
    if (after === ':') return `colon must be followed by more characters (at ${goQuote(after)})`;
    rest = after.slice(1);
    if (rest.startsWith(':')) {
      if (ellipsis) return `multiple :: in address (at ${goQuote(rest)})`;
      ellipsis = true;
      rest = rest.slice(1);
    }
  }
  if (rest !== '') return `trailing garbage after address (at ${goQuote(rest)})`;
  return 'the :: must expand to at least one field of zeros';
}

function addrFault(text: string): string {
  const first = /[.:%]/.exec(text)?.[0];
  if (first === '.') return ipv4Fault(text);
  if (first === ':') return ipv6Fault(text);
  return first === '%' ? 'missing IPv6 address' : 'unable to parse IP';
}

const parseFault = (text: string): string => `ParseAddr(${goQuote(text)}): ${addrFault(text)}`;

/** netip does not take leading zeros. */
function parseStrict(text: string): ParsedIp | undefined {
  const ip = parseIp(text);
  return ip === undefined || ip.leadingZeros ? undefined : ip;
}

function parseAddress(text: string): CelIp | CelError {
  const percent = text.indexOf('%');
  const ip = parseStrict(percent < 0 ? text : text.slice(0, percent));
  if (ip === undefined || (percent >= 0 && ip.version === 4)) {
    return new CelError(
      `IP Address ${goQuote(text)} parse error during conversion from string: ${parseFault(text)}`,
    );
  }
  if (percent >= 0) {
    return new CelError(`IP address ${goQuote(text)} with zone value is not allowed`);
  }
  if (ip.mapped) {
    return new CelError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  }
  return new CelIp(ip);
}

const PREFIX = 'network address parse error during conversion from string: ';

/** Why netip.ParsePrefix refuses. */
function prefixFault(text: string, slash: number, ip: ParsedIp | undefined): string | undefined {
  if (slash < 0) return "no '/'";
  if (ip === undefined) return parseFault(text.slice(0, slash));
  if (text.slice(0, slash).includes('%')) return 'IPv6 zones cannot be present in a prefix';
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,5})$/.test(digits)) return `bad bits after slash: ${goQuote(digits)}`;
  return Number(digits) > ip.bytes.length * 8 ? 'prefix length out of range' : undefined;
}

function parsePrefix(text: string): CelCidr | CelError {
  const slash = text.lastIndexOf('/');
  const ip = slash < 0 ? undefined : parseStrict(text.slice(0, slash));
  const fault = prefixFault(text, slash, ip);
  if (fault !== undefined || ip === undefined) {
    return new CelError(`${PREFIX}netip.ParsePrefix(${goQuote(text)}): ${fault ?? ''}`);
  }
  if (ip.mapped) {
    return new CelError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  }
  return new CelCidr(ip, Number(text.slice(slash + 1)));
}

function toCidr(text: string): CelCidr | CelError {
  const made = parsePrefix(text);
  return made instanceof CelError ? new CelError(PREFIX + made.message) : made;
}

function maskedBytes(ip: ParsedIp, bits: number): readonly number[] {
  return ip.bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - i * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
}

/** Whether the first |bits| of both addresses are the same. */
function sharesPrefix(a: ParsedIp, b: ParsedIp, bits: number): boolean {
  if (a.version !== b.version) return false;
  const other = maskedBytes(b, bits);
  return maskedBytes(a, bits).every((byte, i) => byte === other[i]);
}

const ofIp =
  (impl: (ip: ParsedIp) => CelValue): Impl =>
  (value) =>
    value instanceof CelIp ? impl(value.ip) : undefined;

const ofCidr =
  (impl: (cidr: CelCidr, other: CelValue) => CelValue): Impl =>
  (value, other = null) =>
    value instanceof CelCidr ? impl(value, other) : undefined;

const ofText =
  (impl: (text: string) => CelValue): Impl =>
  (value) =>
    typeof value === 'string' ? impl(value) : undefined;

const isZeroBut = (bytes: readonly number[], last: number): boolean =>
  bytes.every((byte, i) => byte === (i === bytes.length - 1 ? last : 0));

const isUnspecified = ({ bytes }: ParsedIp): boolean => isZeroBut(bytes, 0);

function isLoopback({ bytes, version }: ParsedIp): boolean {
  return version === 4 ? bytes[0] === 127 : isZeroBut(bytes, 1);
}

function isLinkLocalUnicast({ bytes: [a = 0, b = 0], version }: ParsedIp): boolean {
  return version === 4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80;
}

function isLinkLocalMulticast({ bytes: [a = 0, b = 0, c = 0], version }: ParsedIp): boolean {
  return version === 4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2;
}

function isGlobalUnicast(ip: ParsedIp): boolean {
  const [a = 0] = ip.bytes;
  const broadcast = ip.version === 4 && ip.bytes.every((byte) => byte === 255);
  const multicast = ip.version === 4 ? (a & 0xf0) === 0xe0 : a === 0xff;
  return (
    !broadcast && !multicast && !isUnspecified(ip) && !isLoopback(ip) && !isLinkLocalUnicast(ip)
  );
}

function containsIp(cidr: CelCidr, given: CelValue): CelValue {
  const other = typeof given === 'string' ? parseAddress(given) : given;
  if (!(other instanceof CelIp)) return NO_SUCH_OVERLOAD;
  return sharesPrefix(cidr.ip, other.ip, cidr.bits);
}

function containsCidr(cidr: CelCidr, given: CelValue): CelValue {
  const other = typeof given === 'string' ? toCidr(given) : given;
  if (other instanceof CelError) return other;
  if (!(other instanceof CelCidr)) return NO_SUCH_OVERLOAD;
  return cidr.bits <= other.bits && sharesPrefix(cidr.ip, other.ip, cidr.bits);
}

export const net: Library = {
  ip: (value) => {
    if (value instanceof CelCidr) return new CelIp(value.ip);
    return typeof value === 'string' ? parseAddress(value) : undefined;
  },
  isIP: ofText((text) => parseAddress(text) instanceof CelIp),
  'ip.isCanonical': ofText((text) => {
    const ip = parseAddress(text);
    return ip instanceof CelIp ? ip.text === text : ip;
  }),
  family: ofIp(({ version }) => BigInt(version)),
  isUnspecified: ofIp(isUnspecified),
  isLoopback: ofIp(isLoopback),
  isLinkLocalMulticast: ofIp(isLinkLocalMulticast),
  isLinkLocalUnicast: ofIp(isLinkLocalUnicast),
  isGlobalUnicast: ofIp(isGlobalUnicast),
  cidr: ofText(toCidr),
  isCIDR: ofText((text) => parsePrefix(text) instanceof CelCidr),
  containsIP: ofCidr(containsIp),
  containsCIDR: ofCidr(containsCidr),
  prefixLength: ofCidr(({ bits }) => BigInt(bits)),
  masked: ofCidr(({ ip, bits }) => new CelCidr({ ...ip, bytes: maskedBytes(ip, bits) }, bits)),
};
