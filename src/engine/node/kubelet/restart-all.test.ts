/** RestartAllContainers: the exit of one container restarts all of its Pod, in the same sandbox. */
import { describe, expect, it } from 'vitest';
import type { Pod as PodObject } from '../../../api/generated/types.ts';
import type { AnyKind } from '../../../api/meta/define-kind.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { Cluster } from '../../cluster.ts';
import type { Machine } from '../machine.ts';

const SECOND = 1_000_000;

const container = (name: string, script: string, more: object = {}) => ({
  name,
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  ...more,
});
const rule = {
  action: 'RestartAllContainers',
  exitCodes: { operator: 'In', values: [42] },
} as const;
const spec = {
  restartPolicy: 'Never' as const,
  terminationGracePeriodSeconds: 1,
  volumes: [{ name: 'v', emptyDir: {} }],
  initContainers: [container('i', 'echo x >> /v/runs')],
  containers: [
    container('a', '[ $(wc -l < /v/runs) = 1 ] && sleep 3 && exit 42; sleep 3600', {
      restartPolicy: 'Never',
      restartPolicyRules: [rule],
    }),
    container('b', 'sleep 3600'),
  ],
};

describe('RestartAllContainers', () => {
  it('runs the init containers again, keeps the sandbox, and says what it does', () => {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
    const cluster = new Cluster(
      { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    const { kernel, server } = cluster;
    (cluster.machines.get('node-1') as Machine).runtime.images.preload('busybox:1.36');
    const seen: PodObject[] = [];
    server.watches.open({
      resource: server.registry.of(Pod as unknown as AnyKind),
      namespace: 'default',
      since: server.store.revision,
      actor: 'test',
      scope: { name: 'test', alive: true },
      onEvent: ({ object }) => seen.push(object as PodObject),
      onClose: () => undefined,
    });
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    const client = cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    const metadata = { name: 'p', namespace: 'default' };
    kernel.spawn('create', client.create(Pod, { metadata, spec }));
    kernel.runUntil(20 * SECOND);
    const last = seen.at(-1) as PodObject;
    const { status } = last;
    const condition = (p: PodObject) =>
      p.status.conditions?.find((c) => c.type === 'AllContainersRestarting');
    const told = seen.map((p) => condition(p)?.status).filter((s, i, all) => s !== all[i - 1]);
    expect(told).toEqual(['False', 'True', 'False']);
    const during = seen.find((p) => condition(p)?.status === 'True') as PodObject;
    expect(condition(during)).toMatchObject({
      reason: 'RestartAllContainersStarted',
      message: 'container exited with restart policy rule',
    });
    expect(status.phase).toBe('Running');
    const counts = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    expect(counts.map((c) => [c.name, c.restartCount])).toEqual([
      ['i', 1],
      ['a', 1],
      ['b', 1],
    ]);
    const reasons = seen
      .flatMap((p) => p.status.containerStatuses ?? [])
      .map((c) => c.state.waiting);
    expect(reasons.some((w) => w?.reason === 'RestartingAllContainers')).toBe(true);
    const addresses = new Set(seen.map((p) => p.status.podIP).filter((ip) => ip !== undefined));
    expect(addresses.size).toBe(1);
  });
});
