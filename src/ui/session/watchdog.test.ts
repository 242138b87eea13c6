import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SILENT_TURNS, watchForSilence } from './watchdog.ts';

const TURN_MS = 5_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an engine', () => {
  test('that answers is left in peace', async () => {
    const lost = vi.fn<(message: string) => void>();
    const stop = watchForSilence({ ask: () => Promise.resolve(null as never) }, lost);
    await vi.advanceTimersByTimeAsync(100 * TURN_MS);
    expect(lost).not.toHaveBeenCalled();
    stop();
  });

  test('that says nothing any more is given up, once', async () => {
    const lost = vi.fn<(message: string) => void>();
    watchForSilence({ ask: () => new Promise<never>(() => {}) }, lost);
    await vi.advanceTimersByTimeAsync(SILENT_TURNS * TURN_MS);
    expect(lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10 * TURN_MS);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(lost).toHaveBeenCalledWith('The engine has not answered for 60 seconds.');
  });
});
