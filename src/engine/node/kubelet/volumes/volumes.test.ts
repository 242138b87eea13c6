/** Volumes in a running cluster: what is in them, whose it is, when it changes, and what is refused. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pod as PodObject } from '../../../../api/generated/types.ts';
import { ConfigMap } from '../../../../api/kinds/config-map.ts';
import { PersistentVolumeClaim } from '../../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../../api/kinds/persistent-volume.ts';
import { Pod } from '../../../../api/kinds/pod.ts';
import { RuntimeClass } from '../../../../api/kinds/runtime-class.ts';
import type { Input } from '../../../../api/meta/object.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { Client } from '../../../client/typed-client.ts';
import { Cluster } from '../../../cluster.ts';
import type { Machine } from '../../machine.ts';
import type { FileSystem } from '../../runtime/program.ts';

const SECOND = 1_000_000;
const MERGE = { type: 'merge' } as const;

type Spec = Input<PodObject['spec']>;

class World {
  readonly cluster: Cluster;
  readonly client: Client;
  readonly machine: Machine;

  constructor() {
    const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: 'a' };
    this.cluster = new Cluster(
      { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    this.machine = this.cluster.machines.get('node-1') as Machine;
    this.machine.runtime.images.preload('busybox:1.36');
  }

  do(work: Proc<unknown>): void {
    this.cluster.kernel.spawn('test', work as Proc<void>);
    this.run(0.5);
  }

  /** A Pod whose only container sleeps, with |volumes| at /NAME. */
  pod(name: string, volumes: Spec['volumes'], more: Partial<Spec> = {}, container = {}): void {
    const volumeMounts = (volumes ?? []).map((v) => ({ name: v.name, mountPath: `/${v.name}` }));
    const sleeper = { name: 'c', image: 'busybox:1.36', command: ['sleep', '100000'] };
    const spec = { containers: [{ ...sleeper, volumeMounts, ...container }], volumes, ...more };
    this.do(this.client.create(Pod, { metadata: { name, namespace: 'default' }, spec }));
  }

  configMap(name: string, data: Record<string, string>): void {
    const metadata = { name, namespace: 'default' };
    this.do(this.client.create(ConfigMap, { metadata, data }));
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  get(name: string): PodObject {
    return this.cluster.server.store.get(`/registry/pods/default/${name}`)?.value
      .object as unknown as PodObject;
  }

  /** The files as the container's own user sees them. */
  files(name: string): FileSystem {
    const { uid } = this.get(name).metadata;
    const fs = this.machine.runtime.container(uid, 'c')?.fs;
    if (!fs) throw new Error(`${name} does not run: ${this.events(name).join('\n')}`);
    return fs;
  }

  events(name: string): readonly string[] {
    return this.cluster.server.store
      .range('/registry/events/default/')
      .map((i) => i.value.object as unknown as { involvedObject: { name: string } } & EventText)
      .filter((e) => e.involvedObject.name === name && e.type === 'Warning')
      .map((e) => `${e.reason}: ${e.message}`);
  }
}

