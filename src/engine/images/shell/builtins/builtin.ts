/** What a builtin is: it runs in the shell's own process; most answer their status at once. */
import type { Proc } from '../../../../kernel/process.ts';
import type { Shell } from '../shell.ts';

export type Builtin = (shell: Shell, argv: readonly string[]) => number | Proc<number>;

/** A number operand; undefined when it is none. */
export function parseCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}
