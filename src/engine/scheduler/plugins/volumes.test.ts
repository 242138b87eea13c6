import { describe, expect, it } from 'vitest';
import type { Pod, VolumeAttachment } from '../../../api/generated/types.ts';
import {
  CAPACITIES,
  claim,
  CLASSES,
  lookup,
  NODES,
  using,
  volume,
  type World,
  ZONE,
} from '../../../testing/scheduling-volumes.ts';
import { inThought, made, testPod, testSnapshot, verdicts } from '../../../testing/scheduling.ts';
import type { ClusterEvent } from '../events.ts';
import { plain } from '../framework.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

describe('VolumeRestrictions', () => {
  const TAKEN =
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod';
  const alone = claim('c', { bound: 'v', spec: { accessModes: ['ReadWriteOncePod'] } });
  const disk = (source: object, node?: string): Pod =>
    testPod(node ?? 'in', {
      spec: { volumes: [{ name: 'v', ...source }] } as object,
      ...(node === undefined ? {} : { node }),
    });
  const gce = (readOnly: boolean) => ({ gcePersistentDisk: { pdName: 'p', readOnly } });
  const rbd = (monitors: string[]) => ({ rbd: { monitors, image: 'i', pool: 'rbd' } });
  const CONFLICT = { n1: 'node(s) had no available disk', n2: '', bare: '' };
  const FREE = { n1: '', n2: '', bare: '' };
  const plugin = made(plain(volumeRestrictions), testSnapshot([]));

  it.each<[string, readonly Pod[], Pod, object | string]>([
    ['nobody uses the claim', [], using(['c']), 'skipped'],
    [
      'somebody does',
      [{ ...using(['c'], { node: 'n1' }), metadata: testPod('o').metadata }],
      using(['c']),
      { n1: TAKEN, n2: TAKEN, bare: TAKEN },
    ],
    ['a disk that is written', [disk(gce(false), 'n1')], disk(gce(true)), CONFLICT],
    ['a disk that is only read', [disk(gce(true), 'n1')], disk(gce(true)), FREE],
    [
      'an EBS volume, even if only read',
      [disk({ awsElasticBlockStore: { volumeID: 'x', readOnly: true } }, 'n1')],
      disk({ awsElasticBlockStore: { volumeID: 'x', readOnly: true } }),
      CONFLICT,
    ],
    ['one monitor in common', [disk(rbd(['a', 'b']), 'n1')], disk(rbd(['b', 'c'])), CONFLICT],
    ['no monitor in common', [disk(rbd(['a']), 'n1')], disk(rbd(['b'])), FREE],
    [
      'the same iqn',
      [disk({ iscsi: { iqn: 'q' } }, 'n1')],
      disk({ iscsi: { iqn: 'q' } }),
      CONFLICT,
    ],
  ])('%s', (_name, placed, pod, expected) => {
    const snapshot = testSnapshot(NODES, placed, lookup({ claims: [alone] }));
    expect(verdicts(plugin, pod, snapshot)).toEqual(expected);
  });

  it('lets the claim go in thought', () => {
    const user = { ...using(['c'], { node: 'n1' }), metadata: testPod('o').metadata };
    const snapshot = testSnapshot(NODES, [user], lookup({ claims: [alone] }));
    expect(inThought(plugin, using(['c']), snapshot, 'n1', { gone: [user] })).toBe('no → fits');
  });
});

describe('VolumeZone', () => {
  const plugin = made(plain(volumeZone), testSnapshot([]));
  const OTHER = 'node(s) had no available volume zone [unresolvable]';
  it.each<[string, World, object | string]>([
    ['no label', { claims: [claim('c', { bound: 'v' })], volumes: [volume('v')] }, 'skipped'],
    [
      'a zone; a node without any is taken for a cluster of one',
      { claims: [claim('c', { bound: 'v' })], volumes: [volume('v', {}, { [ZONE]: 'b' })] },
      { n1: OTHER, n2: '', bare: '' },
    ],
    [
      'several zones',
      { claims: [claim('c', { bound: 'v' })], volumes: [volume('v', {}, { [ZONE]: 'a__b' })] },
      { n1: '', n2: '', bare: '' },
    ],
    [
      'the old label',
      {
        claims: [claim('c', { bound: 'v' })],
        volumes: [volume('v', {}, { 'failure-domain.beta.kubernetes.io/zone': 'a' })],
      },
      { n1: '', n2: OTHER, bare: '' },
    ],
    [
      'a region no node has',
      {
        claims: [claim('c', { bound: 'v' })],
        volumes: [volume('v', {}, { 'topology.kubernetes.io/region': 'r' })],
      },
      { n1: OTHER, n2: OTHER, bare: '' },
    ],
    ['a claim that waits', { claims: [claim('c')] }, 'skipped'],
    [
      'a volume that is gone',
      { claims: [claim('c', { bound: 'v' })] },
      'persistentvolume "v" not found [unresolvable]',
    ],
    [
      'a class that is not there',
      { claims: [claim('c', { spec: { storageClassName: 'x' } })] },
      'storageclass.storage.k8s.io "x" not found [unresolvable]',
    ],
  ])('%s', (_name, world, expected) => {
    const snapshot = testSnapshot(NODES, [], lookup(world));
    expect(verdicts(plugin, using(['c']), snapshot)).toEqual(expected);
  });
});

