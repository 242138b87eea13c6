/** The control plane as static Pods of cp-1: what its files, containers and components are to each other. */
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../api/generated/types.ts';
import { Node as NodeKind } from '../api/kinds/node.ts';
import type { Proc } from '../kernel/process.ts';
import type { Client } from './client/typed-client.ts';
import { Cluster } from './cluster.ts';
import { CONTROL_PLANE } from './images/control-plane.ts';
import type { Machine } from './node/machine.ts';

const SECOND_US = 1_000_000;

class Setup {
  readonly cluster: Cluster;
  readonly cp: Machine;

  constructor(stopped: readonly string[] = []) {
    const node = { name: 'node-1', cpu: '2', memory: '8Gi', pods: 110, zone: '' };
    const epoch = '2026-01-01T00:00:00Z';
    const config = { seed: 5, epoch, nodes: [node], stopped, controlPlane: true };
    this.cluster = new Cluster(config, { freeze: true });
    this.cp = this.cluster.machines.get('cp-1') as Machine;
  }

  run(seconds: number): void {
    this.cluster.kernel.runUntil(this.cluster.kernel.now + seconds * SECOND_US);
  }

  nodes(): readonly Node[] {
    return this.cluster.server.objects('', 'nodes', '') as readonly Node[];
  }

  pods(): readonly Pod[] {
    return this.cluster.server.objects('', 'pods', 'kube-system') as readonly Pod[];
  }

  pod(name: string): Pod | undefined {
    return this.pods().find((p) => p.metadata.name === `${name}-cp-1`);
  }

  isUp(name: string): boolean | undefined {
    return this.cluster.component(name)?.running;
  }

  kill(name: string): void {
    const uid = this.cp.runtime.pods().find((p) => p.name === `${name}-cp-1`)?.uid ?? '';
    this.cp.runtime.kill(this.cp.runtime.container(uid, name)?.info.id ?? '');
  }
}

function* listNodes(client: Client, told: string[]): Proc {
  try {
    const { items } = yield* client.list(NodeKind);
    told.push(`${items.length} nodes`);
  } catch (error) {
    told.push(error instanceof Error ? error.message : String(error));
  }
}

describe('the control plane on cp-1', () => {
  it('runs as static Pods when time begins', () => {
    const setup = new Setup();
    expect(setup.nodes().map((n) => n.metadata.name)).toEqual(['cp-1', 'node-1']);
    const [cp, worker] = setup.nodes();
    expect(cp?.metadata.labels).toHaveProperty(['node-role.kubernetes.io/control-plane'], '');
    expect(cp?.spec.taints).toEqual([
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ]);
    expect(cp?.status.addresses?.[0]?.address).toBe('172.30.0.1');
    expect(worker?.status.addresses?.[0]?.address).toBe('172.30.0.2');
    for (const node of setup.nodes()) {
      expect(node.status.conditions?.find((c) => c.type === 'Ready')?.status).toBe('True');
    }
    for (const name of CONTROL_PLANE) {
      expect(setup.pod(name)?.status.phase).toBe('Running');
      expect(setup.pod(name)?.spec.priorityClassName).toBe('system-node-critical');
      expect(setup.isUp(name)).toBe(true);
    }
  });

  it('loses a component with its file, and gets it back', () => {
    const setup = new Setup();
    setup.cluster.component('kube-scheduler')?.stop();
    setup.run(5);
    expect(setup.isUp('kube-scheduler')).toBe(false);
    expect(setup.pod('kube-scheduler')).toBeUndefined();
    setup.cluster.component('kube-scheduler')?.start();
    setup.run(10);
    expect(setup.isUp('kube-scheduler')).toBe(true);
    expect(setup.pod('kube-scheduler')?.status.phase).toBe('Running');
  });

  it('restarts a component whose container is killed', () => {
    const setup = new Setup();
    setup.kill('kube-controller-manager');
    setup.run(0.5);
    expect(setup.isUp('kube-controller-manager')).toBe(false);
    setup.run(10);
    expect(setup.isUp('kube-controller-manager')).toBe(true);
    const [status] = setup.pod('kube-controller-manager')?.status.containerStatuses ?? [];
    expect(status?.restartCount).toBe(1);
    expect(status?.lastState.terminated?.exitCode).toBe(137);
  });

  it('comes back when the API server was killed: its kubelet needs none', () => {
    const setup = new Setup();
    setup.kill('kube-apiserver');
    setup.run(0.5);
    expect(setup.isUp('kube-apiserver')).toBe(false);
    setup.run(60);
    expect(setup.isUp('kube-apiserver')).toBe(true);
    expect(setup.pod('kube-apiserver')?.status.containerStatuses?.[0]?.restartCount).toBe(1);
  });

  it("answers with the words of etcd's client while etcd is stopped", () => {
    const setup = new Setup();
    setup.cluster.component('etcd')?.stop();
    setup.run(5);
    expect(setup.isUp('etcd')).toBe(false);
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    const client = setup.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    const told: string[] = [];
    const { kernel } = setup.cluster;
    kernel.spawn('list', listNodes(client, told));
    setup.run(4);
    expect(told).toEqual([
      'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while ' +
        'dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
    ]);
    setup.cluster.component('etcd')?.start();
    setup.run(10);
    kernel.spawn('list', listNodes(client, told));
    setup.run(1);
    expect(told[1]).toBe('2 nodes');
  });

  it('never starts what was to be stopped', () => {
    const setup = new Setup(['kube-scheduler']);
    expect(setup.isUp('kube-scheduler')).toBe(false);
    expect(setup.pods().map((p) => p.metadata.name)).not.toContain('kube-scheduler-cp-1');
  });

  it('is gone with its machine, and comes back with it', () => {
    const setup = new Setup();
    setup.cluster.component('containerd/cp-1')?.stop();
    expect(CONTROL_PLANE.map((name) => setup.isUp(name))).toEqual([false, false, false, false]);
    setup.cp.start();
    setup.run(90);
    expect(CONTROL_PLANE.map((name) => setup.isUp(name))).toEqual([true, true, true, true]);
  });
});
