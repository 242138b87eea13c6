import { describe, expect, it } from 'vitest';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../../api/generated/types.ts';
import {
  conditionOf,
  deploymentStatus,
  msToProgressCheck,
  pauseCondition,
  rolloutStatus,
} from './status.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const NOW_TEXT = '2026-01-01T00:10:00Z';
const EARLIER = '2026-01-01T00:05:00Z';

function deployment(more: { spec?: object; status?: DeploymentStatus } = {}): Deployment {
  return {
    metadata: { name: 'web', namespace: 'x', generation: 1 },
    spec: {
      replicas: 3,
      progressDeadlineSeconds: 600,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
      ...more.spec,
    },
    status: more.status ?? {},
  } as unknown as Deployment;
}

function set(size: number, ready: number, status: object = {}): ReplicaSet {
  return {
    metadata: { name: 'web-1' },
    spec: { replicas: size },
    status: {
      replicas: size,
      readyReplicas: ready,
      availableReplicas: ready,
      terminatingReplicas: 0,
      observedGeneration: 1,
      ...status,
    },
  } as unknown as ReplicaSet;
}

const progressing = (status: string, reason: string, since = EARLIER) => ({
  type: 'Progressing',
  status,
  lastUpdateTime: since,
  lastTransitionTime: since,
  reason,
  message: '',
});

describe('counts', () => {
  it('leaves zeros out, but for terminatingReplicas', () => {
    const fresh = set(3, 0, { replicas: 0 });
    const status = deploymentStatus(deployment(), [fresh], fresh, NOW);
    expect(status).toEqual({
      observedGeneration: 1,
      unavailableReplicas: 3,
      terminatingReplicas: 0,
      conditions: [
        {
          type: 'Available',
          status: 'False',
          lastUpdateTime: NOW_TEXT,
          lastTransitionTime: NOW_TEXT,
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
      ],
    });
  });

  it('adds up ReplicaSets', () => {
    const all = [set(2, 2, { terminatingReplicas: 1 }), set(2, 1)];
    const status = deploymentStatus(deployment(), all, all[1], NOW);
    expect(status).toMatchObject({
      replicas: 4,
      updatedReplicas: 2,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 1,
      terminatingReplicas: 1,
    });
    expect(conditionOf(status, 'Available')?.reason).toBe('MinimumReplicasAvailable');
  });

  it('does not know terminatingReplicas when a synced ReplicaSet does not', () => {
    const all = [set(1, 1, { terminatingReplicas: undefined })];
    expect(deploymentStatus(deployment(), all, undefined, NOW)).not.toHaveProperty(
      'terminatingReplicas',
    );
  });
});

describe('Progressing', () => {
  const reasonAfter = (d: Deployment, all: ReplicaSet[]): unknown[] => {
    const c = conditionOf(rolloutStatus(d, all, all.at(-1), NOW), 'Progressing');
    return [c?.status, c?.reason, c?.message, c?.lastUpdateTime, c?.lastTransitionTime];
  };

  it('says done when all are available', () => {
    const d = deployment({ status: { conditions: [progressing('True', 'ReplicaSetUpdated')] } });
    expect(reasonAfter(d, [set(3, 3)])).toEqual([
      'True',
      'NewReplicaSetAvailable',
      'ReplicaSet "web-1" has successfully progressed.',
      NOW_TEXT,
      EARLIER,
    ]);
  });

  it('moves its update time with every progress', () => {
    const d = deployment({
      status: {
        replicas: 3,
        updatedReplicas: 3,
        readyReplicas: 1,
        conditions: [progressing('True', 'ReplicaSetUpdated')],
      },
    });
    expect(reasonAfter(d, [set(3, 2)])).toEqual([
      'True',
      'ReplicaSetUpdated',
      'ReplicaSet "web-1" is progressing.',
      NOW_TEXT,
      EARLIER,
    ]);
  });

  it('times out after the deadline', () => {
    const d = deployment({
      spec: { progressDeadlineSeconds: 10 },
      status: {
        replicas: 3,
        updatedReplicas: 3,
        conditions: [progressing('True', 'ReplicaSetUpdated')],
      },
    });
    expect(reasonAfter(d, [set(3, 0)])).toEqual([
      'False',
      'ProgressDeadlineExceeded',
      'ReplicaSet "web-1" has timed out progressing.',
      NOW_TEXT,
      NOW_TEXT,
    ]);
  });

  it('does not watch a rollout that is over', () => {
    const done = progressing('True', 'NewReplicaSetAvailable');
    const d = deployment({ status: { conditions: [done] } });
    expect(conditionOf(rolloutStatus(d, [set(3, 2)], set(3, 2), NOW), 'Progressing')).toBe(done);
  });

  it('is absent without a deadline', () => {
    const d = deployment({ spec: { progressDeadlineSeconds: 2_147_483_647 } });
    expect(
      conditionOf(rolloutStatus(d, [set(3, 3)], set(3, 3), NOW), 'Progressing'),
    ).toBeUndefined();
  });
});

describe('ReplicaFailure', () => {
  it('is taken over and goes with its cause', () => {
    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: EARLIER,
      reason: 'FailedCreate',
      message: 'no',
    };
    const failing = set(3, 0, { conditions: [failure] });
    const status = rolloutStatus(deployment(), [failing], failing, NOW);
    expect(conditionOf(status, 'ReplicaFailure')).toEqual({ ...failure, lastUpdateTime: EARLIER });
    const healed = rolloutStatus(deployment({ status }), [set(3, 0)], set(3, 0), NOW);
    expect(conditionOf(healed, 'ReplicaFailure')).toBeUndefined();
  });
});

describe('pausing', () => {
  it.each([
    ['paused', { paused: true }, undefined, 'DeploymentPaused'],
    ['paused, known', { paused: true }, progressing('Unknown', 'DeploymentPaused'), undefined],
    ['resumed', {}, progressing('Unknown', 'DeploymentPaused'), 'DeploymentResumed'],
    ['running', {}, progressing('True', 'ReplicaSetUpdated'), undefined],
    ['too late', { paused: true }, progressing('False', 'ProgressDeadlineExceeded'), undefined],
  ])('%s', (_name, spec, condition, reason) => {
    const status = { conditions: condition ? [condition] : [] };
    expect(pauseCondition(deployment({ spec, status }), NOW)?.reason).toBe(reason);
  });
});

describe('the next progress check', () => {
  it.each([
    ['counts from the last update', 'ReplicaSetUpdated', 600, 300_000],
    ['is due', 'ReplicaSetUpdated', 10, 0],
    ['is not needed after the deadline', 'ProgressDeadlineExceeded', 600, undefined],
  ])('%s', (_name, reason, seconds, ms) => {
    const d = deployment({
      spec: { progressDeadlineSeconds: seconds },
      status: { conditions: [progressing('True', reason)] },
    });
    expect(msToProgressCheck(d, d.status, NOW)).toBe(ms);
  });
});
