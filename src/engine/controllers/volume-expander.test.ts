import { expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/generated/types.ts';
import { isToGrow } from './volume-expander.ts';

const claim = (wanted: string, has: string): PersistentVolumeClaim =>
  ({
    spec: { resources: { requests: { storage: wanted } } },
    status: { capacity: { storage: has } },
  }) as unknown as PersistentVolumeClaim;
const volume = (annotations?: object): PersistentVolume =>
  ({ metadata: { annotations } }) as unknown as PersistentVolume;
const GREW = { 'volume.alpha.kubernetes.io/pre-resize-capacity': '1Gi' };

it.each([
  ['wants more', claim('2Gi', '1Gi'), volume(), true],
  ['has more', claim('1Gi', '5Gi'), volume(), false],
  ['has it, in other words', claim('1024Mi', '1Gi'), volume(), false],
  ['the volume has grown', claim('1Gi', '1Gi'), volume(GREW), true],
])('%s', (_name, wanted, behind, grows) => {
  expect(isToGrow(wanted, behind)).toBe(grows);
});
