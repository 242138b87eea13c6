/**
 * Resizer of the pretend driver: enlarges the disks of claims that ask for more, and leaves the file
 * system to the kubelet.
 *
 * Models:     kubernetes-csi external-resizer v2 pkg/controller controller.go, expand_and_recover.go,
 *             resize_status.go
 * Watches:    PersistentVolumeClaim (primary), PersistentVolume
 * Writes:     PersistentVolumeClaim status; PersistentVolume capacity and annotation; Events
 * Simplified: one instance without leader election; the driver never finds a size infeasible
 */
import type {
  PersistentVolume as VolumeObject,
  PersistentVolumeClaim as ClaimObject,
} from '../../api/generated/types.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import {
  pendingOnNode,
  PRE_RESIZE_CAPACITY,
  resizingOnController,
  sizeHeld,
  sizeWanted,
} from '../../api/kinds/persistent-volume-claim/resize.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { keyOf } from '../../api/meta/object.ts';
import { binaryQuantity, bytes, compareQuantity } from '../../api/meta/quantity.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  Retry,
} from '../client/controller.ts';
import { DriverError } from '../node/csi/driver.ts';
import type { Disks } from './disks.ts';
import { ACCOUNT, DRIVER } from './names.ts';

const WORKERS = 10; // external-resizer --workers
/** --retry-interval-start, --retry-interval-max. */
const RETRY = { baseUs: 1_000_000, maxUs: 300_000_000 };

export function resizer(disks: Disks): ControllerDefinition<ClaimObject> {
  return defineController<ClaimObject>({
    name: 'csi-resizer',
    serviceAccount: ACCOUNT,
    eventSource: `external-resizer ${DRIVER}`,
    primary: PersistentVolumeClaim,
    ownHandlers: true,
    workers: WORKERS,
    retry: RETRY,
    start({ informers, queue }) {
      const wake = (claim: ClaimObject): void => {
        if (claim.status.phase === 'Bound') queue.add(keyOf(claim));
      };
      informers.for(PersistentVolumeClaim).addHandler({
        onAdd: wake,
        onUpdate(next, old) {
          const isWanted = compareQuantity(sizeWanted(next), sizeWanted(old)) !== 0;
          if (isWanted || next.status.capacity !== old.status.capacity) wake(next);
        },
      });
      informers.for(PersistentVolume);
    },
    reconcile: (key, context) => resize(key, context, disks),
  });
}

function* resize(key: string, context: ControllerContext, disks: Disks): Proc {
  const claim = context.get(PersistentVolumeClaim, key);
  if (!claim || claim.status.phase !== 'Bound') return;
  const volume = context.get(PersistentVolume, claim.spec.volumeName ?? '');
  if (volume?.spec.csi?.driver !== DRIVER) return;
  if (volume.spec.claimRef?.uid !== claim.metadata.uid) return;
  if (compareQuantity(sizeWanted(claim), sizeHeld(claim)) <= 0) {
    yield* forgetOldSize(volume, context);
    return;
  }
  const size = sizeToReach(claim, volume);
  if (size === null) return;
  context.note(`${size} of ${claim.metadata.name}`, volume.spec.capacity?.['storage'] ?? '');
  const time = rfc3339(context.kernel.nowMs);
  const next = resizingOnController(claim, size, time);
  const marked = yield* context.client.updateStatus(PersistentVolumeClaim, next);
  const { events } = context;
  const message = `External resizer is resizing volume ${volume.metadata.name}`;
  events.record(marked, { type: 'Normal', reason: 'Resizing', message });
  const reached = yield* grown(marked, volume, size, context, disks);
  yield* enlarge(volume, marked, reached, context);
  const done = pendingOnNode(marked, rfc3339(context.kernel.nowMs));
  yield* context.client.updateStatus(PersistentVolumeClaim, done);
  const text = 'Require file system resize of volume on node';
  events.record(marked, { type: 'Normal', reason: 'FileSystemResizeRequired', message: text });
}

function* grown(
  claim: ClaimObject,
  volume: VolumeObject,
  size: string,
  { events }: ControllerContext,
  disks: Disks,
): Proc<string> {
  try {
    const reached = yield* disks.grow(volume.spec.csi?.volumeHandle ?? '', bytes(size));
    return reached === bytes(size) ? size : binaryQuantity(reached);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const { name } = volume.metadata;
    const message = `resize volume "${name}" by resizer "${DRIVER}" failed: ${error.message}`;
    events.record(claim, { type: 'Warning', reason: 'VolumeResizeFailed', message });
    throw new Retry(message);
  }
}

/** Pure: the size to ask the driver for; null: the rest is the kubelet's. */
export function sizeToReach(claim: ClaimObject, volume: VolumeObject): string | null {
  const { allocatedResourceStatuses, allocatedResources } = claim.status;
  const state = allocatedResourceStatuses?.['storage'];
  const allocated = allocatedResources?.['storage'];
  const isOnNode = state === 'NodeResizePending' || state === 'NodeResizeInProgress';
  const isLarge = compareQuantity(volume.spec.capacity?.['storage'] ?? '0', sizeWanted(claim)) >= 0;
  // What was begun is brought to its end before more is asked for.
  if (isOnNode) return null;
  if (state === 'ControllerResizeInProgress' && allocated !== undefined) return allocated;
  if (isLarge && state === undefined && allocated !== undefined) return allocated;
  return sizeWanted(claim);
}

/** The volume says its new size, and which one the claim has been told. */
function* enlarge(
  volume: VolumeObject,
  claim: ClaimObject,
  size: string,
  { client }: ControllerContext,
): Proc {
  const annotations = { [PRE_RESIZE_CAPACITY]: sizeHeld(claim) };
  const patch = { metadata: { annotations }, spec: { capacity: { storage: size } } };
  yield* client.patch(PersistentVolume, '', volume.metadata.name, patch, { type: 'strategic' });
}

function* forgetOldSize(volume: VolumeObject, { client }: ControllerContext): Proc {
  if (volume.metadata.annotations?.[PRE_RESIZE_CAPACITY] === undefined) return;
  const patch = { metadata: { annotations: { [PRE_RESIZE_CAPACITY]: null } } };
  yield* client.patch(PersistentVolume, '', volume.metadata.name, patch, { type: 'strategic' });
}
