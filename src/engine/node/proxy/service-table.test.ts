/** Where connections to addresses of Services come out, and as whose. */
import { describe, expect, it } from 'vitest';
import type { Pod as PodObject, Service as ServiceObject } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { Service } from '../../../api/kinds/service.ts';
import type { Input } from '../../../api/meta/object.ts';
import type { Client } from '../../client/typed-client.ts';
import { Cluster } from '../../cluster.ts';
import type { NetworkHook } from '../runtime/program.ts';

const SECOND = 1_000_000;
const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

/** Two nodes; `a` and `b` serve on node-1, `c` on node-2, `client` on node-1 does not. */
class World {
  readonly cluster: Cluster;
  readonly client: Client;

  constructor() {
    const node = (name: string) => ({ name, cpu: '2', memory: '4Gi', pods: 110, zone: 'a' });
    const nodes = [node('node-1'), node('node-2')];
    const epoch = '2026-01-01T00:00:00Z';
    this.cluster = new Cluster({ seed: 3, epoch, nodes, stopped: [] }, { freeze: true });
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    for (const machine of this.cluster.machines.values()) machine.runtime.images.preload(IMAGE);
    this.#pod('a', 'node-1', { app: 'web' });
    this.#pod('b', 'node-1', { app: 'web' });
    this.#pod('c', 'node-2', { app: 'web' });
    this.#pod('client', 'node-1', {});
    this.run(8);
  }

  #pod(name: string, nodeName: string, labels: Readonly<Record<string, string>>): void {
    const containers = [{ name: 'c', image: IMAGE, args: ['netexec'] }];
    const pod = {
      metadata: { name, namespace: 'default', labels },
      spec: { nodeName, containers },
    };
    this.cluster.kernel.spawn('create', this.client.create(Pod, pod));
  }

  publish(name: string, nodeName: string, hostPort: number): void {
    const ports = [{ containerPort: 8_080, hostPort }];
    const containers = [{ name: 'c', image: IMAGE, args: ['netexec'], ports }];
    const metadata = { name, namespace: 'default' };
    const pod = { metadata, spec: { nodeName, containers } };
    this.cluster.kernel.spawn('create', this.client.create(Pod, pod));
    this.run(5);
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  service(spec: Input<ServiceObject['spec']>): ServiceObject['spec'] {
    const metadata = { name: 'web', namespace: 'default' };
    const ports = [{ port: 80, targetPort: 8080 }];
    const full = { selector: { app: 'web' }, ports, ...spec };
    this.cluster.kernel.spawn('create', this.client.create(Service, { metadata, spec: full }));
    this.run(5);
    const stored = this.cluster.server.store.get('/registry/services/default/web');
    if (!stored) throw new Error('no Service');
    return (stored.value.object as ServiceObject).spec;
  }

  pod(name: string): PodObject {
    return this.cluster.server.store.get(`/registry/pods/default/${name}`)?.value
      .object as PodObject;
  }

  ip(name: string): string {
    return this.pod(name).status.podIP ?? '';
  }

  network(pod: string): NetworkHook {
    const { nodeName = '' } = this.pod(pod).spec;
    const machine = this.cluster.machines.get(nodeName);
    return machine?.runtime.network(this.pod(pod).metadata.uid) as NetworkHook;
  }

  node(name: string): NetworkHook {
    return this.cluster.machines.get(name)?.runtime.hostNetwork as NetworkHook;
  }

  /** What |from| is answered: a body, or how it failed. */
  ask(from: NetworkHook, address: string, port: number, path: string): string {
    const { kernel } = this.cluster;
    const request = { method: 'GET', path, headers: {}, body: '' };
    const process = kernel.spawn('ask', from.request(address, port, request));
    this.run(40);
    if (!process.outcome?.ok) throw new Error('no answer');
    const answer = process.outcome.value;
    return typeof answer === 'string' ? answer : answer.body.replace(/:\d+$/, '');
  }

  /** Who answers in twelve tries, sorted. */
  servers(from: NetworkHook, address: string, port: number): string {
    const names = new Set<string>();
    for (let n = 0; n < 12; n++) names.add(this.ask(from, address, port, '/hostname'));
    return [...names].sort().join(' ');
  }
}

describe('the address of a Service', () => {
  it('leads to all endpoints, who see the caller itself', () => {
    const w = new World();
    const { clusterIP = '' } = w.service({});
    expect(w.servers(w.network('client'), clusterIP, 80)).toBe('a b c');
    expect(w.ask(w.network('client'), clusterIP, 80, '/clientip')).toBe(w.ip('client'));
    expect(w.ask(w.network('client'), clusterIP, 81, '/')).toBe('timeout');
  });

  it('keeps a caller where it was, with affinity', () => {
    const w = new World();
    const { clusterIP = '' } = w.service({ sessionAffinity: 'ClientIP' });
    const once = w.ask(w.network('client'), clusterIP, 80, '/hostname');
    expect(w.servers(w.network('client'), clusterIP, 80)).toBe(once);
  });

  it('stays on the node where the policy says so', () => {
    const w = new World();
    const { clusterIP = '' } = w.service({ internalTrafficPolicy: 'Local' });
    expect(w.servers(w.network('client'), clusterIP, 80)).toBe('a b');
    expect(w.servers(w.network('c'), clusterIP, 80)).toBe('c');
  });

  it('refuses where there is no endpoint', () => {
    const w = new World();
    const { clusterIP = '' } = w.service({ selector: { app: 'nobody' } });
    expect(w.ask(w.network('client'), clusterIP, 80, '/')).toBe('refused');
  });

  it('is masqueraded for Pods that come to themselves, and for nodes', () => {
    const w = new World();
    const { clusterIP = '' } = w.service({ selector: { app: 'web' }, sessionAffinity: 'ClientIP' });
    const bridge = w.ip('a').replace(/\d+$/, '1');
    for (const name of ['a', 'b', 'c']) {
      const from = w.network(name);
      const self = w.ask(from, clusterIP, 80, '/hostname') === name;
      const seen = w.ask(from, clusterIP, 80, '/clientip');
      const own = w.ip(name);
      expect(seen).toBe(self ? own.replace(/\d+$/, '1') : own);
    }
    const seen = w.ask(w.node('node-1'), clusterIP, 80, '/clientip');
    const served = w.ask(w.node('node-1'), clusterIP, 80, '/hostname');
    expect(seen).toBe(served === 'c' ? w.node('node-1').address : bridge);
  });
});

describe('a host port', () => {
  it('leads to its Pod from everywhere, and on the node itself', () => {
    const w = new World();
    w.publish('d', 'node-2', 8_888);
    const { address } = w.node('node-2');
    expect(w.ask(w.network('client'), address, 8_888, '/hostname')).toBe('d');
    expect(w.ask(w.node('node-2'), '127.0.0.1', 8_888, '/hostname')).toBe('d');
    expect(w.ask(w.network('client'), w.node('node-1').address, 8_888, '/')).toBe('refused');
  });
});

describe('a node port', () => {
  it('answers on every node, and hides who asks', () => {
    const w = new World();
    const { ports } = w.service({ type: 'NodePort' });
    const port = ports?.[0]?.nodePort ?? 0;
    for (const name of ['node-1', 'node-2']) {
      expect(w.servers(w.network('client'), w.node(name).address, port)).toBe('a b c');
      expect(w.ask(w.network('client'), w.node(name).address, port, '/clientip')).not.toBe(
        w.ip('client'),
      );
    }
    expect(w.ask(w.network('client'), w.node('node-1').address, port - 1, '/')).toBe('refused');
  });
});
