/** What stops and comes back: each part of the cluster in virtual time, and how the rest heals. */
import { describe, expect, it } from 'vitest';
import type { Deployment, Lease, Node, Pod, ReplicaSet } from '../api/generated/types.ts';
import { kinds } from '../api/kinds/index.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Command, CommandResult } from '../port/protocol.ts';
import { defaultRunConfig } from '../port/run-config.ts';
import { Session } from './session.ts';

const WEB = 'Deployment/default/web';

class World {
  readonly session = new Session(defaultRunConfig(), programsFor(kinds), { freeze: true });

  get seconds(): number {
    return this.session.cluster.kernel.now / 1e6;
  }

  all<T>(plural: string): readonly T[] {
    const { store } = this.session.cluster.server;
    return store.range(`/registry/${plural}/`).map((kv) => kv.value.object as T);
  }

  pods(): readonly Pod[] {
    return this.all<Pod>('pods');
  }

  web(): Deployment | undefined {
    return this.all<Deployment>('deployments')[0];
  }

  ready(): number {
    return this.web()?.status.readyReplicas ?? 0;
  }

  node(name: string): Node | undefined {
    return this.all<Node>('nodes').find((n) => n.metadata.name === name);
  }

  nodeReady(name: string): string {
    return this.node(name)?.status.conditions?.find((c) => c.type === 'Ready')?.status ?? 'gone';
  }

  give(command: Command): CommandResult {
    let result: CommandResult | null = null;
    this.session.give(command, (r) => {
      result = r;
    });
    this.until(() => result !== null, 60);
    return result as unknown as CommandResult;
  }

  stop(component: string): void {
    must(this.give({ type: 'stop', component }));
  }

  start(component: string): void {
    must(this.give({ type: 'start', component }));
  }

  scale(replicas: number): CommandResult {
    return this.give({ type: 'scale', object: WEB, replicas });
  }

  pass(seconds: number): void {
    const { kernel } = this.session.cluster;
    kernel.runUntil(kernel.now + seconds * 1e6);
  }

  /** Virtual seconds until |done|; fails after |patience|. */
  until(done: () => boolean, patience: number): number {
    const { kernel } = this.session.cluster;
    const from = this.seconds;
    const there = kernel.runUntil(done, { maxTime: kernel.now + patience * 1e6 });
    if (!there) throw new Error(`not after ${patience} s: ${done.toString()}`);
    return this.seconds - from;
  }
}

function must(result: CommandResult): void {
  if (result.exitCode !== 0) throw new Error(result.stderr);
}

