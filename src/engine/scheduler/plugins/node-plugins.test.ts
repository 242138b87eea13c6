/** Tables of the plugins that look at one node alone. */
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../../api/generated/types.ts';
import {
  made,
  scores,
  testNode,
  testPod,
  testSnapshot,
  verdicts,
} from '../../../testing/scheduling.ts';
import type { ClusterEvent } from '../events.ts';
import { plain, type PluginFactory } from '../framework.ts';
import { imageLocality } from './image-locality.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeDeclaredFeatures } from './node-declared-features.ts';
import { nodePorts } from './node-ports.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { taintToleration } from './taint-toleration.ts';

const SSD = testNode('ssd', { labels: { disk: 'ssd' } });
const HDD = testNode('hdd', { labels: { disk: 'hdd' } });
const PICKY = "node(s) didn't match Pod's node affinity/selector [unresolvable]";

function matching(key: string, operator: string, values: readonly string[]): object {
  return { matchExpressions: [{ key, operator, values }] };
}

function named(...names: readonly string[][]): object {
  return {
    matchFields: names.map((values) => ({ key: 'metadata.name', operator: 'In', values })),
  };
}

function wanting(...nodeSelectorTerms: readonly object[]): Pod {
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  const nodeAffinityOf = { requiredDuringSchedulingIgnoredDuringExecution };
  return testPod('in', { spec: { affinity: { nodeAffinity: nodeAffinityOf } } as object });
}

function event(type: string, node: Node, old: Node | null = null): ClusterEvent {
  return { type, node, old } as unknown as ClusterEvent;
}

describe('NodeAffinity', () => {
  it.each<[string, Pod, object | string]>([
    ['no wish', testPod('in'), 'skipped'],
    [
      'a selector',
      testPod('in', { spec: { nodeSelector: { disk: 'ssd' } } }),
      { ssd: '', hdd: PICKY },
    ],
    [
      'one of two terms',
      wanting(matching('x', 'Exists', []), matching('disk', 'In', ['hdd'])),
      { ssd: PICKY, hdd: '' },
    ],
    ['a node by name', wanting(named(['hdd'])), { ssd: 'not meant', hdd: '' }],
    [
      'a name and a label that it lacks',
      wanting({ ...named(['hdd']), ...matching('disk', 'In', ['ssd']) }),
      { ssd: 'not meant', hdd: PICKY },
    ],
    [
      'a name, or a label',
      wanting(named(['hdd']), matching('disk', 'In', ['ssd'])),
      { ssd: '', hdd: '' },
    ],
    [
      'two names at once',
      wanting(named(['hdd'], ['ssd'])),
      'pod affinity terms conflict [unresolvable]',
    ],
  ])('%s', (_name, pod, expected) => {
    const snapshot = testSnapshot([SSD, HDD]);
    expect(verdicts(made(nodeAffinity, snapshot), pod, snapshot)).toEqual(expected);
  });

  it('holds all Pods of a profile to what it adds', () => {
    const snapshot = testSnapshot([SSD, HDD]);
    const preference = matching('disk', 'In', ['ssd']);
    const addedAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [matching('disk', 'In', ['hdd'])],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 4, preference }],
    };
    const plugin = made(nodeAffinity, snapshot, { addedAffinity });
    expect(verdicts(plugin, testPod('in'), snapshot)).toEqual({
      ssd: "node(s) didn't match scheduler-enforced node affinity [unresolvable]",
      hdd: '',
    });
    expect(scores(plugin, testPod('in'), snapshot)).toEqual({ ssd: 100, hdd: 0 });
  });

  it('tries again when a node begins to match', () => {
    const plugin = made(nodeAffinity, testSnapshot([]));
    const pod = testPod('in', { spec: { nodeSelector: { disk: 'ssd' } } });
    const helps = (e: ClusterEvent) => plugin.helps?.(e, pod);
    expect(helps(event('NodeAdd', SSD))).toBe(true);
    expect(helps(event('NodeAdd', HDD))).toBe(false);
    expect(helps(event('NodeUpdateNodeLabel', SSD, HDD))).toBe(true);
    expect(helps(event('NodeUpdateNodeLabel', SSD, SSD))).toBe(false);
  });
});

const NO_RUN = { key: 'x', value: 'y', effect: 'NoSchedule' as const };
const RATHER_NOT = { key: 'x', effect: 'PreferNoSchedule' as const };

