/** Looking into a cluster from outside of the simulation: plain reads, no request, no random number. */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { keyFor, type KubeObject } from '../../api/meta/object.ts';
import type { Decision, QueuePlace } from '../../port/protocol-decision.ts';
import type { ComponentRow } from '../../port/protocol.ts';
import { storageKey } from '../apiserver/resource.ts';
import { managedState, type Stored, withManagedFields } from '../apiserver/stored.ts';
import { viewOf } from '../apiserver/versions.ts';
import type { Cluster } from '../cluster.ts';
import { decisionTable } from '../view/decision.ts';

/** Bytes of an object, of an earlier version of one, of a span: measured on 100,000 Pods in Node. */
const OBJECT_BYTES = 2_800;
const VERSION_BYTES = 1_500;
const SPAN_BYTES = 400;

/** Who writes what every cluster has from its start (`kubectl get clusterroles --show-managed-fields`). */
const BOOTSTRAP_MANAGERS: ReadonlySet<string> = new Set([
  'kube-apiserver',
  'clusterrole-aggregation-controller',
]);

/** What a run holds, roughly; the same wherever it is played. */
export function memoryMb(cluster: Cluster): number {
  const { store } = cluster.server;
  const { trace } = cluster.kernel;
  const spans = trace.lastId - trace.firstId + 1;
  const bytes =
    store.size * OBJECT_BYTES + store.historyLength * VERSION_BYTES + spans * SPAN_BYTES;
  return bytes / 1_000_000;
}

/** An object by its reference, now or (with a revision) as it was; with managedFields. */
export function findObject(
  cluster: Cluster,
  ref: string,
  revision: number | null,
): KubeObject | undefined {
  const [kind = '', namespace = '', name = ''] = ref.split('/');
  const { server } = cluster;
  const resource = server.registry.stored.find((r) => r.kind.kind === kind);
  if (!resource) return undefined;
  const key = storageKey(resource, namespace, name);
  const kv =
    revision === null
      ? server.store.get(key)
      : server.store.rangeAt(key, revision).find((k) => k.key === key);
  return kv && withManagedFields(kv.value);
}

/** The cluster as a program sees it that only reads: kinds as they are served, objects in their version. */
export interface LiveView {
  kind(apiVersion: string, kind: string): AnyKind | undefined;
  object(kind: AnyKind, namespace: string, name: string): KubeObject | undefined;
}

export function liveView(cluster: Cluster): LiveView {
  const { store, registry } = cluster.server;
  return {
    kind: (apiVersion, kind) => registry.ofKind(apiVersion, kind)?.kind,
    object(kind, namespace, name) {
      const resource = registry.of(kind);
      const kv = store.get(storageKey(resource.hub, namespace, name));
      return kv && viewOf(resource, kv.value);
    },
  };
}

/**
 * Everything the cluster holds, now or at a moment of the past (microseconds), but for what an API
 * server makes by itself when it starts: roles, flow schemas, API services. Every cluster has those.
 */
export function allObjects(cluster: Cluster, at: number | null): readonly KubeObject[] {
  const { store, registry } = cluster.server;
  const revision = at === null ? store.revision : store.revisionAt(at);
  return registry.stored.flatMap((r) =>
    store
      .rangeAt(r.prefix, revision)
      .filter((kv) => !isBootstrap(kv.value))
      .map((kv) => kv.value.object),
  );
}

/** Written by nobody but the API server itself. */
function isBootstrap({ managed }: Stored): boolean {
  const { managers } = managedState(managed);
  return managers.length > 0 && managers.every((m) => BOOTSTRAP_MANAGERS.has(m.manager));
}

/** As a manifest for another cluster: a create may not carry what this cluster has given it. */
export function asManifest(object: KubeObject): KubeObject {
  const {
    uid: _uid,
    resourceVersion: _revision,
    generation: _generation,
    ...metadata
  } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

export function componentRows(cluster: Cluster): readonly ComponentRow[] {
  const { server } = cluster;
  const rows: ComponentRow[] = cluster.components().map((c) => ({
    name: c.name,
    running: c.running,
    queue: c.queue,
    ...(c.detail ? { detail: c.detail } : {}),
  }));
  const etcd = {
    revision: server.store.revision,
    keys: server.store.size,
    compacted: server.store.compactRevision,
    watchers: server.watches.count,
  };
  // Without a control-plane node it is part of the API server's machine.
  const own = rows.find((row) => row.name === 'etcd') ?? { name: 'etcd', running: true, queue: 0 };
  return [...rows.filter((row) => row.name !== 'etcd'), { ...own, detail: etcd }];
}

/** The scheduler's record of its last decision about a Pod, as a table of nodes × plugins. */
export function decisionOf(cluster: Cluster, ref: string): Decision | null {
  const [, namespace = '', name = ''] = ref.split('/');
  const record = cluster.scheduler.decision(keyFor(namespace, name));
  return record ? decisionTable(ref, record) : null;
}

/** Where a Pod waits to be scheduled, and what would make the scheduler try it again. */
export function queuePlaceOf(cluster: Cluster, ref: string): QueuePlace | null {
  const [, namespace = '', name = ''] = ref.split('/');
  const place = cluster.scheduler.placeInQueue(keyFor(namespace, name));
  if (!place) return null;
  return {
    ...place,
    refusedBy: place.refusedBy.map(({ events = [], name: plugin }) => ({ plugin, events })),
  };
}
