import { describe, expect, it } from 'vitest';
import type { KubeObject } from './object.ts';
import { adoptPatch, claim, releasePatch } from './owner-references.ts';

function object(uid: string, more: object = {}): KubeObject {
  const metadata = { name: uid, namespace: 'x', uid, ...more };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata } as unknown as KubeObject;
}

const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const controlledBy = (uid: string) => ({
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: uid, uid, controller: true },
  ],
});

describe('what a controller does with an object', () => {
  it.each([
    ['its own', {}, controlledBy('o'), true, 'owned'],
    ['its own, while going', DELETED, controlledBy('o'), true, 'owned'],
    ['its own that matches no longer', {}, controlledBy('o'), false, 'release'],
    ['the same, while going', DELETED, controlledBy('o'), false, 'ignore'],
    ['somebody else’s', {}, controlledBy('p'), true, 'ignore'],
    ['a matching orphan', {}, {}, true, 'adopt'],
    ['a matching orphan, while going', DELETED, {}, true, 'ignore'],
    ['an orphan that goes', {}, DELETED, true, 'ignore'],
    ['an orphan elsewhere', {}, { namespace: 'y' }, true, 'ignore'],
    ['another orphan', {}, {}, false, 'ignore'],
  ])('%s', (_name, owner, more, matches, expected) => {
    expect(claim(object('o', owner), object('a', more), matches)).toBe(expected);
  });
});

it('writes patches that the uid guards', () => {
  expect(adoptPatch(object('o'), 'u')).toEqual({
    metadata: {
      uid: 'u',
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'o',
          uid: 'o',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
  });
  expect(releasePatch('u', ['o'])).toEqual({
    metadata: { uid: 'u', ownerReferences: [{ $patch: 'delete', uid: 'o' }] },
  });
});
