/** Puts recorded objects into the store as they are: past admission, validation and tracking. */
import type { ManagedFieldsEntry } from '../../api/generated/types.ts';
import { cloneJson } from '../../api/meta/json.ts';
import { emptyManaged, fromManagedFields } from '../../api/meta/managed-state.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { type Resource, storageKey } from '../../engine/apiserver/resource.ts';
import type { ApiServer } from '../../engine/apiserver/server.ts';
import type { Stored } from '../../engine/apiserver/stored.ts';
import { toHub } from '../../engine/apiserver/versions.ts';

/**
 * In place of those of the same names, and with |replace| of all others of the same kinds.
 * |definitions| are loaded first when there are objects of kinds that the server does not know.
 */
export function loadObjects(
  server: ApiServer,
  objects: readonly KubeObject[],
  definitions: readonly object[] = [],
  { replace = true }: { readonly replace?: boolean } = {},
): void {
  const isKnown = (o: KubeObject): boolean => resourceOf(server, o) !== undefined;
  const definers = objects.filter((o) => {
    const kind = resourceOf(server, o)?.kind;
    return kind !== undefined && 'definesKinds' in kind;
  });
  const foreign = objects.some((o) => !isKnown(o)) && definers.length === 0;
  const first = foreign ? (definitions as readonly KubeObject[]) : definers;
  const rest = objects.filter((o) => !definers.includes(o));
  const cleared = new Set<Resource>();
  for (const object of [...first, ...rest]) {
    const resource = resourceOf(server, object);
    // Computed kinds are not stored.
    if (!resource || resource.kind.computed) continue;
    if (replace && !cleared.has(resource.hub)) clear(server, resource.hub);
    cleared.add(resource.hub);
    put(server, resource, object);
  }
}

function resourceOf(server: ApiServer, { apiVersion, kind }: KubeObject): Resource | undefined {
  return server.registry.ofKind(apiVersion, kind);
}

function clear(server: ApiServer, resource: Resource): void {
  for (const kv of [...server.store.range(resource.prefix)]) {
    server.store.delete(kv.key, { modRevision: kv.modRevision }, () => kv.value, 0, 0);
  }
}

function put(server: ApiServer, resource: Resource, object: KubeObject): void {
  const draft = cloneJson(object) as Draft<KubeObject>;
  const { managedFields } = draft.metadata;
  delete draft.metadata.managedFields;
  const hub = toHub(resource, draft);
  const state = fromManagedFields((managedFields ?? []) as readonly ManagedFieldsEntry[]);
  const { namespace = '', name } = object.metadata;
  const key = storageKey(resource, namespace, name);
  server.store.put(
    key,
    { modRevision: server.store.get(key)?.modRevision ?? 0 },
    (revision): Stored => {
      hub.metadata.resourceVersion = String(revision);
      return {
        object: server.finish(hub as unknown as KubeObject),
        managed: { before: null, write: null, depth: 0, state: state ?? emptyManaged() },
      };
    },
    0,
    server.kernel.now,
  );
}
