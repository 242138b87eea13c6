/** Volumes of the pretend driver from the claim to the data, and what becomes of them. */
import { describe, expect, it } from 'vitest';
import { Node } from '../../api/kinds/node.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { VolumeAttachment } from '../../api/kinds/volume-attachment.ts';
import { DRIVER, SELECTED_NODE } from './names.ts';

import { MERGE, node, World } from '../../testing/storage-world.ts';

describe('a volume of the pretend driver', () => {
  it('is made, attached and mounted, keeps its data, and goes with its claim', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.run(5);
    const claim = w.get(PersistentVolumeClaim, 'data');
    const name = `pvc-${claim.metadata.uid}`;
    expect(claim.status.phase).toBe('Bound');
    const volume = w.get(PersistentVolume, name);
    expect(volume.spec.nodeAffinity?.required?.nodeSelectorTerms).toEqual([
      {
        matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['a'] }],
      },
    ]);
    expect(w.events('data')).toEqual([
      `persistentvolume-controller Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner '${DRIVER}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
      `${DRIVER}_csi-controller-0 Normal Provisioning: External provisioner is provisioning volume for claim "default/data"`,
      `${DRIVER}_csi-controller-0 Normal ProvisioningSucceeded: Successfully provisioned volume ${name}`,
    ]);

    w.pod('p', 'data');
    w.run(20);
    expect(w.get(Pod, 'p').status.phase).toBe('Running');
    expect(w.events('p')).toContain(
      `attachdetach-controller Normal SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "${name}" `,
    );
    const [attachment] = w.list(VolumeAttachment);
    expect(attachment?.status).toEqual({ attached: true });
    const host = w.get(Node, w.get(Pod, 'p').spec.nodeName ?? '');
    const unique = `kubernetes.io/csi/${DRIVER}^${volume.spec.csi?.volumeHandle}`;
    expect(host.status.volumesInUse).toEqual([unique]);
    expect(host.status.volumesAttached).toEqual([{ name: unique, devicePath: '' }]);

    expect(w.files('p').write('/data/greeting', 'hello', false)).toBeNull();
    w.do(w.client.delete(Pod, 'default', 'p'));
    w.run(30);
    expect(w.list(VolumeAttachment)).toEqual([]);
    expect(w.get(Node, host.metadata.name).status.volumesInUse).toBeUndefined();
    expect(w.get(Node, host.metadata.name).status.volumesAttached).toBeUndefined();

    const other = host.metadata.name === 'node-1' ? 'node-2' : 'node-1';
    w.pod('q', 'data', { nodeName: other });
    w.run(30);
    expect(w.files('q').read('/data/greeting')).toBe('hello');

    w.do(w.client.delete(PersistentVolumeClaim, 'default', 'data'));
    w.do(w.client.delete(Pod, 'default', 'q'));
    w.run(60);
    expect(w.list(PersistentVolumeClaim)).toEqual([]);
    expect(w.list(PersistentVolume)).toEqual([]);
    expect(w.cluster.disks?.size).toBe(0);
  });

  it('grows while it is mounted', () => {
    const w = new World();
    w.class('now', { allowVolumeExpansion: true });
    w.claim('data');
    w.pod('p', 'data');
    w.run(30);
    expect(w.get(Pod, 'p').status.phase).toBe('Running');
    const patch = { spec: { resources: { requests: { storage: '3Gi' } } } };
    w.do(w.client.patch(PersistentVolumeClaim, 'default', 'data', patch, MERGE));
    w.run(4);
    const name = w.get(PersistentVolumeClaim, 'data').spec.volumeName ?? '';
    expect(w.get(PersistentVolume, name).spec.capacity).toEqual({ storage: '3Gi' });
    const pending = w.get(PersistentVolumeClaim, 'data').status;
    expect(pending).toMatchObject({
      capacity: { storage: '1Gi' },
      allocatedResources: { storage: '3Gi' },
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
      conditions: [
        {
          type: 'FileSystemResizePending',
          message:
            'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
        },
      ],
    });
    w.run(120);
    const { status } = w.get(PersistentVolumeClaim, 'data');
    expect(status).toMatchObject({ phase: 'Bound', capacity: { storage: '3Gi' } });
    expect(status.conditions).toBeUndefined();
    expect(status.allocatedResourceStatuses).toBeUndefined();
    expect(w.files('p').space('/data')?.totalBytes).toBe(3 * 1024 ** 3);
    const host = w.get(Pod, 'p').spec.nodeName;
    expect(w.events('data').filter((e) => /resiz|expand/i.test(e))).toEqual([
      'volume_expand Normal ExternalExpanding: waiting for an external controller to expand this PVC',
      `external-resizer ${DRIVER} Normal Resizing: External resizer is resizing volume ${name}`,
      `external-resizer ${DRIVER} Normal FileSystemResizeRequired: Require file system resize of volume on node`,
      `kubelet Normal FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "${name}" ${host}`,
    ]);
    // Nothing is left of the way it has gone.
    expect(
      w.get(PersistentVolume, name).metadata.annotations?.[
        'volume.alpha.kubernetes.io/pre-resize-capacity'
      ],
    ).toBeUndefined();
  });

  it('is not given to two nodes at once', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.pod('p', 'data', { nodeName: 'node-1' });
    w.run(30);
    w.pod('q', 'data', { nodeName: 'node-2' });
    w.run(30);
    const name = w.get(PersistentVolumeClaim, 'data').spec.volumeName ?? '';
    expect(w.events('q')).toContain(
      `attachdetach-controller Warning FailedAttachVolume: Multi-Attach error for volume "${name}" Volume is already used by pod(s) p`,
    );
    expect(w.get(Pod, 'q').status.phase).toBe('Pending');
    w.do(w.client.delete(Pod, 'default', 'p'));
    w.run(60);
    expect(w.get(Pod, 'q').status.phase).toBe('Running');
  });

  it('is taken from a lost node after six minutes', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.pod('p', 'data', { nodeName: 'node-1' });
    w.run(30);
    expect(w.files('p').write('/data/greeting', 'hello', false)).toBeNull();
    w.cluster.machines.get('node-1')?.stop();
    w.run(60);
    w.do(w.client.delete(Pod, 'default', 'p', { gracePeriodSeconds: 0 }));
    w.pod('q', 'data', { nodeName: 'node-2' });
    w.run(5);
    const name = w.get(PersistentVolumeClaim, 'data').spec.volumeName ?? '';
    expect(w.events('q')).toContain(
      `attachdetach-controller Warning FailedAttachVolume: Multi-Attach error for volume "${name}" Volume is already exclusively attached to one node and can't be attached to another`,
    );
    w.run(340);
    expect(w.list(VolumeAttachment).map((a) => a.spec.nodeName)).toEqual(['node-1']);
    w.run(40);
    expect(w.list(VolumeAttachment).map((a) => a.spec.nodeName)).toEqual(['node-2']);
    expect(w.files('q').read('/data/greeting')).toBe('hello');
  });

  it('is taken at once from a node that is out of service', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.pod('p', 'data', { nodeName: 'node-1' });
    w.run(30);
    w.cluster.machines.get('node-1')?.stop();
    w.run(60);
    const taints = [
      { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' },
    ];
    w.do(w.client.patch(Node, '', 'node-1', { spec: { taints } }, MERGE));
    w.do(w.client.delete(Pod, 'default', 'p', { gracePeriodSeconds: 0 }));
    w.pod('q', 'data', { nodeName: 'node-2' });
    w.run(60);
    expect(w.get(Pod, 'q').status.phase).toBe('Running');
  });

  it('of a class that waits is made where the scheduler says', () => {
    const w = new World([node('node-1', 'a'), node('node-2', 'b')]);
    w.claim('data', 'standard');
    w.run(3);
    expect(w.get(PersistentVolumeClaim, 'data').status.phase).toBe('Pending');
    const annotations = { [SELECTED_NODE]: 'node-2' };
    const patch = { metadata: { annotations } };
    w.do(w.client.patch(PersistentVolumeClaim, 'default', 'data', patch, MERGE));
    w.run(5);
    const name = w.get(PersistentVolumeClaim, 'data').spec.volumeName ?? '';
    const [term] =
      w.get(PersistentVolume, name).spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
    expect(term?.matchExpressions?.[0]?.values).toEqual(['b']);
  });

  it('tells the whole story: a StatefulSet in three zones, a Pod deleted, a node lost', () => {
    const zones = ['a', 'b', 'c', 'a', 'b', 'c'];
    const w = new World(zones.map((zone, i) => node(`node-${i + 1}`, zone)));
    w.statefulSet('db', 3);
    w.run(40);
    const zoneOf = (name: string): string =>
      zones[Number(w.get(Pod, name).spec.nodeName?.slice(-1)) - 1] ?? '';
    const names = ['db-0', 'db-1', 'db-2'];
    expect(names.map((name) => w.get(Pod, name).status.phase)).toEqual(names.map(() => 'Running'));
    const home = names.map(zoneOf);
    expect([...home].sort()).toEqual(['a', 'b', 'c']);
    for (const name of names) expect(w.files(name).write('/data/me', name, false)).toBeNull();

    const before = w.get(Pod, 'db-1');
    w.do(w.client.delete(Pod, 'default', 'db-1'));
    w.run(40);
    expect(w.get(Pod, 'db-1').metadata.uid).not.toBe(before.metadata.uid);
    expect([zoneOf('db-1'), w.files('db-1').read('/data/me')]).toEqual([home[1], 'db-1']);

    const lost = w.get(Pod, 'db-2').spec.nodeName ?? '';
    w.cluster.machines.get(lost)?.stop();
    w.run(60);
    // Nobody else may say that the Pod has ended on a node that is not heard of.
    w.do(w.client.delete(Pod, 'default', 'db-2', { gracePeriodSeconds: 0 }));
    w.run(300);
    expect(w.get(Pod, 'db-2').status.phase).toBe('Pending');
    w.run(120);
    expect(w.get(Pod, 'db-2').spec.nodeName).not.toBe(lost);
    expect([zoneOf('db-2'), w.files('db-2').read('/data/me')]).toEqual([home[2], 'db-2']);

    // A class that waits says so while nobody wants the claim, and who is waited for.
    const told = w.events('data-db-0').map((e) => e.split(' ')[2]?.replace(':', ''));
    expect(told).toEqual(
      expect.arrayContaining([
        'WaitForFirstConsumer',
        'ExternalProvisioning',
        'Provisioning',
        'ProvisioningSucceeded',
      ]),
    );
  });

  it('lives as long as the Pod that describes it', () => {
    const w = new World();
    const resources = { requests: { storage: '1Gi' } };
    const spec = { accessModes: ['ReadWriteOnce' as const], resources };
    const volumes = [{ name: 'data', ephemeral: { volumeClaimTemplate: { spec } } }];
    w.pod('p', '', { volumes });
    w.run(30);
    expect(w.get(Pod, 'p').status.phase).toBe('Running');
    expect(w.get(PersistentVolumeClaim, 'p-data').status.phase).toBe('Bound');
    w.do(w.client.delete(Pod, 'default', 'p'));
    w.run(60);
    expect(w.list(PersistentVolumeClaim)).toEqual([]);
    expect(w.list(PersistentVolume)).toEqual([]);
    expect(w.cluster.disks?.size).toBe(0);
  });
});
