/**
 * What plugins look up, answered from the scheduler's informers and their indexes; and the changes of
 * those objects as events for the queue.
 *
 * Models:     pkg/scheduler eventhandlers.go addAllEventHandlers (v1.36)
 * Watches:    PersistentVolumeClaim, PersistentVolume, StorageClass, CSINode, CSIDriver,
 *             CSIStorageCapacity, VolumeAttachment, Namespace, Service, ReplicationController,
 *             ReplicaSet, StatefulSet, PodDisruptionBudget
 * Simplified: nothing of ResourceClaims and Pod groups
 */
import type { Pod as PodObject, Service as ServiceObject } from '../../api/generated/types.ts';
import { CSIDriver } from '../../api/kinds/csi-driver.ts';
import { CSINode } from '../../api/kinds/csi-node.ts';
import { CSIStorageCapacity } from '../../api/kinds/csi-storage-capacity.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { classOf } from '../../api/kinds/persistent-volume/parts.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { PodDisruptionBudget } from '../../api/kinds/pod-disruption-budget.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { ReplicationController } from '../../api/kinds/replication-controller.ts';
import { Service } from '../../api/kinds/service.ts';
import { StatefulSet } from '../../api/kinds/stateful-set.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import { VolumeAttachment } from '../../api/kinds/volume-attachment.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import { keyFor, type KubeObject } from '../../api/meta/object.ts';
import { compileStoredSelector, Selector, selectorFromLabels } from '../../api/meta/selectors.ts';
import type { Informer, Informers } from '../client/informer.ts';
import type { ClusterEvent } from './events.ts';
import type { Lookup } from './lookup.ts';

const NO_KEYS: readonly string[] = [];

export function informerLookup(informers: Informers): Lookup {
  const pods = informers.for(Pod);
  const claims = informers.for(PersistentVolumeClaim);
  const volumes = informers.for(PersistentVolume);
  volumes.addIndex('class', (v) => [classOf(v)]);
  const classes = informers.for(StorageClass);
  const csiNodes = informers.for(CSINode);
  const csiDrivers = informers.for(CSIDriver);
  const attachments = informers.for(VolumeAttachment);
  attachments.addIndex('node', (a) => [a.spec.nodeName]);
  const capacities = informers.for(CSIStorageCapacity);
  capacities.addIndex('class', (c) => [c.storageClassName]);
  const namespaces = informers.for(Namespace);
  const services = informers.for(Service);
  services.addIndex('pair', firstPair);
  const budgets = byNamespace(informers, PodDisruptionBudget);
  const controllers = informers.for(ReplicationController);
  const replicaSets = informers.for(ReplicaSet);
  const statefulSets = informers.for(StatefulSet);
  return {
    pod: (key) => pods.get(key),
    claim: (namespace, name) => claims.get(keyFor(namespace, name)),
    volume: (name) => volumes.get(keyFor('', name)),
    volumesOfClass: (name) => volumes.by('class', name).values(),
    storageClass: (name) => classes.get(keyFor('', name)),
    csiNode: (node) => csiNodes.get(keyFor('', node)),
    csiDriver: (name) => csiDrivers.get(keyFor('', name)),
    attachments: (node) => attachments.by('node', node).values(),
    capacities: (storageClass) => capacities.by('class', storageClass).values(),
    namespace: (name) => namespaces.get(keyFor('', name)),
    namespaces: () => namespaces.all(),
    *services({ metadata: { namespace = '', labels } }) {
      for (const key in labels) {
        yield* services.by('pair', pair(namespace, key, labels[key] as string)).values();
      }
    },
    replicationController: (namespace, name) => controllers.get(keyFor(namespace, name)),
    replicaSet: (namespace, name) => replicaSets.get(keyFor(namespace, name)),
    statefulSet: (namespace, name) => statefulSets.get(keyFor(namespace, name)),
    budgets: (namespace) => budgets.by('namespace', namespace).values(),
  };
}

/** A Service selects only Pods with this label: one is enough to find it by. */
function firstPair({ metadata, spec }: ServiceObject): readonly string[] {
  const [first] = Object.entries(spec.selector ?? {});
  return first ? [pair(metadata.namespace ?? '', ...first)] : NO_KEYS;
}

function pair(namespace: string, key: string, value: string): string {
  return `${namespace}/${key}=${value}`;
}

function byNamespace<T extends KubeObject>(informers: Informers, kind: Kind<T>): Informer<T> {
  const informer = informers.for(kind);
  informer.addIndex('namespace', (object) => [object.metadata.namespace ?? '']);
  return informer;
}

/** Tells of every change of an object that has to do with storage. */
export function watchStorage(informers: Informers, tell: (event: ClusterEvent) => void): void {
  const forward = <T extends KubeObject>(kind: Kind<T>, name: string): void => {
    const event = (action: string, object: T, old: T | null): void =>
      tell({ type: `${name}${action}`, object, old } as unknown as ClusterEvent);
    informers.for(kind).addHandler({
      onAdd: (object) => event('Add', object, null),
      onUpdate: (object, old) => event('Update', object, old),
      onDelete: (object) => event('Delete', object, null),
    });
  };
  forward(PersistentVolumeClaim, 'PersistentVolumeClaim');
  forward(PersistentVolume, 'PersistentVolume');
  forward(StorageClass, 'storage.k8s.io/StorageClass');
  forward(CSINode, 'storage.k8s.io/CSINode');
  forward(CSIDriver, 'storage.k8s.io/CSIDriver');
  forward(VolumeAttachment, 'storage.k8s.io/VolumeAttachment');
  forward(CSIStorageCapacity, 'storage.k8s.io/CSIStorageCapacity');
}

/** Selector of the Services and of the workload that select a Pod (helper.DefaultSelector). */
export function ownerSelector(lookup: Lookup, pod: PodObject): Selector | null {
  const namespace = pod.metadata.namespace ?? '';
  const own = workloadSelector(lookup, pod, namespace);
  const requirements: Selector['requirements'][number][] = [...(own?.requirements ?? [])];
  for (const service of lookup.services(pod)) {
    const matchLabels = service.spec.selector;
    if (!matchLabels) continue;
    const selector = selectorFromLabels(matchLabels);
    if (!selector.empty && selector.matches(pod.metadata.labels)) {
      requirements.push(...selector.requirements);
    }
  }
  if (requirements.length === 0) return null;
  return requirements.length === own?.requirements.length ? own : new Selector(requirements);
}

function workloadSelector(lookup: Lookup, pod: PodObject, namespace: string): Selector | null {
  const owner = pod.metadata.ownerReferences?.find((r) => r.controller);
  switch (owner?.kind) {
    case ReplicaSet.kind: {
      const found = lookup.replicaSet(namespace, owner.name);
      return found ? compileStoredSelector(found.spec.selector) : null;
    }
    case StatefulSet.kind: {
      const found = lookup.statefulSet(namespace, owner.name);
      return found ? compileStoredSelector(found.spec.selector) : null;
    }
    case ReplicationController.kind: {
      const found = lookup.replicationController(namespace, owner.name);
      return found?.spec.selector ? selectorFromLabels(found.spec.selector) : null;
    }
    default:
      return null;
  }
}
