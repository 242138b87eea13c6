/** Containers of one Pod that see each other's processes. */
import { describe, expect, it } from 'vitest';
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { Input } from '../../api/meta/object.ts';
import { Cluster } from '../cluster.ts';
import type { Machine } from './machine.ts';

const SECOND = 1_000_000;

function world(spec: Input<PodObject['spec']>) {
  const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
  const cluster = new Cluster(
    { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
    { freeze: true },
  );
  const { kernel } = cluster;
  const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
  const client = cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  const machine = cluster.machines.get('node-1') as Machine;
  machine.runtime.images.preload('busybox:1.36');
  const metadata = { name: 'p', namespace: 'default' };
  kernel.spawn('create', client.create(Pod, { metadata, spec }));
  kernel.runUntil(4 * SECOND);
  const pod = (): PodObject =>
    cluster.server.store.get('/registry/pods/default/p')?.value.object as unknown as PodObject;
  const run = (container: string, command: string): string => {
    let output = '';
    const { uid } = pod().metadata;
    const body = machine.runtime.execSync(uid, container, ['sh', '-c', command]);
    const take = function* () {
      const result = yield* body;
      output = result.kind === 'failed' ? result.message : result.output;
    };
    kernel.spawn('exec', take());
    kernel.runUntil(kernel.now + SECOND);
    return output;
  };
  return { kernel, machine, pod, run };
}

const sleeper = (name: string, seconds: number) => ({
  name,
  image: 'busybox:1.36',
  command: ['sleep', String(seconds)],
});

describe('shareProcessNamespace', () => {
  const shared = {
    shareProcessNamespace: true,
    containers: [sleeper('a', 1_000), sleeper('b', 2_000)],
  };

  it('has pause as process 1, and shows the processes of all', () => {
    const lines = world(shared).run('a', 'ps').split('\n');
    const rows = lines.slice(1).map((line) => line.trim().split(/ +/));
    expect(rows[0]).toEqual(['1', '65535', '/pause']);
    const commands = rows.map((row) => row.slice(2).join(' '));
    expect(commands).toContain('sleep 1000');
    expect(commands).toContain('sleep 2000');
  });

  it('lets one container end another, which is started again alone', () => {
    const w = world(shared);
    const row = /^ *(\d+) .* sleep 2000$/m.exec(w.run('a', 'ps'));
    w.run('a', `kill ${row?.[1]}`);
    w.kernel.runUntil(w.kernel.now + 4 * SECOND);
    const counts = w.pod().status.containerStatuses?.map((c) => c.restartCount);
    expect(counts).toEqual([0, 1]);
  });

  it('ends with its sandbox, and begins again with a new one', () => {
    const w = world(shared);
    const before = w.pod().status.podIP;
    w.run('a', 'kill 1');
    w.kernel.runUntil(w.kernel.now + 8 * SECOND);
    const { status } = w.pod();
    expect(status.podIP).not.toBe(before);
    expect(status.containerStatuses?.map((c) => c.restartCount)).toEqual([1, 1]);
    expect(status.containerStatuses?.every((c) => c.state.running)).toBe(true);
  });
});

describe('containers of a Pod that shares nothing', () => {
  it('see their own processes only', () => {
    const w = world({ containers: [sleeper('a', 1_000), sleeper('b', 2_000)] });
    const output = w.run('a', 'ps');
    expect(output).toContain('sleep 1000');
    expect(output).not.toContain('sleep 2000');
    expect(output).not.toContain('/pause');
  });
});
