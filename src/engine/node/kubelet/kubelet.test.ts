/** What happens when the kubelet or the whole machine stops and comes back, and what can be asked of it. */
import { describe, expect, it } from 'vitest';
import type { Lease as LeaseObject, Node as NodeObject } from '../../../api/generated/types.ts';
import type { Pod as PodObject } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import type { Input } from '../../../api/meta/object.ts';
import type { Client } from '../../client/typed-client.ts';
import { Cluster } from '../../cluster.ts';
import type { Machine } from '../machine.ts';

const SECOND = 1_000_000;

class World {
  readonly cluster: Cluster;
  readonly client: Client;
  readonly machine: Machine;

  constructor(preload: readonly string[] = ['busybox:1.36', 'nginx:1.25']) {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: 'a' };
    this.cluster = new Cluster(
      { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    this.machine = this.cluster.machines.get('node-1') as Machine;
    for (const image of preload) this.machine.runtime.images.preload(image);
  }

  create(name: string, spec: Input<PodObject['spec']>): void {
    const pod = { metadata: { name, namespace: 'default' }, spec };
    this.cluster.kernel.spawn('create', this.client.create(Pod, pod));
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  object<T>(key: string): T {
    return this.cluster.server.store.get(`/registry/${key}`)?.value.object as T;
  }

  pod(name: string): PodObject {
    return this.object(`pods/default/${name}`);
  }

  spans(kind: string, name: string): number {
    let n = 0;
    for (const s of this.cluster.kernel.trace.from(1)) if (s.kind === kind && s.name === name) n++;
    return n;
  }
}

const sleeper = { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '3600'] }] };

