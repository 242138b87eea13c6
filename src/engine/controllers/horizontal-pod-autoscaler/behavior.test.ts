/** What holds a recommendation back. */
import { describe, expect, it } from 'vitest';
import type { HorizontalPodAutoscalerBehavior as Behavior } from '../../../api/generated/types.ts';
import { type Memory, newMemory, normalize, rememberScale } from './behavior.ts';

const bounds = { min: 1, max: 20 };
const at = (seconds: number): number => seconds * 1_000;

function one(
  current: number,
  desired: number,
  behavior?: Behavior,
  memory: Memory = newMemory(current, 0),
  seconds = 1_000,
): [replicas: number, able: string, limit: string, limited: boolean] {
  const got = normalize(memory, behavior, { current, desired, ...bounds, nowMs: at(seconds) });
  return [got.replicas, got.ableToScale[0], got.limit[0], got.limited];
}

const rules = { selectPolicy: 'Max', stabilizationWindowSeconds: 0 };
const two = [
  { type: 'Pods', value: 4, periodSeconds: 60 },
  { type: 'Percent', value: 100, periodSeconds: 60 },
];
const up = (policies = two, more = {}): Behavior => ({
  scaleUp: { ...rules, policies, ...more },
  scaleDown: { ...rules, policies: two },
});
const down = (policies: typeof two, more = {}): Behavior => ({
  scaleUp: { ...rules, policies: two },
  scaleDown: { ...rules, policies, ...more },
});

describe('without a behavior', () => {
  it.each([
    ['within', 3, 5, [5, 'ReadyForNewScale', 'DesiredWithinRange', false]],
    ['at most twice as many', 3, 9, [6, 'ReadyForNewScale', 'ScaleUpLimit', true]],
    ['or four', 1, 9, [4, 'ReadyForNewScale', 'ScaleUpLimit', true]],
    ['at most the maximum', 15, 25, [20, 'ReadyForNewScale', 'TooManyReplicas', true]],
    ['at least the minimum', 3, 0, [1, 'ReadyForNewScale', 'TooFewReplicas', true]],
  ] as const)('%s', (_, current, desired, expected) => {
    expect(one(current, desired)).toEqual(expected);
  });

  it('the highest of five minutes holds', () => {
    const memory = newMemory(8, at(1_000));
    const held = [8, 'ScaleDownStabilized', 'DesiredWithinRange', false];
    expect(one(8, 2, undefined, memory, 1_015)).toEqual(held);
    expect(one(8, 2, undefined, memory, 1_300)).toEqual(held);
    expect(one(8, 2, undefined, memory, 1_301)[0]).toBe(2);
    // The outdated one has made room.
    expect(memory.recommendations.map((r) => r.replicas)).toEqual([2, 2, 2]);
  });
});

describe('with a behavior', () => {
  it.each([
    ['the larger change up', 3, 20, up(), [7, 'ReadyForNewScale', 'ScaleUpLimit', true]],
    ['the smaller one', 3, 20, up(two, { selectPolicy: 'Min' }), 6],
    ['none', 3, 20, up(two, { selectPolicy: 'Disabled' }), 3],
    ['rounded up', 1, 20, up([{ type: 'Percent', value: 10, periodSeconds: 60 }]), 2],
    [
      'the larger change down',
      10,
      1,
      down(two),
      [1, 'ReadyForNewScale', 'DesiredWithinRange', false],
    ],
    ['the smaller one', 10, 1, down(two, { selectPolicy: 'Min' }), 6],
    ['none', 10, 1, down(two, { selectPolicy: 'Disabled' }), 10],
    ['rounded down', 9, 1, down([{ type: 'Percent', value: 50, periodSeconds: 60 }]), 4],
  ] as const)('%s', (_, current, desired, behavior, expected) => {
    const got = one(current, desired, behavior);
    if (typeof expected === 'number') expect(got[0]).toBe(expected);
    else expect(got).toEqual(expected);
  });

  it('what was changed within the period counts', () => {
    const behavior = up([{ type: 'Pods', value: 2, periodSeconds: 60 }]);
    const memory = newMemory(1, 0);
    rememberScale(memory, behavior, 1, 3, at(1_000));
    expect(one(3, 9, behavior, memory, 1_030)[0]).toBe(3);
    expect(one(3, 9, behavior, memory, 1_061)[0]).toBe(5);
    rememberScale(memory, behavior, 3, 5, at(1_061));
    expect(memory.ups).toEqual([{ change: 2, atMs: at(1_061) }]);
  });

  it('windows hold both directions', () => {
    const behavior = up(two, { stabilizationWindowSeconds: 60 });
    const memory = newMemory(2, at(1_000));
    expect(one(2, 6, behavior, memory, 1_015).slice(0, 2)).toEqual([2, 'ScaleUpStabilized']);
    expect(one(2, 6, behavior, memory, 1_061)[0]).toBe(6);
  });
});
