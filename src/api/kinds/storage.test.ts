/** Defaults and validation of volumes, claims and the kinds of storage.k8s.io, as tables. */
import { describe, expect, it } from 'vitest';
import { created, createErrors, createWarnings, updateErrors } from '../../testing/kind-rules.ts';
import { CSIDriver } from './csi-driver.ts';
import { CSINode } from './csi-node.ts';
import { CSIStorageCapacity } from './csi-storage-capacity.ts';
import { PersistentVolume } from './persistent-volume.ts';
import { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import { StorageClass } from './storage-class.ts';
import { VolumeAttachment } from './volume-attachment.ts';
import { VolumeAttributesClass } from './volume-attributes-class.ts';

const common = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
const volume = (source: object): object => ({ spec: { ...common, ...source } });
const hostPath = { path: '/d' };

describe('PersistentVolume', () => {
  it('is defaulted', () => {
    const made = created(PersistentVolume, volume({ hostPath }));
    expect(made).toMatchObject({
      metadata: { finalizers: ['kubernetes.io/pv-protection'] },
      spec: { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' },
      status: { phase: 'Pending', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' },
    });
  });
  it.each([
    [{ hostPath }, []],
    [{}, ['spec: Required value: must specify a volume type']],
    [
      { local: { path: '/a/../b' }, nodeAffinity: {} },
      [
        'spec.nodeAffinity.required: Required value: must specify required node constraints',
        'spec.local.path: Invalid value: "/a/../b": must not contain \'..\'',
      ],
    ],
    [
      {
        csi: {
          driver: 'd',
          volumeHandle: '',
          nodeStageSecretRef: {},
          nodePublishSecretRef: { name: 's' },
        },
      },
      [
        'spec.csi.volumeHandle: Required value',
        'spec.csi.nodePublishSecretRef.namespace: Required value',
      ],
    ],
    [
      { hostPath, volumeAttributesClassName: '' },
      [
        'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
        'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
      ],
    ],
    [
      { hostPath, capacity: {} },
      [
        'spec.capacity: Required value',
        'spec.capacity: Unsupported value: null: supported values: "storage"',
      ],
    ],
  ])('%j', (source, errors) =>
    expect(createErrors(PersistentVolume, volume(source))).toEqual(errors),
  );
  it('keeps its affinity, except for the names of labels', () => {
    const affinity = (key: string, value: string): object => ({
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }],
        },
      },
    });
    const old = volume({ hostPath, ...affinity('failure-domain.beta.kubernetes.io/zone', 'a') });
    const change = (key: string, value: string): string[] =>
      updateErrors(PersistentVolume, old, { spec: affinity(key, value) });
    expect(change('topology.kubernetes.io/zone', 'a')).toEqual([]);
    expect(change('topology.kubernetes.io/zone', 'b')).toEqual([
      expect.stringContaining('field is immutable, except for updating from beta label to GA'),
    ]);
  });
  it('warns of what is old', () => {
    const old = volume({ hostPath, persistentVolumeReclaimPolicy: 'Recycle' });
    expect(createWarnings(PersistentVolume, old)).toEqual([
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    ]);
  });
});

describe('PersistentVolumeClaim', () => {
  const claim = (more: object = {}): object => ({
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...more },
  });
  it('copies its data source', () => {
    const dataSource = { kind: 'PersistentVolumeClaim', name: 'x' };
    const made = created(PersistentVolumeClaim, claim({ dataSource }));
    expect(made).toMatchObject({ spec: { dataSourceRef: dataSource } });
    const other = created(PersistentVolumeClaim, claim({ dataSource: { kind: 'X', name: 'x' } }));
    expect(other.spec).not.toHaveProperty('dataSource');
  });
  it('takes the default class', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const std = {
      metadata: { name: 'std', annotations, creationTimestamp: '2026-01-01T00:00:00Z' },
    };
    expect(created(PersistentVolumeClaim, claim(), [std])).toMatchObject({
      spec: { storageClassName: 'std' },
    });
  });
  it('may get a class and a volume once', () => {
    const change = { spec: { storageClassName: 'a', volumeName: 'v' } };
    expect(updateErrors(PersistentVolumeClaim, claim(), change)).toEqual([]);
    expect(updateErrors(PersistentVolumeClaim, claim({ volumeName: 'u' }), change)[0]).toContain(
      '- "VolumeName": "u",\n+ "VolumeName": "v",',
    );
  });
  it('warns of parts of bytes', () => {
    const resources = { requests: { storage: '100m' } };
    expect(createWarnings(PersistentVolumeClaim, claim({ resources }))).toEqual([
      'spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer',
    ]);
  });
});

describe('storage.k8s.io', () => {
  const topology = { matchLabelExpressions: [{ key: 'zone', values: ['a'] }] };
  it.each([
    ['StorageClass', StorageClass, { provisioner: 'a/b' }, []],
    [
      'StorageClass',
      StorageClass,
      { provisioner: 'a/b', allowedTopologies: [topology, topology] },
      ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
    ],
    ['CSIDriver', CSIDriver, {}, []],
    [
      'CSIDriver',
      CSIDriver,
      { spec: { serviceAccountTokenInSecrets: true, tokenRequests: [] } },
      [
        'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ],
    ],
    [
      'CSINode',
      CSINode,
      { spec: { drivers: [{ name: 'd', nodeID: '' }] } },
      ['spec.drivers[0].nodeID: Required value'],
    ],
    [
      'VolumeAttachment',
      VolumeAttachment,
      { spec: { attacher: 'd', nodeName: 'n', source: {} } },
      [
        'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
      ],
    ],
    [
      'CSIStorageCapacity',
      CSIStorageCapacity,
      { storageClassName: 's', capacity: '-1' },
      ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      'VolumeAttributesClass',
      VolumeAttributesClass,
      { driverName: 'd' },
      ['parameters: Required value: must contain at least one key/value pair'],
    ],
  ])('%s %#', (_, kind, fields, errors) => expect(createErrors(kind, fields)).toEqual(errors));
  it('keeps the specs of attachments and drivers of nodes', () => {
    const attachment = {
      spec: { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'p' } },
    };
    expect(updateErrors(VolumeAttachment, attachment, { spec: { nodeName: 'm' } })).toEqual([
      'spec: Invalid value: {"Attacher":"d","Source":{"PersistentVolumeName":"p","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
    ]);
    const driver = { name: 'd', nodeID: 'n', allocatable: { count: 1 } };
    const change = (next: object): string[] =>
      updateErrors(
        CSINode,
        { spec: { drivers: [driver] } },
        { spec: { drivers: [{ ...driver, ...next }] } },
      );
    expect(change({ allocatable: { count: 2 } })).toEqual([]);
    expect(change({ nodeID: 'm' })).toEqual([
      'spec.drivers: Invalid value: {"Name":"d","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
    ]);
  });
});
