/**
 * Attach/detach controller: brings volumes to the nodes whose Pods want them, and takes them away
 * when nobody there uses them any more, or when the node has not been heard of for six minutes.
 *
 * Models:     kubernetes pkg/controller/volume/attachdetach attach_detach_controller.go, reconciler
 *             reconciler.go; pkg/volume/csi csi_attacher.go Attach, Detach (v1.36)
 * Watches:    PersistentVolume (primary), PersistentVolumeClaim, Pod, Node, VolumeAttachment, CSIDriver
 * Writes:     VolumeAttachment create, delete; nodes/status (volumesAttached); Events
 * Simplified: only volumes of CSI drivers are attached. The state of a volume is looked at when
 *             something about it changes, up to 100 ms later, and not every 100 ms
 */
import type {
  CSIPersistentVolumeSource,
  Node as NodeObject,
  PersistentVolume as VolumeObject,
  Pod as PodObject,
  VolumeAttachment as AttachmentObject,
} from '../../api/generated/types.ts';
import { CSIDriver } from '../../api/kinds/csi-driver.ts';
import { Node } from '../../api/kinds/node.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { claimNames } from '../../api/kinds/pod/claims.ts';
import { attachmentName, uniqueVolumeName } from '../../api/kinds/storage/csi-names.ts';
import { VolumeAttachment } from '../../api/kinds/volume-attachment.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyFor } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Rng } from '../../kernel/rng.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { Tries } from './attach-detach/attach.ts';
import { AttachedNodes } from './attach-detach/nodes.ts';
import { isBoundTo, mayBeShared, takenBy, wantedBy } from './attach-detach/wanted.ts';

/** reconcilerLoopPeriod: the state of the world is compared ten times a second. */
const LOOP_US = 100_000;
/** reconcilerMaxWaitForUnmountDuration. */
const MAX_WAIT_FOR_UNMOUNT_US = 360_000_000;
const BY_CLAIM = 'claim';
const BY_VOLUME = 'volume';
const BY_NODE = 'node';

/** Keys are names of PersistentVolumes. */
export function attachDetachController(): ControllerDefinition<VolumeObject> {
  let worker: AttachDetach | null = null;
  return defineController<VolumeObject>({
    name: 'persistentvolume-attach-detach-controller',
    serviceAccount: 'attachdetach-controller',
    eventSource: 'attachdetach-controller',
    primary: PersistentVolume,
    ownHandlers: true,
    // One loop, as upstream: what is attached to a node is written by nobody else.
    workers: 1,
    start(context) {
      worker = new AttachDetach(context);
      worker.watch();
    },
    *reconcile(name) {
      yield* worker?.sync(name) ?? [];
    },
  });
}

type Wanted = ReadonlyMap<string, readonly PodObject[]>;
const NOBODY: Wanted = new Map();

