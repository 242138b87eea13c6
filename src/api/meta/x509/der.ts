/**
 * DER: the binary form of certificates, requests and keys.
 *
 * Models:     ITU-T X.690; Go encoding/asn1 as crypto/x509 uses it
 * Simplified: tags below 31 and definite lengths only, as in everything that certificates hold
 */

/** One element: its tag byte, what is in it, and all of it with tag and length. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const UTF8_STRING = 0x0c;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** The bytes are not what they should be. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Elements that follow one another in |bytes|. */
export function elements(bytes: Uint8Array): readonly Der[] {
  const found: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const element = readAt(bytes, at);
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

/** The one element that |bytes| are. */
export function single(bytes: Uint8Array): Der {
  const element = readAt(bytes, 0);
  if (element.whole.length !== bytes.length)
    throw new DerError('asn1: syntax error: trailing data');
  return element;
}

/** What is inside of |element|, which must have |tag|. */
export function children(element: Der | undefined, tag: number = SEQUENCE): readonly Der[] {
  return elements(expect(element, tag).content);
}

export function expect(element: Der | undefined, tag: number): Der {
  if (element?.tag !== tag) throw new DerError("asn1: structure error: tags don't match");
  return element;
}

function readAt(bytes: Uint8Array, at: number): Der {
  const truncated = (): DerError => new DerError('asn1: syntax error: data truncated');
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 31) === 31) throw truncated();
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('asn1: structure error: length too large');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
  }
  if (start + length > bytes.length) throw truncated();
  return {
    tag,
    content: bytes.subarray(start, start + length),
    whole: bytes.subarray(at, start + length),
  };
}

/** Dotted text of an object identifier. */
export function readOid(element: Der | undefined): string {
  const { content } = expect(element, OID);
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (numbers.length > 0) numbers.push(value);
    else {
      const first = Math.min(2, Math.floor(value / 40));
      numbers.push(first, value - first * 40);
    }
    value = 0;
  }
  return numbers.join('.');
}

/** A non-negative integer of any size. */
export function readBigInt(element: Der | undefined): bigint {
  return bytesToBigInt(expect(element, INTEGER).content);
}

export function bytesToBigInt(bytes: Uint8Array): bigint {
  let hex = '0x0';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return BigInt(hex);
}

/** Bytes of a bit string that has no unused bits. */
export function readBits(element: Der | undefined): Uint8Array {
  const { content } = expect(element, BIT_STRING);
  if (content[0] !== 0)
    throw new DerError('asn1: syntax error: invalid padding bits in BIT STRING');
  return content.subarray(1);
}

// --- Writing ------------------------------------------------------------------------------------

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const { length } = content;
  if (length < 0x80) return concat([Uint8Array.of(tag, length), content]);
  const bytes: number[] = [];
  for (let n = length; n > 0; n >>>= 8) bytes.unshift(n & 0xff);
  return concat([Uint8Array.of(tag, 0x80 | bytes.length, ...bytes), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(SEQUENCE, ...parts);
}

export function integer(value: number | bigint): Uint8Array {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  // The first bit would be a minus sign.
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return element(INTEGER, hexBytes(hex));
}

function hexBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function oid(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((value) => {
    const digits = [value % 128];
    for (let n = Math.floor(value / 128); n > 0; n = Math.floor(n / 128)) {
      digits.unshift((n % 128) | 0x80);
    }
    return digits;
  });
  return element(OID, Uint8Array.from(bytes));
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return element(BIT_STRING, Uint8Array.of(unusedBits), bytes);
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return element(OCTET_STRING, bytes);
}
