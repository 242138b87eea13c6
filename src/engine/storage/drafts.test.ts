import { describe, expect, it } from 'vitest';
import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../../api/generated/types.ts';
import { DRIVER, PROVISIONED_BY, PROVISIONER_FINALIZER, SELECTED_NODE } from './names.ts';
import { sizeToReach } from './resizer.ts';
import { chooseZone } from './topology.ts';
import { deletedBy, isMeantForDriver, waitsForScheduler } from './volume-drafts.ts';

const ZONE = 'topology.kubernetes.io/zone';
const node = (name: string, zone: string): Node =>
  ({ metadata: { name, labels: zone === '' ? {} : { [ZONE]: zone } } }) as unknown as Node;
const NODES = [node('n1', 'a'), node('n2', 'b'), node('n3', 'c')];
const [FIRST] = NODES;

function storageClass(zones: readonly string[] = []): StorageClass {
  const matchLabelExpressions = [{ key: ZONE, values: zones }];
  const allowedTopologies = zones.length > 0 ? [{ matchLabelExpressions }] : [];
  return { allowedTopologies } as unknown as StorageClass;
}

describe('the zone of a volume', () => {
  it.each([
    ['that of the chosen node', storageClass(), FIRST, 'a'],
    ['the only one allowed', storageClass(['c']), undefined, 'c'],
  ])('%s', (_name, object, chosen, zone) => {
    expect(chooseZone('data', object, NODES, chosen)).toEqual({ ok: true, zone });
  });

  it('is refused where the class does not allow that of the chosen node', () => {
    expect(chooseZone('data', storageClass(['b', 'c']), NODES, FIRST)).toEqual({
      ok: false,
      why:
        `error generating accessibility requirements: topology 'map[${ZONE}:a]' from selected ` +
        `node '"n1"' is not in requisite: [map[${ZONE}:b] map[${ZONE}:c]]`,
    });
  });

  it('is another one for each claim of a StatefulSet', () => {
    const zones = [0, 1, 2].map((i) => {
      const choice = chooseZone(`data-db-${i}`, storageClass(), NODES, undefined);
      return choice.ok ? choice.zone : '';
    });
    expect([...zones].sort()).toEqual(['a', 'b', 'c']);
  });

  it('is none where nodes have none', () => {
    const choice = chooseZone('data', storageClass(), [node('n', '')], undefined);
    expect(choice).toEqual({ ok: true, zone: '' });
  });
});

const annotated = (annotations: object, spec: object = {}): PersistentVolumeClaim =>
  ({ metadata: { annotations }, spec }) as unknown as PersistentVolumeClaim;
const KEY = 'volume.kubernetes.io/storage-provisioner';

it.each([
  ['its own', annotated({ [KEY]: DRIVER }), true],
  ['bound already', annotated({ [KEY]: DRIVER }, { volumeName: 'v' }), false],
  ["another driver's", annotated({ [KEY]: 'x' }), false],
  ["nobody's yet", annotated({}), false],
])('a claim for the driver: %s', (_name, claim, meant) => {
  expect(isMeantForDriver(claim)).toBe(meant);
});

it.each([
  ['WaitForFirstConsumer', {}, true],
  ['WaitForFirstConsumer', { [SELECTED_NODE]: 'n' }, false],
  ['Immediate', {}, false],
])('a class of mode %s, annotations %j: it waits: %s', (volumeBindingMode, annotations, waits) => {
  const object = { volumeBindingMode } as unknown as StorageClass;
  expect(waitsForScheduler(annotated(annotations), object)).toBe(waits);
});

function released(metadata: object = {}, spec: object = {}, phase = 'Released'): PersistentVolume {
  return {
    metadata: { annotations: { [PROVISIONED_BY]: DRIVER }, ...metadata },
    spec: { persistentVolumeReclaimPolicy: 'Delete', ...spec },
    status: { phase },
  } as unknown as PersistentVolume;
}
const GOING = { deletionTimestamp: 'x' };

it.each([
  ['released', released(), true],
  ['bound', released({}, {}, 'Bound'), false],
  ['kept', released({}, { persistentVolumeReclaimPolicy: 'Retain' }), false],
  ["another's", released({ annotations: {} }), false],
  ['going, its disk there', released({ ...GOING, finalizers: [PROVISIONER_FINALIZER] }), true],
  ['going, its disk gone', released(GOING), false],
])('a volume to delete: %s', (_name, volume, goes) => {
  expect(deletedBy(volume)).toBe(goes);
});

function growing(storage: string, status: object = {}): PersistentVolumeClaim {
  return {
    spec: { resources: { requests: { storage } } },
    status: { capacity: { storage: '1Gi' }, ...status },
  } as unknown as PersistentVolumeClaim;
}
const sized = (storage: string): PersistentVolume =>
  ({ spec: { capacity: { storage } } }) as unknown as PersistentVolume;
const step = (storage: string): object => ({ allocatedResourceStatuses: { storage } });
const TWO = { allocatedResources: { storage: '2Gi' } };

it.each([
  ['begins', growing('2Gi'), sized('1Gi'), '2Gi'],
  [
    'ends what was begun before it asks for more',
    growing('3Gi', { ...TWO, ...step('ControllerResizeInProgress') }),
    sized('1Gi'),
    '2Gi',
  ],
  ['leaves the rest to the node', growing('2Gi', step('NodeResizePending')), sized('2Gi'), null],
  ['waits for the node', growing('3Gi', step('NodeResizeInProgress')), sized('2Gi'), null],
])('a claim that grows: %s', (_name, claim, volume, size) => {
  expect(sizeToReach(claim, volume)).toBe(size);
});
