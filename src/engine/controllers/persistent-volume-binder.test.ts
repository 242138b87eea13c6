import { describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/generated/types.ts';
import { boundVolume } from '../../api/kinds/persistent-volume/binding.ts';
import { boundClaim, claimInPhase, unboundVolume } from './persistent-volume-binder/drafts.ts';
import { bestMatch, mismatch } from './persistent-volume-binder/match.ts';
import { deletionFailure } from './persistent-volume-binder/volume-sync.ts';

type Volume = PersistentVolume;
type Claim = PersistentVolumeClaim;

function volume(name: string, storage: string, spec: object = {}, metadata: object = {}): Volume {
  return {
    metadata: { name, ...metadata },
    spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], ...spec },
    status: { phase: 'Available' },
  } as unknown as Volume;
}

function claim(storage: string, spec: object = {}): Claim {
  return {
    metadata: { name: 'c', namespace: 'n', uid: 'u', resourceVersion: '7' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
    status: { phase: 'Pending' },
  } as unknown as Claim;
}

const RWX = { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] };
const MINE = { claimRef: { namespace: 'n', name: 'c' } };

describe('the volume for a claim', () => {
  const rows: readonly [string, Claim, readonly Volume[], string | undefined][] = [
    [
      'the smallest',
      claim('3Gi'),
      [volume('a', '1Gi'), volume('b', '9Gi'), volume('c', '5Gi')],
      'c',
    ],
    ['none is large enough', claim('20Gi'), [volume('a', '1Gi')], undefined],
    [
      'fewer modes before less space',
      claim('1Gi'),
      [volume('a', '1Gi', RWX), volume('b', '9Gi')],
      'b',
    ],
    ['more modes will do', claim('1Gi'), [volume('a', '1Gi', RWX)], 'a'],
    ['a mode is missing', claim('1Gi', RWX), [volume('a', '1Gi')], undefined],
    ['another class', claim('1Gi', { storageClassName: 's' }), [volume('a', '1Gi')], undefined],
    ['another kind', claim('1Gi', { volumeMode: 'Block' }), [volume('a', '1Gi')], undefined],
    ['reserved for it', claim('1Gi'), [volume('a', '1Gi'), volume('b', '9Gi', MINE)], 'b'],
    [
      'reserved for another',
      claim('1Gi'),
      [volume('a', '1Gi', { claimRef: { namespace: 'n', name: 'x' } })],
      undefined,
    ],
    [
      'labels',
      claim('1Gi', { selector: { matchLabels: { a: 'b' } } }),
      [volume('a', '1Gi'), volume('b', '2Gi', {}, { labels: { a: 'b' } })],
      'b',
    ],
    ['going away', claim('1Gi'), [volume('a', '1Gi', {}, { deletionTimestamp: 'x' })], undefined],
  ];
  it.each(rows)('%s', (_name, wanted, volumes, name) => {
    expect(bestMatch(wanted, volumes, false)?.metadata.name).toBe(name);
  });

  it('is left to the scheduler where the claim waits for a Pod', () => {
    expect(bestMatch(claim('1Gi'), [volume('a', '1Gi')], true)).toBeUndefined();
    expect(bestMatch(claim('1Gi'), [volume('a', '1Gi', MINE)], true)?.metadata.name).toBe('a');
  });
});

it('says why a named volume will not do', () => {
  expect(mismatch(claim('2Gi'), volume('a', '1Gi'))).toBe('requested PV is too small');
  expect(mismatch(claim('1Gi', RWX), volume('a', '1Gi'))).toBe('incompatible accessMode');
  expect(mismatch(claim('1Gi'), volume('a', '1Gi'))).toBe('');
});

describe('binding', () => {
  const bound = boundVolume(volume('a', '2Gi'), claim('1Gi'));
  it('marks the volume', () => {
    expect(bound.metadata.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' });
    expect(bound.spec.claimRef).toEqual({
      kind: 'PersistentVolumeClaim',
      namespace: 'n',
      name: 'c',
      uid: 'u',
      apiVersion: 'v1',
      resourceVersion: '7',
    });
    expect(boundVolume(bound, claim('1Gi'))).toBe(bound);
  });
  it('marks the claim', () => {
    const next = boundClaim(claim('1Gi'), bound);
    expect(next.spec.volumeName).toBe('a');
    expect(Object.keys(next.metadata.annotations ?? {})).toHaveLength(2);
    expect(claimInPhase(next, 'Bound', bound).status).toEqual({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '2Gi' },
    });
    expect(boundClaim(next, bound)).toBe(next);
  });
  it('is undone', () => {
    expect(unboundVolume(bound)).toEqual(volume('a', '2Gi'));
    const reserved = volume('a', '1Gi', { claimRef: { ...MINE.claimRef, uid: 'u' } });
    expect(unboundVolume(reserved).spec.claimRef).toEqual(MINE.claimRef);
  });
});

it.each([
  [{ hostPath: { path: '/tmp/a' } }, ''],
  [
    { hostPath: { path: '/data/a' } },
    'host_path deleter only supports /tmp/.+ but received provided /data/a',
  ],
  [{ csi: {} }, null],
  [
    { nfs: {} },
    'error getting deleter volume plugin for volume "a": no deletable volume plugin matched',
  ],
  [{ local: {} }, 'error getting deleter volume plugin for volume "a": no volume plugin matched'],
])('deletes %o', (source, failure) => {
  expect(deletionFailure(volume('a', '1Gi', source))).toBe(failure);
});