class AttachDetach {
  readonly #context: ControllerContext;
  readonly #rng: Rng;
  readonly #nodes: AttachedNodes;
  readonly #tries = new Tries();
  /** Attachments that are this controller's to take away: what others make is theirs. */
  readonly #own = new Set<string>();
  /** When it was first found that an attachment is to go, by its name. */
  readonly #leaving = new Map<string, number>();
  /** Volumes and nodes, `VOLUME NODE`, whose Pods have been told that somebody else has it. */
  readonly #told = new Set<string>();
  /** Sources by volume: of one that is gone it has to be known what nodes call it. */
  readonly #sources = new Map<string, CSIPersistentVolumeSource>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#rng = context.kernel.rng('attach-detach');
    this.#nodes = new AttachedNodes(context);
  }

  watch(): void {
    const { informers } = this.#context;
    const wake = (volume: VolumeObject): void => {
      if (volume.spec.csi !== undefined) this.#wake(volume.metadata.name);
    };
    informers.for(PersistentVolume).addHandler({ onAdd: wake, onUpdate: wake, onDelete: wake });
    const ofClaim = (claim: PersistentVolumeClaim): void => this.#wake(claim.spec.volumeName);
    informers.for(PersistentVolumeClaim).addHandler({ onAdd: ofClaim, onUpdate: ofClaim });
    const pods = informers.for(Pod);
    pods.addIndex(BY_CLAIM, claimNames);
    const ofPod = (pod: PodObject): void => {
      if ((pod.spec.nodeName ?? '') === '') return;
      for (const key of claimNames(pod)) {
        this.#wake(this.#context.get(PersistentVolumeClaim, key)?.spec.volumeName);
      }
    };
    pods.addHandler({ onAdd: ofPod, onUpdate: ofPod, onDelete: ofPod });
    const attachments = informers.for(VolumeAttachment);
    attachments.addIndex(BY_VOLUME, ({ spec }) => [spec.source.persistentVolumeName ?? '']);
    attachments.addIndex(BY_NODE, ({ spec }) => [spec.nodeName]);
    const of = ({ spec }: AttachmentObject): void => this.#wake(spec.source.persistentVolumeName);
    attachments.addHandler({
      onAdd: of,
      onUpdate: of,
      onDelete: (attachment) => {
        this.#own.delete(attachment.metadata.name);
        of(attachment);
      },
    });
    informers.for(CSIDriver);
    this.#watchNodes();
    // Those of an earlier run of this process.
    informers.whenSynced(() => {
      for (const { metadata } of attachments.all()) this.#own.add(metadata.name);
    });
  }

  #watchNodes(): void {
    const { informers } = this.#context;
    const all = ({ metadata }: NodeObject): void => {
      const attachments = informers.for(VolumeAttachment).by(BY_NODE, metadata.name);
      for (const { spec } of attachments.values()) this.#wake(spec.source.persistentVolumeName);
    };
    informers.for(Node).addHandler({
      onAdd: (node) => {
        this.#nodes.seen(node);
        all(node);
      },
      onUpdate: (node, old) => {
        if (!equalJson(node.status.volumesInUse, old.status.volumesInUse)) this.#nodes.seen(node);
        all(node);
      },
      onDelete: (node) => {
        this.#nodes.gone(node);
        all(node);
      },
    });
  }

  #wake(volume: string | undefined): void {
    if (volume !== undefined && volume !== '') {
      this.#context.queue.addAfter(volume, 1 + this.#rng.int(LOOP_US));
    }
  }

  *sync(name: string): Proc {
    const context = this.#context;
    const volume = context.get(PersistentVolume, name);
    const attached = context.informers.for(VolumeAttachment).by(BY_VOLUME, name);
    if (volume?.spec.csi) this.#sources.set(name, volume.spec.csi);
    const source = this.#sources.get(name);
    if (!source) return;
    const wanted = volume ? this.#wantedNodes(volume) : NOBODY;
    const attachments = [...attached.values()];
    const where = (nodes: Iterable<string>): string => [...nodes].join(', ') || 'nowhere';
    if (attachments.length > 0 || wanted.size > 0) {
      const seen = attachments.map((a) => a.spec.nodeName);
      context.note(`attached to ${where(wanted.keys())}`, where(seen));
    }
    // What is to go goes first, so that what is to come finds room.
    for (const attachment of attachments) {
      if (!wanted.has(attachment.spec.nodeName)) yield* this.#detach(name, attachment, source);
    }
    if (volume) {
      for (const [node, pods] of wanted) yield* this.#attach(volume, source, node, pods, wanted);
    } else if (attachments.length === 0) this.#sources.delete(name);
  }

  #wantedNodes(volume: VolumeObject): Wanted {
    const { informers } = this.#context;
    const { namespace, name = '' } = volume.spec.claimRef ?? {};
    const key = keyFor(namespace, name);
    const claim = this.#context.get(PersistentVolumeClaim, key);
    if (!claim || !isBoundTo(volume, claim)) return NOBODY;
    const driver = this.#context.get(CSIDriver, volume.spec.csi?.driver ?? '');
    if (driver?.spec.attachRequired === false) return NOBODY;
    const wanted = wantedBy(informers.for(Pod).by(BY_CLAIM, key).values(), claim);
    return new Map([...wanted].filter(([node]) => this.#nodes.exists(node)));
  }

  *#attach(
    volume: VolumeObject,
    source: CSIPersistentVolumeSource,
    node: string,
    pods: readonly PodObject[],
    wanted: Wanted,
  ): Proc {
    const { name } = volume.metadata;
    const { kernel, client } = this.#context;
    const id = attachmentName(source.volumeHandle, source.driver, node);
    this.#leaving.delete(id);
    this.#own.add(id);
    const own = this.#context.get(VolumeAttachment, id);
    if (own?.metadata.deletionTimestamp !== undefined) return;
    if (!own) {
      if (this.#isTaken(volume, node, pods, wanted)) return;
      this.#told.delete(`${name} ${node}`);
      const spec = { attacher: source.driver, nodeName: node };
      const from = { persistentVolumeName: name };
      try {
        const metadata = { name: id };
        yield* client.create(VolumeAttachment, { metadata, spec: { ...spec, source: from } });
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists')) throw error;
      }
      return;
    }
    const progress = this.#tries.look(own, source.volumeHandle, kernel.now);
    if (progress.kind === 'attached') {
      yield* this.#attached(name, node, uniqueVolumeName(source.driver, source.volumeHandle), pods);
      return;
    }
    if (progress.kind === 'failed') {
      const message = `AttachVolume.Attach failed for volume "${name}" : ${progress.why}`;
      this.#tell(pods, 'Warning', 'FailedAttachVolume', message);
    }
    // Nobody waits for what fails again and again.
    this.#context.queue.addAfter(name, progress.at - kernel.now, true);
  }

  *#attached(volume: string, node: string, unique: string, pods: readonly PodObject[]): Proc {
    if (this.#nodes.isReported(node, unique)) return;
    const message = `AttachVolume.Attach succeeded for volume "${volume}" `;
    this.#tell(pods, 'Normal', 'SuccessfulAttachVolume', message);
    yield* this.#nodes.report(node, unique);
  }

  /** Another node has a volume that only one may have; it is told once. */
  #isTaken(
    volume: VolumeObject,
    node: string,
    pods: readonly PodObject[],
    wanted: Wanted,
  ): boolean {
    if (mayBeShared(volume)) return false;
    const { name } = volume.metadata;
    const attachments = this.#context.informers.for(VolumeAttachment).by(BY_VOLUME, name);
    const others = Array.from(attachments.values(), (a) => a.spec.nodeName);
    if (others.length === 0) return false;
    const id = `${name} ${node}`;
    if (this.#told.has(id)) return true;
    this.#told.add(id);
    const users = others.flatMap((other) => wanted.get(other) ?? []);
    for (const pod of pods) {
      const message = `Multi-Attach error for volume "${name}" ${takenBy(pod, users)}`;
      this.#tell([pod], 'Warning', 'FailedAttachVolume', message);
    }
    return true;
  }

  *#detach(name: string, attachment: AttachmentObject, source: CSIPersistentVolumeSource): Proc {
    const { client, kernel, queue } = this.#context;
    const { metadata, spec } = attachment;
    this.#tries.forget(metadata.name);
    this.#told.delete(`${name} ${spec.nodeName}`);
    if (metadata.deletionTimestamp !== undefined || !this.#own.has(metadata.name)) return;
    const since = this.#leaving.get(metadata.name) ?? kernel.now;
    this.#leaving.set(metadata.name, since);
    const unique = uniqueVolumeName(source.driver, source.volumeHandle);
    const isInUse = this.#nodes.uses(spec.nodeName, unique);
    const isForced =
      kernel.now - since > MAX_WAIT_FOR_UNMOUNT_US && !this.#nodes.isHealthy(spec.nodeName);
    if (isInUse && !isForced && !this.#nodes.isOutOfService(spec.nodeName)) {
      const left = since + MAX_WAIT_FOR_UNMOUNT_US - kernel.now;
      // A node that stays healthy takes its time; it says when it has unmounted the volume.
      if (left >= 0) queue.addAfter(name, left + LOOP_US, false);
      return;
    }
    yield* this.#nodes.withdraw(spec.nodeName, unique);
    try {
      yield* client.delete(VolumeAttachment, '', metadata.name);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
    this.#leaving.delete(metadata.name);
  }

  #tell(
    pods: readonly PodObject[],
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    for (const pod of pods) this.#context.events.record(pod, { type, reason, message });
  }
}
