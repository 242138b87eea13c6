/**
 * `agnhost stress`: takes memory piece by piece, and burns CPUs.
 *
 * Models: github.com/vishh/stress, as test/images/agnhost carries it (v1.36)
 */
import { bytes, canonicalQuantity, tryParseQuantity } from '../../../api/meta/quantity.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { goDuration, parseGoDuration } from '../tools/go-values.ts';
import { burner } from '../tools/burner.ts';
import { endOf, fail, flag, log, numberFlag } from './program.ts';

const MILLIS_PER_CORE = 1_000;
const DEFAULT_PIECE = '4Ki';
/** Small pieces are taken together, so that a second of them is not a thousand events. */
const STEP_US = 10_000;

export function* stress(context: ProcessContext, args: readonly string[]): Proc<number> {
  const total = flag(args, 'mem-total') ?? '0';
  const piece = flag(args, 'mem-alloc-size') ?? DEFAULT_PIECE;
  const pauseUs = parseGoDuration(flag(args, 'mem-alloc-sleep') ?? '1ms') ?? 0;
  const cpus = numberFlag(args, 'cpus', 0);
  for (const quantity of [total, piece]) {
    if (typeof tryParseQuantity(quantity) !== 'string') continue;
    return fail(context, `unable to parse quantity ${goQuote(quantity)}`);
  }
  const [all, each] = [canonicalQuantity(total), canonicalQuantity(piece)].map(goQuote);
  const pause = `with a ${goDuration(pauseUs)} sleep between allocations`;
  log(context, `Allocating ${all} memory, in ${each} chunks, ${pause}`);
  burn(context, cpus);
  const ended = endOf(context);
  yield* allocate(context, bytes(total), Math.max(1, bytes(piece)), pauseUs);
  log(context, `Allocated ${all} memory`);
  return (yield ended) as number;
}

function* allocate(context: ProcessContext, total: number, piece: number, us: number): Proc {
  const pieces = Math.max(1, Math.floor(STEP_US / Math.max(1, us)));
  for (let held = 0; held < total; ) {
    const next = Math.min(total, held + pieces * piece);
    yield us * Math.ceil((next - held) / piece);
    held = next;
    context.setMemory(held);
    yield* context.work(1);
  }
}

/** Threads have processes of their own here. */
function burn(context: ProcessContext, cpus: number): void {
  for (let i = 0; i < cpus; i++) {
    log(context, 'Spawning a thread to consume CPU');
    context.spawn({
      argv: context.argv,
      run: burner(MILLIS_PER_CORE),
      env: context.env,
      cwd: context.cwd,
      files: [],
    });
  }
}
