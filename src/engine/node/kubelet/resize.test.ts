/** In-place resize: what the node promises, defers and gives. */
import { describe, expect, it } from 'vitest';
import type { Event as EventObject, Pod as PodObject } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import type { Client } from '../../client/typed-client.ts';
import { Cluster } from '../../cluster.ts';
import { beyondAllocatable } from '../../policy/pod-resize.ts';
import type { Machine } from '../machine.ts';
import { promisedSpec } from './pod-record.ts';

const SECOND = 1_000_000;
type List = Readonly<Record<string, string>>;

class World {
  readonly cluster: Cluster;
  readonly client: Client;
  readonly machine: Machine;

  constructor() {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
    this.cluster = new Cluster(
      { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    this.machine = this.cluster.machines.get('node-1') as Machine;
    this.machine.runtime.images.preload('busybox:1.36');
  }

  create(name: string, requests: List, limits: List = requests): void {
    const container = { name: 'c', image: 'busybox:1.36', command: ['sleep', '3600'] };
    const pod = {
      metadata: { name, namespace: 'default' },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ ...container, resources: { requests, limits } }],
      },
    };
    this.cluster.kernel.spawn('create', this.client.create(Pod, pod));
  }

  resize(name: string, requests: List, limits: List = requests): void {
    const patch = { spec: { containers: [{ name: 'c', resources: { requests, limits } }] } };
    const options = { type: 'strategic', subresource: 'resize' } as const;
    const call = this.client.patch(Pod, 'default', name, patch, options);
    this.cluster.kernel.spawn('resize', call);
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  pod(name: string): PodObject {
    const { store } = this.cluster.server;
    return store.get(`/registry/pods/default/${name}`)?.value.object as unknown as PodObject;
  }

  condition(name: string, type: string): string | undefined {
    const c = this.pod(name).status.conditions?.find((x) => x.type === type);
    return c && `${c.reason ?? ''} ${c.message ?? ''}`.trim();
  }

  events(): readonly string[] {
    const items = this.cluster.server.store.range('/registry/events/default/');
    const events = items.map((i) => i.value.object as unknown as EventObject);
    return events.map((e) => e.reason ?? '').filter((r) => r.startsWith('Resize'));
  }
}

describe('resize', () => {
  it('waits for room, keeps what it has, and gets it when another Pod goes', () => {
    const w = new World();
    w.create('big', { cpu: '1200m' });
    w.create('p', { cpu: '200m' });
    w.run(5);
    w.resize('p', { cpu: '1500m' });
    w.run(3);
    const why =
      "Node didn't have enough resource: cpu, requested: 1500, used: 1200, capacity: 2000";
    expect(w.condition('p', 'PodResizePending')).toBe(`Deferred ${why}`);
    expect(w.pod('p').status.containerStatuses?.[0]?.allocatedResources).toEqual({ cpu: '200m' });
    expect(w.events()).toEqual(['ResizeDeferred']);
    w.cluster.kernel.spawn('delete', w.client.delete(Pod, 'default', 'big', {}));
    w.run(8);
    expect(w.condition('p', 'PodResizePending')).toBeUndefined();
    const [status] = w.pod('p').status.containerStatuses ?? [];
    expect(status?.allocatedResources).toEqual({ cpu: '1500m' });
    expect(status?.resources?.limits).toEqual({ cpu: '1500m' });
    expect(status?.restartCount).toBe(0);
    const { uid } = w.pod('p').metadata;
    expect(w.machine.runtime.container(uid, 'c')?.cgroup.cores).toBe(1.5);
    expect(w.events()).toEqual(['ResizeDeferred', 'ResizeStarted', 'ResizeCompleted']);
  });

  it('is taken back before it was given', () => {
    const w = new World();
    w.create('big', { cpu: '1200m' });
    w.create('p', { cpu: '200m' });
    w.run(5);
    w.resize('p', { cpu: '1500m' });
    w.run(3);
    w.resize('p', { cpu: '200m' });
    w.run(3);
    expect(w.condition('p', 'PodResizePending')).toBeUndefined();
    expect(w.events()).toEqual(['ResizeDeferred']);
  });

  it('is not forgotten by a kubelet that restarts', () => {
    const w = new World();
    w.create('p', { cpu: '200m' });
    w.run(5);
    w.machine.stopKubelet();
    w.resize('p', { cpu: '300m' });
    w.run(5);
    w.machine.kubelet.start();
    w.run(10);
    expect(w.events()).toEqual(['ResizeStarted', 'ResizeCompleted']);
    expect(w.pod('p').status.containerStatuses?.[0]?.resources?.limits).toEqual({ cpu: '300m' });
  });
});

describe('what is promised', () => {
  const spec = (cpu: string, image = 'a'): PodObject['spec'] => {
    const resources = { requests: { cpu } };
    return { containers: [{ name: 'c', image, resources }] } as unknown as PodObject['spec'];
  };

  it('replaces the resources of a newer spec and nothing else', () => {
    expect(promisedSpec(spec('2', 'b'), spec('1', 'a'))).toEqual(spec('1', 'b'));
    const same = spec('1', 'b');
    expect(promisedSpec(same, spec('1', 'a'))).toBe(same);
  });
});

describe('beyond the node', () => {
  it.each([
    [{ cpu: '2' }, null],
    [
      { cpu: '64', memory: '1Gi' },
      "node didn't have enough allocatable resources: cpu, requested: 64000, allocatable: 2000",
    ],
    [
      { cpu: '3', memory: '8Gi' },
      "node didn't have enough allocatable resources: cpu, requested: 3000, allocatable: 2000; " +
        'memory, requested: 8589934592, allocatable: 4294967296',
    ],
  ])('%j', (requests, text) => {
    expect(beyondAllocatable(requests as List, { cpu: '2', memory: '4Gi' })).toBe(text);
  });
});