describe('a kubelet that restarts', () => {
  it('finds its Pods again and disturbs none of them', () => {
    const w = new World();
    w.create('p', sleeper);
    w.run(5);
    const before = w.pod('p');
    expect(before.status.phase).toBe('Running');
    w.machine.stopKubelet();
    w.run(20);
    w.machine.kubelet.start();
    w.run(20);
    const { metadata, status } = w.pod('p');
    expect(status).toEqual(before.status);
    expect(metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(w.machine.podState(metadata.uid)?.containers).toEqual({ c: 'running' });
  });

  it('sees what happened meanwhile', () => {
    const w = new World();
    const command = ['sh', '-c', 'sleep 8; exit 3'];
    const container = { name: 'c', image: 'busybox:1.36', command };
    w.create('p', { restartPolicy: 'Never', containers: [container] });
    w.create('q', sleeper);
    w.run(4);
    w.machine.stopKubelet();
    const gone = w.client.delete(Pod, 'default', 'q', { gracePeriodSeconds: 0 });
    w.cluster.kernel.spawn('delete', gone);
    w.run(10);
    expect(w.pod('p').status.phase).toBe('Running');
    w.machine.kubelet.start();
    w.run(5);
    const { status } = w.pod('p');
    expect(status.phase).toBe('Failed');
    expect(status.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(3);
    // The Pod that is no more is ended on the node, too.
    expect(w.machine.runtime.pods().map((p) => p.name)).toEqual(['p']);
  });

  it('goes on with a back-off from the beginning', () => {
    const w = new World();
    const container = { name: 'c', image: 'busybox:1.36', command: ['false'] };
    w.create('p', { containers: [container] });
    w.run(60);
    const restarts = w.pod('p').status.containerStatuses?.[0]?.restartCount ?? 0;
    w.machine.stopKubelet();
    w.run(5);
    w.machine.kubelet.start();
    w.run(5);
    expect(w.pod('p').status.containerStatuses?.[0]?.restartCount).toBeGreaterThan(restarts);
  });
});

describe('a Pod that keeps failing', () => {
  it.each([
    ['crash loop', { containers: [{ name: 'c', image: 'busybox:1.36', command: ['false'] }] }],
    ['missing image', { containers: [{ name: 'c', image: 'busybox:no-such-tag' }] }],
    [
      'missing volume',
      {
        containers: [
          { name: 'c', image: 'nginx:1.25', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        ],
        volumes: [{ name: 'v', configMap: { name: 'none' } }],
      },
    ],
  ])('%s: is settled in the end', (_name, spec) => {
    const w = new World();
    w.create('p', spec);
    const { kernel } = w.cluster;
    kernel.runUntil(() => kernel.settled && kernel.now > SECOND, { maxTime: 600 * SECOND });
    expect(kernel.settled).toBe(true);
    expect(kernel.now).toBeGreaterThan(20 * SECOND);
    const [before, at] = [w.spans('sync', 'SyncPod'), kernel.now];
    w.run(900);
    // It is tried on and on all the same.
    expect(w.spans('sync', 'SyncPod') + w.spans('request', 'patch')).toBeGreaterThan(before);
    expect(kernel.now).toBeGreaterThan(at);
  });
});

describe('a sandbox that dies', () => {
  it.each([0.2, 0.45, 0.5, 0.55, 0.6, 0.7, 1.5, 3])(
    '%f s after the Pod was made: it runs in the end',
    (at) => {
      const w = new World(['nginx:1.25']);
      w.create('p', sleeper);
      w.run(at);
      for (const { uid } of w.machine.runtime.pods()) w.machine.runtime.killSandbox(uid);
      w.run(60);
      const { status } = w.pod('p');
      expect(status.phase).toBe('Running');
      expect(status.conditions?.every((c) => c.status === 'True')).toBe(true);
    },
  );
});

describe('a machine without power', () => {
  it('says nothing, and starts its Pods again when it is back', () => {
    const w = new World();
    w.create('p', {
      ...sleeper,
      initContainers: [{ name: 'i', image: 'busybox:1.36', command: ['true'] }],
    });
    w.run(6);
    const before = w.pod('p');
    w.machine.stop();
    w.run(10);
    expect(w.pod('p').metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    w.machine.start();
    w.run(20);
    const { status } = w.pod('p');
    const [container] = status.containerStatuses ?? [];
    expect(status.phase).toBe('Running');
    expect(container?.restartCount).toBe(1);
    expect(container?.lastState.terminated?.exitCode).toBe(255);
    expect(status.initContainerStatuses?.[0]?.restartCount).toBe(1);
    expect(status.podIP).not.toBe(before.status.podIP);
  });
});

describe('the node', () => {
  it('registers, becomes Ready and renews its lease', () => {
    const w = new World([]);
    const node = w.object<NodeObject>('minions/node-1') ?? w.object<NodeObject>('nodes/node-1');
    const conditions = (node.status.conditions ?? []).map(
      (c) => `${c.type}=${c.status} ${c.reason}`,
    );
    expect(conditions).toEqual([
      'MemoryPressure=False KubeletHasSufficientMemory',
      'DiskPressure=False KubeletHasNoDiskPressure',
      'PIDPressure=False KubeletHasSufficientPID',
      'Ready=True KubeletReady',
    ]);
    expect(node.status.allocatable?.['memory']).toBe('3996Mi');
    expect(node.metadata.labels?.['topology.kubernetes.io/zone']).toBe('a');
    const lease = (): LeaseObject => w.object('leases/kube-node-lease/node-1');
    const first = lease().spec?.renewTime ?? '';
    w.run(31);
    expect(Date.parse(lease().spec?.renewTime ?? '') - Date.parse(first)).toBeGreaterThan(19_000);
    expect(lease().metadata.ownerReferences?.[0]?.uid).toBe(node.metadata.uid);
  });

  it('reports every five minutes though nothing changes', () => {
    const w = new World([]);
    w.run(30);
    const before = w.spans('request', 'patch status');
    w.run(700);
    expect(w.spans('request', 'patch status') - before).toBe(2);
    expect(w.cluster.kernel.settled).toBe(true);
  });

  it('lists images that have been pulled', () => {
    const w = new World([]);
    w.create('p', sleeper);
    w.run(20);
    const node = w.object<NodeObject>('minions/node-1') ?? w.object<NodeObject>('nodes/node-1');
    const names = (node.status.images ?? []).flatMap((i) => i.names ?? []);
    expect(names).toContain('docker.io/library/busybox:1.36');
  });

  it('refuses what it has no room for', () => {
    const w = new World();
    const resources = { requests: { cpu: '64' } };
    const container = { ...sleeper.containers[0], name: 'c', resources };
    w.create('big', { nodeName: 'node-1', containers: [container] });
    w.run(3);
    expect(w.pod('big').status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, " +
        'requested: 64000, used: 0, capacity: 2000',
    });
  });
});

describe('questions', () => {
  it('answers how far a pull is', () => {
    const w = new World([]);
    w.create('p', sleeper);
    const seen = new Set<number>();
    let uid = '';
    for (let i = 0; i < 400; i++) {
      w.run(0.01);
      uid = w.pod('p')?.metadata.uid ?? uid;
      const percent = w.machine.pullProgress(uid, 'c');
      if (percent !== null) seen.add(percent);
    }
    const percents = [...seen];
    expect(percents.length).toBeGreaterThan(3);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(w.machine.pullProgress(uid, 'c')).toBeNull();
  });

  it('keeps the log of a container and of the one before it', () => {
    const w = new World();
    const command = ['sh', '-c', 'echo "run $HOSTNAME"; sleep 2; exit 1'];
    w.create('p', { containers: [{ name: 'c', image: 'busybox:1.36', command }] });
    w.run(5);
    const { uid } = w.pod('p').metadata;
    const text = (previous: boolean): string[] | undefined =>
      w.machine.logs(uid, 'c', { previous })?.map((l) => l.text);
    expect(text(false)).toEqual(['run p']);
    expect(text(true)).toEqual(['run p']);
    expect(w.machine.logs(uid, 'nobody')).toBeUndefined();
  });

  it('leaves spans of every call of the runtime, each with its cause', () => {
    const w = new World();
    w.create('p', sleeper);
    w.run(3);
    for (const call of ['RunPodSandbox', 'CreateContainer', 'StartContainer']) {
      expect(w.spans('cri', call)).toBe(1);
    }
    const { trace } = w.cluster.kernel;
    const chain: string[] = [];
    for (const s of trace.from(1)) {
      if (s.kind !== 'container' || s.name !== 'Started') continue;
      for (let at = trace.get(s.id); at; at = trace.get(at.parent))
        chain.push(`${at.kind} ${at.name}`);
    }
    expect(chain.slice(0, 4)).toEqual([
      'container Started',
      'cri StartContainer',
      'sync SyncPod',
      'watch ADDED',
    ]);
    expect(chain.at(-1)).toBe('request create');
  });
});