describe('TaintToleration', () => {
  const tainted = testNode('tainted', { spec: { taints: [NO_RUN] } });
  const soft = testNode('soft', { spec: { taints: [RATHER_NOT] } });
  const plugin = plain(taintToleration);
  const pod = (tolerations: object[]) => testPod('in', { spec: { tolerations } as object });
  const NO = 'node(s) had untolerated taint(s) [unresolvable]';
  it.each([
    ['nothing', [], NO],
    ['the key', [{ key: 'x', operator: 'Exists' }], ''],
    ['another value', [{ key: 'x', value: 'z' }], NO],
    ['another effect', [{ key: 'x', operator: 'Exists', effect: 'NoExecute' }], NO],
    ['everything', [{ operator: 'Exists' }], ''],
  ])('tolerates %s', (_name, tolerations, expected) => {
    const snapshot = testSnapshot([tainted, soft]);
    expect(verdicts(made(plugin, snapshot), pod(tolerations), snapshot)).toEqual({
      tainted: expected,
      soft: '',
    });
  });

  it('prefers nodes without', () => {
    const snapshot = testSnapshot([SSD, soft]);
    expect(scores(made(plugin, snapshot), pod([]), snapshot)).toEqual({ ssd: 100, soft: 0 });
  });

  it('tries again when a taint is gone', () => {
    const asked = made(plugin, testSnapshot([]));
    const helps = (e: ClusterEvent) => asked.helps?.(e, pod([]));
    const free = testNode('tainted');
    expect(helps(event('NodeUpdateNodeTaint', free, tainted))).toBe(true);
    expect(helps(event('NodeUpdateNodeTaint', free, soft))).toBe(false);
    expect(helps(event('NodeAdd', tainted))).toBe(false);
  });
});

describe('one node alone', () => {
  const cordoned = testNode('n', { spec: { unschedulable: true } });
  const port = (hostPort: number, hostIP?: string, protocol?: string): object => ({
    containers: [
      { name: 'a', image: 'i', ports: [{ containerPort: 1, hostPort, hostIP, protocol }] },
    ],
  });
  const there = testPod('there', { node: 'n', spec: port(80, '10.0.0.1') as object });
  const USED = "node(s) didn't have free ports for the requested pod ports";
  const userNamespace = { hostNetwork: true, hostUsers: false };
  const LACKS = "node(s) didn't match Pod's required features [unresolvable]";
  const able = testNode('n', {
    status: { declaredFeatures: ['UserNamespacesHostNetworkSupport'] },
  });
  it.each<[string, PluginFactory, Node, readonly Pod[], object, object | string]>([
    [
      'a cordon',
      plain(nodeUnschedulable),
      cordoned,
      [],
      {},
      { n: 'node(s) were unschedulable [unresolvable]' },
    ],
    [
      'a cordon that is tolerated',
      plain(nodeUnschedulable),
      cordoned,
      [],
      { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
      { n: '' },
    ],
    ['no port', plain(nodePorts), testNode('n'), [there], {}, 'skipped'],
    ['the port on every address', plain(nodePorts), testNode('n'), [there], port(80), { n: USED }],
    [
      'the port on another address',
      plain(nodePorts),
      testNode('n'),
      [there],
      port(80, '10.0.0.2'),
      { n: '' },
    ],
    [
      'the port of another protocol',
      plain(nodePorts),
      testNode('n'),
      [there],
      port(80, '10.0.0.1', 'UDP'),
      { n: '' },
    ],
    ['no feature', plain(nodeDeclaredFeatures), testNode('n'), [], {}, 'skipped'],
    ['a feature', plain(nodeDeclaredFeatures), able, [], userNamespace, { n: '' }],
    [
      'a feature it lacks',
      plain(nodeDeclaredFeatures),
      testNode('n'),
      [],
      userNamespace,
      { n: LACKS },
    ],
  ])('%s', (_name, factory, node, placed, spec, expected) => {
    const snapshot = testSnapshot([node], placed);
    const pod = testPod('in', { spec: spec as object });
    expect(verdicts(made(factory, snapshot), pod, snapshot)).toEqual(expected);
  });

  it('prefers nodes that hold the images, those of volumes too', () => {
    const image = (names: string[], sizeBytes: number): object => ({ names, sizeBytes });
    const MB = 1024 * 1024;
    const snapshot = testSnapshot([
      testNode('both', {
        status: {
          images: [image(['app:1'], 500 * MB), image(['data:latest'], 500 * MB)],
        } as object,
      }),
      testNode('one', { status: { images: [image(['app:1'], 500 * MB)] } as object }),
    ]);
    const volumes = [{ name: 'd', image: { reference: 'data' } }];
    const pod = testPod('in', { spec: { volumes } as object });
    // app:1 is on both nodes: 500 MB each; data on one of two: 250 MB. (x − 23 MB) of 977 MB.
    expect(scores(made(plain(imageLocality), snapshot), pod, snapshot)).toEqual({
      both: 74,
      one: 48,
    });
  });
});
