import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../api/generated/types.ts';
import { testNode, testPod } from '../../testing/scheduling.ts';
import { nodeEvents, podEvents } from './events.ts';

function sized(cpu: string, actual?: string, more: object = {}): Pod {
  const containers = [{ name: 'app', image: 'i', resources: { requests: { cpu } } }];
  const containerStatuses = [{ name: 'app', resources: { requests: { cpu: actual } } }];
  return testPod('p', {
    node: 'n1',
    spec: { containers, ...more },
    status: actual === undefined ? {} : { containerStatuses },
  } as object);
}

describe('what a changed Pod can do for others', () => {
  const labelled = testPod('p', { labels: { a: 'b' }, node: 'n1' });
  it.each<[string, Pod, Pod, readonly string[]]>([
    [
      'asks for less, and has never had more',
      sized('1'),
      sized('2'),
      ['AssignedPodUpdatePodScaleDown'],
    ],
    ['asks for less, and still has more', sized('1', '2'), sized('2', '2'), ['AssignedPodUpdate']],
    ['has less now', sized('1', '1'), sized('1', '2'), ['AssignedPodUpdatePodScaleDown']],
    ['has more now', sized('2', '2'), sized('2', '1'), ['AssignedPodUpdate']],
    ['other labels', labelled, testPod('p', { node: 'n1' }), ['AssignedPodUpdatePodLabel']],
    [
      'one toleration more, still waiting',
      testPod('p', { spec: { tolerations: [{ operator: 'Exists' }] } }),
      testPod('p'),
      ['UnschedulablePodUpdatePodToleration'],
    ],
    [
      'the last gate is gone',
      testPod('p'),
      testPod('p', { spec: { schedulingGates: [{ name: 'g' }] } }),
      ['UnschedulablePodUpdatePodSchedulingGatesEliminated'],
    ],
  ])('%s', (_name, pod, old, expected) => {
    expect(podEvents(pod, old).map((e) => e.type)).toEqual(expected);
  });
});

describe('what a changed node can do for Pods', () => {
  const plain = testNode('n');
  const heartbeat = { ...plain, metadata: { ...plain.metadata, resourceVersion: '9' } } as Node;
  it.each<[string, Node, readonly string[]]>([
    ['a heartbeat', heartbeat, []],
    ['labels', testNode('n', { labels: { a: 'b' } }), ['NodeUpdateNodeLabel']],
    [
      'size',
      testNode('n', { status: { allocatable: { cpu: '8' } } }),
      ['NodeUpdateNodeAllocatable'],
    ],
    [
      'what it can do',
      testNode('n', { status: { declaredFeatures: ['X'] } }),
      ['NodeUpdateNodeDeclaredFeature'],
    ],
    ['cordoned', testNode('n', { spec: { unschedulable: true } }), []],
  ])('%s', (_name, node, expected) => {
    expect(nodeEvents(node, plain).map((e) => e.type)).toEqual(expected);
  });

  it('the end of a cordon', () => {
    const cordoned = testNode('n', { spec: { unschedulable: true } });
    expect(nodeEvents(plain, cordoned).map((e) => e.type)).toEqual(['NodeUpdateNodeTaint']);
  });
});
