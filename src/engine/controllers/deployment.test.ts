import { describe, expect, it } from 'vitest';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Event } from '../../api/kinds/event.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { isPodActive, isPodReady } from '../../api/meta/pod-state.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { type WorkerRules, Workers } from '../../testing/stand-in/workers.ts';

const NODES = ['n1', 'n2', 'n3'].map((name) => ({ name }));

function manifest(replicas: number, more: object = {}): object {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'app', image: 'app:1' }] },
      },
      ...more,
    },
  };
}

function start(replicas: number, more: object = {}, rules: WorkerRules = {}): ControlPlane {
  const plane = new ControlPlane();
  new Workers(plane, NODES, rules);
  plane.do(plane.admin.create(Deployment, manifest(replicas, more)));
  plane.run(3);
  return plane;
}

const read = (plane: ControlPlane) => plane.do(plane.admin.get(Deployment, 'default', 'web'));
const sets = (plane: ControlPlane) =>
  plane.do(plane.admin.list(ReplicaSet, { namespace: 'default' })).items;
const pods = (plane: ControlPlane) =>
  plane.do(plane.admin.list(Pod, { namespace: 'default' })).items;
const reasons = (plane: ControlPlane) =>
  (read(plane).status.conditions ?? []).map((c) => `${c.type} ${c.status} ${c.reason}`);

function events(plane: ControlPlane): string[] {
  const { items } = plane.do(plane.admin.list(Event, { namespace: 'default' }));
  return items
    .filter((e) => e.source.component === 'deployment-controller')
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map((e) => (e.message ?? '').replace(/web-[a-z0-9]+/, (name) => shortName(plane, name)));
}

/** `rs1` for the first revision's ReplicaSet. */
function shortName(plane: ControlPlane, name: string): string {
  const rs = sets(plane).find((s) => s.metadata.name === name);
  return `rs${rs?.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '?'}`;
}

function setImage(plane: ControlPlane, image: string): void {
  const patch = { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } };
  plane.do(plane.admin.patch(Deployment, 'default', 'web', patch, { type: 'strategic' }));
}

function change(plane: ControlPlane, spec: object): void {
  plane.do(plane.admin.patch(Deployment, 'default', 'web', { spec }, { type: 'merge' }));
}

