/** What goes wrong with volumes, and what is told of it. */
import { describe, expect, it } from 'vitest';
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { DRIVER } from './names.ts';

import { node, World } from '../../testing/storage-world.ts';

describe('what goes wrong is told', () => {
  it('a claim without a class, of a class that waits, of a class that is not there', () => {
    const w = new World();
    w.claim('none', '');
    w.claim('lazy', 'standard');
    w.claim('misspelt', 'fast');
    w.run(2);
    const from = 'persistentvolume-controller';
    expect(w.events('none')).toEqual([
      `${from} Normal FailedBinding: no persistent volumes available for this claim and no storage class is set`,
    ]);
    expect(w.events('lazy')).toEqual([
      `${from} Normal WaitForFirstConsumer: waiting for first consumer to be created before binding`,
    ]);
    expect(w.events('misspelt')).toEqual([
      `${from} Warning ProvisioningFailed: storageclass.storage.k8s.io "fast" not found`,
    ]);
    for (const name of ['none', 'lazy', 'misspelt']) {
      expect(w.get(PersistentVolumeClaim, name).status.phase).toBe('Pending');
    }
  });

  it('a Pod whose claim is not bound, is missing, or has its volume in another zone', () => {
    const w = new World([node('node-1', 'a'), node('node-2', 'b')]);
    w.class('now');
    w.claim('none', '');
    w.run(1);
    w.pod('unbound', 'none');
    w.pod('missing', 'data');
    w.run(2);
    const from = 'default-scheduler Warning FailedScheduling: 0/2 nodes are available:';
    expect(w.events('unbound')).toEqual([
      `${from} pod has unbound immediate PersistentVolumeClaims. not found`,
    ]);
    expect(w.events('missing')).toEqual([
      `${from} persistentvolumeclaim "data" not found. not found`,
    ]);
    w.claim('here');
    w.run(10);
    const name = w.get(PersistentVolumeClaim, 'here').spec.volumeName ?? '';
    const [term] =
      w.get(PersistentVolume, name).spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
    const zone = term?.matchExpressions?.[0]?.values?.[0] ?? '';
    const far = zone === 'a' ? 'b' : 'a';
    w.pod('far', 'here', { nodeSelector: { 'topology.kubernetes.io/zone': far } });
    w.run(2);
    const [text = ''] = w.events('far');
    expect(text).toContain("1 node(s) didn't match PersistentVolume's node affinity");
    expect(text).toContain("1 node(s) didn't match Pod's node affinity/selector");
  });

  it('zones that a class does not allow', () => {
    const w = new World([node('node-1', 'a'), node('node-2', 'b')]);
    const matchLabelExpressions = [{ key: 'topology.kubernetes.io/zone', values: ['b'] }];
    w.class('only-b', { allowedTopologies: [{ matchLabelExpressions }] });
    w.claim('data', 'only-b');
    w.run(5);
    const name = w.get(PersistentVolumeClaim, 'data').spec.volumeName ?? '';
    const [term] =
      w.get(PersistentVolume, name).spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
    expect(term?.matchExpressions?.[0]?.values).toEqual(['b']);
  });

  it('snapshots and parameters that the driver does not know', () => {
    const w = new World();
    w.class('now');
    w.class('odd', { parameters: { speed: 'high' } });
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
    w.claim('copy', 'now', { dataSource });
    w.claim('odd', 'odd');
    w.run(40);
    const failed = `${DRIVER}_csi-controller-0 Warning ProvisioningFailed: failed to provision volume with StorageClass`;
    expect(w.events('copy')).toContain(
      `${failed} "now": CSI driver does not support snapshot restore: snapshots and clones are not simulated`,
    );
    expect(w.events('odd')).toContain(
      `${failed} "odd": rpc error: code = InvalidArgument desc = Invalid parameter key speed for CreateVolume`,
    );
    const tries = w.list(Event).filter((e) => e.reason === 'ProvisioningFailed');
    // One, two, four … seconds: nothing spins.
    for (const { count } of tries) expect(count).toBeLessThan(8);
  });

  it('a driver that is stopped in the middle goes on where it was', () => {
    const w = new World();
    w.class('now');
    w.cluster.component('csi-provisioner')?.stop();
    w.claim('data');
    w.run(30);
    expect(w.get(PersistentVolumeClaim, 'data').status.phase).toBe('Pending');
    w.cluster.component('csi-provisioner')?.start();
    w.run(1);
    // Cut off while the disk is being made: it is not made twice.
    w.cluster.component('csi-controller')?.stop();
    w.cluster.component('csi-controller')?.start();
    w.run(10);
    expect(w.get(PersistentVolumeClaim, 'data').status.phase).toBe('Bound');
    expect(w.cluster.disks?.size).toBe(1);
    w.cluster.component('csi-attacher')?.stop();
    w.pod('p', 'data');
    w.run(150);
    const name = w.get(PersistentVolumeClaim, 'data').spec.volumeName ?? '';
    const handle = w.get(PersistentVolume, name).spec.csi?.volumeHandle;
    expect(w.events('p')).toContain(
      `attachdetach-controller Warning FailedAttachVolume: AttachVolume.Attach failed for volume "${name}" : timed out waiting for external-attacher of ${DRIVER} CSI driver to attach volume ${handle}`,
    );
    w.cluster.component('csi-attacher')?.start();
    w.run(30);
    expect(w.get(Pod, 'p').status.phase).toBe('Running');
  });

  it('a Pod that was deleted while its kubelet was away: the volume is let go', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.pod('p', 'data', { nodeName: 'node-1' });
    w.run(30);
    w.cluster.component('kubelet/node-1')?.stop();
    w.do(w.client.delete(Pod, 'default', 'p', { gracePeriodSeconds: 0 }));
    w.pod('q', 'data', { nodeName: 'node-2' });
    w.run(60);
    expect(w.get(Pod, 'q').status.phase).toBe('Pending');
    w.cluster.component('kubelet/node-1')?.start();
    w.run(40);
    expect(w.get(Pod, 'q').status.phase).toBe('Running');
  });

  it('a kubelet that is started again keeps what is mounted', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.pod('p', 'data', { nodeName: 'node-1' });
    w.run(30);
    expect(w.files('p').write('/data/me', 'p', false)).toBeNull();
    w.cluster.component('kubelet/node-1')?.stop();
    w.run(20);
    w.cluster.component('kubelet/node-1')?.start();
    w.run(40);
    const { volumesInUse, volumesAttached } = w.get(Node, 'node-1').status;
    expect([volumesInUse?.length, volumesAttached?.length]).toEqual([1, 1]);
    w.cluster.machines.get('node-1')?.reboot();
    w.run(120);
    expect(w.get(Pod, 'p').status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(w.files('p').read('/data/me')).toBe('p');
  });

  it('a volume for one Pod alone', () => {
    const w = new World();
    w.class('now');
    w.claim('data', 'now', { accessModes: ['ReadWriteOncePod'] });
    w.run(5);
    w.pod('p', 'data', { nodeName: 'node-1' });
    w.pod('q', 'data', { nodeName: 'node-1' });
    w.run(40);
    const phases = ['p', 'q'].map((name) => w.get(Pod, name).status.phase);
    expect(phases.sort()).toEqual(['Pending', 'Running']);
    const told = [...w.events('p'), ...w.events('q')].filter((e) => e.includes('FailedMount'));
    expect(told[0]).toContain(
      'volume uses the ReadWriteOncePod access mode and is already in use by another pod',
    );
  });

  it('a group is given the volume, and a Pod without one is not', () => {
    const w = new World();
    w.class('now');
    w.claim('data');
    w.pod('p', 'data', { securityContext: { fsGroup: 2000 } });
    w.run(30);
    const root = w.files('p').stat('/data');
    expect([root?.gid, (root?.mode ?? 0) & 0o2070]).toEqual([2000, 0o2070]);
    w.claim('other');
    w.pod('q', 'other');
    w.run(30);
    expect(w.files('q').stat('/data')?.gid).toBe(0);
  });
});
