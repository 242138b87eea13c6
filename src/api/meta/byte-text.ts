/**
 * Bytes as text and back without loss. What programs in containers read and write is text in
 * JavaScript; a byte that is no UTF-8 stands in it as a lone surrogate U+DC80 to U+DCFF.
 *
 * Models: PEP 383 ("surrogateescape")
 */

const ESCAPE = 0xdc00;
/** String.fromCharCode takes its characters as arguments; more overflow the stack. */
const PIECE = 8_192;

/** Bytes of the character that |first| begins; 0 when it begins none. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/** Whether |second| may come after |first|: no overlong forms, no surrogates, nothing too large. */
function fits(first: number, second: number): boolean {
  if (second < 0x80 || second > 0xbf) return false;
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second <= 0x9f;
  if (first === 0xf0) return second >= 0x90;
  return first !== 0xf4 || second <= 0x8f;
}

/** How many bytes from |at| on are a character, or the beginning of one that the end cuts off. */
function wellFormed(bytes: Uint8Array, at: number, length: number): number {
  let n = 1;
  while (n < length && at + n < bytes.length) {
    const byte = bytes[at + n] as number;
    if (n === 1 ? !fits(bytes[at] as number, byte) : (byte & 0xc0) !== 0x80) break;
    n++;
  }
  return n;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let code = (bytes[at] as number) & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) code = (code << 6) | ((bytes[at + i] as number) & 0x3f);
  return code;
}

/** Reads bytes that come in pieces: a character may be cut anywhere. */
export class ByteTextDecoder {
  #rest: Uint8Array = new Uint8Array(0);

  /** Text of |chunk|; what may still become a character waits for the next call. */
  decode(chunk: Uint8Array): string {
    const bytes = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk]);
    return this.#read(bytes, false);
  }

  /** What still waits: nothing more comes. */
  end(): string {
    return this.#read(this.#rest, true);
  }

  #read(bytes: Uint8Array, isEnd: boolean): string {
    const units: number[] = [];
    let text = '';
    let at = 0;
    this.#rest = new Uint8Array(0);
    while (at < bytes.length) {
      const first = bytes[at] as number;
      const length = lengthOf(first);
      const n = length < 2 ? length : wellFormed(bytes, at, length);
      if (length > 0 && n === length) {
        pushCode(units, length === 1 ? first : codePoint(bytes, at, length));
        at += length;
      } else if (length > 0 && !isEnd && at + n === bytes.length) {
        this.#rest = bytes.slice(at);
        break;
      } else {
        units.push(ESCAPE | first);
        at++;
      }
      if (units.length >= PIECE) {
        text += String.fromCharCode(...units);
        units.length = 0;
      }
    }
    return text + String.fromCharCode(...units);
  }
}

function pushCode(units: number[], code: number): void {
  if (code < 0x10000) units.push(code);
  else units.push(0xd800 | ((code - 0x10000) >> 10), 0xdc00 | (code & 0x3ff));
}

export function textOfBytes(bytes: Uint8Array): string {
  const decoder = new ByteTextDecoder();
  return decoder.decode(bytes) + decoder.end();
}

/** Bytes of |text|: UTF-8, but for the bytes that were none. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[n++] = code;
      continue;
    }
    if (code >= 0xd800 && code < 0xdc00) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        i++;
      }
    } else if (code >= 0xdc80 && code <= 0xdcff) {
      bytes[n++] = code & 0xff;
      continue;
    }
    n = putCode(bytes, n, code);
  }
  return bytes.subarray(0, n);
}

function putCode(bytes: Uint8Array, at: number, code: number): number {
  let n = at;
  if (code < 0x800) {
    bytes[n++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      bytes[n++] = 0xe0 | (code >> 12);
    } else {
      bytes[n++] = 0xf0 | (code >> 18);
      bytes[n++] = 0x80 | ((code >> 12) & 63);
    }
    bytes[n++] = 0x80 | ((code >> 6) & 63);
  }
  bytes[n++] = 0x80 | (code & 63);
  return n;
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((n, chunk) => n + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Writes text that comes in pieces as bytes: a character may be cut between its two halves. */
export class ByteTextEncoder {
  #half = '';

  encode(text: string): Uint8Array {
    const whole = this.#half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const isCut = last >= 0xd800 && last < 0xdc00;
    this.#half = isCut ? whole.slice(-1) : '';
    return bytesOfText(isCut ? whole.slice(0, -1) : whole);
  }
}
