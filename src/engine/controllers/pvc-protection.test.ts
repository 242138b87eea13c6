import { expect, it } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '../../api/generated/types.ts';
import { uses } from './pvc-protection.ts';

const claim = (name: string, owner?: string): PersistentVolumeClaim =>
  ({
    metadata: { name, ...(owner ? { ownerReferences: [{ controller: true, uid: owner }] } : {}) },
  }) as unknown as PersistentVolumeClaim;

const pod = (nodeName: string, volume: object, metadata: object = {}): Pod =>
  ({
    metadata: { name: 'p', uid: 'u', ...metadata },
    spec: { nodeName, volumes: [{ name: 'v', ...volume }] },
  }) as unknown as Pod;

const NAMED = { persistentVolumeClaim: { claimName: 'c' } };

it.each([
  ['on a node', pod('n', NAMED), claim('c'), true],
  ['not scheduled', pod('', NAMED), claim('c'), false],
  ['another claim', pod('n', NAMED), claim('d'), false],
  ['made for the Pod', pod('n', { ephemeral: {} }), claim('p-v', 'u'), true],
  ['made for another', pod('n', { ephemeral: {} }), claim('p-v', 'x'), false],
  [
    'shut down',
    pod('n', { ephemeral: {} }, { deletionGracePeriodSeconds: 0 }),
    claim('p-v', 'u'),
    false,
  ],
])('%s', (_name, object, wanted, isUsed) => {
  expect(uses(object, wanted)).toBe(isUsed);
});
