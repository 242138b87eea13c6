/**
 * What the scheduler's plugins can look up beside nodes and Pods: read-only, indexed, fed by the
 * scheduler's informers. In tests any object that has these functions will do.
 *
 * Models: the listers of framework.Handle's SharedInformerFactory (k8s.io/kube-scheduler, v1.36)
 */
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StorageClass,
  VolumeAttachment,
} from '../../api/generated/types.ts';
import type { ObjectKey } from '../../api/meta/object.ts';

/** What is known of claims, volumes and their drivers. */
export interface VolumeLookup {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  /** All volumes of a class, '' for those without. */
  volumesOfClass(name: string): Iterable<PersistentVolume>;
  storageClass(name: string): StorageClass | undefined;
  csiNode(node: string): CSINode | undefined;
  csiDriver(name: string): CSIDriver | undefined;
  /** What is or should be attached to a node. */
  attachments(node: string): Iterable<VolumeAttachment>;
  /** What drivers say is left of a class. */
  capacities(storageClass: string): Iterable<CSIStorageCapacity>;
}

export interface Lookup extends VolumeLookup {
  /** A Pod as the API server last showed it. */
  pod(key: ObjectKey): Pod | undefined;
  namespace(name: string): Namespace | undefined;
  namespaces(): Iterable<Namespace>;
  /** Services that may select a Pod: it carries one of the labels they ask for. */
  services(pod: Pod): Iterable<Service>;
  replicationController(namespace: string, name: string): ReplicationController | undefined;
  replicaSet(namespace: string, name: string): ReplicaSet | undefined;
  statefulSet(namespace: string, name: string): StatefulSet | undefined;
  budgets(namespace: string): Iterable<PodDisruptionBudget>;
}

const NOTHING: readonly never[] = [];

/** A cluster that has nothing but nodes and Pods: tests spread it and add what they need. */
export const EMPTY_LOOKUP: Lookup = {
  pod: () => undefined,
  claim: () => undefined,
  volume: () => undefined,
  volumesOfClass: () => NOTHING,
  storageClass: () => undefined,
  csiNode: () => undefined,
  csiDriver: () => undefined,
  attachments: () => NOTHING,
  capacities: () => NOTHING,
  namespace: () => undefined,
  namespaces: () => NOTHING,
  services: () => NOTHING,
  replicationController: () => undefined,
  replicaSet: () => undefined,
  statefulSet: () => undefined,
  budgets: () => NOTHING,
};
