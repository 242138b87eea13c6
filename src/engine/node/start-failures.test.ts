/**
 * What learners do wrong when a Pod starts: each is made to happen, and the text that Kubernetes shows
 * is found. What is wrong with images has its own table, beside the registries.
 */
import { describe, expect, it } from 'vitest';
import type { Event as EventObject, Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { Input } from '../../api/meta/object.ts';
import { Cluster } from '../cluster.ts';
import { writeNetwork } from './runtime/cni.ts';

const SECOND = 1_000_000;

type Spec = Input<PodObject['spec']>;

class World {
  readonly cluster: Cluster;

  constructor(prepare: ((cluster: Cluster) => void) | undefined) {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
    this.cluster = new Cluster(
      { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    const machine = this.cluster.machines.get('node-1');
    for (const image of ['busybox:1.36', 'nginx:1.25']) machine?.runtime.images.preload(image);
    prepare?.(this.cluster);
  }

  start(spec: Spec, seconds: number): void {
    const { kernel } = this.cluster;
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    const client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    const metadata = { name: 'p', namespace: 'default' };
    kernel.spawn('create', client.create(Pod, { metadata, spec }));
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  get pod(): PodObject {
    const { store } = this.cluster.server;
    return store.get('/registry/pods/default/p')?.value.object as unknown as PodObject;
  }

  /** `Warning Failed Error: …`, with everything drawn left out. */
  get events(): readonly string[] {
    const { store } = this.cluster.server;
    return [...store.range('/registry/events/default/')].map(({ value }) => {
      const { type = '', reason = '', message = '' } = value.object as unknown as EventObject;
      return plain(`${type} ${reason} ${message}`);
    });
  }
}

function plain(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/10\.244\.\d+\.\d+/g, 'IP');
}

const shell = (script: string, more: object = {}) => ({
  name: 'app',
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...more,
});
const idle = (more: object = {}): Spec => ({ containers: [shell('sleep 3600', more)] });
const nginx = (more: object): Spec => ({
  containers: [{ name: 'app', image: 'nginx:1.25', ...more }],
});
const often = { periodSeconds: 1, failureThreshold: 1 };

interface Row {
  readonly mistake: string;
  readonly spec: Spec;
  readonly seconds: number;
  /** Reason of the container's state, then of its last one. */
  readonly reasons: readonly [state: string | undefined, last: string | undefined];
  /** Null: nothing is told in an Event. */
  readonly event: string | null;
  readonly prepare?: (cluster: Cluster) => void;
}

const ROWS: readonly Row[] = [
  {
    mistake: 'an app that exits',
    spec: { containers: [shell('exit 3')] },
    seconds: 14,
    reasons: ['Error', 'Error'],
    event: 'Warning BackOff Back-off restarting failed container app in pod p_default(UID)',
  },
  {
    mistake: 'an app that returns at once',
    spec: { containers: [shell('true')] },
    seconds: 14,
    reasons: ['Completed', 'Completed'],
    event: 'Warning BackOff Back-off restarting failed container app in pod p_default(UID)',
  },
  {
    mistake: 'a command that is not there',
    spec: { containers: [{ name: 'app', image: 'busybox:1.36', command: ['nginxx'] }] },
    seconds: 1.5,
    reasons: ['RunContainerError', 'StartError'],
    event:
      'Warning Failed Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nginxx": executable file not found in $PATH',
  },
  {
    mistake: 'a ConfigMap that is missing (env)',
    spec: idle({ envFrom: [{ configMapRef: { name: 'app-config' } }] }),
    seconds: 3,
    reasons: ['CreateContainerConfigError', undefined],
    event: 'Warning Failed Error: configmap "app-config" not found',
  },
  {
    mistake: 'a Secret that is missing (env)',
    spec: idle({
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
    }),
    seconds: 3,
    reasons: ['CreateContainerConfigError', undefined],
    event: 'Warning Failed Error: secret "db" not found',
  },
  {
    mistake: 'a key that is missing',
    spec: idle({
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'kube-root-ca.crt', key: 'DB_HOST' } } },
      ],
    }),
    seconds: 3,
    reasons: ['CreateContainerConfigError', undefined],
    event: "Warning Failed Error: couldn't find key DB_HOST in ConfigMap default/kube-root-ca.crt",
  },
  {
    mistake: 'a ConfigMap that is missing (volume)',
    spec: {
      ...idle({ volumeMounts: [{ name: 'cfg', mountPath: '/c' }] }),
      volumes: [{ name: 'cfg', configMap: { name: 'app-config' } }],
    } as Spec,
    seconds: 3,
    reasons: ['ContainerCreating', undefined],
    event:
      'Warning FailedMount MountVolume.SetUp failed for volume "cfg" : configmap "app-config" not found',
  },
  {
    mistake: 'runAsNonRoot with an image of root',
    spec: idle({ securityContext: { runAsNonRoot: true } }),
    seconds: 3,
    reasons: ['CreateContainerConfigError', undefined],
    event:
      'Warning Failed Error: container has runAsNonRoot and image will run as root (pod: "p_default(UID)", container: app)',
  },
  {
    mistake: 'an init container that fails',
    spec: { ...idle(), initContainers: [shell('exit 1', { name: 'init-db' })] } as Spec,
    seconds: 14,
    reasons: ['PodInitializing', undefined],
    event: 'Warning BackOff Back-off restarting failed container init-db in pod p_default(UID)',
  },
  {
    mistake: 'a liveness probe of a wrong path',
    spec: nginx({ livenessProbe: { httpGet: { path: '/nothing', port: 80 }, ...often } }),
    seconds: 4,
    reasons: [undefined, 'Completed'],
    event: 'Warning Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 404',
  },
  {
    mistake: 'a liveness probe of a wrong port',
    spec: nginx({ livenessProbe: { httpGet: { path: '/', port: 8080 }, ...often } }),
    seconds: 4,
    reasons: [undefined, 'Completed'],
    event:
      'Warning Unhealthy Liveness probe failed: Get "http://IP:8080/": dial tcp IP:8080: connect: connection refused',
  },
  {
    mistake: 'a readiness probe that fails',
    spec: nginx({ readinessProbe: { httpGet: { path: '/nothing', port: 80 }, ...often } }),
    seconds: 4,
    reasons: [undefined, undefined],
    event: 'Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 404',
  },
  {
    mistake: 'a start that is slower than its startup probe allows',
    spec: idle({
      terminationGracePeriodSeconds: undefined,
      startupProbe: { exec: { command: ['false'] }, ...often },
    }),
    seconds: 4,
    reasons: [undefined, undefined],
    event: 'Normal Killing Container app failed startup probe, will be restarted',
  },
  {
    mistake: 'a deadline that passes',
    spec: { ...idle(), activeDeadlineSeconds: 3, terminationGracePeriodSeconds: 1 } as Spec,
    seconds: 8,
    reasons: ['Error', undefined],
    event: 'Normal DeadlineExceeded Pod was active on the node longer than the specified deadline',
  },
];

