import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';

function start(): ControlPlane {
  const plane = new ControlPlane();
  plane.run(1);
  return plane;
}

function create(
  plane: ControlPlane,
  name: string,
  owners: readonly (readonly [string, string])[] = [],
): string {
  const ownerReferences = owners.map(([owner, uid]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: owner,
    uid,
    blockOwnerDeletion: true,
  }));
  const metadata = { name, namespace: 'default', ownerReferences };
  return plane.do(plane.admin.create(ConfigMap, { metadata })).metadata.uid;
}

const names = (plane: ControlPlane): string[] =>
  plane
    .do(plane.admin.list(ConfigMap, { namespace: 'default' }))
    .items.map((c) => c.metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt');

describe('garbage collection', () => {
  it('follows a chain of owners', () => {
    const plane = start();
    const a = create(plane, 'a');
    const b = create(plane, 'b', [['a', a]]);
    create(plane, 'c', [['b', b]]);
    plane.do(plane.admin.delete(ConfigMap, 'default', 'a', { propagationPolicy: 'Background' }));
    plane.run(1);
    expect(names(plane)).toEqual([]);
  });

  it('keeps what another owner still holds, and takes the dead reference off', () => {
    const plane = start();
    const a = create(plane, 'a');
    const b = create(plane, 'b');
    create(plane, 'c', [
      ['a', a],
      ['b', b],
    ]);
    plane.do(plane.admin.delete(ConfigMap, 'default', 'a'));
    plane.run(1);
    expect(names(plane)).toEqual(['b', 'c']);
    const { metadata } = plane.do(plane.admin.get(ConfigMap, 'default', 'c'));
    expect(metadata.ownerReferences?.map((r) => r.name)).toEqual(['b']);
  });

  it('deletes what refers to an owner that never was', () => {
    const plane = start();
    create(plane, 'c', [['nobody', '00000000-0000-4000-8000-000000000000']]);
    plane.run(1);
    expect(names(plane)).toEqual([]);
  });

  it('lets an owner wait for its dependents', () => {
    const plane = start();
    const a = create(plane, 'a');
    const held = {
      name: 'b',
      namespace: 'default',
      finalizers: ['example.com/hold'],
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: a, blockOwnerDeletion: true },
      ],
    };
    plane.do(plane.admin.create(ConfigMap, { metadata: held }));
    plane.do(plane.admin.delete(ConfigMap, 'default', 'a', { propagationPolicy: 'Foreground' }));
    plane.run(2);
    expect(names(plane)).toEqual(['a', 'b']);
    const patch = { metadata: { finalizers: null } };
    plane.do(plane.admin.patch(ConfigMap, 'default', 'b', patch, { type: 'merge' }));
    plane.run(2);
    expect(names(plane)).toEqual([]);
  });

  it('orphans dependents when asked to', () => {
    const plane = start();
    const a = create(plane, 'a');
    create(plane, 'b', [['a', a]]);
    plane.do(plane.admin.delete(ConfigMap, 'default', 'a', { propagationPolicy: 'Orphan' }));
    plane.run(2);
    expect(names(plane)).toEqual(['b']);
    const { metadata } = plane.do(plane.admin.get(ConfigMap, 'default', 'b'));
    expect(metadata.ownerReferences).toBeUndefined();
  });
});