interface EventText {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

describe('files that the kubelet writes', () => {
  it('follow their ConfigMap behind links; parts and what was read before do not', () => {
    const w = new World();
    w.configMap('conf', { color: 'blue', size: 'big' });
    const mounts = [
      { name: 'v', mountPath: '/v' },
      { name: 'v', mountPath: '/one', subPath: 'color' },
    ];
    w.pod('p', [{ name: 'v', configMap: { name: 'conf' } }], {}, { volumeMounts: mounts });
    w.run(3);
    const fs = w.files('p');
    const before = fs.readLink('/v/..data');
    expect(fs.read('/v/color')).toBe('blue');
    expect(fs.readLink('/v/color')).toBe('..data/color');
    expect(fs.write('/v/color', 'x', false)).toBe('Read-only file system');
    const change = { data: { color: 'red' } };
    w.do(w.client.patch(ConfigMap, 'default', 'conf', change, MERGE));
    w.run(40);
    expect(fs.read('/v/color')).toBe('blue');
    w.run(60);
    expect(fs.read('/v/color')).toBe('red');
    expect(fs.read('/v/size')).toBe('big');
    expect(fs.read('/one')).toBe('blue');
    expect(fs.readLink('/v/..data')).not.toBe(before);
  });

  it('stay when the ConfigMap goes, and an Event says so again and again', () => {
    const w = new World();
    w.configMap('conf', { color: 'blue' });
    w.pod('p', [{ name: 'v', configMap: { name: 'conf' } }]);
    w.run(3);
    w.do(w.client.delete(ConfigMap, 'default', 'conf'));
    w.run(100);
    expect(w.files('p').read('/v/color')).toBe('blue');
    const text =
      'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "conf" not found';
    expect(w.events('p')).toEqual([text]);
    w.configMap('conf', { color: 'green' });
    w.run(130);
    expect(w.files('p').read('/v/color')).toBe('green');
  });

  it('tell of labels as soon as they change', () => {
    const w = new World();
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    w.pod('p', [{ name: 'v', downwardAPI: { items } }]);
    w.run(3);
    expect(w.files('p').read('/v/labels')).toBe('topology.kubernetes.io/zone="a"');
    const metadata = { labels: { app: 'x', 'topology.kubernetes.io/zone': null } };
    w.do(w.client.patch(Pod, 'default', 'p', { metadata }, MERGE));
    w.run(2);
    expect(w.files('p').read('/v/labels')).toBe('app="x"');
  });

  it('hold a token that is replaced when four fifths of its time are over', () => {
    const w = new World();
    const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: 600 } }];
    w.pod('p', [{ name: 'v', projected: { sources } }]);
    w.run(3);
    const first = w.files('p').read('/v/token');
    expect(first?.split('.')).toHaveLength(3);
    w.run(470);
    expect(w.files('p').read('/v/token')).toBe(first);
    w.run(30);
    expect(w.files('p').read('/v/token')).not.toBe(first);
  });

  it('belong to the group of the Pod', () => {
    const w = new World();
    w.configMap('conf', { color: 'blue' });
    const securityContext = { runAsUser: 1_000, fsGroup: 2_000 };
    const volumes = [
      { name: 'v', configMap: { name: 'conf', defaultMode: 0o400 } },
      { name: 'e', emptyDir: {} },
      { name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    ];
    w.pod('p', volumes, { securityContext });
    w.run(3);
    const fs = w.files('p');
    expect(fs.stat('/v/color')).toMatchObject({ mode: 0o440, uid: 0, gid: 2_000 });
    expect(fs.stat('/e')).toMatchObject({ mode: 0o2777, uid: 0, gid: 2_000 });
    expect(fs.stat('/t/token')).toMatchObject({ mode: 0o640, uid: 1_000, gid: 2_000 });
  });
});

