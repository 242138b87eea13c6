/** Volumes of the pretend driver from the claim to the data, and what becomes of them. */
import { describe, expect, it } from 'vitest';
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { StatefulSet } from '../../api/kinds/stateful-set.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import { VolumeAttachment } from '../../api/kinds/volume-attachment.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import type { Proc } from '../../kernel/process.ts';
import type { NodeSpec } from '../../port/protocol.ts';
import type { Client } from '../client/typed-client.ts';
import { Cluster } from '../cluster.ts';
import type { FileSystem } from '../node/runtime/program.ts';
import { DRIVER, SELECTED_NODE } from './names.ts';

const SECOND = 1_000_000;
const MERGE = { type: 'merge' } as const;
const IMAGE = 'busybox:1.36';

function node(name: string, zone: string): NodeSpec {
  return { name, cpu: '4', memory: '8Gi', pods: 110, zone, preloaded: [IMAGE] };
}

class World {
  readonly cluster: Cluster;
  readonly client: Client;

  constructor(nodes: readonly NodeSpec[] = [node('node-1', 'a'), node('node-2', 'a')], seed = 1) {
    const epoch = '2026-01-01T00:00:00Z';
    this.cluster = new Cluster(
      { seed, epoch, nodes, stopped: [], storage: true },
      { freeze: true },
    );
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  }

  do<T>(work: Proc<T>): T {
    const { kernel } = this.cluster;
    const process = kernel.spawn('test', work, { joined: true });
    kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome) throw new Error('the call never ended');
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  get<T extends KubeObject>(kind: Kind<T>, name: string): T {
    return this.do(this.client.get(kind, kind.namespaced ? 'default' : '', name));
  }

  list<T extends KubeObject>(kind: Kind<T>): readonly T[] {
    return this.do(this.client.list(kind)).items;
  }

  class(name: string, more: object = {}): void {
    const spec = { provisioner: DRIVER, volumeBindingMode: 'Immediate' as const, ...more };
    this.do(this.client.create(StorageClass, { metadata: { name }, ...spec }));
  }

  claim(name: string, storageClassName = 'now', more: object = {}): void {
    const resources = { requests: { storage: '1Gi' } };
    const accessModes = ['ReadWriteOnce' as const];
    const spec = { accessModes, resources, storageClassName, ...more };
    const metadata = { name, namespace: 'default' };
    this.do(this.client.create(PersistentVolumeClaim, { metadata, spec }));
  }

  /** A Pod that sleeps, with the claim at /data. */
  pod(name: string, claimName: string, more: Partial<Input<PodObject['spec']>> = {}): void {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const command = ['sleep', '100000'];
    const containers = [{ name: 'c', image: IMAGE, command, volumeMounts }];
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
    const spec = { containers, volumes, terminationGracePeriodSeconds: 0, ...more };
    this.do(this.client.create(Pod, { metadata: { name, namespace: 'default' }, spec }));
  }

  /** Spread over zones, each Pod with a claim of the default class at /data. */
  statefulSet(name: string, replicas: number): void {
    const labels = { app: name };
    const selector = { matchLabels: labels };
    const resources = { requests: { storage: '1Gi' } };
    const accessModes = ['ReadWriteOnce' as const];
    const template = {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'DoNotSchedule' as const,
            labelSelector: selector,
          },
        ],
        containers: [
          {
            name: 'c',
            image: IMAGE,
            command: ['sleep', '100000'],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
      },
    };
    const spec = {
      replicas,
      selector,
      serviceName: name,
      podManagementPolicy: 'Parallel' as const,
      template,
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes, resources } }],
    };
    const metadata = { name, namespace: 'default' };
    this.do(this.client.create(StatefulSet, { metadata, spec }));
  }

  files(name: string): FileSystem {
    const pod = this.get(Pod, name);
    const machine = this.cluster.machines.get(pod.spec.nodeName ?? '');
    const fs = machine?.runtime.container(pod.metadata.uid, 'c')?.fs;
    if (!fs) throw new Error(`${name} does not run: ${this.events(name).join('\n')}`);
    return fs;
  }

  events(name: string): readonly string[] {
    return this.list(Event)
      .filter((e) => e.involvedObject.name === name)
      .map(
        (e) => `${e.source.component ?? e.reportingComponent} ${e.type} ${e.reason}: ${e.message}`,
      );
  }
}

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
