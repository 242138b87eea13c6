/**
 * Attacher of the pretend driver: attaches disks to machines and takes them away again, as
 * VolumeAttachments ask for it.
 *
 * Models:     kubernetes-csi external-attacher v4 pkg/controller csi_handler.go
 * Watches:    VolumeAttachment (primary), PersistentVolume, CSINode
 * Writes:     VolumeAttachment finalizer, annotation and status; PersistentVolume finalizer
 * Simplified: one instance without leader election; no look at the driver's own list of attachments
 */
import type {
  PersistentVolume as VolumeObject,
  VolumeAttachment as AttachmentObject,
} from '../../api/generated/types.ts';
import { CSINode } from '../../api/kinds/csi-node.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { VolumeAttachment } from '../../api/kinds/volume-attachment.ts';
import { isKeptBy, withFinalizer, withoutFinalizer } from '../../api/meta/finalizers.ts';
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
import { ACCOUNT, ATTACHER_FINALIZER, DRIVER } from './names.ts';

const NODE_ID = 'csi.alpha.kubernetes.io/node-id';
const WORKERS = 10; // external-attacher --worker-threads
/** --retry-interval-start, --retry-interval-max. */
const RETRY = { baseUs: 1_000_000, maxUs: 300_000_000 };
const BY_VOLUME = 'volume';
const VOLUME = 'PersistentVolume//';
const ATTACHMENT = 'VolumeAttachment//';

/** Keys are object references: of attachments and of volumes. */
export function attacher(disks: Disks): ControllerDefinition<AttachmentObject> {
  return defineController<AttachmentObject>({
    name: 'csi-attacher',
    serviceAccount: ACCOUNT,
    primary: VolumeAttachment,
    ownHandlers: true,
    refOf: (key) => key,
    workers: WORKERS,
    retry: RETRY,
    start({ informers, queue }) {
      const wake = ({ metadata, spec, status }: AttachmentObject): void => {
        if (spec.attacher !== DRIVER) return;
        if (metadata.deletionTimestamp === undefined && status.attached) return;
        queue.add(ATTACHMENT + metadata.name);
      };
      const ofVolume = (volume: VolumeObject): void => {
        if (isKeptBy(volume, ATTACHER_FINALIZER)) queue.add(VOLUME + volume.metadata.name);
      };
      const attachments = informers.for(VolumeAttachment);
      attachments.addIndex(BY_VOLUME, ({ spec }) => [spec.source.persistentVolumeName ?? '']);
      attachments.addHandler({
        onAdd: wake,
        onUpdate: wake,
        onDelete({ spec }) {
          const { persistentVolumeName: name } = spec.source;
          if (spec.attacher === DRIVER && name !== undefined) queue.add(VOLUME + name);
        },
      });
      informers.for(PersistentVolume).addHandler({ onAdd: ofVolume, onUpdate: ofVolume });
      informers.for(CSINode);
    },
    *reconcile(key, context) {
      if (key.startsWith(VOLUME)) yield* release(key.slice(VOLUME.length), context);
      else yield* sync(key.slice(ATTACHMENT.length), context, disks);
    },
  });
}

function* sync(name: string, context: ControllerContext, disks: Disks): Proc {
  const attachment = context.get(VolumeAttachment, name);
  if (!attachment) return;
  if (attachment.metadata.deletionTimestamp !== undefined) {
    yield* detach(attachment, context, disks);
  } else if (!attachment.status.attached) yield* attach(attachment, context, disks);
}

function* attach(attachment: AttachmentObject, context: ControllerContext, disks: Disks): Proc {
  const { client } = context;
  let current = attachment;
  try {
    const volume = volumeOf(attachment, context);
    const id = nodeIdOf(attachment.spec.nodeName, context);
    yield* protect(volume, context);
    current = yield* prepared(attachment, id, context);
    yield* disks.attach(volume.spec.csi?.volumeHandle ?? '', attachment.spec.nodeName);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const attachError = { time: now(context), message: error.message };
    const status = { ...current.status, attached: false, attachError };
    yield* client.updateStatus(VolumeAttachment, { ...current, status });
    throw new Retry(error.message);
  }
  yield* client.updateStatus(VolumeAttachment, { ...current, status: { attached: true } });
}

function volumeOf({ spec }: AttachmentObject, context: ControllerContext): VolumeObject {
  const name = spec.source.persistentVolumeName ?? '';
  const volume = context.get(PersistentVolume, name);
  if (!volume) throw new DriverError('NotFound', `persistentvolume "${name}" not found`);
  return volume;
}

/** What the driver calls the node, as its registration says. */
function nodeIdOf(name: string, context: ControllerContext): string {
  const node = context.get(CSINode, name);
  if (!node) throw new DriverError('NotFound', `csinode.storage.k8s.io "${name}" not found`);
  const driver = (node.spec.drivers ?? []).find((d) => d.name === DRIVER);
  if (driver) return driver.nodeID;
  throw new DriverError('NotFound', `CSINode ${name} does not contain driver ${DRIVER}`);
}

function* protect(volume: VolumeObject, { client }: ControllerContext): Proc {
  if (volume.metadata.finalizers?.includes(ATTACHER_FINALIZER)) return;
  yield* client.update(PersistentVolume, withFinalizer(volume, ATTACHER_FINALIZER));
}

function* prepared(
  attachment: AttachmentObject,
  nodeId: string,
  { client }: ControllerContext,
): Proc<AttachmentObject> {
  const { metadata } = attachment;
  if (metadata.finalizers?.includes(ATTACHER_FINALIZER)) return attachment;
  const annotations = { ...metadata.annotations, [NODE_ID]: nodeId };
  const next = { ...attachment, metadata: { ...metadata, annotations } };
  return yield* client.update(VolumeAttachment, withFinalizer(next, ATTACHER_FINALIZER));
}

function* detach(attachment: AttachmentObject, context: ControllerContext, disks: Disks): Proc {
  const { client } = context;
  if (!isKeptBy(attachment, ATTACHER_FINALIZER)) return;
  const volume = context.get(PersistentVolume, attachment.spec.source.persistentVolumeName ?? '');
  const handle = volume?.spec.csi?.volumeHandle;
  if (handle !== undefined) yield* disks.detach(handle, attachment.spec.nodeName);
  const done = { ...attachment, status: { attached: false } };
  const told = yield* client.updateStatus(VolumeAttachment, done);
  yield* client.update(VolumeAttachment, withoutFinalizer(told, ATTACHER_FINALIZER));
}

/** A volume that is being deleted and is attached nowhere may go. */
function* release(name: string, context: ControllerContext): Proc {
  const volume = context.get(PersistentVolume, name);
  if (!volume || !isKeptBy(volume, ATTACHER_FINALIZER)) return;
  if (context.informers.for(VolumeAttachment).by(BY_VOLUME, name).size > 0) return;
  yield* context.client.update(PersistentVolume, withoutFinalizer(volume, ATTACHER_FINALIZER));
}

function now({ kernel }: ControllerContext): string {
  return rfc3339(kernel.nowMs);
}
