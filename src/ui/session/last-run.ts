/**
 * The run as it stood after the newest act: what is left when the engine dies without a word. Kept
 * in memory and, if it can be, in storage.
 */
import type { RunFile } from '../../port/protocol.ts';
import { ask } from './engine.ts';
import { writeStored } from './stored.ts';

const STORE_KEY = 'last-run';
/** Larger logs would crowd out the reader's files, in characters. */
const STORE_LIMIT_CHARS = 1_000_000;

let last: RunFile | null = null;

export function lastRun(): RunFile | null {
  return last;
}

export function forgetLastRun(): void {
  last = null;
}

/** Asked after each act: seed, configuration and commands, small beside the cluster they made. */
export async function keepLastRun(): Promise<void> {
  try {
    last = await ask({ type: 'save' });
  } catch {
    // The engine is gone already; the run of the act before is still there.
    return;
  }
  if (JSON.stringify(last).length < STORE_LIMIT_CHARS) writeStored(STORE_KEY, last);
}
