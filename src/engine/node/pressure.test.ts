/** A machine that is short of something, or shut down: what its kubelet does to Pods, and says. */
import { describe, expect, it } from 'vitest';
import type { Event, Node, Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { KubeletSettings } from '../../port/protocol-node.ts';
import { Cluster } from '../cluster.ts';
import type { Client } from '../client/typed-client.ts';
import type { Machine } from './machine.ts';

const SECOND_US = 1_000_000;
const GIBIBYTE = 2 ** 30;

class Setup {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly client: Client;

  constructor(kubelet: Partial<KubeletSettings> = {}) {
    const node = { name: 'node-1', cpu: '2', memory: '8Gi', pods: 110, zone: '', kubelet };
    const config = { seed: 4, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] };
    this.cluster = new Cluster(config, { freeze: true });
    this.machine = this.cluster.machines.get('node-1') as Machine;
    this.machine.runtime.images.preload('busybox:1.36');
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  }

  run(seconds: number): void {
    this.cluster.kernel.runUntil(this.cluster.kernel.now + seconds * SECOND_US);
  }

  create(name: string, spec: object = {}, container: object = {}): void {
    const command = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done'];
    const c = { name: 'c', image: 'busybox:1.36', command, ...container };
    const draft = {
      metadata: { name, namespace: 'default' },
      spec: { nodeName: 'node-1', containers: [c], ...spec },
    };
    this.cluster.kernel.spawn('create', this.client.create(Pod, draft as never));
  }

  pod(name: string): PodObject | undefined {
    const pods = this.cluster.server.objects('', 'pods', 'default') as readonly PodObject[];
    return pods.find((p) => p.metadata.name === name);
  }

  condition(type: string): string | undefined {
    const [node] = this.cluster.server.objects('', 'nodes', '') as readonly Node[];
    return node?.status.conditions?.find((c) => c.type === type)?.status;
  }

  get taints(): readonly string[] {
    const [node] = this.cluster.server.objects('', 'nodes', '') as readonly Node[];
    return (node?.spec.taints ?? []).map((t) => `${t.key}:${t.effect}`);
  }

  events(reason: string): readonly Event[] {
    const events = this.cluster.server.objects('', 'events', 'default') as readonly Event[];
    return events.filter((e) => e.reason === reason);
  }
}

describe('a machine short of memory', () => {
  it('evicts who uses more than was asked for, one after the other, and takes no more such', () => {
    const setup = new Setup({ evictionHard: { 'memory.available': '1Gi' } });
    const resources = { requests: { memory: '64Mi' }, limits: { memory: '64Mi' } };
    setup.create('modest', {}, { resources });
    setup.create('greedy');
    setup.run(12);
    setup.machine.occupy({ memoryBytes: 7.5 * GIBIBYTE });
    setup.run(14);
    expect(setup.condition('MemoryPressure')).toBe('True');
    expect(setup.taints).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule']);
    expect(setup.events('EvictionThresholdMet')[0]?.message).toBe('Attempting to reclaim memory');
    const status = setup.pod('greedy')?.status;
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(status?.message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 1Gi, available: \d+[KM]i\. Container c was using \d+Ki, request is 0, has larger consumption of memory\. $/,
    );
    expect(status?.conditions?.[0]).toMatchObject({
      type: 'DisruptionTarget',
      reason: 'TerminationByKubelet',
    });
    setup.create('late');
    setup.run(2);
    expect(setup.pod('late')?.status.message).toBe(
      'Pod was rejected: The node had condition: [MemoryPressure]. ',
    );
    setup.machine.occupy({});
    setup.run(330);
    expect(setup.condition('MemoryPressure')).toBe('False');
    expect(setup.taints).toEqual([]);
  });
});

describe('a machine whose disk is full', () => {
  it('says so and evicts', () => {
    const setup = new Setup();
    setup.create('a');
    setup.run(12);
    setup.machine.occupy({ diskBytes: Number.MAX_SAFE_INTEGER });
    setup.run(14);
    expect(setup.condition('DiskPressure')).toBe('True');
    expect(setup.pod('a')?.status.reason).toBe('Evicted');
  });
});

describe('critical Pods', () => {
  it('get the room of others', () => {
    const setup = new Setup();
    const cpu = (amount: string): object => ({ resources: { requests: { cpu: amount } } });
    setup.create('small', {}, cpu('500m'));
    setup.create('large', {}, cpu('1200m'));
    setup.run(3);
    setup.create('critical', { priorityClassName: 'system-node-critical' }, cpu('1500m'));
    setup.run(45);
    expect(setup.pod('critical')?.status.phase).toBe('Running');
    expect(setup.pod('large')?.status).toMatchObject({
      phase: 'Failed',
      reason: 'Preempting',
      message: 'Preempted in order to admit critical pod',
    });
    expect(setup.pod('small')?.status.phase).toBe('Running');
  });
});

describe('a machine that is shut down', () => {
  it('ends its Pods first, those that are critical last', () => {
    const setup = new Setup({
      shutdownGracePeriodSeconds: 30,
      shutdownGracePeriodCriticalPodsSeconds: 10,
    });
    setup.create('plain');
    setup.create('critical', { priorityClassName: 'system-cluster-critical' });
    setup.run(5);
    setup.machine.shutDown();
    setup.run(0.5);
    expect(setup.condition('Ready')).toBe('False');
    expect(setup.pod('critical')?.status.phase).toBe('Running');
    setup.run(20);
    for (const name of ['plain', 'critical']) {
      expect(setup.pod(name)?.status).toMatchObject({
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
      });
    }
    expect(setup.machine.runtime.running).toBe(false);
    expect(setup.events('NodeShutdown')).toHaveLength(1);
  });
});
