import { describe, expect, it } from 'vitest';
import { nextRecord, remainingMs } from './backoff.ts';
import { firstPending, formatIndexes, parseIndexes } from './indexes.ts';
import type { Pod } from '../../../api/generated/types.ts';

describe('sets of indexes', () => {
  it.each([
    ['', []],
    ['3', [3]],
    ['0,1', [0, 1]],
    ['0-2', [0, 1, 2]],
    ['0-2,4,6,7', [0, 1, 2, 4, 6, 7]],
  ])('%s', (text, indexes) => {
    expect([...parseIndexes(text, 10)]).toEqual(indexes);
    expect(formatIndexes(new Set(indexes))).toBe(text);
  });

  it('stop at the number of completions, and leave out what cannot be read', () => {
    expect([...parseIndexes('0,x,2-9', 4)]).toEqual([0, 2, 3]);
  });

  it('are filled from the first that is free', () => {
    expect(firstPending(3, 6, [new Set([0]), new Set([2])])).toEqual([1, 3, 4]);
    expect(firstPending(9, 3, [new Set([1])])).toEqual([0, 2]);
  });
});

describe('back-off', () => {
  const NOW = Date.parse('2026-01-01T01:00:00Z');
  const ended = (secondsAgo: number): Pod => {
    const finishedAt = new Date(NOW - secondsAgo * 1000).toISOString();
    const state = { terminated: { exitCode: 1, finishedAt } };
    return {
      metadata: {},
      spec: { containers: [] },
      status: { containerStatuses: [{ name: 'c', state }] },
    } as unknown as Pod;
  };

  it.each([
    ['no failure', [], [], 0],
    ['the first', [], [4], 6_000],
    ['the third', [], [30, 20, 4], 36_000],
    ['after a success', [10], [30, 4], 6_000],
    ['before a success', [2], [4], 0],
    ['long ago', [], [60], 0],
  ])('%s', (_name, succeeded, failed, left) => {
    const record = nextRecord(undefined, succeeded.map(ended), failed.map(ended));
    expect(remainingMs(record, NOW)).toBe(left);
  });

  it('never exceeds ten minutes', () => {
    expect(remainingMs({ failures: 20, lastFailureMs: NOW }, NOW)).toBe(600_000);
  });
});
