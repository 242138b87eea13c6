/**
 * The scheduler's sentence about a Pod that fits nowhere, made from the recorded verdicts.
 *
 * Models: pkg/scheduler/framework/types.go FitError, framework/preemption/preemption.go (v1.36)
 */
import type { Refusal } from './framework.ts';

/** Refusals by node; nodes that were not asked do not occur. */
export function fitError(total: number, refusals: readonly Refusal[], preemption: string): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const reasons: string[] = [];
  for (const r of refusals) reasons.push(...r.reasons);
  const head = `0/${total} nodes are available`;
  const list = histogram(reasons);
  const body = list === '' ? head : `${head}: ${list}.`;
  return preemption === '' ? body : `${body} ${preemption}`;
}

/**
 * The Pod itself stands in the way of every node. Preemption finds no node it could look at, and says
 * no more than that (recorded).
 */
export function preFilterError(total: number, { reasons }: Refusal): string {
  if (total === 0) return 'no nodes available to schedule pods';
  return `0/${total} nodes are available: ${reasons.join(', ')}. not found`;
}

/** What preemption found: `no new claims …, preemption: 0/3 nodes are available: …`. */
export function preemptionSentence(total: number, refusals: readonly Refusal[]): string {
  const reasons = refusals.map((r) =>
    r.unresolvable
      ? 'Preemption is not helpful for scheduling'
      : 'No preemption victims found for incoming pod',
  );
  return `no new claims to deallocate, preemption: 0/${total} nodes are available: ${histogram(reasons)}.`;
}

/** `1 Too many pods, 2 Insufficient cpu`: counted, sorted as text. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const r of reasons) counts.set(r, (counts.get(r) ?? 0) + 1);
  return [...counts]
    .map(([reason, n]) => `${n} ${reason}`)
    .sort()
    .join(', ');
}
