/** Machines of a cloud: what their Nodes are told, load balancers, and what goes when a machine goes. */
import { describe, expect, it } from 'vitest';
import type { Event, Lease, Node, Service } from '../api/generated/types.ts';
import { kinds } from '../api/kinds/index.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Command } from '../port/protocol.ts';
import { defaultRunConfig } from '../port/run-config.ts';
import { Session } from './session.ts';

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: 'nginx:1.29', ports: [{ containerPort: 80 }] }] }
`;
const service = (spec: string): string => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ port: 80 }], ${spec} }
`;

class World {
  readonly session: Session;

  constructor(cloud = true) {
    const config = { ...defaultRunConfig(), ...(cloud ? { cloud } : {}) };
    const nodes = config.nodes.map((node, i) => ({ ...node, zone: `zone-${'abc'[i]}` }));
    this.session = new Session({ ...config, nodes }, programsFor(kinds), { freeze: true });
  }

  all<T>(plural: string): readonly T[] {
    const { store } = this.session.cluster.server;
    return store.range(`/registry/${plural}/`).map((kv) => kv.value.object as T);
  }

  node(name: string): Node | undefined {
    return this.all<Node>('nodes').find((n) => n.metadata.name === name);
  }

  service(): Service | undefined {
    return this.all<Service>('services').find((s) => s.metadata.name === 'web');
  }

  ingress(): string {
    return this.service()?.status.loadBalancer.ingress?.[0]?.ip ?? '';
  }

  reasons(from: string): string[] {
    return this.all<Event>('events')
      .filter((e) => e.source?.component === from)
      .map((e) => e.reason ?? '');
  }

  give(command: Command): void {
    this.session.give(command, () => {});
    this.pass(1);
  }

  apply(text: string): void {
    this.give({ type: 'apply', file: 'a.yaml', text });
  }

  pass(seconds: number): void {
    const { kernel } = this.session.cluster;
    kernel.runUntil(kernel.now + seconds * 1e6);
  }

  until(done: () => boolean, patience: number): void {
    const { kernel } = this.session.cluster;
    const maxTime = kernel.now + patience * 1e6;
    if (!kernel.runUntil(done, { maxTime })) throw new Error(`not within ${patience} s`);
  }

  /** What somebody outside the cluster gets from an address. */
  ask(address: string, port = 80): number | string {
    const { kernel, outside } = this.session.cluster;
    const request = { method: 'GET', path: '/', headers: {}, body: '' };
    const process = kernel.spawn('ask', outside.request(address, port, request), { joined: true });
    kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome?.ok) throw new Error('no answer');
    const { value } = outcome;
    return typeof value === 'string' ? value : value.status;
  }
}

