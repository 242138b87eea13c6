/**
 * dd, cmp: copies blocks of bytes and compares them. Models: busybox coreutils/dd.c, editors/cmp.c
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { bytesOfText } from '../../../api/meta/byte-text.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { InputStream, OpenFile } from '../../node/runtime/open-file.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { headBytes, utf8Length } from '../../node/runtime/text.ts';
import { FILE_US, readInput, readOptions, splitOnce, usage } from './applet.ts';
import { parseSize } from './files.ts';

type Args = readonly string[];

/** Copying runs at this many bytes in a microsecond (1 GB a second). */
const COPY_BYTES_PER_US = 1_000;
/** Read at once, whatever the block size says. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

export function* ddCommand(context: ProcessContext, args: Args): Proc<number> {
  const options = new Map<string, string>();
  for (const arg of args) {
    const [name, value] = splitOnce(arg, '=');
    if (
      value === undefined ||
      !/^(if|of|bs|ibs|obs|count|skip|seek|conv|iflag|oflag|status)$/.test(name)
    )
      return usage(
        context,
        'dd',
        '[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]',
      );
    options.set(name, value);
  }
  const size = (name: string, fallback: number): number | undefined => {
    const text = options.get(name);
    return text === undefined ? fallback : parseSize(text.replace(/MB$/, 'M').replace(/kB$/, 'k'));
  };
  const block = size('bs', size('ibs', 512) ?? 0);
  const count = size('count', Number.POSITIVE_INFINITY);
  const skip = size('skip', 0);
  const seek = size('seek', 0);
  const bad = [
    ['bs', block],
    ['count', count],
    ['skip', skip],
    ['seek', seek],
  ].find(([, value]) => value === undefined);
  if (block === undefined || count === undefined || skip === undefined || seek === undefined) {
    context.stderr(`dd: invalid number '${options.get(String(bad?.[0]))}'\n`);
    return 1;
  }
  if (block === 0 || block > MAX_BLOCK_BYTES) {
    context.stderr(
      block === 0 ? 'dd: number 0 is not in 1..2147483647 range\n' : 'dd: out of memory\n',
    );
    return 1;
  }
  const input = openInput(context, options.get('if'));
  const output = typeof input === 'string' ? null : openOutput(context, options, seek * block);
  if (typeof input === 'string' || typeof output === 'string') {
    const isInput = typeof input === 'string';
    context.stderr(
      `dd: can't open '${options.get(isInput ? 'if' : 'of')}': ${isInput ? input : String(output)}\n`,
    );
    return 1;
  }
  return yield* copyBlocks(context, input, output, {
    block,
    count,
    skip,
    quiet: options.get('status') === 'none',
    target: options.get('of') ?? 'standard output',
  });
}

function openInput(context: ProcessContext, path: string | undefined): OpenFile | string {
  if (path !== undefined) return context.open(path, 'read');
  const file = context.files[0];
  file?.retain();
  return file ?? 'Bad file descriptor';
}

/** Null: standard output. What is there beyond the beginning stays only with conv=notrunc. */
function openOutput(
  context: ProcessContext,
  options: ReadonlyMap<string, string>,
  at: number,
): OpenFile | string | null {
  const path = options.get('of');
  if (path === undefined) return null;
  const full = resolvePath(context.cwd, path);
  const keeps = options.get('conv')?.includes('notrunc') === true;
  if (at === 0 && !keeps) return context.open(path, 'write');
  const { fs } = context;
  if (fs.kind(full) === null) {
    const error = fs.write(full, '', false);
    if (error !== null) return error;
  }
  const error = fs.truncate(full, at);
  return error ?? context.open(path, 'append');
}

interface CopyPlan {
  readonly block: number;
  readonly count: number;
  readonly skip: number;
  readonly quiet: boolean;
  /** As the message names it. */
  readonly target: string;
}

