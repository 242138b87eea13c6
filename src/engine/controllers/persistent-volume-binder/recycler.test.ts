import { expect, it } from 'vitest';
import type { PersistentVolume as Volume } from '../../../api/generated/types.ts';
import { Event } from '../../../api/kinds/event.ts';
import { PersistentVolumeClaim } from '../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../api/kinds/persistent-volume.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Cluster } from '../../cluster.ts';
import { recyclerPod } from './recycler.ts';

const volume = (spec: object): Volume => ({ metadata: { name: 'v' }, spec }) as unknown as Volume;
const SMALL = { storage: '1Gi' };
const LARGE = { storage: '20Gi' };
const PATH = { path: '/x' };

it.each([
  ['a small one', { hostPath: PATH, capacity: SMALL }, 60],
  ['a large one has more time', { hostPath: PATH, capacity: LARGE }, 600],
  ['over the network', { nfs: { server: 's', path: '/x' }, capacity: SMALL }, 300],
  ['nobody can', { local: PATH, capacity: SMALL }, undefined],
])('the Pod that wipes: %s', (_name, spec, seconds) => {
  expect(recyclerPod(volume(spec))?.spec?.activeDeadlineSeconds).toBe(seconds);
});

it('wipes a volume and offers it anew', () => {
  const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: '' };
  const epoch = '2026-01-01T00:00:00Z';
  const cluster = new Cluster({ seed: 1, epoch, nodes: [node], stopped: [] }, { freeze: true });
  const { kernel, machines } = cluster;
  const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
  const client = cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  const run = (seconds: number): void => void kernel.runUntil(kernel.now + seconds * 1_000_000);
  const act = <T>(work: Proc<T>): T => {
    const process = kernel.spawn('test', work, { joined: true });
    kernel.runUntil(() => process.done);
    if (process.outcome?.ok !== true) throw new Error(String(process.outcome?.error));
    return process.outcome.value;
  };
  const disk = machines.get('node-1')?.files;
  disk?.makeDirectory('/srv/data', 0o755);
  disk?.write('/srv/data/old', 'secret', false);
  const accessModes = ['ReadWriteOnce' as const];
  const spec = {
    capacity: { storage: '1Gi' },
    accessModes,
    persistentVolumeReclaimPolicy: 'Recycle' as const,
    hostPath: { path: '/srv/data' },
  };
  act(client.create(PersistentVolume, { metadata: { name: 'v' }, spec }));
  const resources = { requests: { storage: '1Gi' } };
  const metadata = { name: 'c', namespace: 'default' };
  const wanted = { accessModes, resources, storageClassName: '' };
  run(1);
  act(client.create(PersistentVolumeClaim, { metadata, spec: wanted }));
  run(1);
  expect(act(client.get(PersistentVolume, '', 'v')).status.phase).toBe('Bound');
  act(client.delete(PersistentVolumeClaim, 'default', 'c'));
  run(60);
  const recycled = act(client.get(PersistentVolume, '', 'v'));
  expect([recycled.status.phase, recycled.spec.claimRef]).toEqual(['Available', undefined]);
  expect(disk?.list('/srv/data')).toEqual([]);
  expect(act(client.list(Pod, { namespace: 'default' })).items).toEqual([]);
  const events = act(client.list(Event, { namespace: 'default' })).items;
  const told = events.filter((e) => e.involvedObject.name === 'v').map((e) => e.message);
  expect(told[0]).toBe('Recycler pod: Successfully assigned default/recycler-for-v to node-1');
  expect(told.at(-1)).toBe('Volume recycled');
});
