import { describe, expect, it } from 'vitest';
import type { Pod, TopologySpreadConstraint } from '../../../api/generated/types.ts';
import { compileLabelSelector } from '../../../api/meta/selectors.ts';
import {
  inThought,
  made,
  scores,
  testNode,
  testPod,
  testSnapshot,
  verdicts,
} from '../../../testing/scheduling.ts';
import type { ClusterEvent } from '../events.ts';
import { podTopologySpread } from './pod-topology-spread.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const NO = "node(s) didn't match pod topology spread constraints";
const MISSING = `${NO} (missing required label) [unresolvable]`;
const WEB = { app: 'web' };

function constraint(topologyKey: string, more: Partial<TopologySpreadConstraint> = {}) {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'DoNotSchedule' as const,
    labelSelector: { matchLabels: WEB },
    ...more,
  };
}

const NODES = [
  testNode('n1', { labels: { [ZONE]: 'a' } }),
  testNode('n2', { labels: { [ZONE]: 'a' } }),
  testNode('n3', { labels: { [ZONE]: 'b', disk: 'ssd' } }),
];
const TAINTED = testNode('n4', {
  labels: { [ZONE]: 'c' },
  spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] },
});
const BARE = testNode('n5');

function web(name: string, node: string, more = {}): Pod {
  return testPod(name, { labels: WEB, node, ...more });
}

function pod(
  constraints: readonly TopologySpreadConstraint[],
  spec = {},
  labels: Record<string, string> = WEB,
): Pod {
  return testPod('in', { labels, spec: { topologySpreadConstraints: constraints, ...spec } });
}

const TWO = [web('a', 'n1'), web('b', 'n2')];

describe('filter', () => {
  it.each([
    ['no constraint', NODES, TWO, pod([]), 'skipped'],
    ['zones: two in a, none in b', NODES, TWO, pod([constraint(ZONE)]), { n1: NO, n2: NO, n3: '' }],
    [
      'a larger skew',
      NODES,
      TWO,
      pod([constraint(ZONE, { maxSkew: 3 })]),
      { n1: '', n2: '', n3: '' },
    ],
    ['nodes', NODES, TWO, pod([constraint(HOST)]), { n1: NO, n2: NO, n3: '' }],
    [
      'the Pod itself does not match',
      NODES,
      [web('a', 'n1')],
      pod([constraint(ZONE)], {}, {}),
      { n1: '', n2: '', n3: '' },
    ],
    [
      'Pods being deleted do not count',
      NODES,
      [web('a', 'n1', { isDeleted: true })],
      pod([constraint(ZONE)]),
      { n1: '', n2: '', n3: '' },
    ],
    [
      'Pods of other namespaces do not count',
      NODES,
      [web('a', 'n1', { namespace: 'e' })],
      pod([constraint(ZONE)]),
      { n1: '', n2: '', n3: '' },
    ],
    [
      'a node without the label',
      [...NODES, BARE],
      [],
      pod([constraint(ZONE)]),
      { n1: '', n2: '', n3: '', n5: MISSING },
    ],
    [
      'an empty selector counts nobody',
      NODES,
      TWO,
      pod([constraint(ZONE, { labelSelector: {} })]),
      { n1: '', n2: '', n3: '' },
    ],
    [
      'too few zones: all others are taken for empty ones',
      NODES,
      [web('a', 'n1'), web('b', 'n3')],
      pod([constraint(ZONE, { minDomains: 3 })]),
      { n1: NO, n2: NO, n3: NO },
    ],
    [
      'a zone the Pod cannot go to does not count',
      NODES,
      TWO,
      pod([constraint(ZONE)], { nodeSelector: { [ZONE]: 'a' } }),
      { n1: '', n2: '', n3: '' },
    ],
    [
      'unless its affinity is ignored',
      NODES,
      TWO,
      pod([constraint(ZONE, { nodeAffinityPolicy: 'Ignore' })], { nodeSelector: { [ZONE]: 'a' } }),
      { n1: NO, n2: NO, n3: '' },
    ],
    [
      'a tainted zone counts',
      [...NODES, TAINTED],
      [web('a', 'n1'), web('b', 'n3')],
      pod([constraint(ZONE)]),
      { n1: NO, n2: NO, n3: NO, n4: '' },
    ],
    [
      'unless taints are honoured',
      [...NODES, TAINTED],
      [web('a', 'n1'), web('b', 'n3')],
      pod([constraint(ZONE, { nodeTaintsPolicy: 'Honor' })]),
      { n1: '', n2: '', n3: '', n4: '' },
    ],
    [
      'one revision by itself',
      NODES,
      [web('a', 'n1', { labels: { ...WEB, rev: '1' } })],
      pod([constraint(ZONE, { matchLabelKeys: ['rev'] })], {}, { ...WEB, rev: '2' }),
      { n1: '', n2: '', n3: '' },
    ],
  ] as const)('%s', (_name, nodes, placed, incoming, expected) => {
    const snapshot = testSnapshot(nodes, placed);
    expect(verdicts(made(podTopologySpread, snapshot), incoming, snapshot)).toEqual(expected);
  });
});

