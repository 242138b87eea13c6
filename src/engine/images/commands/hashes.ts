/** md5sum, sha256sum, base64. Models: busybox coreutils. */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import { type Applet, readInput, readInputs, readOptions, usage } from './applet.ts';
import { md5Hex, sha256Hex } from './hash.ts';

export const md5sumCommand = hashAs('md5sum', md5Hex);
export const sha256sumCommand = hashAs('sha256sum', sha256Hex);

function hashAs(name: string, hash: (bytes: Uint8Array) => string): Applet {
  return function* (context: ProcessContext, args: readonly string[]): Proc<number> {
    const { operands, unknown } = readOptions(args, 'bt');
    if (unknown !== undefined) return usage(context, name, '[FILE]...', unknown);
    let failed = false;
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const text = yield* readInput(context, name, path);
      if (text === null) {
        failed = true;
        continue;
      }
      const bytes = bytesOfText(text);
      // About 500 MB a second.
      yield* context.work(bytes.length / 500);
      context.stdout(`${hash(bytes)}  ${path}\n`);
    }
    return failed ? 1 : 0;
  };
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