describe('NodeVolumeLimits', () => {
  const FULL = 'node(s) exceed max volume count';
  const csi = (handle: string) => ({ csi: { driver: 'disk.example.com', volumeHandle: handle } });
  const volumes = ['a', 'b', 'c'].map((name) => volume(name, csi(name)));
  const claims = ['a', 'b', 'c'].map((name) => claim(name, { bound: name }));
  const waiting = claim('w', { spec: { storageClassName: 'made' } });
  const user = (name: string): Pod => ({
    ...using([name], { node: 'n1' }),
    metadata: testPod(`user-${name}`).metadata,
  });
  const attached = (name: string): VolumeAttachment =>
    ({
      spec: {
        attacher: 'disk.example.com',
        nodeName: 'n1',
        source: { persistentVolumeName: name },
      },
    }) as unknown as VolumeAttachment;
  it.each<
    [string, readonly Pod[], readonly VolumeAttachment[], readonly string[], object | string]
  >([
    ['room for two', [user('a')], [], ['b'], { n1: '', n2: '', bare: '' }],
    ['no room for a third', [user('a'), user('b')], [], ['c'], { n1: FULL, n2: '', bare: '' }],
    ['one that is there already', [user('a'), user('b')], [], ['b'], { n1: '', n2: '', bare: '' }],
    [
      'what is still attached counts',
      [user('a')],
      [attached('b')],
      ['c'],
      { n1: FULL, n2: '', bare: '' },
    ],
    ['once', [user('a')], [attached('a')], ['c'], { n1: '', n2: '', bare: '' }],
    ['one that will be made', [user('a'), user('b')], [], ['w'], { n1: FULL, n2: '', bare: '' }],
    ['two at once', [user('a')], [], ['b', 'w'], { n1: FULL, n2: '', bare: '' }],
    ['no claims', [], [], [], 'skipped'],
  ])('%s', (_name, placed, attachments, names, expected) => {
    const world = { claims: [...claims, waiting], volumes, attachments };
    const snapshot = testSnapshot(NODES, placed, lookup(world));
    expect(verdicts(made(nodeVolumeLimits, snapshot), using(names), snapshot)).toEqual(expected);
  });
});

describe('hints', () => {
  const event = (type: string, parts: object): ClusterEvent =>
    ({ type, old: null, ...parts }) as unknown as ClusterEvent;
  const snapshot = testSnapshot([]);
  const drivers = (count: number) => ({
    metadata: {},
    spec: { drivers: [{ name: 'x', allocatable: { count } }] },
  });
  it.each([
    [
      'its claim comes',
      volumeBinding,
      event('PersistentVolumeClaimAdd', { object: claim('c') }),
      true,
    ],
    [
      'another claim comes',
      volumeBinding,
      event('PersistentVolumeClaimAdd', { object: claim('x') }),
      false,
    ],
    [
      'a class has other zones',
      volumeBinding,
      event('storage.k8s.io/StorageClassUpdate', { object: CLASSES[3], old: CLASSES[2] }),
      true,
    ],
    [
      'a class has the same',
      volumeBinding,
      event('storage.k8s.io/StorageClassUpdate', { object: CLASSES[2], old: CLASSES[2] }),
      false,
    ],
    [
      'more is left',
      volumeBinding,
      event('storage.k8s.io/CSIStorageCapacityUpdate', {
        object: CAPACITIES[1],
        old: CAPACITIES[0],
      }),
      true,
    ],
    [
      'less is left',
      volumeBinding,
      event('storage.k8s.io/CSIStorageCapacityUpdate', {
        object: CAPACITIES[0],
        old: CAPACITIES[1],
      }),
      false,
    ],
    [
      'a node takes more',
      nodeVolumeLimits,
      event('storage.k8s.io/CSINodeUpdate', { object: drivers(3), old: drivers(2) }),
      true,
    ],
    [
      'a node takes fewer',
      nodeVolumeLimits,
      event('storage.k8s.io/CSINodeUpdate', { object: drivers(1), old: drivers(2) }),
      false,
    ],
    [
      'a class that waits',
      plain(volumeZone),
      event('storage.k8s.io/StorageClassAdd', { object: CLASSES[0] }),
      true,
    ],
    [
      'a class that does not',
      plain(volumeZone),
      event('storage.k8s.io/StorageClassAdd', { object: CLASSES[1] }),
      false,
    ],
    [
      'a volume moves',
      plain(volumeZone),
      event('PersistentVolumeUpdate', {
        object: volume('v', {}, { [ZONE]: 'a' }),
        old: volume('v'),
      }),
      true,
    ],
    [
      'a user of the claim goes',
      plain(volumeRestrictions),
      event('AssignedPodDelete', { pod: using(['c']) }),
      true,
    ],
    [
      'another Pod goes',
      plain(volumeRestrictions),
      event('AssignedPodDelete', { pod: using(['x']) }),
      false,
    ],
  ])('%s', (_name, factory, happened, expected) => {
    expect(made(factory, snapshot).helps?.(happened, using(['c']))).toBe(expected);
  });
});
