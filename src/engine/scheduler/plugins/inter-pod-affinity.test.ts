import { describe, expect, it } from 'vitest';
import type { Affinity, Namespace, Pod, PodAffinityTerm } from '../../../api/generated/types.ts';
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
import type { Plugin } from '../framework.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';

const HOST = 'kubernetes.io/hostname';
const NEAR = "node(s) didn't match pod affinity rules [unresolvable]";
const FAR = "node(s) didn't match pod anti-affinity rules";
const THEIRS = "node(s) didn't satisfy existing pods anti-affinity rules";

function term(labels: Record<string, string>, topologyKey = HOST, more = {}): PodAffinityTerm {
  return { labelSelector: { matchLabels: labels }, topologyKey, ...more };
}

function near(...terms: PodAffinityTerm[]): Affinity {
  return { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } };
}

function far(...terms: PodAffinityTerm[]): Affinity {
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } };
}

function liked(weight: number, podAffinityTerm: PodAffinityTerm): Affinity {
  const preferredDuringSchedulingIgnoredDuringExecution = [{ weight, podAffinityTerm }];
  return { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution } };
}

const NODES = [
  testNode('n1', { labels: { zone: 'a' } }),
  testNode('n2', { labels: { zone: 'a' } }),
  testNode('n3', { labels: { zone: 'b' } }),
  testNode('bare'),
];
const WEB = { app: 'web' };
const DB = { app: 'db' };

const NAMESPACES = [
  { metadata: { name: 'd', labels: { team: 'x' } } },
  { metadata: { name: 'e', labels: { team: 'y' } } },
] as unknown as Namespace[];

interface Row {
  readonly name: string;
  readonly placed: readonly Pod[];
  readonly affinity?: Affinity;
  readonly labels?: Record<string, string>;
  readonly verdicts: Readonly<Record<string, string>> | string;
}

const rows: readonly Row[] = [
  {
    name: 'nothing is asked',
    placed: [testPod('a', { labels: WEB, node: 'n1' })],
    verdicts: 'skipped',
  },
  {
    name: 'near a Pod, by node',
    placed: [testPod('a', { labels: DB, node: 'n1' })],
    affinity: near(term(DB)),
    verdicts: { n1: '', n2: NEAR, n3: NEAR, bare: NEAR },
  },
  {
    name: 'near a Pod, by zone; a node without the label is in none',
    placed: [testPod('a', { labels: DB, node: 'n1' })],
    affinity: near(term(DB, 'zone')),
    verdicts: { n1: '', n2: '', n3: NEAR, bare: NEAR },
  },
  {
    name: 'one Pod must match all terms',
    placed: [
      testPod('a', { labels: DB, node: 'n1' }),
      testPod('b', { labels: { tier: 'gold' }, node: 'n1' }),
    ],
    affinity: near(term(DB), term({ tier: 'gold' })),
    verdicts: { n1: NEAR, n2: NEAR, n3: NEAR, bare: NEAR },
  },
  {
    name: 'the first of a group goes anywhere that has the label',
    placed: [],
    affinity: near(term(WEB, 'zone')),
    labels: WEB,
    verdicts: { n1: '', n2: '', n3: '', bare: NEAR },
  },
  {
    name: 'the second does not',
    placed: [testPod('a', { labels: WEB, node: 'n3' })],
    affinity: near(term(WEB, 'zone')),
    labels: WEB,
    verdicts: { n1: NEAR, n2: NEAR, n3: '', bare: NEAR },
  },
  {
    name: 'far from a Pod; a node without the label is far from all',
    placed: [testPod('a', { labels: WEB, node: 'n1' })],
    affinity: far(term(WEB, 'zone')),
    verdicts: { n1: FAR, n2: FAR, n3: '', bare: '' },
  },
  {
    name: 'a Pod that is being deleted still counts',
    placed: [testPod('a', { labels: WEB, node: 'n1', isDeleted: true })],
    affinity: far(term(WEB)),
    verdicts: { n1: FAR, n2: '', n3: '', bare: '' },
  },
  {
    name: 'a Pod that is there wants to be far from this one',
    placed: [testPod('a', { node: 'n1', spec: { affinity: far(term(WEB, 'zone')) } })],
    labels: WEB,
    verdicts: { n1: THEIRS, n2: THEIRS, n3: '', bare: '' },
  },
  {
    name: 'but is about other Pods',
    placed: [testPod('a', { node: 'n1', spec: { affinity: far(term(DB, 'zone')) } })],
    labels: WEB,
    verdicts: 'skipped',
  },
  {
    name: 'Pods of other namespaces do not count',
    placed: [testPod('a', { namespace: 'e', labels: DB, node: 'n1' })],
    affinity: near(term(DB)),
    verdicts: { n1: NEAR, n2: NEAR, n3: NEAR, bare: NEAR },
  },
  {
    name: 'unless they are named',
    placed: [testPod('a', { namespace: 'e', labels: DB, node: 'n1' })],
    affinity: near(term(DB, HOST, { namespaces: ['e'] })),
    verdicts: { n1: '', n2: NEAR, n3: NEAR, bare: NEAR },
  },
  {
    name: 'or chosen by label',
    placed: [testPod('a', { namespace: 'e', labels: DB, node: 'n1' })],
    affinity: near(term(DB, HOST, { namespaceSelector: { matchLabels: { team: 'y' } } })),
    verdicts: { n1: '', n2: NEAR, n3: NEAR, bare: NEAR },
  },
  {
    name: 'or all are',
    placed: [testPod('a', { namespace: 'e', labels: DB, node: 'n1' })],
    affinity: far(term(DB, HOST, { namespaceSelector: {} })),
    verdicts: { n1: FAR, n2: '', n3: '', bare: '' },
  },
  {
    name: 'the namespace of this one is chosen by a Pod that is there',
    placed: [
      testPod('a', {
        namespace: 'e',
        node: 'n1',
        spec: {
          affinity: far(term(WEB, HOST, { namespaceSelector: { matchLabels: { team: 'x' } } })),
        },
      }),
    ],
    labels: WEB,
    verdicts: { n1: THEIRS, n2: '', n3: '', bare: '' },
  },
];

