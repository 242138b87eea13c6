/**
 * UTF-8 and base64 of texts. TextEncoder and TextDecoder are part of every host (Node, browsers,
 * Workers) though not of the language; this is the one place that uses them.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bad bytes become U+FFFD, as in Go's encoding/json. */
export function decodeUtf8(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** undefined when the bytes are not UTF-8. */
export function decodeUtf8Strict(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Both characters of twelve bits: a text is made of half as many pieces. */
const PAIRS = Array.from({ length: 4096 }, (_, n) => `${ALPHABET[n >> 6]}${ALPHABET[n & 63]}`);

export function encodeBase64(text: string): string {
  return encodeBase64Bytes(encodeUtf8(text));
}

export function encodeBase64Bytes(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    const ab = (a << 4) | ((b ?? 0) >> 4);
    const bc = (((b ?? 0) & 15) << 8) | (c ?? 0);
    if (c !== undefined) out += (PAIRS[ab] as string) + (PAIRS[bc] as string);
    else if (b !== undefined) out += `${PAIRS[ab]}${ALPHABET[bc >> 6]}=`;
    else out += `${PAIRS[ab]}==`;
  }
  return out;
}

/** Padding is optional; throws on characters outside the alphabet. */
export function decodeBase64(text: string): string {
  return decodeUtf8(decodeBase64Bytes(text));
}

export function decodeBase64Bytes(text: string): Uint8Array {
  const clean = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
  let buffer = 0;
  let bits = 0;
  let n = 0;
  for (const ch of clean) {
    const value = ALPHABET.indexOf(ch);
    if (value < 0) throw new RangeError('illegal base64 data');
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[n++] = (buffer >> bits) & 0xff;
  }
  return bytes;
}
