/** What the subcommands of agnhost share: flags, log lines, ports, and waiting for the end. */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { Future } from '../../../kernel/wait.ts';
import type { Proc } from '../../../kernel/process.ts';
import {
  AddressInUse,
  type HttpResponse,
  type ListenOptions,
  type ProcessContext,
  type RequestHandler,
} from '../../node/runtime/program.ts';
import { formatTime } from '../commands/date.ts';

/** Exit code of a Go program as process 1 that does not handle the signal. */
const UNHANDLED = 2;

export type Subcommand = (context: ProcessContext, args: readonly string[]) => Proc<number>;

/** A line as klog writes it; |place| is the file and line of the caller. */
export function log(context: ProcessContext, text: string, place = 'log.go:245'): void {
  const micros = String(context.kernel.now % 1_000_000).padStart(6, '0');
  const time = formatTime(`%m%d %H:%M:%S.${micros}`, context.kernel.nowMs);
  context.stderr(`I${time}       1 ${place}] ${text}\n`);
}

/** Value of `--name value` or `--name=value`. */
export function flag(args: readonly string[], name: string): string | undefined {
  for (const [i, arg] of args.entries()) {
    const match = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg);
    if (match?.[1] === name) return match[2] ?? args[i + 1];
  }
  return undefined;
}

export function numberFlag(args: readonly string[], name: string, fallback: number): number {
  return Number(flag(args, name) ?? fallback);
}

/** A switch: `--name`, `--name=false`; never with its value in the next word. */
export function hasFlag(args: readonly string[], name: string, fallback = false): boolean {
  for (const arg of args) {
    const match = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg);
    if (match?.[1] === name) return match[2] === undefined || /^(1|t|true)$/i.test(match[2]);
  }
  return fallback;
}

/** Opens a port, or says as Go does that it is taken. */
export function open(context: ProcessContext, port: number, handler: RequestHandler): boolean {
  const problem = listen(context, port, handler);
  if (problem !== null) log(context, problem);
  return problem === null;
}

/** The same with options; null, or what Go says. */
export function listen(
  context: ProcessContext,
  port: number,
  handler: RequestHandler,
  options?: ListenOptions,
): string | null {
  return bound('tcp', port, () => context.listen(port, handler, options));
}

/** Runs |bind|; null, or what Go says of a port that is taken. */
export function bound(network: 'tcp' | 'udp', port: number, bind: () => void): string | null {
  try {
    bind();
    return null;
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    return `listen ${network} :${port}: bind: address already in use`;
  }
}

/** log.Fatal. */
export function fail(context: ProcessContext, message: string): number {
  log(context, message);
  return 1;
}

/**
 * Waits for SIGTERM or SIGINT. Programs of Go that do not handle them end all the same, by the
 * signal, which process 1 survives: then with 2 (runtime/signal_unix.go, dieFromSignal).
 */
export function* waitForEnd(context: ProcessContext, exitCode = UNHANDLED): Proc<number> {
  const ended = endOf(context, exitCode);
  return (yield ended) as number;
}

/** The same as something to resolve from elsewhere too. */
export function endOf(context: ProcessContext, exitCode = UNHANDLED): Future<number> {
  const ended = new Future<number>();
  context.onSignal('SIGTERM', () => ended.resolve(exitCode));
  context.onSignal('SIGINT', () => ended.resolve(UNHANDLED));
  return ended;
}

/** Seconds that end for |until| too: a signal must not wait for a sleep. */
export function* pauseUnless(
  context: ProcessContext,
  seconds: number,
  until: Future<number>,
): Proc<boolean> {
  const over = new Future<boolean>();
  const { kernel } = context;
  const timer = kernel.after(seconds * MICROS_PER_SECOND, () => over.resolve(false), {
    periodic: true,
  });
  until.subscribe({ kernel, wake: () => over.resolve(true), wakeError: () => over.resolve(true) });
  const ended = (yield over) as boolean;
  kernel.cancel(timer);
  return ended;
}

export function text(status: number, body: string): HttpResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

/** net.SplitHostPort of IPv4 addresses and names; a text is Go's error. */
export function splitHostPort(
  text: string,
): { readonly host: string; readonly port: number } | string {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return `address ${text}: missing port in address`;
  const host = text.slice(0, colon);
  if (host.includes(':') && !/^\[.*\]$/.test(host)) {
    return `address ${text}: too many colons in address`;
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