describe('a cluster in a cloud', () => {
  it('tells each Node what its machine is, and lets Pods onto it', () => {
    const w = new World();
    const node = w.node('node-1');
    expect(node?.spec.providerID).toMatch(/^kubeglass:\/\/\/zone-a\/i-[0-9a-f]{17}$/);
    expect(node?.spec.taints ?? []).toEqual([]);
    expect(node?.metadata.labels).toMatchObject({
      'topology.kubernetes.io/zone': 'zone-a',
      'topology.kubernetes.io/region': 'region-1',
      'node.kubernetes.io/instance-type': 'standard-4x8',
    });
    expect(node?.status.addresses?.map((a) => a.type)).toEqual([
      'InternalIP',
      'ExternalIP',
      'Hostname',
    ]);
    const routed = node?.status.conditions?.find((c) => c.type === 'NetworkUnavailable');
    expect(routed).toMatchObject({ status: 'False', reason: 'RouteCreated' });
    // The kubelet leaves it so.
    w.pass(400);
    expect(w.node('node-1')?.status.addresses).toEqual(node?.status.addresses);
  });

  it('has a controller manager of its own, which is elected like any', () => {
    const w = new World();
    const lease = w
      .all<Lease>('leases')
      .find((l) => l.metadata.name === 'cloud-controller-manager');
    expect(lease?.spec?.holderIdentity).toMatch(/^cp-1_/);
    expect(w.reasons('cloud-controller-manager')).toEqual(['LeaderElection']);
  });

  it('gives a Service a load balancer, and takes it away before the Service goes', () => {
    const w = new World();
    w.apply(WEB);
    w.apply(service('type: LoadBalancer'));
    expect(w.service()?.metadata.finalizers).toEqual([
      'service.kubernetes.io/load-balancer-cleanup',
    ]);
    expect(w.ingress()).toBe('');
    w.until(() => w.ingress() !== '', 120);
    expect(w.reasons('service-controller')).toEqual([
      'EnsuringLoadBalancer',
      'EnsuredLoadBalancer',
    ]);
    expect(w.ask(w.ingress())).toBe(200);
    w.give({ type: 'delete', object: 'Service/default/web' });
    expect(w.service()?.metadata.deletionTimestamp).toBeDefined();
    w.until(() => w.service() === undefined, 60);
    w.pass(1);
    expect(w.reasons('service-controller').slice(2)).toEqual([
      'DeletingLoadBalancer',
      'DeletedLoadBalancer',
    ]);
  });

  it('sends only to nodes that have endpoints where traffic is to stay local', () => {
    const w = new World();
    w.apply(WEB);
    w.apply(service('type: LoadBalancer, externalTrafficPolicy: Local'));
    w.until(() => w.ingress() !== '', 120);
    w.pass(30);
    expect([w.ask(w.ingress()), w.ask(w.ingress()), w.ask(w.ingress())]).toEqual([200, 200, 200]);
    expect(w.ask(w.ingress(), 81)).toBe('timeout');
    // Nodes say themselves whether they have endpoints.
    const port = w.service()?.spec.healthCheckNodePort ?? 0;
    const nodes = w.all<Node>('nodes').map((n) => n.status.addresses?.[0]?.address ?? '');
    const answers = nodes.map((address) => w.ask(address, port)).sort();
    expect(answers).toEqual([200, 200, 503]);
    w.give({ type: 'delete', object: 'Service/default/web' });
    w.until(() => w.service() === undefined, 60);
    w.pass(1);
    expect(w.ask(nodes[0] ?? '', port)).toBe('refused');
  });

  it('takes the balancer away from a Service that no longer wants one', () => {
    const w = new World();
    w.apply(service('type: LoadBalancer'));
    w.until(() => w.ingress() !== '', 120);
    w.apply(service('type: ClusterIP'));
    w.until(() => w.service()?.metadata.finalizers === undefined, 60);
    w.pass(1);
    expect(w.ingress()).toBe('');
    expect(w.reasons('service-controller')).toContain('DeletedLoadBalancer');
  });

  it('deletes the Node of a machine that is gone, and tells balancers', () => {
    const w = new World();
    w.apply(service('type: LoadBalancer'));
    w.until(() => w.ingress() !== '', 120);
    w.give({ type: 'remove-node', node: 'node-2' });
    expect(w.node('node-2')).toBeDefined();
    w.until(() => w.node('node-2') === undefined, 120);
    w.pass(10);
    expect(w.reasons('cloud-node-lifecycle-controller')).toEqual(['DeletingNode']);
    expect(w.reasons('service-controller')).toContain('UpdatedLoadBalancer');
  });

  it('taints the Node of a machine that is shut down', () => {
    const w = new World();
    const taint = (): boolean =>
      w
        .node('node-2')
        ?.spec.taints?.some((t) => t.key === 'node.cloudprovider.kubernetes.io/shutdown') ?? false;
    w.give({ type: 'stop', component: 'containerd/node-2' });
    w.until(taint, 120);
    w.give({ type: 'start', component: 'containerd/node-2' });
    w.give({ type: 'start', component: 'kubelet/node-2' });
    w.until(() => !taint(), 60);
    expect(w.node('node-2')).toBeDefined();
  });
});

describe('without a cloud', () => {
  it('a load balancer stays pending', () => {
    const w = new World(false);
    w.apply(service('type: LoadBalancer'));
    w.pass(300);
    expect(w.ingress()).toBe('');
    expect(w.service()?.metadata.finalizers).toBeUndefined();
    expect(w.session.cluster.component('cloud-controller-manager')).toBeUndefined();
  });
});
