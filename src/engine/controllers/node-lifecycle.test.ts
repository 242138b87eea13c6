import { describe, expect, it } from 'vitest';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { isPodReady } from '../../api/meta/pod-state.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { Workers } from '../../testing/stand-in/workers.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';

const NAMES = ['n1', 'n2', 'n3'];

function start(): { plane: ControlPlane; workers: Workers } {
  const plane = new ControlPlane();
  const workers = new Workers(
    plane,
    NAMES.map((name) => ({ name })),
  );
  plane.do(
    plane.admin.create(Deployment, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'app', image: 'app:1', resources: {} }] },
        },
      },
    }),
  );
  plane.run(15);
  return { plane, workers };
}

const node = (plane: ControlPlane, name: string) => plane.do(plane.admin.get(Node, '', name));
const taints = (plane: ControlPlane, name: string): string[] =>
  (node(plane, name).spec.taints ?? []).map((t) => `${t.key}:${t.effect}`);
const pods = (plane: ControlPlane) =>
  plane.do(plane.admin.list(Pod, { namespace: 'default' })).items;
const readiness = (plane: ControlPlane, name: string) =>
  node(plane, name).status.conditions?.find((c) => c.type === 'Ready');

describe('a Node', () => {
  it('gets a range of addresses, old labels, an annotation, and no taint', () => {
    const { plane } = start();
    const { metadata, spec } = node(plane, 'n2');
    expect(spec).toMatchObject({ podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] });
    expect(metadata.labels).toMatchObject({
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': 'amd64',
    });
    expect(metadata.annotations).toEqual({ 'node.alpha.kubernetes.io/ttl': '0' });
    expect(taints(plane, 'n2')).toEqual([]);
  });

  it('that falls silent becomes Unknown, is tainted, and loses its Pods after five minutes', () => {
    const { plane, workers } = start();
    workers.silent.add('n1');
    const lost = plane.kernel.now;
    expect(plane.until(() => taints(plane, 'n1').length === 2, 70)).toBe(true);
    const seconds = (plane.kernel.now - lost) / 1e6;
    expect(seconds).toBeGreaterThan(39);
    expect(seconds).toBeLessThan(62);
    expect(readiness(plane, 'n1')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    expect(taints(plane, 'n1')).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(pods(plane).filter(isPodReady)).toHaveLength(2);

    plane.run(302);
    const victim = pods(plane).find((p) => p.spec.nodeName === 'n1');
    expect(victim?.metadata.deletionTimestamp).toBeDefined();
    const condition = victim?.status.conditions?.find((c) => c.type === 'DisruptionTarget');
    expect(condition?.reason).toBe('DeletionByTaintManager');
    expect(pods(plane)).toHaveLength(4);

    workers.wake('n1');
    plane.run(12);
    expect(taints(plane, 'n1')).toEqual([]);
    expect(pods(plane)).toHaveLength(3);
    const reasons = plane
      .do(plane.admin.list(Event, { namespace: 'default' }))
      .items.map((e) => `${e.reason}: ${e.message}`);
    expect(reasons).toContain('NodeNotReady: Node n1 status is now: NodeNotReady');
    expect(reasons).toContain('NodeNotReady: Node is not ready');
  });

  it('keeps its Pods when it comes back in time', () => {
    const { plane, workers } = start();
    workers.silent.add('n1');
    plane.run(100);
    workers.wake('n1');
    plane.run(400);
    expect(pods(plane)).toHaveLength(3);
    expect(taints(plane, 'n1')).toEqual([]);
  });

  it('loses nothing when all Nodes fall silent at once', () => {
    const { plane, workers } = start();
    for (const name of NAMES) workers.silent.add(name);
    plane.run(500);
    for (const name of NAMES) {
      expect(readiness(plane, name)?.status).toBe('Unknown');
      expect(taints(plane, name)).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    }
    expect(pods(plane).filter((p) => p.metadata.deletionTimestamp !== undefined)).toEqual([]);
  });

  it('that is deleted takes its Pods with it, about a minute later', () => {
    const { plane, workers } = start();
    workers.silent.add('n1');
    plane.do(plane.admin.delete(Node, '', 'n1'));
    plane.run(35);
    expect(pods(plane).filter((p) => p.spec.nodeName === 'n1')).toHaveLength(1);
    plane.run(35);
    expect(pods(plane).filter((p) => p.spec.nodeName === 'n1')).toHaveLength(0);
    expect(pods(plane).filter(isPodReady)).toHaveLength(3);
  });

  it('that flaps keeps its Pods, and is not written to without end', () => {
    const { plane, workers } = start();
    const before = pods(plane).map((p) => p.metadata.uid);
    let written = 0;
    const { store } = plane.server;
    const { onEvent } = store;
    store.onEvent = (event) => {
      onEvent?.(event);
      const { kind, metadata } = event.kv.value.object;
      if (kind === 'Node' && metadata.name === 'n1') written++;
    };
    const rounds = 8;
    for (let i = 0; i < rounds; i++) {
      workers.silent.add('n1');
      plane.run(70);
      expect(readiness(plane, 'n1')?.status).toBe('Unknown');
      workers.wake('n1');
      plane.run(20);
      expect(readiness(plane, 'n1')?.status).toBe('True');
      expect(taints(plane, 'n1')).toEqual([]);
    }
    expect(pods(plane).map((p) => p.metadata.uid)).toEqual(before);
    // Two conditions, two taints put on and taken off, and what the kubelet says itself.
    expect(written / rounds).toBeLessThan(16);
  });
});

describe('a zone', () => {
  /** Seconds from the loss of |lost| until each of them has its NoExecute taint, in order. */
  function taintedAfter(zones: readonly string[], lost: number, seconds: number): number[] {
    const plane = new ControlPlane({ controllers: [nodeLifecycleController as never] });
    const names = zones.map((_, i) => `n${i + 1}`);
    const workers = new Workers(
      plane,
      names.map((name, i) => ({ name, zone: zones[i] ?? '' })),
    );
    plane.run(30);
    for (const name of names.slice(0, lost)) workers.silent.add(name);
    const from = plane.kernel.now;
    const times = new Map<string, number>();
    for (let s = 0; s < seconds; s++) {
      plane.run(1);
      for (const name of names.slice(0, lost)) {
        const evicts = taints(plane, name).some((t) => t.endsWith(':NoExecute'));
        if (evicts && !times.has(name)) times.set(name, (plane.kernel.now - from) / 1e6);
      }
    }
    return [...times.values()].sort((a, b) => a - b);
  }

  it('that is lost whole beside a healthy one is given up node by node', () => {
    const times = taintedAfter(['a', 'a', 'a', 'b', 'b', 'b'], 3, 120);
    expect(times).toHaveLength(3);
    const gaps = times.slice(1).map((t, i) => t - (times[i] ?? 0));
    for (const gap of gaps) expect(Math.abs(gap - 10)).toBeLessThan(2);
  });

  it('of a small cluster that is lost for the most part is not given up', () => {
    // More than 55 % of it, but not all: of fifty nodes or fewer none is evicted any more.
    const times = taintedAfter(['a', 'a', 'a', 'a', 'a'], 3, 200);
    expect(times.length).toBeLessThan(2);
  });
});
