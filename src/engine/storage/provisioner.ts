/**
 * Provisioner of the pretend driver: makes a disk and a PersistentVolume for every claim that is meant
 * for the driver, and deletes both when the claim is gone and the volume's policy says so.
 *
 * Models:     kubernetes-csi external-provisioner v6 pkg/controller controller.go;
 *             sig-storage-lib-external-provisioner v13 controller controller.go
 * Watches:    PersistentVolumeClaim (primary), PersistentVolume, StorageClass, Node, VolumeAttachment
 * Writes:     PersistentVolume create, delete, finalizers; PersistentVolumeClaim annotations; Events
 * Simplified: one instance without leader election; snapshots, clones and VolumeAttributesClasses are
 *             refused by name; no CSIStorageCapacity objects: there is room for everything
 */
import type {
  Node as NodeObject,
  PersistentVolume as VolumeObject,
  PersistentVolumeClaim as ClaimObject,
  StorageClass as ClassObject,
} from '../../api/generated/types.ts';
import { Node } from '../../api/kinds/node.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { classOf } from '../../api/kinds/persistent-volume/parts.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import { VolumeAttachment } from '../../api/kinds/volume-attachment.ts';
import { isKeptBy, withoutFinalizer } from '../../api/meta/finalizers.ts';
import { keyOf } from '../../api/meta/object.ts';
import { bytes } from '../../api/meta/quantity.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  Retry,
} from '../client/controller.ts';
import { DriverError } from '../node/csi/driver.ts';
import type { Disks } from './disks.ts';
import { ACCOUNT, DRIVER, PROVISIONER_FINALIZER, SELECTED_NODE } from './names.ts';
import { chooseZone } from './topology.ts';
import {
  deletedBy,
  isMeantForDriver,
  refusalOf,
  volumeFor,
  waitsForScheduler,
} from './volume-drafts.ts';

const CLAIM = 'PersistentVolumeClaim/';
const VOLUME = 'PersistentVolume//';
const WORKERS = 100; // external-provisioner --worker-threads
/** --retry-interval-start, --retry-interval-max. */
const RETRY = { baseUs: 1_000_000, maxUs: 300_000_000 };
const BY_VOLUME = 'volume';

/** Keys are object references: of claims and of volumes. */
export function provisioner(disks: Disks): ControllerDefinition<ClaimObject> {
  let worker: Provisioner | null = null;
  return defineController<ClaimObject>({
    name: 'csi-provisioner',
    serviceAccount: ACCOUNT,
    eventSource: `${DRIVER}_csi-controller-0`,
    primary: PersistentVolumeClaim,
    ownHandlers: true,
    refOf: (key) => key,
    workers: WORKERS,
    retry: RETRY,
    start(context) {
      worker = new Provisioner(context, disks);
      watch(context);
    },
    *reconcile(key) {
      if (key.startsWith(CLAIM)) yield* worker?.provision(key.slice(CLAIM.length)) ?? [];
      else yield* worker?.remove(key.slice(VOLUME.length)) ?? [];
    },
  });
}

function watch({ informers, queue }: ControllerContext): void {
  const ofClaim = (claim: ClaimObject): void => {
    if (isMeantForDriver(claim)) queue.add(CLAIM + keyOf(claim));
  };
  informers.for(PersistentVolumeClaim).addHandler({ onAdd: ofClaim, onUpdate: ofClaim });
  const ofVolume = (volume: VolumeObject): void => {
    if (deletedBy(volume)) queue.add(VOLUME + volume.metadata.name);
  };
  informers.for(PersistentVolume).addHandler({ onAdd: ofVolume, onUpdate: ofVolume });
  informers.for(StorageClass);
  informers.for(Node);
  informers
    .for(VolumeAttachment)
    .addIndex(BY_VOLUME, ({ spec }) => [spec.source.persistentVolumeName ?? '']);
}

class Provisioner {
  readonly #context: ControllerContext;
  readonly #disks: Disks;

