import { describe, expect, it } from 'vitest';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { isPodReady } from '../../api/meta/pod-state.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { Workers } from '../../testing/stand-in/workers.ts';

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
});