const LOOKUP = {
  namespace: (name: string) => NAMESPACES.find((n) => n.metadata.name === name),
  namespaces: () => NAMESPACES,
};

function pod({ affinity, labels = {} }: Pick<Row, 'affinity' | 'labels'>): Pod {
  return testPod('in', { labels, spec: affinity ? { affinity } : {} });
}

it.each(rows)('$name', (row) => {
  const snapshot = testSnapshot(NODES, row.placed, LOOKUP);
  expect(verdicts(made(interPodAffinity, snapshot), pod(row), snapshot)).toEqual(row.verdicts);
});

describe('in thought', () => {
  const web = testPod('a', { labels: WEB, node: 'n1' });
  const shy = testPod('b', { node: 'n1', spec: { affinity: far(term(WEB)) } });
  const db = testPod('c', { labels: DB, node: 'n1' });
  it.each([
    ['the Pod it hates goes', [web], { affinity: far(term(WEB)) }, [web], [], 'no → fits'],
    [
      'one of two goes',
      [web, shy],
      { affinity: far(term(WEB)), labels: WEB },
      [web],
      [],
      'no → no',
    ],
    ['the Pod that hates it goes', [shy], { labels: WEB }, [shy], [], 'no → fits'],
    ['the Pod it likes goes', [db], { affinity: near(term(DB)) }, [db], [], 'fits → no'],
    ['the Pod it likes comes', [], { affinity: near(term(DB)) }, [], [db], 'no → fits'],
    [
      'a Pod that hates it comes',
      [web],
      { affinity: near(term(WEB)), labels: WEB },
      [],
      [shy],
      'fits → no',
    ],
    [
      'the last of its group goes',
      [web],
      { affinity: near(term(WEB)), labels: WEB },
      [web],
      [],
      'fits → fits',
    ],
  ] as const)('%s', (_name, placed, parts, gone, come, expected) => {
    const snapshot = testSnapshot(NODES, placed, LOOKUP);
    const plugin = made(interPodAffinity, snapshot);
    expect(inThought(plugin, pod(parts), snapshot, 'n1', { gone, come })).toBe(expected);
  });
});

