import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/generated/types.ts';
import { chooseVictims, deletionCost } from './victims.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

interface Traits {
  readonly node?: string;
  readonly phase?: string;
  /** Seconds it has been ready; undefined = not ready. */
  readonly readyFor?: number;
  readonly age?: number;
  readonly cost?: string;
  readonly restarts?: number;
  readonly uid?: string;
}

const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

function pod(name: string, t: Traits = {}): Pod {
  return {
    metadata: {
      name,
      uid: t.uid ?? name,
      creationTimestamp: ago(t.age ?? 600),
      annotations: t.cost ? { 'controller.kubernetes.io/pod-deletion-cost': t.cost } : {},
    },
    spec: { nodeName: t.node ?? 'n1', containers: [] },
    status: {
      phase: t.phase ?? 'Running',
      conditions:
        t.readyFor === undefined
          ? []
          : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(t.readyFor) }],
      containerStatuses: [{ restartCount: t.restarts ?? 0 }],
    },
  } as unknown as Pod;
}

describe('who goes first', () => {
  it.each<[string, Traits, Traits]>([
    ['unassigned', { node: '' }, {}],
    ['pending before running', { phase: 'Pending' }, { phase: 'Running' }],
    ['unknown before running', { phase: 'Unknown' }, { phase: 'Running' }],
    ['not ready', {}, { readyFor: 500 }],
    ['cheaper', { readyFor: 500, cost: '-5' }, { readyFor: 1 }],
    ['ready for a shorter time', { readyFor: 10 }, { readyFor: 500 }],
    ['more restarts', { readyFor: 10, restarts: 3 }, { readyFor: 10, restarts: 1, age: 5 }],
    ['younger', { readyFor: 10, age: 20 }, { readyFor: 10, age: 500 }],
  ])('%s', (_name, first, second) => {
    const pods = [pod('second', second), pod('first', first)];
    expect(chooseVictims(pods, [], 1, NOW).map((p) => p.metadata.name)).toEqual(['first']);
  });

  it('prefers a Pod that shares its node with more of its kin', () => {
    const pods = [pod('alone', { node: 'n2', readyFor: 1 }), pod('crowded', { readyFor: 500 })];
    const related = [...pods, pod('other', { readyFor: 500 })];
    expect(chooseVictims(pods, related, 1, NOW)[0]?.metadata.name).toBe('crowded');
  });

  it('takes ages within one power of two as equal and goes by uid', () => {
    const pods = [pod('b', { age: 300, uid: 'b' }), pod('a', { age: 500, uid: 'a' })];
    expect(chooseVictims(pods, [], 1, NOW)[0]?.metadata.name).toBe('a');
  });

  it('takes all when all have to go', () => {
    const pods = [pod('a'), pod('b')];
    expect(chooseVictims(pods, [], 2, NOW)).toEqual(pods);
  });
});

describe('deletion cost', () => {
  it.each([
    ['10', 10],
    ['-3', -3],
    ['0', 0],
    ['+10', 0],
    ['008', 0],
    ['x', 0],
    ['2147483648', 0],
    ['-2147483648', -2_147_483_648],
  ])('%s is %s', (text, cost) => {
    expect(deletionCost(pod('a', { cost: text }))).toBe(cost);
  });
});