function* copyBlocks(
  context: ProcessContext,
  input: OpenFile,
  output: OpenFile | null,
  plan: CopyPlan,
): Proc<number> {
  const { block, count, skip } = plan;
  const startedAt = context.kernel.now;
  const counts = { whole: 0, parts: 0, outWhole: 0, outParts: 0, bytes: 0 };
  let error: string | null = null;
  const source = new Blocks(input);
  let skipped = 0;
  while (counts.whole + counts.parts < count) {
    const piece = yield* source.next(block);
    if (piece === '') break;
    if (skipped < skip) {
      skipped++;
      continue;
    }
    const size = source.sizeOf(piece);
    if (size === block) counts.whole++;
    else counts.parts++;
    if (output) error = output.write(piece);
    else {
      context.stdout(piece);
      error = context.outputError;
    }
    if (error !== null) break;
    if (size === block) counts.outWhole++;
    else counts.outParts++;
    counts.bytes += size;
    const suspend = context.charge(1 + size / COPY_BYTES_PER_US);
    if (suspend !== null) yield suspend;
  }
  // What was read too much belongs to whoever reads the same input next.
  source.giveBack();
  input.release();
  output?.release();
  if (error !== null) context.stderr(`dd: error writing '${plan.target}': ${error}\n`);
  if (!plan.quiet) {
    const { whole, parts, outWhole, outParts, bytes } = counts;
    const seconds = Math.max(1, context.kernel.now - startedAt) / MICROS_PER_SECOND;
    context.stderr(
      `${whole}+${parts} records in\n${outWhole}+${outParts} records out\n` +
        `${bytes} bytes (${human(bytes)}) copied, ${seconds.toFixed(6)} seconds, ${human(bytes / seconds)}/s\n`,
    );
  }
  return error === null ? 0 : 1;
}

/** Input in blocks of bytes. The same piece again is not counted again: zeros come by the gigabyte. */
class Blocks {
  readonly #input: InputStream | undefined;
  #pending = '';
  #bytes = 0;
  #known = '';
  #knownBytes = 0;

  constructor(file: OpenFile) {
    this.#input = file.input;
  }

  sizeOf(text: string): number {
    if (text !== this.#known) {
      this.#known = text;
      this.#knownBytes = utf8Length(text);
    }
    return this.#knownBytes;
  }

  /** A block is gathered: pipes give what they have. Empty at the end. */
  *next(block: number): Proc<string> {
    while (this.#bytes < block) {
      const chunk = this.#input ? yield* this.#input.readChunk() : null;
      if (chunk === null) break;
      this.#pending += chunk;
      this.#bytes += this.sizeOf(chunk);
    }
    const isPlain = this.#bytes === this.#pending.length;
    const piece = isPlain ? this.#pending.slice(0, block) : headBytes(this.#pending, block);
    this.#pending = this.#pending.slice(piece.length);
    this.#bytes -= isPlain ? piece.length : utf8Length(piece);
    return piece;
  }

  giveBack(): void {
    if (this.#pending !== '') this.#input?.unread(this.#pending);
  }
}

function human(bytes: number): string {
  let size = bytes;
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (size < 1_024) return unit === 'B' ? `${Math.floor(size)}B` : `${size.toFixed(1)}${unit}`;
    size /= 1_024;
  }
  return `${size.toFixed(1)}TB`;
}

export function* cmpCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'ls', 'n');
  const [first, second = '-'] = operands;
  if (unknown !== undefined || first === undefined)
    return usage(context, 'cmp', '[-ls] [-n NUM] FILE1 [FILE2]', unknown);
  const a = yield* readInput(context, 'cmp', first);
  const b = a === null ? null : yield* readInput(context, 'cmp', second);
  if (a === null || b === null) return 2;
  yield* context.work(FILE_US + a.length / 1_000);
  if (a === b) return 0;
  const x = bytesOfText(a);
  const y = bytesOfText(b);
  const length = Math.min(x.length, y.length);
  let line = 1;
  let differs = false;
  for (let i = 0; i < length; i++) {
    if (x[i] !== y[i]) {
      differs = true;
      if (flags.has('s')) return 1;
      if (!flags.has('l')) {
        context.stdout(`${first} ${second} differ: char ${i + 1}, line ${line}\n`);
        return 1;
      }
      const octal = (n: number | undefined): string => (n ?? 0).toString(8).padStart(3);
      context.stdout(`${i + 1} ${octal(x[i])} ${octal(y[i])}\n`);
    }
    if (x[i] === 10) line++;
  }
  if (x.length !== y.length) {
    if (!flags.has('s')) context.stderr(`cmp: EOF on ${x.length < y.length ? first : second}\n`);
    return 1;
  }
  return differs ? 1 : 0;
}
