import { describe, expect, it } from 'vitest';
import type { Pod, StatefulSet } from '../../../api/generated/types.ts';
import { replicaOf } from './identity.ts';
import { type Revision, nextForUpdate, nextStep, placesOf } from './plan.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const NEW: Revision = { name: 'web-2', template: { metadata: {}, spec: { containers: [] } } };
const OLD: Revision = { name: 'web-1', template: { metadata: {}, spec: { containers: [] } } };

function set(replicas: number, spec: object = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default', uid: 'u' },
    spec: {
      replicas,
      selector: {},
      template: { metadata: {}, spec: { containers: [] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...spec,
    },
    status: { replicas: 0 },
  } as unknown as StatefulSet;
}

function pod(
  ordinal: number,
  traits: { ready?: boolean; phase?: string; going?: boolean; revision?: string } = {},
): Pod {
  const { ready = true, phase = 'Running', going = false, revision = 'web-2' } = traits;
  return {
    metadata: {
      name: `web-${ordinal}`,
      uid: `u${ordinal}`,
      labels: { 'controller-revision-hash': revision },
      ...(going ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}),
    },
    spec: { containers: [] },
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  } as unknown as Pod;
}

describe('places', () => {
  it('are filled or to be filled, and what is beyond is condemned from the top', () => {
    const places = placesOf(set(2), [pod(0), pod(3), pod(5)], OLD, NEW, NOW);
    expect(places.replicas.map((r) => [r.name, r.pod !== undefined])).toEqual([
      ['web-0', true],
      ['web-1', false],
    ]);
    expect(places.condemned.map((r) => r.name)).toEqual(['web-5', 'web-3']);
    expect(places.firstUnavailable?.name).toBe('web-1');
  });

  it('below the partition keep the revision they had', () => {
    const strategy = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } };
    const { replicas } = placesOf(set(2, strategy), [], OLD, NEW, NOW);
    expect(replicas.map((r) => r.revision)).toEqual(['web-1', 'web-2']);
  });

  it('begin where ordinals say', () => {
    const { replicas } = placesOf(set(2, { ordinals: { start: 5 } }), [], OLD, NEW, NOW);
    expect(replicas.map((r) => r.name)).toEqual(['web-5', 'web-6']);
  });
});

describe('the next step of a place', () => {
  it.each([
    ['fine', pod(0), 'check'],
    ['not ready', pod(0, { ready: false }), 'wait'],
    ['going', pod(0, { going: true }), 'wait'],
    ['pending', pod(0, { phase: 'Pending', ready: false }), 'claims'],
    ['failed', pod(0, { phase: 'Failed', ready: false }), 'delete'],
    ['failed and going', pod(0, { phase: 'Failed', going: true }), 'wait'],
  ])('%s', (_name, of, step) => {
    expect(nextStep(replicaOf(of), set(1), true, NOW)).toBe(step);
  });

  it('all at once nobody waits', () => {
    expect(nextStep(replicaOf(pod(0, { ready: false })), set(1), false, NOW)).toBe('check');
  });
});

describe('an update', () => {
  const old = { revision: 'web-1' };
  it.each<[string, Pod[], object, string | undefined]>([
    ['highest first', [pod(0, old), pod(1, old)], {}, 'web-1'],
    ['then the next', [pod(0, old), pod(1)], {}, 'web-0'],
    ['waits for the one above', [pod(0, old), pod(1, { ready: false })], {}, undefined],
    ['on delete only', [pod(0, old)], { updateStrategy: { type: 'OnDelete' } }, undefined],
    [
      'not below the partition',
      [pod(0, old), pod(1)],
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
      undefined,
    ],
  ])('%s', (_name, pods, spec, victim) => {
    const next = nextForUpdate(set(2, spec), pods.map(replicaOf), 'web-2', NOW);
    expect(next?.name).toBe(victim);
  });
});
