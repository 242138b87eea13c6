/** When probes run, what they say, and what follows from it. */
import { describe, expect, it } from 'vitest';
import type { Event as EventObject, Pod as PodObject } from '../../../../api/generated/types.ts';
import { Event } from '../../../../api/kinds/event.ts';
import { Pod } from '../../../../api/kinds/pod.ts';
import type { Input } from '../../../../api/meta/object.ts';
import type { Client } from '../../../client/typed-client.ts';
import { Cluster } from '../../../cluster.ts';
import type { Machine } from '../../machine.ts';

const SECOND = 1_000_000;
const AGNHOST = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

class World {
  readonly cluster: Cluster;
  readonly client: Client;
  readonly machine: Machine;

  constructor() {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: 'a' };
    const epoch = '2026-01-01T00:00:00Z';
    this.cluster = new Cluster({ seed: 3, epoch, nodes: [node], stopped: [] }, { freeze: true });
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    this.machine = this.cluster.machines.get('node-1') as Machine;
    for (const image of ['busybox:1.36', 'nginx:1.25', AGNHOST]) {
      this.machine.runtime.images.preload(image);
    }
    this.run(2);
  }

  create(spec: Input<PodObject['spec']>): void {
    const pod = { metadata: { name: 'p', namespace: 'default' }, spec };
    this.cluster.kernel.spawn('create', this.client.create(Pod, pod));
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  get pod(): PodObject {
    return this.cluster.server.store.get('/registry/pods/default/p')?.value.object as PodObject;
  }

  get ready(): string | undefined {
    return this.pod.status.conditions?.find((c) => c.type === 'Ready')?.status;
  }

  /** `Reason: message` of each Event, with its count where it came more than once. */
  events(): readonly string[] {
    const { kernel } = this.cluster;
    const lists = kernel.spawn('list', this.client.list(Event, { namespace: 'default' }));
    this.run(1);
    if (!lists.outcome?.ok) throw new Error('no list of Events');
    const items = lists.outcome.value.items as readonly EventObject[];
    return items
      .filter((e) => e.involvedObject.kind === 'Pod')
      .filter((e) => !/Scheduled|Pulled|Created|Started/.test(e.reason ?? ''))
      .map((e) => `${e.reason}: ${e.message}${e.count === 1 ? '' : ` ×${e.count}`}`);
  }
}

const sleeper = (probes: object, script = 'sleep 3600') => ({
  name: 'c',
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...probes,
});
const exec = (...command: string[]) => ({ exec: { command } });

describe('a readiness probe', () => {
  it('counts successes up to its threshold', () => {
    const w = new World();
    const probe = { ...exec('true'), periodSeconds: 2, successThreshold: 3 };
    w.create({ containers: [sleeper({ readinessProbe: probe })] });
    w.run(3);
    expect(w.ready).toBe('False');
    w.run(5);
    expect(w.ready).toBe('True');
  });

  it('does not begin before its delay, and then keeps to its period', () => {
    const w = new World();
    const probe = { ...exec('false'), initialDelaySeconds: 7, periodSeconds: 3 };
    w.create({ containers: [sleeper({ readinessProbe: probe })] });
    w.run(6);
    expect(w.events()).toEqual([]);
    w.run(9);
    expect(w.events()).toEqual(['Unhealthy: Readiness probe failed:  ×3']);
  });

  it('costs a few events each time, and nothing in between', () => {
    const w = new World();
    const probe = { tcpSocket: { port: 80 }, periodSeconds: 10 };
    w.create({ containers: [{ name: 'c', image: 'nginx:1.25', readinessProbe: probe }] });
    w.run(30);
    const idle = new World();
    idle.create({ containers: [{ name: 'c', image: 'nginx:1.25' }] });
    idle.run(30);
    const stepsOf = ({ cluster: { kernel } }: World, run: () => void): number => {
      const before = kernel.steps;
      run();
      return kernel.steps - before;
    };
    const probed = stepsOf(w, () => w.run(100));
    const plain = stepsOf(idle, () => idle.run(100));
    expect(probed - plain).toBeGreaterThan(10 * 2);
    expect(probed - plain).toBeLessThan(10 * 12);
  });
});

