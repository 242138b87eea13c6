/** PEM: bytes as text between two lines that say what they are. */
import { decodeBase64Bytes, encodeBase64Bytes } from '../utf8.ts';

const LINE_CHARACTERS = 64;

export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
  /** What follows the block. */
  readonly rest: string;
}

const BLOCK =
  /^-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([\s\S]*?)\r?\n?-----END \1-----[ \t]*(?:\r?\n|$)/m;

/** The first block of |text|; null when there is none. */
export function decodePem(text: string): PemBlock | null {
  const match = BLOCK.exec(text);
  if (!match) return null;
  const [whole, type = '', body = ''] = match;
  const lines = body.split(/\r?\n/);
  const isHeader = (line: string): boolean => /^[^:\s]+:/.test(line);
  const data = lines.filter((line) => !isHeader(line)).join('');
  const clean = data.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean) || clean.length % 4 !== 0) return null;
  return {
    type,
    hasHeaders: lines.some(isHeader),
    bytes: decodeBase64Bytes(clean),
    rest: text.slice(match.index + whole.length),
  };
}

export function encodePem(type: string, bytes: Uint8Array): string {
  const data = encodeBase64Bytes(bytes);
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += LINE_CHARACTERS) {
    lines.push(data.slice(at, at + LINE_CHARACTERS));
  }
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`;
}
