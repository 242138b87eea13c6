/** The end of a Pod can be hastened. */
import { describe, expect, it } from 'vitest';
import { Pod } from '../../../api/kinds/pod.ts';
import { Cluster } from '../../cluster.ts';
import type { Machine } from '../machine.ts';

const SECOND = 1_000_000;

function world(more: object = {}) {
  const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
  const cluster = new Cluster(
    { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
    { freeze: true },
  );
  const { kernel, server } = cluster;
  const machine = cluster.machines.get('node-1') as Machine;
  machine.runtime.images.preload('busybox:1.36');
  const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
  const client = cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  // As process 1, sleep does not mind SIGTERM.
  const container = { name: 'c', image: 'busybox:1.36', command: ['sleep', '3600'], ...more };
  const spec = { terminationGracePeriodSeconds: 60, containers: [container] };
  const metadata = { name: 'p', namespace: 'default' };
  kernel.spawn('create', client.create(Pod, { metadata, spec }));
  kernel.runUntil(4 * SECOND);
  return {
    remove: (gracePeriodSeconds?: number) => {
      const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
      kernel.spawn('delete', client.delete(Pod, 'default', 'p', options));
    },
    run: (seconds: number) => kernel.runUntil(kernel.now + seconds * SECOND),
    exists: () => server.store.get('/registry/pods/default/p') !== undefined,
    left: () => machine.runtime.pods().length,
  };
}

describe('a second deletion', () => {
  it.each([
    ['with a shorter grace period', {}],
    ['while a preStop hook runs', { lifecycle: { preStop: { sleep: { seconds: 50 } } } }],
  ])('%s ends the Pod earlier', (_what, more) => {
    const w = world(more);
    w.remove();
    w.run(3);
    expect(w.exists()).toBe(true);
    w.remove(1);
    w.run(7);
    expect(w.exists()).toBe(false);
    expect(w.left()).toBe(0);
  });

  it('by force ends its containers on the node soon', () => {
    const w = world();
    w.remove();
    w.run(3);
    w.remove(0);
    w.run(1);
    expect(w.exists()).toBe(false);
    w.run(7);
    expect(w.left()).toBe(0);
  });
});
