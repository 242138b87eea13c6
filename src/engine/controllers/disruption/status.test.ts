import { describe, expect, it } from 'vitest';
import type { Pod, PodDisruptionBudget } from '../../../api/generated/types.ts';
import { budgetStatus, countHealthy, disruptedPods, msUntilStale } from './status.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const ago = (seconds: number): string =>
  `${new Date(NOW - seconds * 1000).toISOString().slice(0, 19)}Z`;

function pod(name: string, ready: boolean, more: object = {}, conditions: object[] = []): Pod {
  return {
    metadata: { name, uid: name, ...more },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }, ...conditions],
    },
  } as unknown as Pod;
}

const budget = (status: object): PodDisruptionBudget =>
  ({ metadata: { name: 'b', generation: 2 }, spec: {}, status }) as unknown as PodDisruptionBudget;

describe('a budget', () => {
  it.each([
    ['two to spare', 5, 3, 5, 2, 'SufficientPods'],
    ['just enough', 3, 3, 5, 0, 'InsufficientPods'],
    ['too few', 1, 3, 5, 0, 'InsufficientPods'],
    ['nothing expected', 3, 0, 0, 0, 'InsufficientPods'],
  ])('%s', (_name, healthy, desired, expected, allowed, reason) => {
    const status = budgetStatus(budget({}), { healthy, desired, expected, disrupted: {} }, NOW);
    expect(status?.disruptionsAllowed).toBe(allowed);
    expect(status?.conditions?.[0]).toMatchObject({ type: 'DisruptionAllowed', reason });
    expect(status?.observedGeneration).toBe(2);
  });

  it('is left alone when nothing differs', () => {
    const counts = { healthy: 3, desired: 2, expected: 3, disrupted: {} };
    const status = budgetStatus(budget({}), counts, NOW);
    expect(budgetStatus(budget(status ?? {}), counts, NOW)).toBeUndefined();
  });
});

describe('evicted Pods', () => {
  const pods = [pod('a', true), pod('b', true), pod('c', true, { deletionTimestamp: ago(1) })];

  it('do not count while their deletion is awaited, for two minutes', () => {
    const {
      pods: left,
      notDeleted,
      recheckMs,
    } = disruptedPods(pods, { a: ago(30), b: ago(180), c: ago(5), gone: ago(5) }, NOW);
    expect(left).toEqual({ a: ago(30) });
    expect(notDeleted.map((p) => p.metadata.name)).toEqual(['b']);
    expect(recheckMs).toBe(90_000);
    expect(countHealthy(pods, left, NOW)).toBe(1);
  });

  it('get their condition back when nobody deletes them', () => {
    const target = (reason: string, seconds: number): object => ({
      type: 'DisruptionTarget',
      status: 'True',
      reason,
      lastTransitionTime: ago(seconds),
    });
    const stale = (reason: string, seconds: number): number | undefined =>
      msUntilStale(pod('a', true, {}, [target(reason, seconds)]), NOW);
    expect(stale('EvictionByEvictionAPI', 60)).toBe(60_000);
    expect(stale('EvictionByEvictionAPI', 300)).toBe(0);
    expect(stale('TerminationByKubelet', 300)).toBeUndefined();
    expect(msUntilStale(pod('a', true), NOW)).toBeUndefined();
  });
});