describe('scores', () => {
  const likes = liked(10, term(DB, 'zone'));
  it.each([
    [
      'a preferred zone',
      [testPod('a', { labels: DB, node: 'n1' })],
      likes,
      {},
      { n1: 100, n2: 100, n3: 0, bare: 0 },
    ],
    ['nobody there', [], likes, {}, 'skipped'],
    [
      'Pods there prefer it',
      [testPod('a', { node: 'n3', spec: { affinity: liked(3, term(WEB, 'zone')) } })],
      undefined,
      WEB,
      { n1: 0, n2: 0, n3: 100, bare: 0 },
    ],
    [
      'required affinity of Pods there is worth 1',
      [testPod('a', { node: 'n3', spec: { affinity: near(term(WEB, 'zone')) } })],
      undefined,
      WEB,
      { n1: 0, n2: 0, n3: 100, bare: 0 },
    ],
    [
      'for and against',
      [
        testPod('a', { labels: DB, node: 'n1' }),
        testPod('b', { labels: DB, node: 'n3' }),
        testPod('c', { labels: DB, node: 'n3' }),
      ],
      {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 5, podAffinityTerm: term(DB) },
          ],
        },
      },
      {},
      { n1: 50, n2: 100, n3: 0, bare: 100 },
    ],
  ] as const)('%s', (_name, placed, affinity, labels, expected) => {
    const snapshot = testSnapshot(NODES, placed, LOOKUP);
    const parts = { labels, ...(affinity ? { affinity: affinity as Affinity } : {}) };
    expect(scores(made(interPodAffinity, snapshot), pod(parts), snapshot)).toEqual(expected);
  });

  it('leaves out what Pods there prefer, when told to', () => {
    const there = testPod('a', { node: 'n3', spec: { affinity: liked(3, term(WEB, 'zone')) } });
    const snapshot = testSnapshot(NODES, [there], LOOKUP);
    const plugin = made(interPodAffinity, snapshot, {
      hardPodAffinityWeight: 1,
      ignorePreferredTermsOfExistingPods: true,
    });
    expect(scores(plugin, pod({ labels: WEB }), snapshot)).toBe('skipped');
  });
});

describe('hints', () => {
  const plugin: Plugin = made(interPodAffinity, testSnapshot([]));
  const wantsDb = pod({ affinity: near(term(DB, 'zone')) });
  const hatesWeb = pod({ affinity: far(term(WEB, 'zone')), labels: DB });
  const db = testPod('x', { labels: DB, node: 'n1' });
  const web = testPod('y', { labels: WEB, node: 'n1' });
  const n1 = testNode('n1', { labels: { zone: 'a' } });
  const moved = testNode('n1', { labels: { zone: 'b' } });
  const event = (type: string, parts: object): ClusterEvent =>
    ({ type, old: null, ...parts }) as unknown as ClusterEvent;
  it.each([
    ['a Pod it likes comes', wantsDb, event('AssignedPodAdd', { pod: db }), true],
    ['another comes', wantsDb, event('AssignedPodAdd', { pod: web }), false],
    ['a Pod it hates goes', hatesWeb, event('AssignedPodDelete', { pod: web }), true],
    ['another goes', hatesWeb, event('AssignedPodDelete', { pod: db }), false],
    [
      'a Pod that hated it goes',
      testPod('z', { labels: WEB }),
      event('AssignedPodDelete', {
        pod: testPod('w', { node: 'n1', spec: { affinity: far(term(WEB)) } }),
      }),
      true,
    ],
    [
      'a Pod gets the labels',
      wantsDb,
      event('AssignedPodUpdatePodLabel', {
        pod: { ...db, metadata: { ...web.metadata, labels: DB } },
        old: web,
      }),
      true,
    ],
    ['a node of some zone', wantsDb, event('NodeAdd', { node: n1 }), true],
    ['a node of no zone', wantsDb, event('NodeAdd', { node: testNode('b') }), false],
    ['any node', hatesWeb, event('NodeAdd', { node: testNode('b') }), true],
    ['a node moves', wantsDb, event('NodeUpdateNodeLabel', { node: moved, old: n1 }), true],
    ['a node stays', wantsDb, event('NodeUpdateNodeLabel', { node: n1, old: n1 }), false],
  ])('%s', (_name, waiting, happened, expected) => {
    expect(plugin.helps?.(happened, waiting)).toBe(expected);
  });
});
