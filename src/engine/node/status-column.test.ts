/** Every word of the STATUS column of `kubectl get pods`: made to happen, and found. */
import { describe, expect, it } from 'vitest';
import type { Pod as PodObject } from '../../api/generated/types.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { Input } from '../../api/meta/object.ts';
import { Cluster } from '../cluster.ts';
import type { Machine } from './machine.ts';

const SECOND = 1_000_000;

type Spec = Input<PodObject['spec']>;

class World {
  readonly cluster: Cluster;
  readonly machine: Machine;
  /** READY, STATUS and RESTARTS as they came. */
  readonly rows: string[][] = [];

  constructor() {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
    this.cluster = new Cluster(
      { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    this.machine = this.cluster.machines.get('node-1') as Machine;
    for (const image of ['busybox:1.36', 'nginx:1.25']) this.machine.runtime.images.preload(image);
    const { server, kernel } = this.cluster;
    server.watches.open({
      resource: server.registry.of(Pod as unknown as AnyKind),
      namespace: 'default',
      since: server.store.revision,
      actor: 'test',
      scope: { name: 'test', alive: true },
      onEvent: ({ object }) => {
        const cells = (Pod.columns ?? []).map((c) => c.cell(object as PodObject, kernel.nowMs));
        this.rows.push(cells.slice(1, 4).map(String));
      },
      onClose: () => undefined,
    });
  }

  create(spec: Spec): void {
    const metadata = { name: 'p', namespace: 'default' };
    this.cluster.kernel.spawn('create', this.client().create(Pod, { metadata, spec }));
  }

  delete(): void {
    this.cluster.kernel.spawn('delete', this.client().delete(Pod, 'default', 'p', {}));
  }

  client() {
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    return this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  pod(): PodObject {
    const { store } = this.cluster.server;
    return store.get('/registry/pods/default/p')?.value.object as unknown as PodObject;
  }

  /** Statuses that followed one another. */
  get statuses(): readonly string[] {
    const all = this.rows.map(([, status = '']) => status);
    return all.filter((s, i) => s !== all[i - 1]);
  }
}

const shell = (script: string, more: object = {}) => ({
  name: 'c',
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...more,
});
const app = shell('sleep 3600');
const init = (name: string, script: string, more: object = {}) => shell(script, { name, ...more });

/** What is there, for how long, and which statuses follow one another. */
const ROWS: readonly (readonly [
  what: string,
  spec: Spec,
  seconds: number,
  statuses: readonly string[],
])[] = [
  ['runs', { containers: [app] }, 4, ['Pending', 'ContainerCreating', 'Running']],
  [
    'ends well',
    { restartPolicy: 'Never', containers: [shell('sleep 2')] },
    6,
    ['Running', 'Completed'],
  ],
  [
    'ends badly',
    { restartPolicy: 'Never', containers: [shell('sleep 2; exit 3')] },
    6,
    ['Running', 'Error'],
  ],
  [
    'crashes again and again',
    { containers: [shell('sleep 2; exit 1')] },
    40,
    ['Running', 'Error', 'Running', 'Error', 'CrashLoopBackOff', 'Running'],
  ],
  [
    'ends well again and again',
    { containers: [shell('sleep 2')] },
    40,
    ['Running', 'Completed', 'Running', 'Completed', 'CrashLoopBackOff', 'Running'],
  ],
  [
    'takes more memory than it may',
    {
      restartPolicy: 'Never',
      containers: [
        shell('sleep 2; x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done', {
          resources: { limits: { memory: '16Mi' } },
        }),
      ],
    },
    10,
    ['Running', 'OOMKilled'],
  ],
  [
    'has an image that does not exist',
    { containers: [{ name: 'c', image: 'ngnix' }] },
    60,
    ['ContainerCreating', 'ErrImagePull', 'ImagePullBackOff'],
  ],
  [
    'must not pull an image that is absent',
    { containers: [{ name: 'c', image: 'nginx:1.26', imagePullPolicy: 'Never' }] },
    30,
    ['ContainerCreating', 'ErrImageNeverPull'],
  ],
  [
    'has an image name that is none',
    { containers: [{ name: 'c', image: 'Nginx:1' }] },
    30,
    ['ContainerCreating', 'InvalidImageName'],
  ],
  [
    'lacks a ConfigMap',
    {
      containers: [shell('sleep 1', { envFrom: [{ configMapRef: { name: 'absent' } }] })],
    },
    30,
    ['ContainerCreating', 'CreateContainerConfigError'],
  ],
  [
    'has a command that does not exist',
    { containers: [{ name: 'c', image: 'nginx:1.25', command: ['nginxx'] }] },
    40,
    ['ContainerCreating', 'RunContainerError', 'CrashLoopBackOff'],
  ],
  [
    'has a postStart hook that fails',
    { containers: [{ ...app, lifecycle: { postStart: { exec: { command: ['false'] } } } }] },
    40,
    ['ContainerCreating', 'PostStartHookError'],
  ],
  [
    'waits for its init containers',
    { initContainers: [init('a', 'sleep 2'), init('b', 'sleep 2')], containers: [app] },
    14,
    ['Pending', 'Init:0/2', 'Init:1/2', 'PodInitializing', 'Running'],
  ],
  [
    'has an init container that fails once',
    {
      restartPolicy: 'Never',
      initContainers: [init('a', 'sleep 2; exit 1')],
      containers: [app],
    },
    8,
    ['Init:0/1', 'Init:Error'],
  ],
  [
    'has an init container that fails again and again',
    { initContainers: [init('a', 'sleep 2; exit 1')], containers: [app] },
    40,
    ['Init:0/1', 'Init:Error', 'Init:0/1', 'Init:Error', 'Init:CrashLoopBackOff', 'Init:0/1'],
  ],
  [
    'has an init container without an image',
    {
      initContainers: [{ name: 'i', image: 'nothere:1' }],
      containers: [app],
    },
    60,
    ['Init:0/1', 'Init:ErrImagePull', 'Init:ImagePullBackOff'],
  ],
  [
    'has one container that has ended and one that goes on',
    {
      restartPolicy: 'Never',
      containers: [shell('sleep 2', { name: 'a' }), shell('sleep 3600', { name: 'b' })],
    },
    12,
    ['NotReady'],
  ],
  [
    'must not be scheduled yet',
    { schedulingGates: [{ name: 'example.com/gate' }], containers: [app] },
    4,
    ['SchedulingGated'],
  ],
  [
    'fits nowhere',
    { nodeSelector: { 'example.com/none': 'x' }, containers: [app] },
    4,
    ['Pending'],
  ],
  [
    'is past its deadline',
    { activeDeadlineSeconds: 3, terminationGracePeriodSeconds: 1, containers: [app] },
    14,
    ['Running', 'Error'],
  ],
  [
    'was bound to a node that cannot take it',
    {
      nodeName: 'node-1',
      containers: [shell('sleep 1', { resources: { requests: { cpu: '64' } } })],
    },
    4,
    ['OutOfcpu'],
  ],
];

/** |wanted| occur in |got|, in this order. */
function expectInOrder(got: readonly string[], wanted: readonly string[]): void {
  let at = -1;
  for (const status of wanted) {
    at = got.indexOf(status, at + 1);
    if (at < 0) expect(got.join()).toEqual(wanted.join());
  }
}

describe('a Pod that', () => {
  it.each(ROWS)('%s', (_what, spec, seconds, wanted) => {
    const w = new World();
    w.create(spec);
    w.run(seconds);
    expectInOrder(w.statuses, wanted);
    if (wanted.length === 1) expect(w.statuses.at(-1)).toBe(wanted[0]);
  });

  it('is being deleted', () => {
    const w = new World();
    w.create({ terminationGracePeriodSeconds: 3, containers: [app] });
    w.run(4);
    w.delete();
    w.run(2);
    expect(w.rows.at(-1)).toEqual(['1/1', 'Terminating', '0']);
    w.run(8);
    // Nobody ends `sleep` as process 1 but SIGKILL.
    expect(w.rows.some(([ready, status]) => ready === '0/1' && status === 'Error')).toBe(true);
  });

  it('is on a node that was lost', () => {
    const w = new World();
    w.create({ containers: [app] });
    w.run(4);
    w.machine.stop();
    w.run(120);
    // What its containers were seen to be last stays; the Pod itself is not ready.
    expect(w.rows.at(-1)).toEqual(['1/1', 'Running', '0']);
    const ready = w.pod().status.conditions?.find((c) => c.type === 'Ready');
    expect(ready?.status).toBe('False');
    w.delete();
    w.run(4);
    expect(w.statuses.at(-1)).toBe('Terminating');
  });

  it('was restarted a while ago', () => {
    const w = new World();
    w.create({ containers: [shell('sleep 3; exit 1')] });
    w.run(30);
    const restarted = w.rows.map(([, , restarts = '']) => restarts);
    expect(restarted.some((text) => /^1 \(\d+s ago\)$/.test(text))).toBe(true);
    expect(restarted[0]).toBe('0');
  });
});
