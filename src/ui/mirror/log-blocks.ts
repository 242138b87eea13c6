/** The text log cut into blocks that keep their place, so that only the last is drawn anew. */
import type { SpanRow } from '../../port/protocol.ts';

/** Lines in a block, and how many of the newest lines are shown. */
export const BLOCK_LINES = 50;
export const LINES_SHOWN = 1_000;

export interface LogBlock {
  /** Number of the block since the start of the run. */
  readonly id: number;
  readonly spans: readonly SpanRow[];
}

/**
 * @param count How many lines there have been in all; |told| are the newest of them.
 * @param until Only what had ended by this moment.
 */
export function logBlocks(
  told: readonly SpanRow[],
  count: number,
  until: number,
): readonly LogBlock[] {
  let end = told.length;
  while (end > 0 && (told[end - 1] as SpanRow).end > until) end--;
  const firstNumber = count - told.length;
  const blocks: LogBlock[] = [];
  let at = firstShown(end, firstNumber);
  while (at < end) {
    const id = Math.floor((firstNumber + at) / BLOCK_LINES);
    const next = Math.min(end, (id + 1) * BLOCK_LINES - firstNumber);
    blocks.push({ id, spans: told.slice(at, next) });
    at = next;
  }
  return blocks;
}

/** Where to begin so that the first block, once it is not the oldest, is a whole one. */
function firstShown(end: number, firstNumber: number): number {
  const earliest = end - LINES_SHOWN;
  if (earliest <= 0) return 0;
  return Math.ceil((firstNumber + earliest) / BLOCK_LINES) * BLOCK_LINES - firstNumber;
}