describe('mistakes at the start of a Pod', () => {
  it.each(ROWS)('$mistake', ({ spec, seconds, reasons, event, prepare }) => {
    const world = new World(prepare);
    world.start(spec, seconds);
    expect(world.events).toContain(event);
    const [status] = world.pod.status.containerStatuses ?? [];
    const { waiting, terminated } = status?.state ?? {};
    expect([waiting?.reason ?? terminated?.reason, status?.lastState?.terminated?.reason]).toEqual(
      reasons,
    );
  });

  it('memory beyond the limit ends with 137, and no Event says so', () => {
    const world = new World(undefined);
    const limits = { limits: { memory: '8Mi' } };
    const script = 'x=a; while true; do x=$x$x; done';
    world.start({ restartPolicy: 'Never', containers: [shell(script, { resources: limits })] }, 20);
    expect(world.pod.status.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: 'OOMKilled',
      exitCode: 137,
    });
    expect(world.events.join('\n')).not.toMatch(/OOM/i);
  });

  it('a node without a network plugin holds its Pods', () => {
    const world = new World((cluster) => {
      const machine = cluster.machines.get('node-1');
      if (machine) writeNetwork(machine.files, null);
    });
    world.start({ ...idle(), nodeName: 'node-1' } as Spec, 20);
    expect(world.events.join('\n')).toMatch(
      /Warning NetworkNotReady network is not ready: container runtime network not ready/,
    );
  });
});