  constructor(context: ControllerContext, disks: Disks) {
    this.#context = context;
    this.#disks = disks;
  }

  *provision(key: string): Proc {
    const context = this.#context;
    const claim = context.get(PersistentVolumeClaim, key);
    if (!claim || !isMeantForDriver(claim)) return;
    const name = `pvc-${claim.metadata.uid}`;
    if (context.get(PersistentVolume, name)) return;
    const storageClass = context.get(StorageClass, classOf(claim));
    // A class that is gone, or another's by now: nothing is known of what to make.
    if (storageClass?.provisioner !== DRIVER || waitsForScheduler(claim, storageClass)) return;
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    const node = selected === undefined ? undefined : context.get(Node, selected);
    if (selected !== undefined && !node) {
      this.#failed(claim, `failed to get target node: node "${selected}" not found`);
      yield* this.#reschedule(claim);
      return;
    }
    const text = `External provisioner is provisioning volume for claim "${key}"`;
    this.#tell(claim, 'Normal', 'Provisioning', text);
    const volume = yield* this.#make(claim, name, storageClass, node);
    try {
      yield* context.client.create(PersistentVolume, volume);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
    this.#tell(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
  }

  *#make(
    claim: ClaimObject,
    name: string,
    storageClass: ClassObject,
    node: NodeObject | undefined,
  ): Proc<ReturnType<typeof volumeFor>> {
    const nodes = this.#context.informers.for(Node).all();
    const where = chooseZone(claim.metadata.name, storageClass, nodes, node);
    const refusal = refusalOf(claim, storageClass) ?? (where.ok ? null : where.why);
    const start = `failed to provision volume with StorageClass "${storageClass.metadata.name}"`;
    if (refusal !== null || !where.ok) throw this.#failed(claim, `${start}: ${refusal ?? ''}`);
    const modes = claim.spec.accessModes ?? [];
    const shared = modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany');
    const size = bytes(claim.spec.resources.requests?.['storage'] ?? '0');
    try {
      const wanted = { name, bytes: size, zone: where.zone, shared };
      const disk = yield* this.#disks.create(wanted);
      return volumeFor(claim, name, storageClass, disk);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      throw this.#failed(claim, `${start}: ${error.message}`);
    }
  }

  /** The scheduler is to choose again. */
  *#reschedule(claim: ClaimObject): Proc {
    const { annotations = {}, ...metadata } = claim.metadata;
    const { [SELECTED_NODE]: _node, ...left } = annotations;
    const next = { ...claim, metadata: { ...metadata, annotations: left } };
    yield* this.#context.client.update(PersistentVolumeClaim, next);
  }

  *remove(name: string): Proc {
    const { client, informers } = this.#context;
    const volume = this.#context.get(PersistentVolume, name);
    if (!volume || !deletedBy(volume)) return;
    const attached = informers.for(VolumeAttachment).by(BY_VOLUME, name);
    for (const { spec } of attached.values()) {
      const why = `persistentvolume ${name} is still attached to node ${spec.nodeName}`;
      throw this.#failed(volume, why, 'VolumeFailedDelete');
    }
    try {
      yield* this.#disks.delete(volume.spec.csi?.volumeHandle ?? '');
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      throw this.#failed(volume, error.message, 'VolumeFailedDelete');
    }
    let last = volume;
    if (volume.metadata.deletionTimestamp === undefined) {
      last = yield* client.delete(PersistentVolume, '', name);
    }
    if (isKeptBy(last, PROVISIONER_FINALIZER)) {
      // Others take their finalizers off meanwhile.
      const newest = yield* client.get(PersistentVolume, '', name);
      yield* client.update(PersistentVolume, withoutFinalizer(newest, PROVISIONER_FINALIZER));
    }
  }

  #failed(object: ClaimObject | VolumeObject, why: string, reason = 'ProvisioningFailed'): Retry {
    this.#tell(object, 'Warning', reason, why);
    return new Retry(why);
  }

  #tell(
    object: ClaimObject | VolumeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    this.#context.events.record(object, { type, reason, message });
  }
}