describe('a liveness probe', () => {
  it('ends a container for good that is not to be restarted', () => {
    const w = new World();
    const livenessProbe = { ...exec('false'), periodSeconds: 1, failureThreshold: 2 };
    const containers = [sleeper({ livenessProbe })];
    w.create({ restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers });
    w.run(10);
    expect(w.pod.status.phase).toBe('Failed');
    expect(w.events()).toEqual([
      'Unhealthy: Liveness probe failed:  ×2',
      // Nothing is left of the Pod, so that all of it is ended.
      'Killing: Stopping container c',
    ]);
  });

  it('waits for the startup probe', () => {
    const w = new World();
    const containers = [
      sleeper(
        {
          startupProbe: { ...exec('test', '-e', '/up'), periodSeconds: 1, failureThreshold: 60 },
          livenessProbe: { ...exec('false'), periodSeconds: 1, failureThreshold: 1 },
        },
        'sleep 20; touch /up; sleep 3600',
      ),
    ];
    w.create({ terminationGracePeriodSeconds: 1, containers });
    w.run(15);
    expect(w.pod.status.containerStatuses?.[0]).toMatchObject({ started: false, restartCount: 0 });
    w.run(15);
    expect(w.pod.status.containerStatuses?.[0]?.restartCount).toBe(1);
  });
});

describe('the startup probe of a sidecar', () => {
  it('holds up what comes after it, and restarts it when it fails', () => {
    const w = new World();
    const startupProbe = { ...exec('test', '-e', '/up'), periodSeconds: 1, failureThreshold: 5 };
    const side = sleeper({ startupProbe, restartPolicy: 'Always' }, 'sleep 3600');
    const initContainers = [{ ...side, name: 'side' }];
    w.create({ terminationGracePeriodSeconds: 1, initContainers, containers: [sleeper({})] });
    w.run(12);
    const { initContainerStatuses, containerStatuses } = w.pod.status;
    expect(initContainerStatuses?.[0]).toMatchObject({ restartCount: 1, started: false });
    expect(containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(w.events()).toContain('Killing: Init container side failed startup probe');
  });
});

describe('a kubelet that restarts', () => {
  it('takes a container for ready that was, until it has been asked', () => {
    const w = new World();
    const probe = { ...exec('cat', '/ok'), periodSeconds: 20, failureThreshold: 1 };
    const script = 'touch /ok; sleep 40; rm /ok; sleep 3600';
    w.create({ containers: [sleeper({ readinessProbe: probe }, script)] });
    w.run(30);
    expect(w.ready).toBe('True');
    const { resourceVersion } = w.pod.metadata;
    w.machine.stopKubelet();
    w.run(15);
    w.machine.kubelet.start();
    w.run(1);
    expect(w.pod.metadata.resourceVersion).toBe(resourceVersion);
    w.run(25);
    expect(w.ready).toBe('False');
  });
});

describe('an HTTP probe', () => {
  const ask = (path: string, more: object = {}) => ({
    containers: [
      {
        name: 'c',
        image: AGNHOST,
        args: ['netexec'],
        readinessProbe: { httpGet: { path, port: 8080, ...more }, periodSeconds: 2 },
      },
    ],
  });

  it.each([
    ['/redirect?code=302&location=/hostname', 'True', []],
    [
      '/redirect?code=302&location=http://example.com/',
      'True',
      [/^ProbeWarning: Readiness probe warning: Probe terminated redirects, Response body: /],
    ],
    [
      '/redirect?code=404&location=/',
      'False',
      [/^Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404 ×/],
    ],
    [
      '/redirect?code=302&location=%2Fredirect%3Fcode%3D404%26location%3D%2F',
      'False',
      [/statuscode: 404/],
    ],
  ])('of %s makes Ready %s', (path, ready, events) => {
    const w = new World();
    w.create(ask(path));
    w.run(5);
    expect(w.ready).toBe(ready);
    const told = w.events();
    expect(told).toHaveLength(events.length);
    for (const [i, event] of events.entries()) expect(told[i]).toMatch(event);
  });

  it('sends the headers it is told to', () => {
    const w = new World();
    const httpHeaders = [
      { name: 'x-code', value: '1' },
      { name: 'User-Agent', value: 'me' },
    ];
    w.create(ask('/header?key=User-Agent', { httpHeaders }));
    w.run(5);
    expect(w.ready).toBe('True');
  });
});
