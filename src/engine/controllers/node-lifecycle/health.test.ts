import { describe, expect, it } from 'vitest';
import type { Lease, Node } from '../../../api/generated/types.ts';
import {
  type NodeHealth,
  assess,
  DEFAULT_NODE_FLAGS,
  missingLabels,
  noScheduleTaints,
  zoneState,
} from './health.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const iso = (ms: number): string => new Date(ms).toISOString();

function node(conditions: object[], more: { spec?: object; labels?: object } = {}): Node {
  return {
    metadata: { name: 'n1', creationTimestamp: iso(NOW - 30_000), labels: more.labels ?? {} },
    spec: more.spec ?? {},
    status: { conditions },
  } as unknown as Node;
}

const ready = (status: string) => ({
  type: 'Ready',
  status,
  lastHeartbeatTime: iso(NOW - 300_000),
});
const lease = (ms: number): Lease => ({ spec: { renewTime: iso(ms) } }) as unknown as Lease;

function seen(n: Node, agoMs: number, renewTime: string | undefined): NodeHealth {
  return { probeMs: NOW - agoMs, ready: n.status.conditions?.[0], renewTime };
}

describe('heartbeats', () => {
  const n = node([ready('True')]);

  it('are trusted when a Node is first seen', () => {
    const found = assess(undefined, n, undefined, DEFAULT_NODE_FLAGS, NOW);
    expect(found).toMatchObject({ observed: 'True', current: 'True', conditions: undefined });
    expect(found.health.probeMs).toBe(NOW);
  });

  it('are renewed by the lease alone', () => {
    const old = iso(NOW - 60_000);
    const found = assess(seen(n, 60_000, old), n, lease(NOW - 1000), DEFAULT_NODE_FLAGS, NOW);
    expect(found.health.probeMs).toBe(NOW);
    expect(found.conditions).toBeUndefined();
  });

  it.each([
    [DEFAULT_NODE_FLAGS.graceMs, false],
    [DEFAULT_NODE_FLAGS.graceMs + 1, true],
  ])('may be %s ms old', (age, silent) => {
    const old = iso(NOW - age);
    const found = assess(seen(n, age, old), n, lease(NOW - age), DEFAULT_NODE_FLAGS, NOW);
    expect(found.conditions !== undefined).toBe(silent);
  });

  it('that stopped make every kubelet condition Unknown', () => {
    const old = iso(NOW - 60_000);
    const found = assess(seen(n, 60_000, old), n, lease(NOW - 60_000), DEFAULT_NODE_FLAGS, NOW);
    expect(found.current).toBe('Unknown');
    expect(found.conditions?.map((c) => [c.type, c.status, c.reason, c.message])).toEqual([
      ['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
    ]);
    const after = node(found.conditions as object[]);
    expect(
      assess(found.health, after, lease(NOW - 60_000), DEFAULT_NODE_FLAGS, NOW + 5000).conditions,
    ).toBeUndefined();
  });

  it('have a longer grace before the first status', () => {
    const young = node([]);
    const first = assess(undefined, young, undefined, DEFAULT_NODE_FLAGS, NOW);
    expect(first).toMatchObject({ observed: 'Unknown', current: undefined, conditions: undefined });
    const later = assess(first.health, young, undefined, DEFAULT_NODE_FLAGS, NOW + 31_000);
    expect(later.conditions?.[0]?.reason).toBe('NodeStatusNeverUpdated');
  });
});

describe('NoSchedule taints', () => {
  const taint = (key: string) => ({ key, effect: 'NoSchedule' });
  const NOT_READY = taint('node.kubernetes.io/not-ready');
  const UNREACHABLE = taint('node.kubernetes.io/unreachable');

  it.each([
    ['not ready', [ready('False')], {}, [NOT_READY], []],
    ['silent', [ready('Unknown')], { taints: [NOT_READY] }, [UNREACHABLE], [NOT_READY]],
    ['well again', [ready('True')], { taints: [UNREACHABLE] }, [], [UNREACHABLE]],
    [
      'cordoned',
      [ready('True')],
      { unschedulable: true },
      [taint('node.kubernetes.io/unschedulable')],
      [],
    ],
    [
      'full disk',
      [{ type: 'DiskPressure', status: 'True' }],
      {},
      [taint('node.kubernetes.io/disk-pressure')],
      [],
    ],
    ['somebody else’s taint stays', [ready('True')], { taints: [taint('mine')] }, [], []],
  ])('%s', (_name, conditions, spec, add, remove) => {
    expect(noScheduleTaints(node(conditions, { spec }))).toEqual({ add, remove });
  });
});

describe('labels', () => {
  it('are repeated under their old names', () => {
    const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    const old = { 'beta.kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': 'amd64' };
    expect(missingLabels(node([], { labels }))).toEqual(old);
    expect(missingLabels(node([], { labels: { ...labels, ...old } }))).toBeUndefined();
    expect(missingLabels(node([]))).toBeUndefined();
  });
});

describe('zones', () => {
  it.each([
    ['healthy', ['True', 'True'], 'Normal'],
    ['one of two', ['True', 'Unknown'], 'Normal'],
    ['all', ['Unknown'], 'FullDisruption'],
    ['three of five', ['True', 'True', 'Unknown', 'False', undefined], 'PartialDisruption'],
    ['two of three', ['True', 'Unknown', 'Unknown'], 'Normal'],
    ['empty', [], 'Normal'],
  ])('%s', (_name, statuses, state) => {
    expect(zoneState(statuses)).toBe(state);
  });
});
