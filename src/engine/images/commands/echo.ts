/** echo, with the options and escapes of busybox's. Models: coreutils/echo.c. */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { unescape } from './escapes.ts';

export function* echoCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  context.stdout(echoText(args));
  yield* context.work(0);
  return 0;
}

/** What echo prints. Pure. */
export function echoText(args: readonly string[]): string {
  let newline = true;
  let escapes = false;
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] as string;
    if (!/^-[neE]+$/.test(arg)) break;
    for (const letter of arg.slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  }
  const text = args.slice(i).join(' ');
  if (!escapes) return newline ? `${text}\n` : text;
  const { text: expanded, stopped } = unescape(text, 'echo');
  return newline && !stopped ? `${expanded}\n` : expanded;
}
