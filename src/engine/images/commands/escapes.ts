/**
 * Backslash escapes as echo -e, printf and $'…' read them. Pure. Models:
 * libbb/process_escape_sequence.c.
 */
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** The character of the escape after a backslash at |at|, and how long it is; null: no escape. */
export function readEscape(
  text: string,
  at: number,
  leadingZero: boolean,
): { readonly character: string; readonly length: number } | null {
  const letter = text[at];
  if (letter === undefined) return null;
  const simple = SIMPLE[letter];
  if (simple !== undefined) return { character: simple, length: 1 };
  const rest = text.slice(at, at + 5);
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
  if (hex) return { character: byte(Number.parseInt(hex[1] as string, 16)), length: hex[0].length };
  const octal =
    (leadingZero ? /^0([0-7]{0,3})/ : /^([0-7]{1,3})/).exec(rest) ?? /^([0-7]{1,3})/.exec(rest);
  if (!octal) return null;
  return { character: byte(Number.parseInt(octal[1] || '0', 8)), length: octal[0].length };
}

/** A byte that is no ASCII stands as a lone surrogate until the whole text is there. */
function byte(code: number): string {
  const value = code & 255;
  return String.fromCharCode(value < 0x80 ? value : 0xdc00 + value);
}

/** Bytes that were written one by one become the characters that they make together. */
export function joinBytes(text: string): string {
  return /[\udc80-\udcff]/.test(text) ? textOfBytes(bytesOfText(text)) : text;
}

/** Replaces all escapes; `\c` ends the output. */
export function unescape(
  text: string,
  style: 'echo' | 'format',
): { text: string; stopped: boolean } {
  if (!text.includes('\\')) return { text, stopped: false };
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character !== '\\') {
      out += character;
      continue;
    }
    if (text[i + 1] === 'c') return { text: joinBytes(out), stopped: true };
    const escape = readEscape(text, i + 1, style === 'echo');
    if (escape) {
      out += escape.character;
      i += escape.length;
    } else {
      out += '\\';
    }
  }
  return { text: joinBytes(out), stopped: false };
}