describe('a Deployment', () => {
  it('makes a ReplicaSet and becomes available', () => {
    const plane = start(3);
    expect(pods(plane).filter(isPodReady)).toHaveLength(3);
    expect(read(plane).status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(reasons(plane)).toEqual([
      'Available True MinimumReplicasAvailable',
      'Progressing True NewReplicaSetAvailable',
    ]);
    expect(read(plane).metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(events(plane)).toEqual(['Scaled up replica set rs1 from 0 to 3']);
  });

  it('names its ReplicaSet by the hash a real server gives the template', () => {
    // goldens/controllers/deployment/create.json: kubectl create deployment web --image=app:1
    const plane = new ControlPlane();
    plane.do(
      plane.admin.create(Deployment, {
        metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
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
    plane.run(1);
    expect(sets(plane)[0]?.metadata.name).toBe('web-6b89d9595');
  });

  it('rolls to a new template step by step', () => {
    const plane = start(3, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    setImage(plane, 'app:2');
    plane.run(10);
    expect(events(plane)).toEqual([
      'Scaled up replica set rs1 from 0 to 3',
      'Scaled up replica set rs2 from 0 to 1',
      'Scaled down replica set rs1 from 3 to 2',
      'Scaled up replica set rs2 from 1 to 2',
      'Scaled down replica set rs1 from 2 to 1',
      'Scaled up replica set rs2 from 2 to 3',
      'Scaled down replica set rs1 from 1 to 0',
    ]);
    expect(pods(plane).map((p) => p.spec.containers[0]?.image)).toEqual([
      'app:2',
      'app:2',
      'app:2',
    ]);
    expect(reasons(plane)).toContain('Progressing True NewReplicaSetAvailable');
  });

  it('recreates: all old Pods are gone before the first new one', () => {
    const plane = start(3, { strategy: { type: 'Recreate' } }, { goneAfter: 1.5 });
    setImage(plane, 'app:2');
    let together = 0;
    plane.until(() => {
      const images = new Set<string>();
      for (const kv of plane.server.store.range('/registry/pods/')) {
        images.add((kv.value.object as Pod).spec.containers[0]?.image ?? '');
      }
      if (images.size > 1) together++;
      return false;
    }, 8);
    expect(together).toBe(0);
    expect(pods(plane).map((p) => p.spec.containers[0]?.image)).toEqual([
      'app:2',
      'app:2',
      'app:2',
    ]);
  });

  it('scales without a new revision', () => {
    const plane = start(2);
    change(plane, { replicas: 5 });
    plane.run(3);
    change(plane, { replicas: 1 });
    plane.run(3);
    expect(pods(plane)).toHaveLength(1);
    expect(events(plane)).toEqual([
      'Scaled up replica set rs1 from 0 to 2',
      'Scaled up replica set rs1 from 2 to 5',
      'Scaled down replica set rs1 from 5 to 1',
    ]);
  });

  it('does nothing of a rollout while paused, and goes on when resumed', () => {
    const plane = start(2);
    change(plane, { paused: true });
    plane.run(2);
    expect(reasons(plane)).toContain('Progressing Unknown DeploymentPaused');
    setImage(plane, 'app:2');
    plane.run(2);
    expect(sets(plane)).toHaveLength(1);
    change(plane, { paused: false });
    plane.run(6);
    expect(sets(plane)).toHaveLength(2);
    expect(reasons(plane)).toContain('Progressing True NewReplicaSetAvailable');
  });

  it('says when it makes no progress', () => {
    const never = { stages: () => [] };
    const plane = start(1, { progressDeadlineSeconds: 10 }, never);
    plane.run(15);
    expect(reasons(plane)).toEqual([
      'Available False MinimumReplicasUnavailable',
      'Progressing False ProgressDeadlineExceeded',
    ]);
  });

  it('keeps no more old ReplicaSets than it may', () => {
    const plane = start(1, { revisionHistoryLimit: 1 });
    for (const image of ['app:2', 'app:3', 'app:4']) {
      setImage(plane, image);
      plane.run(5);
    }
    const revisions = sets(plane).map(
      (s) => s.metadata.annotations?.['deployment.kubernetes.io/revision'],
    );
    expect(revisions.sort()).toEqual(['3', '4']);
  });

  it('takes its ReplicaSets and Pods with it', () => {
    const plane = start(3);
    plane.do(plane.admin.delete(Deployment, 'default', 'web'));
    plane.run(3);
    expect(sets(plane)).toEqual([]);
    expect(pods(plane)).toEqual([]);
  });

  it('goes on where it was when the controllers are restarted', () => {
    const plane = start(3, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    setImage(plane, 'app:2');
    plane.run(0.5);
    plane.manager.stop();
    plane.run(5);
    expect(sets(plane)).toHaveLength(2);
    expect(reasons(plane)).not.toContain('Progressing True NewReplicaSetAvailable');
    plane.manager.start();
    plane.run(10);
    expect(reasons(plane)).toContain('Progressing True NewReplicaSetAvailable');
    expect(pods(plane)).toHaveLength(3);
  });

  it('leaves nothing but periodic work when it is done', () => {
    const plane = start(3);
    expect(plane.until(() => plane.kernel.settled, 5)).toBe(true);
  });

  it('replaces Pods of a Node that is gone for good', () => {
    const plane = new ControlPlane();
    const workers = new Workers(plane, NODES);
    plane.do(plane.admin.create(Deployment, manifest(3)));
    plane.run(3);
    workers.silent.add('n1');
    plane.run(60);
    expect(pods(plane).filter(isPodReady)).toHaveLength(2);
    plane.run(310);
    const active = pods(plane).filter(isPodActive);
    expect(active).toHaveLength(3);
    expect(active.every((p) => p.spec.nodeName !== 'n1')).toBe(true);
  });
});

describe('the annotation that asks for a former revision', () => {
  const ask = (plane: ControlPlane, revision: string): void => {
    const metadata = { annotations: { 'deprecated.deployment.rollback.to': revision } };
    plane.do(plane.admin.patch(Deployment, 'default', 'web', { metadata }, { type: 'merge' }));
    plane.run(5);
  };
  const image = (plane: ControlPlane) => read(plane).spec.template.spec.containers[0]?.image;

  it.each([
    ['0', 'app:2', 'Rolled back deployment "web" to revision 2'],
    ['1', 'app:1', 'Rolled back deployment "web" to revision 1'],
    ['7', 'app:3', 'Unable to find the revision to rollback to.'],
    ['3', 'app:3', 'The rollback revision contains the same template as current deployment "web"'],
  ])('%s', (revision, wanted, told) => {
    const plane = start(1);
    setImage(plane, 'app:2');
    plane.run(3);
    setImage(plane, 'app:3');
    plane.run(3);
    ask(plane, revision);
    expect(image(plane)).toBe(wanted);
    expect(events(plane)).toContain(told);
    expect(read(plane).metadata.annotations).not.toHaveProperty(
      'deprecated.deployment.rollback.to',
    );
    expect(read(plane).status.updatedReplicas).toBe(1);
  });

  it('finds none before the first', () => {
    const plane = start(1);
    ask(plane, '0');
    expect(events(plane)).toContain('Unable to find last revision.');
  });
});
