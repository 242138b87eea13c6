/**
 * Formats of strings that schemas of custom resources may ask for.
 *
 * Models:     k8s.io/kube-openapi/pkg/validation/strfmt default.go, k8s.io/apiextensions-apiserver
 *             pkg/apiserver/validation formats.go (v1.36); unknown formats are not checked there
 * Simplified: hostnames and e-mail addresses by their common form
 */
import { isDNS1123Label, isDNS1123Subdomain } from '../meta/names.ts';
import { parseIp } from '../meta/ip.ts';

const UUID = (version: string, variant = '[0-9a-f]'): RegExp =>
  new RegExp(
    `^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`,
    'i',
  );

const CHECKS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (t) => /^[0-9a-f]{24}$/i.test(t),
  uri: (t) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(t),
  email: (t) => /^[^\s@]+@[^\s@]+$/.test(t),
  hostname: (t) => t.length <= 255 && /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.?)+$/i.test(t),
  ipv4: (t) => /^\d+\.\d+\.\d+\.\d+$/.test(t) && parseIp(t) !== undefined,
  ipv6: (t) => t.includes(':') && parseIp(t) !== undefined,
  cidr: isCidr,
  mac: (t) => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(t),
  uuid: (t) => UUID('[0-9a-f]').test(t),
  uuid3: (t) => UUID('3').test(t),
  uuid4: (t) => UUID('4', '[89ab]').test(t),
  uuid5: (t) => UUID('5', '[89ab]').test(t),
  isbn: (t) => /^(\d[ -]?){9}[\dXx]$|^(\d[ -]?){13}$/.test(t),
  isbn10: (t) => /^(\d[ -]?){9}[\dXx]$/.test(t),
  isbn13: (t) => /^(\d[ -]?){13}$/.test(t),
  creditcard: (t) => /^\d{13,19}$/.test(t.replace(/[ -]/g, '')),
  ssn: (t) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(t),
  hexcolor: (t) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(t),
  rgbcolor: (t) => /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/.test(t),
  byte: (t) => /^[A-Za-z0-9+/]*={0,2}$/.test(t) && t.length % 4 === 0,
  password: () => true,
  date: (t) => /^\d{4}-\d{2}-\d{2}$/.test(t) && !Number.isNaN(Date.parse(t)),
  duration: (t) => /^[+-]?(\d+(\.\d*)?|\.\d+)\s*[a-zµ]+(\s*\d+(\.\d*)?\s*[a-zµ]+)*$|^0$/i.test(t),
  datetime: (t) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?$/.test(t) &&
    !Number.isNaN(Date.parse(t)),
  'k8s-short-name': (t) => isDNS1123Label(t).length === 0,
  'k8s-long-name': (t) => isDNS1123Subdomain(t).length === 0,
};

function isCidr(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  if (parseIp(address) === undefined || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) <= (address.includes(':') ? 128 : 32);
}

/** `date-time` and `datetime` are the same format. */
function normal(format: string): string {
  return format.startsWith('k8s-') ? format : format.replaceAll('-', '');
}

export function isKnownFormat(format: string | undefined): format is string {
  return format !== undefined && Object.hasOwn(CHECKS, normal(format));
}

export function fitsFormat(format: string, text: string): boolean {
  return CHECKS[normal(format)]?.(text) ?? true;
}
