/**
 * Delete and deletecollection: preconditions, grace, finalizers, propagation.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/delete.go, pkg/registry/rest/delete.go,
 *         pkg/registry/generic/registry/store.go (v1.36)
 */
import { cloneJson } from '../../api/meta/json.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { conflict, notFound } from '../../api/meta/status.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { admissionContext, admit, admitValidated, checkNamespace } from './admission.ts';
import type { Call, ListAnswer, ObjectAnswer } from './call.ts';
import { readList } from './read.ts';
import { storageKey } from './resource.ts';
import type { ApiServer } from './server.ts';
import type { Stored } from './stored.ts';
import { StoredAnswer } from './versions.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

export function removeOne(server: ApiServer, call: Call, span: number): ObjectAnswer {
  const { resource } = call;
  checkNamespace(server, call, call.name);
  const kv = server.store.get(storageKey(resource, call.namespace, call.name));
  if (!kv) throw notFound(resource, call.name);
  const stored = kv.value;
  checkPreconditions(call, stored.object);
  const warnings = call.warnings ?? [];
  const { propagationWarning } = resource.hub.kind;
  if (propagationWarning !== undefined && call.options.propagationPolicy === undefined) {
    warnings.push(propagationWarning);
  }
  const context = admissionContext(server, call, 'DELETE', warnings);
  admit(server, call, stored.object as Draft<KubeObject>, stored.object, context);
  admitValidated(server, call, stored.object, stored.object, context);

  if (resource.hub.kind.gracePeriod && stored.object.metadata.deletionTimestamp !== undefined) {
    return shorten(server, call, span, stored, warnings);
  }
  const grace =
    resource.hub.kind.gracePeriod?.(stored.object, call.options.gracePeriodSeconds) ?? 0;
  const finalizers = finalizersFor(call, stored.object);
  const waits = finalizers.length > 0 || resource.hub.kind.blocksDeletion?.(stored.object) === true;
  if (grace > 0 || waits)
    return markDeleted(server, call, span, stored, grace, finalizers, warnings);
  if (call.options.dryRun) return gone(call, stored, warnings);
  if (resource.hub.kind.gracePeriod) {
    // Kinds that end gracefully are seen to end, even when they have no time left for it.
    markDeleted(server, call, span, stored, 0, finalizers, warnings);
    const marked = server.store.get(storageKey(resource, call.namespace, call.name));
    if (marked) return gone(call, dropStored(server, call, span, marked.value), warnings);
  }
  return gone(call, dropStored(server, call, span, stored), warnings);
}

/**
 * A further DELETE of an object that is ending gracefully can only shorten its time. Watchers see
 * the shortened time even when it is zero and the object goes at once.
 */
function shorten(
  server: ApiServer,
  call: Call,
  span: number,
  stored: Stored,
  warnings: readonly string[],
): ObjectAnswer {
  const { metadata } = stored.object;
  const requested = call.options.gracePeriodSeconds;
  const existing = metadata.deletionGracePeriodSeconds;
  if (requested === undefined || existing === undefined || requested >= existing) {
    return answer(call, stored, warnings);
  }
  const grace = requested < 0 ? 1 : requested;
  const ends = Date.parse(metadata.deletionTimestamp ?? '') - (existing - grace) * 1000;
  const next = {
    ...stored.object,
    metadata: {
      ...metadata,
      deletionTimestamp: rfc3339(ends),
      deletionGracePeriodSeconds: grace,
    },
  };
  if (call.options.dryRun) return answer(call, { ...stored, object: next }, warnings);
  const written = store(server, call, span, stored, next);
  if (grace > 0 || (metadata.finalizers?.length ?? 0) > 0) return answer(call, written, warnings);
  return gone(call, dropStored(server, call, span, written), warnings);
}

/** Deletes everything the selectors choose; answers the list as it was. */
export function removeCollection(server: ApiServer, call: Call, span: number): ListAnswer {
  const list = readList(server, call);
  for (const object of list.items) {
    removeOne(
      server,
      {
        ...call,
        verb: 'delete',
        name: object.metadata.name,
        namespace: object.metadata.namespace ?? '',
      },
      span,
    );
  }
  return list;
}

