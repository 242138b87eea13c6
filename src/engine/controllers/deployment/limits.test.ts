import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from '../../../api/generated/types.ts';
import {
  fenceposts,
  maxSurge,
  maxUnavailable,
  newReplicaSetSize,
  planScaleDown,
  proportionalSizes,
} from './limits.ts';
import { MAX_REPLICAS } from './replica-sets.ts';

function deployment(
  replicas: number,
  surge: number | string,
  unavailable: number | string,
): Deployment {
  const strategy = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable },
  };
  return { spec: { replicas, strategy }, status: {} } as unknown as Deployment;
}

function recreate(replicas: number): Deployment {
  return {
    spec: { replicas, strategy: { type: 'Recreate' } },
    status: {},
  } as unknown as Deployment;
}

/** A ReplicaSet of |size|, with |available| Pods available; |age| orders them, 0 is the oldest. */
function set(name: string, size: number, available = size, age = 0, max?: number): ReplicaSet {
  return {
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:${String(10 + age)}Z`,
      annotations: max === undefined ? {} : { [MAX_REPLICAS]: String(max) },
    },
    spec: { replicas: size },
    status: { replicas: size, availableReplicas: available },
  } as unknown as ReplicaSet;
}

describe('surge and unavailable', () => {
  it.each([
    [10, '25%', '25%', 3, 2],
    [4, '25%', '25%', 1, 1],
    [1, '25%', '25%', 1, 0],
    [2, 0, '1%', 0, 1],
    [1, 0, 1, 0, 1],
    [3, '100%', 0, 3, 0],
    [2, 1, 5, 1, 2],
    [0, '25%', '25%', 0, 0],
  ])('%s replicas, %s and %s: %s and %s', (replicas, s, u, surge, unavailable) => {
    const d = deployment(replicas, s, u);
    expect([maxSurge(d), maxUnavailable(d)]).toEqual([surge, unavailable]);
  });

  it('never lets both be zero', () => {
    expect(fenceposts(deployment(2, 0, '1%'))).toEqual({ surge: 0, unavailable: 1 });
  });

  it('does not limit Recreate', () => {
    expect([maxSurge(recreate(3)), maxUnavailable(recreate(3))]).toEqual([0, 0]);
  });
});

describe('size of the new ReplicaSet', () => {
  it.each([
    ['first rollout', deployment(3, '25%', '25%'), [], 0, 3],
    ['room for the surge only', deployment(4, '25%', '25%'), [4], 0, 1],
    ['old ones shrunk', deployment(4, '25%', '25%'), [3, 1], 1, 2],
    ['no room', deployment(4, 1, 0), [4, 1], 1, 1],
    ['not beyond what is wanted', deployment(2, 5, 0), [1], 1, 2],
    ['surge of zero stays zero', deployment(2, 0, '1%'), [2], 0, 0],
    ['Recreate', recreate(3), [], 0, 3],
  ])('%s', (_name, d, sizes, size, expected) => {
    const sets = sizes.map((n, i) => set(`s${i}`, n));
    expect(newReplicaSetSize(d, sets, size)).toBe(expected);
  });
});

describe('scaling old ReplicaSets down', () => {
  const plan = (d: Deployment, olds: ReplicaSet[], next: ReplicaSet): [string, number][] =>
    planScaleDown(d, [...olds, next], olds, next).map((r) => [r.replicaSet.metadata.name, r.to]);

  it('takes what the limit allows once new Pods are available', () => {
    expect(plan(deployment(4, 1, 1), [set('old', 4)], set('new', 1, 1))).toEqual([['old', 2]]);
  });

  it('takes one at once when one may be unavailable', () => {
    expect(plan(deployment(4, 1, 1), [set('old', 4)], set('new', 1, 0))).toEqual([['old', 3]]);
  });

  it('waits while new Pods are not available', () => {
    expect(plan(deployment(3, 1, 0), [set('old', 3)], set('new', 1, 0))).toEqual([]);
  });

  it('gives up unavailable Pods first, oldest ReplicaSet first', () => {
    const olds = [set('b', 3, 2, 1), set('a', 2, 0, 0)];
    expect(plan(deployment(5, 2, 1), olds, set('new', 2, 2))).toEqual([
      ['a', 0],
      ['b', 2],
    ]);
  });

  it('takes a ReplicaSet twice when some of its Pods are unavailable', () => {
    expect(plan(deployment(3, 1, 1), [set('old', 3, 2)], set('new', 1, 1))).toEqual([
      ['old', 2],
      ['old', 1],
    ]);
  });

  it('does nothing without old Pods', () => {
    expect(plan(deployment(3, 1, 1), [], set('new', 3))).toEqual([]);
  });
});

describe('scaling in the middle of a rollout', () => {
  const sizes = (d: Deployment, sets: ReplicaSet[]): Record<string, number> =>
    Object.fromEntries(proportionalSizes(d, sets).map((r) => [r.replicaSet.metadata.name, r.to]));

  it.each([
    ['up, by share', 20, [8, 4], { old: 16, new: 8 }],
    ['down, by share', 5, [8, 4], { old: 5, new: 2 }],
    ['to zero', 0, [8, 4], { old: 0, new: 0 }],
    ['unchanged', 10, [8, 4], { old: 8, new: 4 }],
  ])('%s', (_name, replicas, [old = 0, next = 0], expected) => {
    const sets = [set('old', old, old, 0, 12), set('new', next, next, 1, 12)];
    expect(sizes(deployment(replicas, replicas === 20 ? 4 : 2, 1), sets)).toEqual(expected);
  });

  it('gives what rounding leaves to the largest', () => {
    const sets = [set('a', 3, 3, 0, 9), set('b', 3, 3, 1, 9), set('c', 3, 3, 2, 9)];
    // Newer ones come first when sizes are equal and the Deployment grows.
    expect(sizes(deployment(10, 0, 1), sets)).toEqual({ a: 3, b: 3, c: 4 });
  });
});