describe('volumes of a node', () => {
  let w: World;

  beforeAll(() => {
    w = new World();
  });

  it('emptyDir in memory has an end', () => {
    w.pod('memory', [{ name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '64Ki' } }]);
    w.run(3);
    const fs = w.files('memory');
    expect(fs.space('/m')).toMatchObject({ type: 'tmpfs', totalBytes: 65_536 });
    expect(fs.write('/m/a', 'x'.repeat(60_000), false)).toBeNull();
    expect(fs.write('/m/b', 'x'.repeat(10_000), false)).toBe('No space left on device');
  });

  it('an emptyDir gives back what it held of the disk', () => {
    const { uid } = w.get('memory').metadata;
    const disk = w.machine.runtime.container(uid, 'c')?.cgroup.host.disk ?? { usedBytes: 0 };
    const before = disk.usedBytes;
    w.pod('disk', [{ name: 'e', emptyDir: {} }]);
    w.run(3);
    expect(w.files('disk').write('/e/a', 'x'.repeat(5_000), false)).toBeNull();
    expect(disk.usedBytes - before).toBeGreaterThanOrEqual(5_000);
    w.do(w.client.delete(Pod, 'default', 'disk', { gracePeriodSeconds: 0 }));
    w.run(60);
    expect(disk.usedBytes - before).toBeLessThan(1_000);
  });

  it.each([
    ['Directory', '/var/local/none', 'is not a directory'],
    ['File', '/var/local/none', 'is not a file'],
    ['Socket', '/etc/hosts', 'is not a socket file'],
    ['CharDevice', '/etc/hosts', 'is not a character device'],
    ['BlockDevice', '/dev/null', 'is not a block device'],
    ['DirectoryOrCreate', '/etc/hosts', 'is not a directory'],
  ] as const)('hostPath of type %s: %s %s', (type, path, why) => {
    const name = `host-${type.toLowerCase()}`;
    w.pod(name, [{ name: 'v', hostPath: { path, type } }]);
    w.run(2);
    const text = `volume "v" : hostPath type check failed: ${path} ${why}`;
    expect(w.events(name)).toEqual([`FailedMount: MountVolume.SetUp failed for ${text}`]);
  });

  it('hostPath shows the same files to all, and makes what is missing', () => {
    const volumes = [{ name: 'v', hostPath: { path: '/var/local/new' } }];
    w.pod('first', volumes);
    w.pod('second', volumes);
    w.run(3);
    expect(w.files('first').write('/v/a', 'hello', false)).toBeNull();
    expect(w.files('second').read('/v/a')).toBe('hello');
    expect(w.machine.files.stat('/var/local/new')).toMatchObject({ mode: 0o2755, gid: 50 });
  });

  it('parts of a volume are made with its mode; a way out of it is refused', () => {
    const mount = { name: 'e', mountPath: '/part', subPath: 'a/b' };
    w.pod('part', [{ name: 'e', emptyDir: {} }], {}, { volumeMounts: [mount] });
    w.run(3);
    expect(w.files('part').stat('/part')).toMatchObject({ kind: 'directory', mode: 0o777 });
    const expr = { name: 'e', mountPath: '/part', subPathExpr: '$(NOBODY)' };
    w.pod('expr', [{ name: 'e', emptyDir: {} }], {}, { volumeMounts: [expr] });
    w.run(3);
    expect(w.events('expr')).toEqual(['Failed: Error: missing value for NOBODY']);
  });

  it('a container that crashed and then misses its ConfigMap waits for both', () => {
    const w = new World();
    w.configMap('conf', { color: 'blue' });
    const env = [{ name: 'C', valueFrom: { configMapKeyRef: { name: 'conf', key: 'color' } } }];
    const command = ['sh', '-c', 'sleep 4; exit 1'];
    w.pod('crash', [], {}, { command, env });
    w.run(3);
    w.do(w.client.delete(ConfigMap, 'default', 'conf'));
    // Each change has the kubelet look again, in the middle of the back-off.
    for (let i = 0; i < 60; i++) {
      const patch = { metadata: { labels: { look: String(i) } } };
      w.do(w.client.patch(Pod, 'default', 'crash', patch, MERGE));
      w.run(1);
    }
    expect(w.events('crash').join('\n')).toContain('configmap "conf" not found');
    w.configMap('conf', { color: 'green' });
    const before = w.get('crash').status.containerStatuses?.[0]?.restartCount ?? 0;
    w.run(400);
    expect(w.get('crash').status.containerStatuses?.[0]?.restartCount).toBeGreaterThan(before);
  });

  it.each(['..', 'a/../..', '/etc'])('a link to %s leads out of the volume', (target) => {
    const w = new World();
    const mount = { name: 'e', mountPath: '/e' };
    const link = {
      name: 'link',
      image: 'busybox:1.36',
      command: ['sh', '-c', `mkdir /e/a; ln -s ${target} /e/out`],
      volumeMounts: [mount],
    };
    const volumeMounts = [{ ...mount, subPath: 'out' }];
    w.pod('out', [{ name: 'e', emptyDir: {} }], { initContainers: [link] }, { volumeMounts });
    w.run(5);
    expect(w.events('out')).toEqual([
      'Failed: Error: failed to prepare subPath for volumeMount "e" of container "c"',
    ]);
  });

  it('kinds that are not simulated are refused by name', () => {
    w.pod('nfs', [{ name: 'v', nfs: { server: '10.0.0.1', path: '/x' } }]);
    w.pod('csi', [{ name: 'v', csi: { driver: 'x.example' } }]);
    w.run(2);
    const failed = 'FailedMount: MountVolume.SetUp failed for volume "v" : ';
    expect(w.events('nfs')).toEqual([`${failed}volumes of kind nfs are not simulated`]);
    const why = 'driver name x.example not found in the list of registered CSI drivers';
    expect(w.events('csi')).toEqual([
      `${failed}kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: ${why}`,
    ]);
  });

  it('a claim mounts once it is bound', () => {
    const metadata = { name: 'data', namespace: 'default' };
    const resources = { requests: { storage: '1Gi' } };
    const accessModes = ['ReadWriteOnce'] as const;
    const claim = { accessModes, storageClassName: '', resources };
    w.do(w.client.create(PersistentVolumeClaim, { metadata, spec: claim }));
    const nodeName = 'node-1';
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }];
    w.pod('claim', volumes, { nodeName });
    w.run(2);
    expect(w.events('claim')).toEqual([
      'FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached ' +
        'volumes=[], failed to process volumes=[v]: error processing PVC default/data: PVC is not bound',
    ]);
    const spec = {
      capacity: { storage: '1Gi' },
      accessModes,
      storageClassName: '',
      hostPath: { path: '/var/local/pv' },
      claimRef: { namespace: 'default', name: 'data' },
    };
    w.do(w.client.create(PersistentVolume, { metadata: { name: 'pv' }, spec }));
    w.run(60);
    expect(w.files('claim').write('/v/a', 'kept', false)).toBeNull();
    expect(w.machine.files.read('/var/local/pv/a')).toBe('kept');
  });
});