/** Whether an object was only waiting for its finalizers, and has none left now. */
export function isDeletedFor({ resource }: Call, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp === undefined || deletionTimestamp === null) return false;
  if ((finalizers?.length ?? 0) > 0 || deletionGracePeriodSeconds > 0) return false;
  return resource.hub.kind.blocksDeletion?.(object) !== true;
}

function markDeleted(
  server: ApiServer,
  call: Call,
  span: number,
  stored: Stored,
  grace: number,
  finalizers: readonly string[],
  warnings: readonly string[],
): ObjectAnswer {
  const { object } = stored;
  const { metadata } = object;
  const already = metadata.deletionTimestamp !== undefined;
  const sameFinalizers = finalizers.length === (metadata.finalizers?.length ?? 0);
  if (already && sameFinalizers) return answer(call, stored, warnings);
  const draft = cloneJson(object) as Draft<KubeObject>;
  if (finalizers.length > 0) draft.metadata.finalizers = [...finalizers];
  if (!already) {
    draft.metadata.deletionTimestamp = rfc3339(server.kernel.nowMs + grace * 1000);
    // Namespaces end in their own way, which knows no grace.
    if (!call.resource.kind.isNamespace) draft.metadata.deletionGracePeriodSeconds = grace;
    if (draft.metadata.generation !== undefined) draft.metadata.generation += 1;
    call.resource.hub.kind.prepareForDelete?.(draft);
  }
  const next = draft as unknown as KubeObject;
  if (call.options.dryRun) return answer(call, { ...stored, object: next }, warnings);
  return answer(call, store(server, call, span, stored, next), warnings);
}

function store(
  server: ApiServer,
  call: Call,
  span: number,
  stored: Stored,
  next: KubeObject,
): Stored {
  const put = server.store.put(
    storageKey(call.resource, call.namespace, call.name),
    { modRevision: Number(stored.object.metadata.resourceVersion) },
    (revision) => ({
      object: server.finish({
        ...next,
        metadata: { ...next.metadata, resourceVersion: String(revision) },
      }),
      managed: stored.managed,
    }),
    span,
    server.kernel.now,
  );
  if (!put.ok) throw notFound(call.resource, call.name);
  return put.kv.value;
}

/** Finalizers the object has, changed by what the client wants done with dependents. */
function finalizersFor(call: Call, object: KubeObject): readonly string[] {
  const has = object.metadata.finalizers ?? [];
  const policy = call.options.propagationPolicy;
  const wanted = policy ?? call.resource.hub.kind.defaultPropagation;
  if (policy === undefined && (has.includes(FOREGROUND) || has.includes(ORPHAN))) return has;
  const others = has.filter((f) => f !== FOREGROUND && f !== ORPHAN);
  if (wanted === 'Foreground') return [...others, FOREGROUND];
  if (wanted === 'Orphan') return [...others, ORPHAN];
  return others;
}

export function dropStored(server: ApiServer, call: Call, span: number, stored: Stored): Stored {
  const { object } = stored;
  const result = server.store.delete(
    storageKey(call.resource, call.namespace, call.name),
    { modRevision: Number(object.metadata.resourceVersion) },
    (revision) => ({
      object: server.finish({
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(revision) },
      }),
      managed: stored.managed,
    }),
    span,
    server.kernel.now,
  );
  if (!result.ok) throw notFound(call.resource, call.name);
  return result.kv.value;
}

function checkPreconditions(call: Call, object: KubeObject): void {
  const { uid, resourceVersion } = call.options;
  const { metadata } = object;
  // Upstream names the kind here where other conflicts name the resource.
  const kind = { group: call.resource.group, plural: call.resource.kind.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      kind,
      call.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      kind,
      call.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ` +
        `ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

function answer(call: Call, stored: Stored, warnings: readonly string[]): ObjectAnswer {
  return new StoredAnswer(call, 200, stored, warnings);
}

/** What DELETE answers for an object that is gone: most kinds a Status, some the object. */
function gone(call: Call, stored: Stored, warnings: readonly string[]): ObjectAnswer {
  if (call.typed || call.resource.kind.deleteReturnsObject) return answer(call, stored, warnings);
  const { group, plural } = call.resource.kind;
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: call.name,
      ...(group === '' ? {} : { group }),
      kind: plural,
      uid: stored.object.metadata.uid,
    },
  };
  return { code: 200, object: status as unknown as KubeObject, warnings };
}
