import { describe, expect, it } from 'vitest';
import { Event } from '../../api/kinds/event.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { isPodReady } from '../../api/meta/pod-state.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { Workers } from '../../testing/stand-in/workers.ts';

const NODES = ['n1', 'n2', 'n3'].map((name) => ({ name }));

function replicaSet(replicas: number): object {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'app', image: 'app:1' }] },
      },
    },
  };
}

function start(replicas: number): ControlPlane {
  const plane = new ControlPlane();
  new Workers(plane, NODES);
  plane.do(plane.admin.create(ReplicaSet, replicaSet(replicas)));
  return plane;
}

const pods = (plane: ControlPlane) =>
  plane.do(plane.admin.list(Pod, { namespace: 'default' })).items;
const read = (plane: ControlPlane) => plane.do(plane.admin.get(ReplicaSet, 'default', 'web'));
const events = (plane: ControlPlane): string[] =>
  plane
    .do(plane.admin.list(Event, { namespace: 'default' }))
    .items.filter((e) => e.source.component === 'replicaset-controller')
    .map((e) => `${e.reason} ${e.message}`);

function scale(plane: ControlPlane, replicas: number): void {
  const rs = read(plane);
  plane.do(plane.admin.update(ReplicaSet, { ...rs, spec: { ...rs.spec, replicas } }));
}

describe('a ReplicaSet', () => {
  it('makes its Pods and counts them', () => {
    const plane = start(3);
    plane.run(2);
    expect(pods(plane).filter(isPodReady)).toHaveLength(3);
    expect(read(plane).status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    expect(events(plane)).toHaveLength(3);
    for (const event of events(plane)) expect(event).toMatch(/^SuccessfulCreate Created pod: web-/);
  });

  it('replaces a deleted Pod while the old one ends', () => {
    const plane = start(3);
    plane.run(2);
    const victim = pods(plane)[0]?.metadata.name ?? '';
    plane.do(plane.admin.delete(Pod, 'default', victim));
    plane.run(0.1);
    expect(pods(plane)).toHaveLength(4);
    expect(read(plane).status.terminatingReplicas).toBe(1);
    plane.run(2);
    expect(pods(plane).map((p) => p.metadata.name)).not.toContain(victim);
    expect(read(plane).status).toMatchObject({ readyReplicas: 3, terminatingReplicas: 0 });
  });

  it('scales down to what is wanted', () => {
    const plane = start(5);
    plane.run(2);
    scale(plane, 2);
    plane.run(2);
    expect(pods(plane)).toHaveLength(2);
    expect(read(plane).status).toMatchObject({ replicas: 2, observedGeneration: 2 });
    expect(events(plane).filter((e) => e.startsWith('SuccessfulDelete'))).toHaveLength(3);
  });

  it('adopts a matching orphan and releases what matches no longer', () => {
    const plane = new ControlPlane();
    new Workers(plane, NODES);
    const template = { containers: [{ name: 'app', image: 'app:1' }] };
    plane.do(
      plane.admin.create(Pod, {
        metadata: { name: 'orphan', namespace: 'default', labels: { app: 'web' } },
        spec: template as never,
      }),
    );
    plane.run(1);
    plane.do(plane.admin.create(ReplicaSet, replicaSet(2)));
    plane.run(2);
    expect(pods(plane)).toHaveLength(2);
    const orphan = plane.do(plane.admin.get(Pod, 'default', 'orphan'));
    expect(orphan.metadata.ownerReferences?.[0]).toMatchObject({ name: 'web', controller: true });

    const patch = { metadata: { labels: { app: 'other' } } };
    plane.do(plane.admin.patch(Pod, 'default', 'orphan', patch, { type: 'merge' }));
    plane.run(2);
    expect(pods(plane)).toHaveLength(3);
    const released = plane.do(plane.admin.get(Pod, 'default', 'orphan'));
    expect(released.metadata.ownerReferences ?? []).toEqual([]);
  });

  it('makes a thousand without making one too many', () => {
    const plane = new ControlPlane({ freeze: false });
    plane.do(plane.admin.create(ReplicaSet, replicaSet(1_000)));
    expect(plane.until(() => plane.kernel.settled, 60)).toBe(true);
    expect(pods(plane)).toHaveLength(1_000);
    expect(read(plane).status.replicas).toBe(1_000);
  });
});