describe('what a container may do to its files', () => {
  it('is bounded by its user and a read-only root', () => {
    const w = new World();
    const securityContext = {
      runAsUser: 1_000,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    };
    const command = [
      'sh',
      '-c',
      'touch /x; touch /e/x; echo no > /v/x; cat /proc/self/status | grep CapBnd; echo why > /dev/termination-log; exit 3',
    ];
    w.machine.files.makeDirectory('/var/local/roots', 0o755);
    const volumes = [
      { name: 'e', emptyDir: {} },
      { name: 'v', hostPath: { path: '/var/local/roots' } },
    ];
    w.pod('p', volumes, { restartPolicy: 'Never' }, { securityContext, command });
    w.run(5);
    const { uid } = w.get('p').metadata;
    expect(w.machine.logs(uid, 'c')?.map((line) => line.text)).toEqual([
      'touch: /x: Read-only file system',
      "sh: can't create /v/x: Permission denied",
      'CapBnd:\t0000000000000000',
    ]);
    const state = w.get('p').status.containerStatuses?.[0]?.state;
    expect(state?.terminated).toMatchObject({ exitCode: 3, message: 'why\n' });
  });
});

describe('a sandbox that cannot be made', () => {
  it('for want of a handler, or with too long a name', () => {
    const w = new World();
    const kata = { metadata: { name: 'kata' }, handler: 'kata' };
    w.do(w.client.create(RuntimeClass, kata));
    w.pod('p', [], { runtimeClassName: 'kata' });
    const subdomain = 'a'.repeat(40);
    w.pod('q', [], { subdomain, setHostnameAsFQDN: true });
    w.run(3);
    const failed = 'FailedCreatePodSandBox: Failed to create pod sandbox: ';
    expect(w.events('p')).toEqual([
      `${failed}rpc error: code = Unknown desc = failed to get sandbox runtime: ` +
        'no runtime for "kata" is configured',
    ]);
    const fqdn = `q.${subdomain}.default.svc.cluster.local`;
    expect(w.events('q')).toEqual([
      `${failed}failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too ` +
        'long (64 characters is the max, 68 characters requested)',
    ]);
  });
});

describe('settings of the kernel', () => {
  it('are those of the Pod where it has some', () => {
    const w = new World();
    const sysctls = [{ name: 'kernel/shm_rmid_forced', value: '1' }];
    const command = ['sysctl', 'kernel.shm_rmid_forced', 'net/ipv4/tcp_syncookies', 'x.y'];
    w.pod('p', [], { restartPolicy: 'Never', securityContext: { sysctls } }, { command });
    w.run(5);
    const lines = w.machine.logs(w.get('p').metadata.uid, 'c')?.map((line) => line.text);
    // What goes to standard output is written at the end.
    expect([...(lines ?? [])].sort()).toEqual([
      'kernel.shm_rmid_forced = 1',
      'net.ipv4.tcp_syncookies = 1',
      "sysctl: error: 'x.y' is an unknown key",
    ]);
  });
});

describe('the message of a container that has ended', () => {
  it.each([
    ['echo -n DONE; exit 1', 'FallbackToLogsOnError', 'DONE'],
    ['echo DONE; exit 1', 'FallbackToLogsOnError', 'DONE\n'],
    ['echo DONE; exit 0', 'FallbackToLogsOnError', undefined],
    ['echo DONE; exit 1', 'File', undefined],
    ['echo log; echo -n file > /dev/termination-log; exit 1', 'FallbackToLogsOnError', 'file'],
  ])('%s (%s): %s', (script, terminationMessagePolicy, message) => {
    const w = new World();
    const command = ['sh', '-c', script];
    w.pod('p', [], { restartPolicy: 'Never' }, { command, terminationMessagePolicy });
    w.run(5);
    const [status] = w.get('p').status.containerStatuses ?? [];
    expect(status?.state.terminated?.message).toBe(message);
  });
});

describe('a machine without power', () => {
  it('loses what lay in memory, and keeps what lies on its disk', () => {
    const w = new World();
    const volumes = [
      { name: 'm', emptyDir: { medium: 'Memory' } },
      { name: 'e', emptyDir: {} },
    ];
    w.pod('p', volumes);
    w.run(3);
    for (const path of ['/m/a', '/e/a']) expect(w.files('p').write(path, 'x', false)).toBeNull();
    w.machine.stop();
    w.run(1);
    w.machine.start();
    w.run(40);
    expect(w.get('p').status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(w.files('p').read('/m/a')).toBeUndefined();
    expect(w.files('p').read('/e/a')).toBe('x');
  });
});
