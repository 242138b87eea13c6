/**
 * ping: asks a host for echoes.
 *
 * Models:     busybox networking/ping.c
 * Simplified: IPv4 only; -I, -t and -v change nothing
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { lookupHost } from '../../node/runtime/resolver.ts';
import { readOptions, usage } from './applet.ts';

type Args = readonly string[];

/** ping.c: -W, -i and -s where they are not given; what an ICMP header takes. */
const WAIT_SECONDS = 10;
const INTERVAL_SECONDS = 1;
const DATA_BYTES = 56;
const HEADER_BYTES = 8;
const TTL = 64;
const USAGE = '[OPTIONS] HOST';

interface Statistics {
  sent: number;
  /** Microseconds of each echo that came. */
  readonly times: number[];
}

export function* pingCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'q46vAn', 'cWiswtI');
  const [host] = operands;
  if (unknown !== undefined || host === undefined) return usage(context, 'ping', USAGE, unknown);
  const number = (flag: string, fallback: number): number => Number(flags.get(flag) ?? fallback);
  const found = yield* lookupHost(context, host);
  const [address] = typeof found === 'string' ? [] : found;
  if (address === undefined) {
    context.stderr(`ping: bad address '${host}'\n`);
    return 1;
  }
  const size = number('s', DATA_BYTES);
  const count = number('c', Number.POSITIVE_INFINITY);
  const endsAt = context.kernel.now + number('w', Number.POSITIVE_INFINITY) * MICROS_PER_SECOND;
  const statistics: Statistics = { sent: 0, times: [] };
  context.stdout(`PING ${host} (${address}): ${size} data bytes\n`);
  let interrupted = false;
  context.onSignal('SIGINT', () => {
    interrupted = true;
  });
  while (!interrupted && statistics.sent < count && context.kernel.now < endsAt) {
    const sequence = statistics.sent++;
    const since = context.kernel.now;
    const us = (yield* context.network?.echo(address) ?? nothing()) ?? null;
    if (us !== null) {
      statistics.times.push(us);
      const text = `seq=${sequence} ttl=${TTL} time=${millis(us)} ms`;
      if (!flags.has('q'))
        context.stdout(`${size + HEADER_BYTES} bytes from ${address}: ${text}\n`);
    }
    const isLast = statistics.sent >= count;
    const seconds = isLast
      ? us === null
        ? number('W', WAIT_SECONDS)
        : 0
      : number('i', INTERVAL_SECONDS);
    yield* sleep(Math.max(0, since + seconds * MICROS_PER_SECOND - context.kernel.now));
    yield* context.work(1);
  }
  summary(context, host, statistics);
  return statistics.times.length > 0 ? 0 : 1;
}

// oxlint-disable-next-line require-yield
function* nothing(): Proc<null> {
  return null;
}

function summary(context: ProcessContext, host: string, { sent, times }: Statistics): void {
  const lost = sent === 0 ? 0 : Math.floor(((sent - times.length) * 100) / sent);
  context.stdout(`\n--- ${host} ping statistics ---\n`);
  context.stdout(
    `${sent} packets transmitted, ${times.length} packets received, ${lost}% packet loss\n`,
  );
  if (times.length === 0) return;
  const mean = Math.round(times.reduce((sum, us) => sum + us, 0) / times.length);
  const [low, high] = [Math.min(...times), Math.max(...times)];
  context.stdout(`round-trip min/avg/max = ${[low, mean, high].map(millis).join('/')} ms\n`);
}

function millis(us: number): string {
  return (us / 1_000).toFixed(3);
}
