import { expect, it } from 'vitest';
import type { Pod, Volume } from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { Pod as PodKind } from '../../api/kinds/pod.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { claimFor } from './ephemeral-volume.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
} as unknown as Pod;

it('makes a claim that goes with its Pod', () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const template = { metadata: { labels: { k: 'v' } }, spec };
  const volume = { name: 'scratch', ephemeral: { volumeClaimTemplate: template } } as Volume;
  expect(claimFor(POD, volume)).toEqual({
    metadata: {
      name: 'p-scratch',
      namespace: 'n',
      labels: { k: 'v' },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          name: 'p',
          uid: 'u',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  });
});

it("makes claims, and takes nobody else's for them", () => {
  const plane = new ControlPlane();
  const { admin } = plane;
  plane.run(1);
  const requests = { storage: '1Gi' };
  const spec = { accessModes: ['ReadWriteOnce' as const], resources: { requests } };
  const metadata = { name: 'q-scratch', namespace: 'default' };
  plane.do(admin.create(PersistentVolumeClaim, { metadata, spec }));
  for (const name of ['p', 'q']) {
    const volumes = [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } }];
    const containers = [{ name: 'app', image: 'app:1' }];
    plane.do(
      admin.create(PodKind, {
        metadata: { name, namespace: 'default' },
        spec: { containers, volumes },
      }),
    );
  }
  plane.run(1);
  const made = plane.do(admin.get(PersistentVolumeClaim, 'default', 'p-scratch'));
  expect(made.metadata.ownerReferences?.[0]?.name).toBe('p');
  const events = plane.do(admin.list(Event, { namespace: 'default' })).items;
  const refusals = events.filter((e) => e.source.component === 'ephemeral_volume');
  expect(refusals.map((e) => [e.involvedObject.name, e.reason, e.message])).toEqual([
    [
      'q',
      'FailedBinding',
      'ephemeral volume scratch: PVC default/q-scratch was not created for pod default/q (pod is not owner)',
    ],
  ]);
  // Each refusal doubles the pause: nothing spins.
  expect(refusals[0]?.count).toBeLessThan(12);
  plane.do(admin.delete(PersistentVolumeClaim, 'default', 'p-scratch'));
  plane.run(1);
  const again = plane.do(admin.get(PersistentVolumeClaim, 'default', 'p-scratch'));
  expect(again.metadata.uid).not.toBe(made.metadata.uid);
});
