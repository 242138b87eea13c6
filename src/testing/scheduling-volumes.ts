/** Claims, volumes and classes for tables of the scheduler's volume plugins. */
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  VolumeAttachment,
} from '../api/generated/types.ts';
import type { Lookup } from '../engine/scheduler/lookup.ts';
import { testNode, testPod } from './scheduling.ts';

export const ZONE = 'topology.kubernetes.io/zone';
export const NODES = [
  testNode('n1', { labels: { [ZONE]: 'a' } }),
  testNode('n2', { labels: { [ZONE]: 'b' } }),
  testNode('bare'),
];

export function claim(
  name: string,
  {
    size = '1Gi',
    spec = {},
    ...more
  }: {
    size?: string;
    spec?: object;
    annotations?: Record<string, string>;
    status?: object;
    bound?: string;
  } = {},
): PersistentVolumeClaim {
  const { annotations = {}, status = {}, bound } = more;
  const done = { 'pv.kubernetes.io/bind-completed': 'yes' };
  return {
    metadata: {
      name,
      namespace: 'd',
      uid: `uid-${name}`,
      annotations: bound === undefined ? annotations : { ...annotations, ...done },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      storageClassName: 'late',
      ...(bound === undefined ? {} : { volumeName: bound }),
      ...spec,
    },
    status,
  } as unknown as PersistentVolumeClaim;
}

export function volume(
  name: string,
  spec: object = {},
  labels: Record<string, string> = {},
): PersistentVolume {
  return {
    metadata: { name, labels },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'late',
      ...spec,
    },
    status: { phase: 'Available' },
  } as unknown as PersistentVolume;
}

export function on(node: string): object {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }];
  return { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } };
}

export const CLASSES = [
  {
    metadata: { name: 'late' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  { metadata: { name: 'now' }, provisioner: 'disk.example.com', volumeBindingMode: 'Immediate' },
  {
    metadata: { name: 'made' },
    provisioner: 'disk.example.com',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  {
    metadata: { name: 'in-b' },
    provisioner: 'disk.example.com',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }],
  },
  {
    metadata: { name: 'measured' },
    provisioner: 'full.example.com',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
] as unknown as StorageClass[];

export const CAPACITIES = [
  {
    storageClassName: 'measured',
    nodeTopology: { matchLabels: { [ZONE]: 'a' } },
    capacity: '500Mi',
  },
  {
    storageClassName: 'measured',
    nodeTopology: { matchLabels: { [ZONE]: 'b' } },
    capacity: '9Gi',
    maximumVolumeSize: '2Gi',
  },
] as unknown as CSIStorageCapacity[];

export interface World {
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  readonly attachments?: readonly VolumeAttachment[];
}

export function lookup({ claims = [], volumes = [], attachments = [] }: World): Partial<Lookup> {
  return {
    claim: (namespace, name) =>
      claims.find((c) => c.metadata.name === name && c.metadata.namespace === namespace),
    volume: (name) => volumes.find((v) => v.metadata.name === name),
    volumesOfClass: (name) => volumes.filter((v) => v.spec.storageClassName === name),
    storageClass: (name) => CLASSES.find((c) => c.metadata.name === name),
    csiDriver: (name) =>
      name === 'full.example.com'
        ? ({ metadata: { name }, spec: { storageCapacity: true } } as unknown as CSIDriver)
        : undefined,
    capacities: (name) => CAPACITIES.filter((c) => c.storageClassName === name),
    csiNode: (node) =>
      node === 'n1'
        ? ({
            spec: { drivers: [{ name: 'disk.example.com', allocatable: { count: 2 } }] },
          } as unknown as CSINode)
        : undefined,
    attachments: (node) => attachments.filter((a) => a.spec.nodeName === node),
  };
}

export function using(names: readonly string[], more = {}): Pod {
  const volumes = names.map((claimName) => ({
    name: claimName,
    persistentVolumeClaim: { claimName },
  }));
  return testPod('in', { spec: { volumes }, ...more });
}
