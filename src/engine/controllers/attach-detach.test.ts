import { describe, expect, it } from 'vitest';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  VolumeAttachment,
} from '../../api/generated/types.ts';
import { attachmentName, uniqueVolumeName } from '../../api/kinds/storage/csi-names.ts';
import { Tries } from './attach-detach/attach.ts';
import { hasEnded, isBoundTo, mayBeShared, takenBy, wantedBy } from './attach-detach/wanted.ts';

const SECOND = 1_000_000;
const CLAIM = { metadata: { name: 'c', uid: 'u' } } as unknown as PersistentVolumeClaim;

function pod(name: string, spec: object = {}, status: object = {}, metadata: object = {}): Pod {
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
  return {
    metadata: { name, namespace: 'n', uid: name, ...metadata },
    spec: { nodeName: 'node-1', volumes, ...spec },
    status,
  } as unknown as Pod;
}

const GOING = { deletionTimestamp: 'x' };
const RUNS = { containerStatuses: [{ state: { running: {} } }] };
const ENDED = { containerStatuses: [{ state: { terminated: {} } }] };
const OWN = [{ name: 'v', ephemeral: {} }];

describe('who wants a volume', () => {
  it.each([
    ['runs', pod('p', {}, RUNS), ['node-1']],
    ['is not scheduled', pod('p', { nodeName: '' }), []],
    ['has ended', pod('p', {}, { phase: 'Succeeded' }), []],
    ['is going and runs still', pod('p', {}, RUNS, GOING), ['node-1']],
    ['is going and has stopped', pod('p', {}, ENDED, GOING), []],
    ['has a claim of that name for itself, which is not this one', pod('p', { volumes: OWN }), []],
  ])('%s', (_name, object, nodes) => {
    expect([...wantedBy([object], CLAIM).keys()]).toEqual(nodes);
  });

  it('has ended as soon as no container may run', () => {
    expect(hasEnded(pod('p', {}, {}, GOING))).toBe(true);
    expect(hasEnded(pod('p', {}, {}))).toBe(false);
  });

  it('is bound both ways or not at all', () => {
    const volume = { metadata: { name: 'v' }, spec: { claimRef: { uid: 'u' } } };
    const claim = { ...CLAIM, spec: { volumeName: 'v' }, status: { phase: 'Bound' } };
    const v = volume as unknown as PersistentVolume;
    const c = claim as unknown as PersistentVolumeClaim;
    expect(isBoundTo(v, c)).toBe(true);
    expect(isBoundTo(v, { ...c, spec: { ...c.spec, volumeName: 'w' } })).toBe(false);
    expect(isBoundTo(v, { ...c, status: { phase: 'Pending' } })).toBe(false);
    expect(isBoundTo(v, undefined)).toBe(false);
  });
});

it.each([
  [['ReadWriteOnce'], false],
  [['ReadWriteOncePod'], false],
  [['ReadWriteOnce', 'ReadOnlyMany'], true],
  [['ReadWriteMany'], true],
  [[], true],
])('of modes %j: several nodes: %s', (accessModes, shared) => {
  expect(mayBeShared({ spec: { accessModes } } as unknown as PersistentVolume)).toBe(shared);
});

it('tells by whom a volume is taken, but no names of other namespaces', () => {
  const me = pod('me');
  const far = pod('far', {}, {}, { namespace: 'other' });
  const used = 'Volume is already used by';
  expect(takenBy(me, [])).toBe(
    "Volume is already exclusively attached to one node and can't be attached to another",
  );
  expect(takenBy(me, [pod('a'), pod('b')])).toBe(`${used} pod(s) a, b`);
  expect(takenBy(me, [pod('a'), far])).toBe(
    `${used} pod(s) a and 1 pod(s) in different namespaces`,
  );
  expect(takenBy(me, [far])).toBe(`${used} 1 pod(s) in different namespaces`);
});

describe('a try to attach', () => {
  const attachment = (status: object): VolumeAttachment =>
    ({
      metadata: { name: 'a' },
      spec: { attacher: 'd', nodeName: 'n' },
      status,
    }) as unknown as VolumeAttachment;
  const waiting = attachment({ attached: false });

  it('is given two minutes, and a pause that doubles', () => {
    const tries = new Tries();
    expect(tries.look(waiting, 'h', 0)).toEqual({ kind: 'waits', at: 120 * SECOND });
    const why = 'timed out waiting for external-attacher of d CSI driver to attach volume h';
    const at = 120.5 * SECOND;
    expect(tries.look(waiting, 'h', 120 * SECOND)).toEqual({ kind: 'failed', why, at });
    expect(tries.look(waiting, 'h', 120.1 * SECOND)).toEqual({ kind: 'waits', at });
    expect(tries.look(waiting, 'h', at)).toEqual({ kind: 'waits', at: at + 120 * SECOND });
    const again = tries.look(waiting, 'h', at + 120 * SECOND);
    expect(again).toMatchObject({ kind: 'failed', at: at + 121 * SECOND });
  });

  it('fails at once where the driver says why', () => {
    const tries = new Tries();
    const failed = attachment({ attached: false, attachError: { message: 'no' } });
    expect(tries.look(failed, 'h', 0)).toEqual({ kind: 'failed', why: 'no', at: 0.5 * SECOND });
    expect(tries.look(attachment({ attached: true }), 'h', 1)).toEqual({ kind: 'attached' });
  });
});

it('makes the names that everybody knows', () => {
  expect(uniqueVolumeName('d', 'h')).toBe('kubernetes.io/csi/d^h');
  // sha256 of "hdn".
  expect(attachmentName('h', 'd', 'n')).toMatch(/^csi-[0-9a-f]{64}$/);
  expect(attachmentName('h', 'd', 'n')).not.toBe(attachmentName('h', 'd', 'm'));
});
