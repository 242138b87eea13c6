import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../api/generated/types.ts';
import { isStranded, surplus } from './pod-gc.ts';

function pod(name: string, deleted: boolean, nodeName?: string, reason?: string): Pod {
  return {
    metadata: {
      name,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: nodeName === undefined ? {} : { nodeName },
    status: { phase: 'Failed', ...(reason ? { reason } : {}) },
  } as unknown as Pod;
}

function node(ready: boolean, taints: object[]): Node {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }];
  return { spec: { taints }, status: { conditions } } as unknown as Node;
}

describe('stranded Pods', () => {
  const outOfService = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  it.each([
    ['not deleted', pod('a', false), undefined, false],
    ['deleted before it was scheduled', pod('a', true), undefined, true],
    ['its kubelet will end it', pod('a', true, 'n1'), node(true, []), false],
    ['its Node is out of service', pod('a', true, 'n1'), node(false, outOfService), true],
    ['but works', pod('a', true, 'n1'), node(true, outOfService), false],
    ['its Node is gone: that is the orphans’ business', pod('a', true, 'n1'), undefined, false],
  ])('%s', (_name, p, n, stranded) => {
    expect(isStranded(p, n)).toBe(stranded);
  });
});

it('gives up evicted Pods first, then by age and name', () => {
  const pods = [pod('b', false), pod('a', false), pod('e', false, 'n1', 'Evicted')];
  expect(surplus(pods, 1).map((p) => p.metadata.name)).toEqual(['e', 'a']);
  expect(surplus(pods, 3)).toEqual([]);
});
