/** md5sum, sha1sum, sha256sum, sha512sum, base64. Models: busybox coreutils. */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import { type Applet, readInput, readInputs, readOptions, usage } from './applet.ts';
import { md5Hex, sha256Hex } from './hash.ts';

const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export const md5sumCommand = hashAs('md5sum', md5Hex);
export const sha1sumCommand = hashAs('sha1sum', (bytes) => hexOf(sha1(bytes)));
export const sha256sumCommand = hashAs('sha256sum', sha256Hex);
export const sha512sumCommand = hashAs('sha512sum', (bytes) => hexOf(sha512(bytes)));

/** Bytes hashed in a microsecond: about 500 MB a second. */
const BYTES_PER_US = 500;

type Hash = (bytes: Uint8Array) => string;

function hashAs(name: string, hash: Hash): Applet {
  return function* (context: ProcessContext, args: readonly string[]): Proc<number> {
    const { flags, operands, unknown } = readOptions(args, 'btcsw');
    if (unknown !== undefined) return usage(context, name, '[-c[sw]] [FILE]...', unknown);
    const paths = operands.length === 0 ? ['-'] : operands;
    if (flags.has('c')) return yield* checkSums(context, name, hash, paths, flags.has('s'));
    let failed = false;
    for (const path of paths) {
      const sum = yield* sumOf(context, name, hash, path);
      if (sum === null) failed = true;
      else context.stdout(`${sum}  ${path}\n`);
    }
    return failed ? 1 : 0;
  };
}

function* sumOf(
  context: ProcessContext,
  name: string,
  hash: Hash,
  path: string,
): Proc<string | null> {
  const text = yield* readInput(context, name, path);
  if (text === null) return null;
  const bytes = bytesOfText(text);
  yield* context.work(bytes.length / BYTES_PER_US);
  return hash(bytes);
}

/** -c: lines of sums and names are checked. */
function* checkSums(
  context: ProcessContext,
  name: string,
  hash: Hash,
  lists: readonly string[],
  silent: boolean,
): Proc<number> {
  let wrong = 0;
  let checked = 0;
  for (const list of lists) {
    const text = yield* readInput(context, name, list);
    if (text === null) return 1;
    for (const line of text.split('\n')) {
      const [, wanted, path] = /^([0-9a-fA-F]+)\s[ *]?(.+)$/.exec(line) ?? [];
      if (wanted === undefined || path === undefined) continue;
      checked++;
      const isRight = (yield* sumOf(context, name, hash, path)) === wanted.toLowerCase();
      if (!isRight) wrong++;
      if (!silent) context.stdout(`${path}: ${isRight ? 'OK' : 'FAILED'}\n`);
    }
  }
  if (wrong > 0 && !silent)
    context.stderr(`${name}: WARNING: ${wrong} of ${checked} computed checksums did NOT match\n`);
  if (checked === 0) context.stderr(`${name}: no checksum lines found\n`);
  return wrong > 0 || checked === 0 ? 1 : 0;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function* base64Command(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'd', 'w');
  if (unknown !== undefined) return usage(context, 'base64', '[-d] [-w COL] [FILE]', unknown);
  const { inputs, failed } = yield* readInputs(context, 'base64', operands);
  const text = inputs.map((input) => input.text).join('');
  if (flags.has('d')) {
    const { decoded, isWhole } = decode(text);
    context.stdout(decoded);
    if (!isWhole) context.stderr('base64: truncated base64 input\n');
    return failed || !isWhole ? 1 : 0;
  }
  const encoded = encode(bytesOfText(text));
  const width = Number(flags.get('w')?.[0] ?? 76);
  const lines = width === 0 ? [encoded] : (encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? ['']);
  context.stdout(lines.join('\n') + (width === 0 ? '' : '\n'));
  return failed ? 1 : 0;
}

function encode(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k < 4; k++) out += k > left ? '=' : ALPHABET[(word >> (18 - 6 * k)) & 63];
  }
  return out;
}

/** What whole groups of four digits stand for; the rest is lost. */
function decode(text: string): { readonly decoded: string; readonly isWhole: boolean } {
  const all = text.replace(/\s/g, '');
  const illegal = all.search(/[^A-Za-z0-9+/=]/);
  const length = illegal < 0 ? all.length : illegal;
  const digits = all.slice(0, length - (length % 4)).replace(/=+$/, '');
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const digit of digits) {
    bits = (bits << 6) | ALPHABET.indexOf(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 255);
  }
  const isWhole = length % 4 === 0 && illegal < 0;
  return { decoded: textOfBytes(Uint8Array.from(bytes)), isWhole };
}
