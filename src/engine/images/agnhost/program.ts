/** What the subcommands of agnhost share: flags, log lines, ports, and waiting for the end. */
import { Future } from '../../../kernel/wait.ts';
import type { Proc } from '../../../kernel/process.ts';
import {
  AddressInUse,
  type HttpResponse,
  type ProcessContext,
  type RequestHandler,
} from '../../node/runtime/program.ts';
import { formatTime } from '../commands/date.ts';

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

/** Opens a port, or says as Go does that it is taken. */
export function open(context: ProcessContext, port: number, handler: RequestHandler): boolean {
  try {
    context.listen(port, handler);
    return true;
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    log(context, `listen tcp :${port}: bind: address already in use`);
    return false;
  }
}

/** Go programs end at once on SIGTERM; as process 1 they would ignore it otherwise. */
export function* waitForEnd(context: ProcessContext): Proc<number> {
  const ended = new Future<number>();
  context.onSignal('SIGTERM', () => ended.resolve(0));
  context.onSignal('SIGINT', () => ended.resolve(0));
  return (yield ended) as number;
}

export function text(status: number, body: string): HttpResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}
