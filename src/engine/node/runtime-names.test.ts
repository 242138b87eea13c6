/** What ids of containers begin with, by the runtime that a node says it has. */
import { expect, it } from 'vitest';
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { Cluster } from '../cluster.ts';

const SECOND = 1_000_000;

it.each(['containerd', 'cri-o', 'docker'] as const)('a node with %s', (runtime) => {
  const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: 'a', runtime };
  const cluster = new Cluster(
    { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
    { freeze: true },
  );
  const { kernel } = cluster;
  const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
  const client = cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  const probe = { exec: { command: ['true'] }, periodSeconds: 1 };
  const command = ['sh', '-c', 'sleep 8; exit 1'];
  const container = { name: 'c', image: 'busybox:1.36', command, readinessProbe: probe };
  kernel.spawn(
    'create',
    client.create(Pod, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { restartPolicy: 'Always', containers: [container] },
    }),
  );
  const id = new RegExp(`^${runtime}://[0-9a-f]{64}$`);
  const status = () => {
    const pod = cluster.server.store.get('/registry/pods/default/p')?.value.object as PodObject;
    return pod.status.containerStatuses?.[0];
  };
  kernel.runUntil(7 * SECOND);
  expect(status()?.containerID).toMatch(id);
  // The probe's result is about the container of that id.
  expect(status()?.ready).toBe(true);
  kernel.runUntil(30 * SECOND);
  expect(status()?.restartCount).toBeGreaterThan(0);
  expect(status()?.lastState.terminated?.containerID).toMatch(id);
});
