import { describe, expect, it } from 'vitest';
import type { ReplicaSet } from '../../../api/generated/types.ts';
import { isSettled, replicaSetStatus } from './status.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const none = { active: 0, fullyLabeled: 0, ready: 0, available: 0, terminating: 0 };

function replicaSet(status: object, replicas = 3): ReplicaSet {
  return { metadata: { generation: 1 }, spec: { replicas }, status } as unknown as ReplicaSet;
}

describe('status of a ReplicaSet', () => {
  it('writes zeros only where the server does', () => {
    const rs = replicaSet({ replicas: 0 });
    expect(replicaSetStatus(rs, none, undefined, NOW)).toEqual({
      replicas: 0,
      terminatingReplicas: 0,
    });
  });

  it('counts', () => {
    const rs = replicaSet({ replicas: 0, observedGeneration: 1 });
    const counts = { active: 3, fullyLabeled: 3, ready: 2, available: 1, terminating: 1 };
    expect(replicaSetStatus(rs, counts, undefined, NOW)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 1,
    });
  });

  it.each([
    ['too few', 3, 'FailedCreate'],
    ['too many', 0, 'FailedDelete'],
  ])('says why it failed with %s', (_name, replicas, reason) => {
    const rs = replicaSet({ replicas: 1 }, replicas);
    expect(replicaSetStatus(rs, { ...none, active: 1 }, 'no', NOW).conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason,
        message: 'no',
      },
    ]);
  });

  it('keeps the first failure, and drops it after a good sync', () => {
    const first = replicaSetStatus(replicaSet({ replicas: 0 }), none, 'first', NOW);
    const again = replicaSetStatus(replicaSet(first), none, 'second', NOW);
    expect(again.conditions).toEqual(first.conditions);
    expect(replicaSetStatus(replicaSet(again), none, undefined, NOW).conditions).toBeUndefined();
  });

  it('is settled only when this generation has been observed', () => {
    const status = { replicas: 0, terminatingReplicas: 0 };
    expect(isSettled(replicaSet(status), status)).toBe(false);
    const observed = { ...status, observedGeneration: 1 };
    expect(isSettled(replicaSet(observed), observed)).toBe(true);
  });
});
