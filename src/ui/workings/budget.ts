/** Evictions as they are listed: one line a Pod, the newest try counts. */
import type { EvictionTry } from '../../port/protocol-workings.ts';

/** EvictErrorRetryDelay of kubectl drain. */
const RETRY_US = 5_000_000;
const TOO_MANY_REQUESTS = 429;

export interface EvictionLine {
  readonly pod: string;
  readonly from: string;
  readonly at: number;
  readonly code: number;
  readonly tries: number;
  /** When kubectl asks again; null: it does not, or somebody else asked. */
  readonly retryAt: number | null;
}

/** Newest first. */
export function evictionLines(tries: readonly EvictionTry[]): readonly EvictionLine[] {
  const byPod = new Map<string, EvictionLine>();
  for (const { at, code, from, pod } of tries) {
    const before = byPod.get(pod)?.tries ?? 0;
    byPod.delete(pod);
    const asksAgain = code === TOO_MANY_REQUESTS && from === 'kubectl';
    const retryAt = asksAgain ? at + RETRY_US : null;
    byPod.set(pod, { pod, from, at, code, tries: before + 1, retryAt });
  }
  return [...byPod.values()].reverse();
}
