/** hexdump. Models: busybox util-linux/hexdump.c. Simplified: no formats of one's own. */
import { bytesOfText } from '../../../api/meta/byte-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { readInputs, readOptions, usage } from './applet.ts';

const BYTES_PER_LINE = 16;
const HALF = BYTES_PER_LINE / 2;
const CANONICAL_WIDTH = 3 * BYTES_PER_LINE + 1;

export function* hexdumpCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'Cv');
  if (unknown !== undefined) return usage(context, 'hexdump', '[-Cv] [FILE]...', unknown);
  const { inputs, failed } = yield* readInputs(context, 'hexdump', operands);
  const bytes = bytesOfText(inputs.map((input) => input.text).join(''));
  const canonical = flags.has('C');
  const address = (n: number): string => n.toString(16).padStart(canonical ? 8 : 7, '0');
  let last = '';
  let repeats = false;
  for (let at = 0; at < bytes.length; at += BYTES_PER_LINE) {
    const line = [...bytes.slice(at, at + BYTES_PER_LINE)];
    const shown = canonical ? canonicalLine(line) : wordsLine(line);
    // Lines that are the same again are left out, and a star says so.
    if (shown === last && !flags.has('v')) {
      if (!repeats) context.stdout('*\n');
      repeats = true;
      continue;
    }
    last = shown;
    repeats = false;
    context.stdout(`${address(at)}${shown}\n`);
  }
  if (bytes.length > 0) context.stdout(`${address(bytes.length)}\n`);
  return failed ? 1 : 0;
}

function canonicalLine(line: readonly number[]): string {
  const hex = line.map((byte) => byte.toString(16).padStart(2, '0'));
  const first = hex.slice(0, HALF).join(' ');
  const second = hex.slice(HALF).join(' ');
  const text = line.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('');
  return `  ${`${first}  ${second}`.padEnd(CANONICAL_WIDTH)} |${text}|`;
}

/** Words of two bytes, the lower one first. */
function wordsLine(line: readonly number[]): string {
  let text = '';
  for (let i = 0; i < line.length; i += 2) {
    const word = (line[i] ?? 0) | ((line[i + 1] ?? 0) << 8);
    text += ` ${word.toString(16).padStart(4, '0')}`;
  }
  return text;
}
