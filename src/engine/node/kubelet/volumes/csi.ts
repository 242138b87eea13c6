/**
 * Volumes of a CSI driver behind a claim: waits until the control plane has attached it, mounts it
 * where no Pod has done so before, and lets its file system grow with it.
 *
 * Models: pkg/kubelet/volumemanager/reconciler reconciler_common.go; pkg/volume/util/operationexecutor
 *         operation_generator.go, node_expander.go; pkg/volume/csi csi_attacher.go, csi_mounter.go
 *         (v1.36)
 * Simplified: staging and publishing are one call; secrets for the driver are not read
 */
import type {
  PersistentVolume as VolumeObject,
  PersistentVolumeClaim as ClaimObject,
  Pod,
} from '../../../../api/generated/types.ts';
import { grownTo, resizingOnNode } from '../../../../api/kinds/persistent-volume-claim/resize.ts';
import { PersistentVolumeClaim } from '../../../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../../../api/kinds/persistent-volume.ts';
import { attachmentName, uniqueVolumeName } from '../../../../api/kinds/storage/csi-names.ts';
import { VolumeAttachment } from '../../../../api/kinds/volume-attachment.ts';
import { compareQuantity } from '../../../../api/meta/quantity.ts';
import { isApiError } from '../../../../api/meta/status.ts';
import type { Proc } from '../../../../kernel/process.ts';
import { DriverError, type NodeDriver } from '../../csi/driver.ts';
import type { StagedVolume } from '../../csi/node-csi.ts';
import type { FileStore } from '../../runtime/file-system.ts';
import { FileView } from '../../runtime/file-view.ts';
import { MountTable } from '../../runtime/mount-table.ts';
import type { KubeletContext } from '../context.ts';
import { MountError, VolumeWaits } from './mount-error.ts';
import { CSI_PLUGIN, type MountedVolume } from './node-volumes.ts';
import { giveToGroup } from './ownership.ts';
import { refusalOf } from './refused.ts';

const MOUNT_DEVICE = 'MountVolume.MountDevice failed';
const TAKEN = 'volume uses the ReadWriteOncePod access mode and is already in use by another pod';

/** One Pod's mount of such a volume. */
export class CsiMount implements MountedVolume {
  readonly store: FileStore;
  readonly readOnly: boolean;
  /** As Nodes call it. */
  readonly volume: string;
  readonly claim: string;
  readonly path = '';
  readonly plugin = CSI_PLUGIN;
  readonly own = false;

  constructor(store: FileStore, readOnly: boolean, volume: string, claim: string) {
    this.store = store;
    this.readOnly = readOnly;
    this.volume = volume;
    this.claim = claim;
  }
}

export function* mountCsi(
  context: KubeletContext,
  pod: Pod,
  claim: ClaimObject,
  volume: VolumeObject,
  readOnly: boolean,
): Proc<MountedVolume> {
  const { csi } = context.volumes;
  const { driver: driverName = '', volumeHandle = '' } = volume.spec.csi ?? {};
  const unique = uniqueVolumeName(driverName, volumeHandle);
  const { uid } = pod.metadata;
  csi.want(unique, uid);
  if (!csi.isReady(unique)) throw new VolumeWaits(unique);
  yield* checkAttached(context, volume, volumeHandle, driverName);
  const driver = csi.drivers.get(driverName);
  if (!driver) throw refusalOf(volume.spec);
  const staged = csi.staged(unique) ?? (yield* stage(context, volume, driver, volumeHandle));
  if (isTaken(volume, staged, uid)) throw new MountError(TAKEN);
  yield* grow(context, pod, claim, volume, driver);
  staged.pods.add(uid);
  const isReadOnly = readOnly || volume.spec.csi?.readOnly === true;
  if (!isReadOnly && takesGroup(volume)) {
    const files = new FileView(new MountTable(staged.store, [], false));
    giveToGroup(files, '/', pod.spec.securityContext ?? {});
  }
  return new CsiMount(staged.store, isReadOnly, unique, claim.metadata.name);
}

