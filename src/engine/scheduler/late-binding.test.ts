/** Claims that wait for a Pod, and the sentences about Pods that wait, over a whole API server. */
import { describe, expect, it } from 'vitest';
import type {
  PersistentVolume as VolumeObject,
  PersistentVolumeClaim as ClaimObject,
  Pod as PodObject,
  StorageClass as ClassObject,
} from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import type { Input } from '../../api/meta/object.ts';
import { ClusterPlane } from '../../testing/stand-in/cluster-plane.ts';
import { Workers } from '../../testing/stand-in/workers.ts';

const ZONE = 'topology.kubernetes.io/zone';
const WAITS = 'WaitForFirstConsumer';

class World {
  readonly plane = new ClusterPlane({ seed: 3 });

  constructor() {
    const nodes = ['a', 'b'].map((zone, i) => ({ name: `n${i + 1}`, zone, cpu: '2' }));
    new Workers(this.plane, nodes, { scheduled: true });
  }

  storageClass(name: string, provisioner: string, more: object = {}): void {
    const made = { metadata: { name }, provisioner, volumeBindingMode: WAITS, ...more };
    this.plane.do(this.plane.admin.create(StorageClass, made as Input<ClassObject>));
  }

  claim(name: string, storageClassName: string): void {
    const made = {
      metadata: { name, namespace: 'default' },
      spec: {
        storageClassName,
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    };
    this.plane.do(this.plane.admin.create(PersistentVolumeClaim, made as Input<ClaimObject>));
  }

  volume(name: string, node: string, storage: string): void {
    const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }];
    const made = {
      metadata: { name },
      spec: {
        capacity: { storage },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'local',
        local: { path: `/disks/${name}` },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
      },
    };
    this.plane.do(this.plane.admin.create(PersistentVolume, made as Input<VolumeObject>));
  }

  pod(name: string, spec: object, metadata: object = {}): void {
    const made = {
      metadata: { name, namespace: 'default', ...metadata },
      spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
    };
    this.plane.do(this.plane.admin.create(Pod, made as unknown as Input<PodObject>));
  }

  using(name: string, ...claims: string[]): void {
    const volumes = claims.map((claimName) => ({
      name: claimName,
      persistentVolumeClaim: { claimName },
    }));
    this.pod(name, { volumes });
  }

  see(name: string): PodObject {
    return this.plane.do(this.plane.admin.get(Pod, 'default', name));
  }

  /** What is said of a Pod that waits. */
  sentence(name: string): string {
    const { conditions = [] } = this.see(name).status;
    return conditions.find((c) => c.type === 'PodScheduled')?.message ?? '';
  }

  failures(): string[] {
    const { items } = this.plane.do(this.plane.admin.list(Event, { namespace: 'default' }));
    return items.filter((e) => e.reason === 'FailedScheduling').map((e) => e.message ?? '');
  }
}

describe('late binding', () => {
  it('gives claims the smallest volumes of the Pod’s node, and each only once', () => {
    const world = new World();
    world.storageClass('local', 'kubernetes.io/no-provisioner');
    world.volume('large', 'n2', '9Gi');
    world.volume('small', 'n2', '1Gi');
    world.volume('lone', 'n1', '1Gi');
    world.claim('c', 'local');
    world.claim('d', 'local');
    world.claim('e', 'local');
    world.plane.run(20);
    world.using('two', 'c', 'd');
    world.plane.run(0.5);
    // While it waits for its volumes, others can see where it will go.
    expect(world.see('two').spec.nodeName).toBeUndefined();
    expect(world.see('two').status.nominatedNodeName).toBe('n2');
    world.plane.run(5);
    expect(world.see('two').spec.nodeName).toBe('n2');
    world.using('one', 'e');
    world.plane.run(5);
    expect(world.see('one').spec.nodeName).toBe('n1');
    const { admin } = world.plane;
    const volumeOf = (name: string) =>
      world.plane.do(admin.get(PersistentVolumeClaim, 'default', name)).spec.volumeName ?? '';
    expect([volumeOf('c'), volumeOf('d')].sort()).toEqual(['large', 'small']);
    expect(volumeOf('e')).toBe('lone');
  });

  it('tells the provisioner the node, gives up after 600 s and tries again', () => {
    const world = new World();
    world.storageClass('made', 'nobody.example.com', {
      allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }],
    });
    world.claim('c', 'made');
    world.plane.run(3);
    world.using('p', 'c');
    world.plane.run(3);
    const { admin } = world.plane;
    const claim = world.plane.do(admin.get(PersistentVolumeClaim, 'default', 'c'));
    expect(claim.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n2');
    expect(world.see('p').status.nominatedNodeName).toBe('n2');
    world.plane.run(600);
    expect(world.see('p').spec.nodeName).toBeUndefined();
    expect(world.failures()).toContain(
      'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    );
  });

  it('looks for another node when the provisioner takes the mark away', () => {
    const world = new World();
    world.storageClass('made', 'nobody.example.com');
    world.claim('c', 'made');
    world.plane.run(3);
    world.using('p', 'c');
    world.plane.run(3);
    const annotations = { 'volume.kubernetes.io/selected-node': null };
    const change = { metadata: { annotations: { ...annotations, seen: 'yes' } } };
    const options = { type: 'merge' } as const;
    world.plane.do(world.plane.admin.patch(PersistentVolumeClaim, 'default', 'c', change, options));
    world.plane.run(3);
    expect(world.failures()).toContain(
      'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "c"',
    );
    world.plane.run(5);
    const { admin } = world.plane;
    const claim = world.plane.do(admin.get(PersistentVolumeClaim, 'default', 'c'));
    expect(claim.metadata.annotations?.['volume.kubernetes.io/selected-node']).toMatch(/^n[12]$/);
  });
});

/** Rows 21 to 29 of the sentences that learners meet; recordings have the last word on the texts. */
describe('a Pod that waits says why', () => {
  const rows: readonly (readonly [string, object, string])[] = [
    [
      'requests too big',
      { containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '9' } } }] },
      '2 Insufficient cpu.',
    ],
    [
      'an extended resource',
      {
        containers: [{ name: 'a', image: 'i', resources: { limits: { 'example.com/gpu': '1' } } }],
      },
      '2 Insufficient example.com/gpu.',
    ],
    [
      'a node selector',
      { nodeSelector: { disk: 'ssd' } },
      "2 node(s) didn't match Pod's node affinity/selector.",
    ],
    [
      'Pods to be far from, everywhere',
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: { matchLabels: { app: 'there' } },
              },
            ],
          },
        },
      },
      "2 node(s) didn't match pod anti-affinity rules.",
    ],
    [
      'spreading over a label that no node has',
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'rack',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'x' } },
          },
        ],
      },
      "2 node(s) didn't match pod topology spread constraints (missing required label).",
    ],
    [
      'a port of the node',
      { containers: [{ name: 'a', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] },
      "2 node(s) didn't have free ports for the requested pod ports.",
    ],
    [
      'a claim that is not there',
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
      'persistentvolumeclaim "data" not found. not found',
    ],
  ];
  it.each(rows)('%s', (_name, spec, expected) => {
    const world = new World();
    for (const nodeName of ['n1', 'n2']) {
      const ports = [{ containerPort: 80, hostPort: 80 }];
      const containers = [{ name: 'a', image: 'i', ports }];
      world.pod(`there-${nodeName}`, { nodeName, containers }, { labels: { app: 'there' } });
    }
    world.plane.run(3);
    world.pod('p', spec);
    world.plane.run(3);
    expect(world.sentence('p')).toContain(`0/2 nodes are available: ${expected}`);
  });
});