it('takes Pods away in thought', () => {
  const snapshot = testSnapshot(NODES, TWO);
  const plugin = made(podTopologySpread, snapshot);
  const incoming = pod([constraint(HOST)]);
  const [first] = TWO;
  expect(inThought(plugin, incoming, snapshot, 'n1', { gone: first ? [first] : [] })).toBe(
    'no → fits',
  );
  expect(inThought(plugin, incoming, snapshot, 'n3', { come: [web('c', 'n3')] })).toBe(
    'fits → fits',
  );
  expect(
    inThought(plugin, incoming, snapshot, 'n3', { come: [web('c', 'n3'), web('d', 'n3')] }),
  ).toBe('fits → no');
});

describe('scores', () => {
  const soft = { whenUnsatisfiable: 'ScheduleAnyway' as const };
  it('leave nodes without a label out', () => {
    const snapshot = testSnapshot([...NODES, BARE], TWO);
    const plugin = made(podTopologySpread, snapshot);
    expect(scores(plugin, pod([constraint(ZONE, soft)]), snapshot)).toEqual({
      n1: 0,
      n2: 0,
      n3: 100,
      n5: 0,
    });
  });

  it('spread Pods of a Service without being asked, also where nodes have no zone', () => {
    const snapshot = testSnapshot([...NODES, BARE], TWO);
    snapshot.ownerSelector = () => compileLabelSelector({ matchLabels: WEB });
    const plugin = made(podTopologySpread, snapshot);
    // The node without a zone adds only its own count: 0 × ln 6 + 2.
    expect(scores(plugin, testPod('in', { labels: WEB }), snapshot)).toEqual({
      n1: 18,
      n2: 18,
      n3: 63,
      n5: 100,
    });
  });

  it('take the profile’s own list of defaults', () => {
    const snapshot = testSnapshot(NODES, TWO);
    snapshot.ownerSelector = () => compileLabelSelector({ matchLabels: WEB });
    const { labelSelector: _own, ...bare } = constraint(ZONE);
    const args = { defaultingType: 'List', defaultConstraints: [bare] };
    const plugin = made(podTopologySpread, snapshot, args);
    const incoming = testPod('in', { labels: WEB });
    expect(verdicts(plugin, incoming, snapshot)).toEqual({ n1: NO, n2: NO, n3: '' });
    expect(scores(plugin, incoming, snapshot)).toBe('skipped');
  });
});

describe('hints', () => {
  const plugin = made(podTopologySpread, testSnapshot(NODES));
  const incoming = pod([constraint(ZONE, { nodeTaintsPolicy: 'Honor' })]);
  const event = (type: string, parts: object): ClusterEvent =>
    ({ type, old: null, ...parts }) as unknown as ClusterEvent;
  const [n1, , n3] = NODES;
  const other = testPod('o', { node: 'n1' });
  it.each([
    ['a matching Pod goes', event('AssignedPodDelete', { pod: web('a', 'n1') }), true],
    ['another goes', event('AssignedPodDelete', { pod: other }), false],
    [
      'one of another namespace goes',
      event('AssignedPodDelete', { pod: web('a', 'n1', { namespace: 'e' }) }),
      false,
    ],
    [
      'a Pod gets the labels',
      event('AssignedPodUpdatePodLabel', {
        pod: { ...other, metadata: { ...other.metadata, labels: WEB } },
        old: other,
      }),
      true,
    ],
    [
      'it tolerates more',
      event('UnschedulablePodUpdatePodToleration', {
        pod: pod([], { tolerations: [{ operator: 'Exists' }] }),
        old: incoming,
      }),
      true,
    ],
    ['a node with a zone comes', event('NodeAdd', { node: n1 }), true],
    ['a node without comes', event('NodeAdd', { node: BARE }), false],
    ['a node with a zone goes', event('NodeDelete', { node: n1 }), true],
    ['a node moves', event('NodeUpdateNodeLabel', { node: n3, old: n1 }), true],
    [
      'a node loses a taint',
      event('NodeUpdateNodeTaint', { node: { ...TAINTED, spec: {} }, old: TAINTED }),
      true,
    ],
    ['a node stays', event('NodeUpdateNodeLabel', { node: n1, old: n1 }), false],
  ])('%s', (_name, happened, expected) => {
    expect(plugin.helps?.(happened, incoming)).toBe(expected);
  });
});
