/**
 * The text that a string or bytes literal stands for.
 *
 * Models: cel-go parser/unescape.go
 */
import { encodeUtf8 } from '../meta/utf8.ts';

const SIMPLE: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

/** Without quotes and prefix; newlines are all `\n`. */
function body(literal: string): { text: string; raw: boolean } {
  const raw = /^[rR]/.test(literal);
  const quoted = (raw ? literal.slice(1) : literal).replace(/\r\n?/g, '\n');
  const triple = quoted.length >= 6 && /^(?:'''|""")/.test(quoted);
  const quotes = triple ? 3 : 1;
  return { text: quoted.slice(quotes, quoted.length - quotes), raw };
}

/** Code of the escape at |at| (after its backslash), and how many characters it takes. */
function escapeAt(text: string, at: number): { code: number; length: number } {
  const c = text[at] ?? '';
  const digits = HEX_DIGITS[c];
  if (digits !== undefined) {
    return { code: Number.parseInt(text.slice(at + 1, at + 1 + digits), 16), length: digits + 1 };
  }
  if (c >= '0' && c <= '3') {
    return { code: Number.parseInt(text.slice(at, at + 3), 8), length: 3 };
  }
  return { code: SIMPLE[c] ?? c.charCodeAt(0), length: 1 };
}

function validCodePoint(code: number): boolean {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/** The string, or undefined where an escape names no code point. */
export function unescapeString(literal: string): string | undefined {
  const { text, raw } = body(literal);
  if (raw || !text.includes('\\')) return text;
  let out = '';
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '\\') {
      out += text[i];
      i += 1;
      continue;
    }
    const { code, length } = escapeAt(text, i + 1);
    if (!validCodePoint(code)) return undefined;
    out += String.fromCodePoint(code);
    i += 1 + length;
  }
  return out;
}

/** The bytes of |literal| (without its `b`), or undefined where an escape is not one of bytes. */
export function unescapeBytes(literal: string): Uint8Array | undefined {
  const { text, raw } = body(literal);
  if (raw || !text.includes('\\')) return encodeUtf8(text);
  const out: number[] = [];
  for (let i = 0; i < text.length; ) {
    if (text[i] === '\\') {
      if (text[i + 1] === 'u' || text[i + 1] === 'U') return undefined;
      const { code, length } = escapeAt(text, i + 1);
      out.push(code & 0xff);
      i += 1 + length;
      continue;
    }
    const char = String.fromCodePoint(text.codePointAt(i) ?? 0);
    out.push(...encodeUtf8(char));
    i += char.length;
  }
  return Uint8Array.from(out);
}
