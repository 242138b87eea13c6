/**
 * The scheduler's sentence about a Pod that fits nowhere, made from the recorded verdicts.
 *
 * Models: pkg/scheduler/framework/types.go FitError (v1.36)
 */

export const NO_NODES = 'no nodes available to schedule pods';

/** Upstream cuts Events, not conditions, at this length (NoteLengthLimit). */
const NOTE_LENGTH_LIMIT = 1_024;

/** |reasons| is the list after "0/3 nodes are available: ", |help| what was tried to make room. */
export function fitError(total: number, reasons: string, help: string): string {
  const head = `0/${total} nodes are available:`;
  const body = reasons === '' ? head : `${head} ${reasons}.`;
  return help === '' ? body : `${body} ${help}`;
}

/** `1 Too many pods, 2 Insufficient cpu`: counted, sorted as text. */
export function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const r of reasons) counts.set(r, (counts.get(r) ?? 0) + 1);
  return counted(counts);
}

export function counted(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([reason, n]) => `${n} ${reason}`)
    .sort()
    .join(', ');
}

export function truncated(message: string): string {
  const end = ' ...';
  return message.length <= NOTE_LENGTH_LIMIT
    ? message
    : `${message.slice(0, NOTE_LENGTH_LIMIT - end.length)}${end}`;
}