function manifest(replicas: number, more = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: main, image: 'nginx:1.27'${more} }]
`;
}

/** One fits on a node. */
const CPU_HUNGRY = ", resources: { requests: { cpu: '3' } }";

function running(replicas = 6, more = ''): World {
  const world = new World();
  world.give({ type: 'apply', file: 'web.yaml', text: manifest(replicas, more) });
  world.until(() => world.ready() === replicas, 60);
  return world;
}

const on = (world: World, node: string): readonly Pod[] =>
  world.pods().filter((p) => p.spec.nodeName === node && !p.metadata.deletionTimestamp);

describe('a node', () => {
  it('whose kubelet stops is NotReady after 40 to 60 s; its Pods are replaced after 300 more', () => {
    const world = running();
    expect(on(world, 'node-1').length).toBeGreaterThan(0);
    world.stop('kubelet/node-1');
    const lost = world.until(() => world.nodeReady('node-1') === 'Unknown', 60);
    // The last lease is up to 10 s old and was noticed up to 5 s later; grace 50 s, looked at every 5 s.
    expect(lost).toBeGreaterThan(38);
    expect(lost).toBeLessThan(60);
    world.until(() => (world.node('node-1')?.spec.taints?.length ?? 0) === 2, 5);
    expect(
      world
        .node('node-1')
        ?.spec.taints?.map((t) => `${t.key}:${t.effect}`)
        .sort(),
    ).toEqual([
      'node.kubernetes.io/unreachable:NoExecute',
      'node.kubernetes.io/unreachable:NoSchedule',
    ]);
    world.until(() => world.ready() < 6, 5);
    const evicted = world.until(() => on(world, 'node-1').length === 0, 320);
    expect(evicted).toBeGreaterThan(295);
    expect(evicted).toBeLessThan(305);
    world.until(() => world.ready() === 6, 30);
    // What runs there goes on, unseen: its Pods end when the kubelet is back.
    expect(world.pods().filter((p) => p.spec.nodeName === 'node-1').length).toBeGreaterThan(0);

    world.start('kubelet/node-1');
    world.until(() => world.nodeReady('node-1') === 'True', 30);
    world.until(() => (world.node('node-1')?.spec.taints ?? []).length === 0, 30);
    world.until(() => world.pods().length === 6, 60);
    expect(world.ready()).toBe(6);
    world.scale(12);
    world.until(() => world.ready() === 12 && on(world, 'node-1').length > 0, 60);
  });

  it('whose kubelet is back soon keeps its Pods', () => {
    const world = running();
    const before = world.pods().map((p) => p.metadata.uid);
    world.stop('kubelet/node-2');
    world.until(() => world.nodeReady('node-2') === 'Unknown', 60);
    world.pass(60);
    world.start('kubelet/node-2');
    world.until(() => world.ready() === 6 && world.nodeReady('node-2') === 'True', 60);
    world.pass(400);
    expect(world.pods().map((p) => p.metadata.uid)).toEqual(before);
    expect(world.pods().every((p) => p.status.containerStatuses?.[0]?.restartCount === 0)).toBe(
      true,
    );
  });

  it('whose containerd stops loses its containers and starts them again', () => {
    const world = running();
    world.stop('containerd/node-1');
    world.until(() => world.nodeReady('node-1') !== 'True', 60);
    world.start('containerd/node-1');
    world.start('kubelet/node-1');
    world.until(() => world.nodeReady('node-1') === 'True', 60);
    const runs = (p: Pod): boolean => p.status.containerStatuses?.[0]?.state?.running !== undefined;
    // The Deployment's count of ready Pods comes later than their own news.
    world.until(() => world.ready() === 6 && on(world, 'node-1').every(runs), 120);
    expect(on(world, 'node-1').length).toBeGreaterThan(0);
  });

  it('that is removed takes its Pods with it; they are replaced elsewhere', () => {
    const world = running();
    const result = world.give({ type: 'remove-node', node: 'node-1' });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'node "node-1" deleted\n' });
    expect(world.node('node-1')).toBeUndefined();
    world.until(() => world.pods().every((p) => p.spec.nodeName !== 'node-1'), 120);
    world.until(() => world.ready() === 6, 60);
    expect(world.all<Lease>('leases').map((l) => l.metadata.name)).not.toContain('node-1');
    expect(world.session.cluster.component('kubelet/node-1')).toBeUndefined();
  });

  it('that is added takes Pods that found no place', () => {
    const world = running(3, CPU_HUNGRY);
    world.scale(5);
    world.pass(30);
    expect(world.ready()).toBe(3);
    const node = { name: 'node-9', cpu: '8', memory: '16Gi', pods: 110, zone: 'b' };
    world.give({ type: 'add-node', node });
    world.until(() => world.nodeReady('node-9') === 'True', 30);
    world.until(() => world.ready() === 5, 60);
    expect(on(world, 'node-9')).toHaveLength(2);
    expect(world.node('node-9')?.metadata.labels?.['topology.kubernetes.io/zone']).toBe('b');
  });

  it('that was removed may come back under its name', () => {
    const world = running(3);
    world.give({ type: 'remove-node', node: 'node-3' });
    world.until(() => world.ready() === 3 && on(world, 'node-3').length === 0, 120);
    const node = { name: 'node-3', cpu: '4', memory: '8Gi', pods: 110, zone: '' };
    expect(world.give({ type: 'add-node', node }).exitCode).toBe(0);
    world.until(() => world.nodeReady('node-3') === 'True', 60);
    world.scale(9);
    world.until(() => world.ready() === 9 && on(world, 'node-3').length > 0, 60);
  });
});

describe('the control plane', () => {
  it('without its scheduler leaves new Pods Pending; they are bound when it is back', () => {
    const world = running(3);
    world.stop('kube-scheduler');
    world.scale(6);
    world.pass(30);
    expect(world.pods().filter((p) => !p.spec.nodeName)).toHaveLength(3);
    world.start('kube-scheduler');
    world.until(() => world.ready() === 6, 30);
  });

  it('without kube-controller-manager changes nothing by itself; it catches up when it is back', () => {
    const world = running(3);
    world.stop('kube-controller-manager');
    world.scale(6);
    world.give({ type: 'delete', object: `Pod/default/${world.pods()[0]?.metadata.name ?? ''}` });
    world.pass(120);
    expect(world.pods()).toHaveLength(2);
    world.start('kube-controller-manager');
    world.until(() => world.ready() === 6, 60);
  });

  const controllers: readonly [string, (world: World) => void][] = [
    [
      'deployment-controller',
      (world) => {
        world.scale(5);
        world.pass(60);
        expect(world.all<ReplicaSet>('replicasets')[0]?.spec.replicas).toBe(3);
      },
    ],
    [
      'replicaset-controller',
      (world) => {
        world.scale(5);
        world.pass(60);
        expect(world.all<ReplicaSet>('replicasets')[0]?.spec.replicas).toBe(5);
        expect(world.pods()).toHaveLength(3);
      },
    ],
  ];
  it.each(controllers)('without %s stops there; the rest goes on', (name, during) => {
    const world = running(3);
    world.stop(name);
    expect(world.session.cluster.component(name)?.running).toBe(false);
    during(world);
    // The other controllers work: a namespace still gets its service account.
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: other }\n';
    world.give({ type: 'apply', file: 'ns.yaml', text });
    world.until(
      () =>
        world
          .all<{ metadata: { namespace?: string } }>('serviceaccounts')
          .some((s) => s.metadata.namespace === 'other'),
      10,
    );
    world.start(name);
    world.until(() => world.ready() === 5, 60);
  });

  it('without the garbage collector keeps what was orphaned until it is back', () => {
    const world = running(3);
    world.stop('generic-garbage-collector');
    world.give({ type: 'delete', object: WEB });
    world.pass(60);
    expect(world.pods()).toHaveLength(3);
    world.start('generic-garbage-collector');
    world.until(() => world.pods().length === 0, 60);
  });

  it('without its API server refuses all; containers run on; everything heals', () => {
    const world = running(6);
    const { revision } = world.session.cluster.server.store;
    world.stop('kube-apiserver');
    expect(world.scale(9).stderr).toContain('was refused');
    world.pass(100);
    expect(world.session.cluster.server.store.revision).toBe(revision);
    world.start('kube-apiserver');
    // Nobody has lost a node for good: the leases come back before anybody is evicted.
    world.until(
      () => ['node-1', 'node-2', 'node-3'].every((n) => world.nodeReady(n) === 'True'),
      90,
    );
    world.pass(60);
    expect(['node-1', 'node-2', 'node-3'].map((n) => world.nodeReady(n))).toEqual([
      'True',
      'True',
      'True',
    ]);
    expect(world.scale(9).exitCode).toBe(0);
    world.until(() => world.ready() === 9, 60);
    world.give({ type: 'delete', object: WEB });
    world.until(() => world.pods().length === 0, 90);
  });

  it('that loses its API server in the middle of a rollout finishes it afterwards', () => {
    const world = running(6);
    const text = manifest(6).replace('nginx:1.27', 'nginx:1.28');
    world.give({ type: 'apply', file: 'web.yaml', text });
    world.pass(1);
    world.stop('kube-apiserver');
    world.pass(20);
    world.start('kube-apiserver');
    const done = (): boolean => {
      const status = world.web()?.status;
      return status?.updatedReplicas === 6 && status.readyReplicas === 6 && status.replicas === 6;
    };
    world.until(done, 180);
    world.until(() => world.pods().length === 6, 60);
    expect(world.pods().every((p) => p.spec.containers[0]?.image === 'nginx:1.28')).toBe(true);
  });

  it('stopped twice and started twice is started once', () => {
    const world = running(3);
    for (const name of [
      'kube-scheduler',
      'kube-apiserver',
      'kubelet/node-1',
      'deployment-controller',
    ]) {
      world.stop(name);
      world.stop(name);
      world.start(name);
      world.start(name);
    }
    world.until(() => world.nodeReady('node-1') === 'True', 90);
    world.scale(5);
    world.until(() => world.ready() === 5, 60);
    world.pass(30);
    expect(world.pods()).toHaveLength(5);
  });

  it('that never starts a part says so from the beginning', () => {
    const names = ['kube-apiserver', 'containerd/node-1', 'kubelet/node-2', 'kube-scheduler'];
    const running = names.filter((name) => {
      const { cluster } = new Session(defaultRunConfig(1, 3, [name]), programsFor(kinds));
      return cluster.component(name)?.running;
    });
    expect(running).toEqual([]);
  });
});
