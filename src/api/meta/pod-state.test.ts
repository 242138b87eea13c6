import { describe, expect, it } from 'vitest';
import type { Pod } from '../generated/types.ts';
import {
  isPodActive,
  isPodAvailable,
  isPodTerminating,
  msUntilAvailable,
  withPodCondition,
} from './pod-state.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');

function pod(phase: string, deleted = false, readySince?: string): Pod {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: readySince };
  return {
    metadata: deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {},
    status: { phase, conditions: readySince ? [ready] : [] },
  } as unknown as Pod;
}

it.each([
  [pod('Pending'), true, false],
  [pod('Running'), true, false],
  [pod('Running', true), false, true],
  [pod('Failed'), false, false],
  [pod('Succeeded', true), false, false],
])('active or terminating: %#', (p, active, terminating) => {
  expect([isPodActive(p), isPodTerminating(p)]).toEqual([active, terminating]);
});

describe('availability', () => {
  it.each([
    [undefined, 0, false, undefined],
    ['2026-01-01T00:00:59Z', 0, true, undefined],
    ['2026-01-01T00:00:50Z', 10, true, undefined],
    ['2026-01-01T00:00:51Z', 10, false, 1000],
  ])('ready since %s, for %s s', (since, seconds, available, left) => {
    const p = pod('Running', false, since);
    expect(isPodAvailable(p, seconds, NOW)).toBe(available);
    expect(msUntilAvailable(p, seconds, NOW)).toBe(left);
  });
});

describe('setting a condition', () => {
  const old = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };

  it('says when nothing changes', () => {
    expect(withPodCondition([old], { type: 'Ready', status: 'True' }, NOW)).toBeUndefined();
  });

  it('moves the time with the status only', () => {
    expect(withPodCondition([old], { type: 'Ready', status: 'False' }, NOW)).toEqual([
      { type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:01:00Z' },
    ]);
    expect(withPodCondition([old], { type: 'Ready', status: 'True', reason: 'x' }, NOW)).toEqual([
      { ...old, reason: 'x' },
    ]);
  });

  it('adds a new one at the end', () => {
    expect(withPodCondition([old], { type: 'New', status: 'True' }, NOW)?.[1]?.type).toBe('New');
  });
});