/** WaitForAttach: the attachment is read from the API server itself. */
function* checkAttached(
  { client, node }: KubeletContext,
  volume: VolumeObject,
  handle: string,
  driver: string,
): Proc {
  const name = attachmentName(handle, driver, node);
  const operation = 'MountVolume.WaitForAttach failed';
  try {
    const attachment = yield* client.get(VolumeAttachment, '', name);
    if (attachment.status.attached) return;
    const why = `volume ${handle} is not attached for volume attachment ${name}`;
    throw new MountError(why, operation, volume.metadata.name);
  } catch (error) {
    if (!isApiError(error)) throw error;
    const why = `volume ${handle} has GET error for volume attachment ${name}: ${error.message}`;
    throw new MountError(why, operation, volume.metadata.name);
  }
}

function* stage(
  { node, volumes }: KubeletContext,
  volume: VolumeObject,
  driver: NodeDriver,
  handle: string,
): Proc<StagedVolume> {
  try {
    const store = yield* driver.stage(handle, node);
    return volumes.csi.stage(uniqueVolumeName(driver.name, handle), store);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    throw new MountError(error.message, MOUNT_DEVICE, volume.metadata.name);
  }
}

function isTaken({ spec }: VolumeObject, { pods }: StagedVolume, uid: string): boolean {
  const [mode, ...more] = spec.accessModes ?? [];
  if (mode !== 'ReadWriteOncePod' || more.length > 0) return false;
  return [...pods].some((other) => other !== uid);
}

/** fsGroupPolicy ReadWriteOnceWithFSType, which is a driver's where it says nothing. */
function takesGroup({ spec }: VolumeObject): boolean {
  const modes = spec.accessModes ?? [];
  const isOnce = modes.includes('ReadWriteOnce') || modes.includes('ReadWriteOncePod');
  return (spec.csi?.fsType ?? '') !== '' && isOnce;
}

/** The disk of a mounted volume may have been enlarged. */
export function* regrow(context: KubeletContext, pod: Pod, mount: CsiMount): Proc {
  const { client, volumes } = context;
  if (!volumes.csi.isGrown(mount.volume)) return;
  const namespace = pod.metadata.namespace ?? '';
  const claim = yield* client.get(PersistentVolumeClaim, namespace, mount.claim);
  const volume = yield* client.get(PersistentVolume, '', claim.spec.volumeName ?? '');
  const driver = volumes.csi.drivers.get(volume.spec.csi?.driver ?? '');
  if (driver) yield* grow(context, pod, claim, volume, driver);
  // The resizer may not have written yet what it has done: it is looked at once more.
  if (isPendingOnNode(claim) || !wantsMore(claim)) volumes.csi.settle(mount.volume);
}

function isPendingOnNode({ status }: ClaimObject): boolean {
  const state = status.allocatedResourceStatuses?.['storage'];
  return state === 'NodeResizePending' || state === 'NodeResizeInProgress';
}

function wantsMore({ spec, status }: ClaimObject): boolean {
  const wanted = spec.resources.requests?.['storage'] ?? '0';
  return compareQuantity(wanted, status.capacity?.['storage'] ?? '0') > 0;
}

/** NodeExpander: the file system takes what the disk has, and the claim is told. */
function* grow(
  context: KubeletContext,
  pod: Pod,
  claim: ClaimObject,
  volume: VolumeObject,
  driver: NodeDriver,
): Proc {
  if (!isPendingOnNode(claim)) return;
  const size = volume.spec.capacity?.['storage'] ?? '0';
  if (compareQuantity(claim.status.capacity?.['storage'] ?? '0', size) >= 0) return;
  const { client, events, node } = context;
  const marked = yield* client.updateStatus(PersistentVolumeClaim, resizingOnNode(claim));
  try {
    yield* driver.growFiles(volume.spec.csi?.volumeHandle ?? '');
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const operation = 'MountVolume.NodeExpandVolume failed';
    throw new MountError(error.message, operation, volume.metadata.name);
  }
  const { name } = volume.metadata;
  const message = `MountVolume.NodeExpandVolume succeeded for volume "${name}" ${node}`;
  for (const object of [pod, marked]) {
    events.record(object, { type: 'Normal', reason: 'FileSystemResizeSuccessful', message });
  }
  yield* client.updateStatus(PersistentVolumeClaim, grownTo(marked, size));
}
