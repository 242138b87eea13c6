/** true, false, sleep, yes and pause-like waiting. Models: busybox coreutils. */
import type { Proc } from '../../../kernel/process.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { usage } from './applet.ts';

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
};

/** Longest single wait; 2^53 µs are 285 years, and later times could not be told apart. */
const MAX_SLEEP_US = 100 * 365 * 86_400 * MICROS_PER_SECOND;

// biome-ignore lint/correctness/useYield: a program that takes no time of its own
export function* trueCommand(): Proc<number> {
  return 0;
}

// biome-ignore lint/correctness/useYield: a program that takes no time of its own
export function* falseCommand(): Proc<number> {
  return 1;
}

/** `1.5`, `2m`, `1d`, `inf` → microseconds; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === 'inf' || text === 'infinity') return Number.POSITIVE_INFINITY;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * (SECONDS_PER_UNIT[match[2] ?? ''] ?? 1) * MICROS_PER_SECOND);
}

export function* sleepCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  if (args.length === 0) return usage(context, 'sleep', '[N]...');
  let totalUs = 0;
  for (const arg of args) {
    const us = parseDuration(arg);
    if (us === undefined) {
      context.stderr(`sleep: invalid number '${arg}'\n`);
      return 1;
    }
    totalUs += us;
  }
  yield context.rest(totalUs > MAX_SLEEP_US ? Number.POSITIVE_INFINITY : totalUs);
  return 0;
}

/** It writes as fast as stdio does: buffers of this size, and the time for one (measured). */
const YES_BUFFER = 16_384;
const YES_BUFFER_US = 100;

export function* yesCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const line = `${args.length === 0 ? 'y' : args.join(' ')}\n`;
  const buffer = line.repeat(Math.ceil(YES_BUFFER / line.length));
  for (;;) {
    context.stdout(buffer);
    if (context.outputError !== null) return 0;
    yield* context.work(YES_BUFFER_US);
  }
}
