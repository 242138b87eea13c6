import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../api/generated/types.ts';
import {
  made,
  scores,
  testNode,
  testPod,
  testSnapshot,
  verdicts,
} from '../../../testing/scheduling.ts';
import type { ClusterEvent } from '../events.ts';
import type { NodeResourcesFitArgs, ScoringStrategy } from '../plugin-args.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';

function asking(name: string, requests: Record<string, string>, node?: string): Pod {
  const spec = { containers: [{ name: 'a', image: 'i', resources: { requests } }] };
  return testPod(name, node === undefined ? { spec } : { spec, node });
}

function sized(name: string, allocatable: Record<string, string>) {
  return testNode(name, { status: { allocatable } });
}

const GPU = 'example.com/gpu';
const NODES = [
  sized('small', { cpu: '1', memory: '1Gi', pods: '10' }),
  sized('large', { cpu: '8', memory: '8Gi', pods: '10', [GPU]: '2' }),
  sized('full', { cpu: '8', memory: '8Gi', pods: '1', [GPU]: '2' }),
];
const THERE = asking('there', { cpu: '7', [GPU]: '1' }, 'full');

describe('room', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['nothing asked', {}, { small: '', large: '', full: 'Too many pods' }],
    [
      'cpu: more than there is anywhere on a node cannot be made free',
      { cpu: '2' },
      {
        small: 'Insufficient cpu [unresolvable]',
        large: '',
        full: 'Too many pods, Insufficient cpu',
      },
    ],
    [
      'two kinds at once',
      { cpu: '2', memory: '2Gi' },
      {
        small: 'Insufficient cpu, Insufficient memory [unresolvable]',
        large: '',
        full: 'Too many pods, Insufficient cpu',
      },
    ],
    [
      'an extended resource',
      { [GPU]: '2' },
      {
        small: `Insufficient ${GPU} [unresolvable]`,
        large: '',
        full: `Too many pods, Insufficient ${GPU}`,
      },
    ],
    ['exactly what is left', { cpu: '1' }, { small: '', large: '', full: 'Too many pods' }],
  ])('%s', (_name, requests, expected) => {
    const snapshot = testSnapshot(NODES, [THERE]);
    const plugin = made(nodeResourcesFit, snapshot);
    expect(verdicts(plugin, asking('in', requests), snapshot)).toEqual(expected);
  });

  it.each([
    { ignoredResources: [GPU], ignoredResourceGroups: [] },
    { ignoredResources: [], ignoredResourceGroups: ['example.com'] },
  ])('leaves out %o', (ignored) => {
    const snapshot = testSnapshot(NODES, []);
    const args: NodeResourcesFitArgs = { ...ignored, scoringStrategy: strategy('LeastAllocated') };
    const plugin = made(nodeResourcesFit, snapshot, args);
    expect(verdicts(plugin, asking('in', { [GPU]: '9' }), snapshot)).toEqual({
      small: '',
      large: '',
      full: '',
    });
  });
});

function strategy(
  type: ScoringStrategy['type'],
  resources = [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
  shape = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ],
): ScoringStrategy {
  return { type, resources, requestedToCapacityRatio: { shape } };
}

describe('strategies', () => {
  const nodes = [
    sized('a', { cpu: '4', memory: '4Gi', pods: '9', [GPU]: '4' }),
    sized('b', { cpu: '8', memory: '16Gi', pods: '9' }),
  ];
  const there = asking('there', { cpu: '2', memory: '1Gi', [GPU]: '1' }, 'a');
  const pod = asking('in', { cpu: '1', memory: '1Gi', [GPU]: '1' });
  const GPU_ONLY = [{ name: GPU, weight: 2 }];
  it.each<[string, ScoringStrategy, Record<string, number>]>([
    ['empty nodes first', strategy('LeastAllocated'), { a: 37, b: 90 }],
    ['full nodes first', strategy('MostAllocated'), { a: 62, b: 9 }],
    [
      'cpu weighs thrice',
      strategy('MostAllocated', [
        { name: 'cpu', weight: 3 },
        { name: 'memory', weight: 1 },
      ]),
      { a: 68, b: 10 },
    ],
    [
      'what a node does not have does not count',
      strategy('LeastAllocated', GPU_ONLY),
      { a: 50, b: 0 },
    ],
    ['a shape', strategy('RequestedToCapacityRatio'), { a: 63, b: 9 }],
    [
      'a shape that falls',
      strategy('RequestedToCapacityRatio', undefined, [
        { utilization: 0, score: 10 },
        { utilization: 50, score: 2 },
        { utilization: 100, score: 0 },
      ]),
      { a: 15, b: 86 },
    ],
  ])('%s', (_name, scoringStrategy, expected) => {
    const snapshot = testSnapshot(nodes, [there]);
    const args = { ignoredResources: [], ignoredResourceGroups: [], scoringStrategy };
    expect(scores(made(nodeResourcesFit, snapshot, args), pod, snapshot)).toEqual(expected);
  });
});

describe('balance', () => {
  it('of three resources', () => {
    const nodes = [
      sized('a', { cpu: '4', memory: '4Gi', pods: '9', [GPU]: '4' }),
      sized('b', { cpu: '4', memory: '4Gi', pods: '9' }),
    ];
    const snapshot = testSnapshot(nodes, [asking('there', { cpu: '2', memory: '2Gi' }, 'a')]);
    const resources = ['cpu', 'memory', GPU].map((name) => ({ name, weight: 1 }));
    const plugin = made(nodeResourcesBalancedAllocation, snapshot, { resources });
    expect(scores(plugin, asking('in', { cpu: '1', memory: '1Gi', [GPU]: '3' }), snapshot)).toEqual(
      {
        a: 87,
        b: 75,
      },
    );
    expect(scores(plugin, testPod('bare'), snapshot)).toBe('skipped');
  });
});

describe('hints', () => {
  const plugin = made(nodeResourcesFit, testSnapshot([]));
  const pod = asking('in', { cpu: '2' });
  const event = (type: string, parts: object): ClusterEvent =>
    ({ type, old: null, ...parts }) as unknown as ClusterEvent;
  const [small, large] = NODES;
  const shrunk = asking('other', { cpu: '1' }, 'n');
  const was = asking('other', { cpu: '3' }, 'n');
  const lessMemory = {
    pod: asking('o', { memory: '1Mi' }, 'n'),
    old: asking('o', { memory: '2Mi' }, 'n'),
  };
  it.each([
    ['a node that could take it', event('NodeAdd', { node: large }), true],
    ['one that could not', event('NodeAdd', { node: small }), false],
    ['a node grows', event('NodeUpdateNodeAllocatable', { node: large, old: small }), true],
    ['a node stays', event('NodeUpdateNodeAllocatable', { node: large, old: large }), false],
    ['a Pod goes', event('AssignedPodDelete', { pod: was }), true],
    [
      'a Pod gives back cpu',
      event('AssignedPodUpdatePodScaleDown', { pod: shrunk, old: was }),
      true,
    ],
    ['a Pod gives back memory', event('AssignedPodUpdatePodScaleDown', lessMemory), false],
  ])('%s', (_name, happened, expected) => {
    expect(plugin.helps?.(happened, pod)).toBe(expected);
  });
});
