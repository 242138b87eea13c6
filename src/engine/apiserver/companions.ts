/**
 * Objects that the server keeps beside others, such as an address beside what it was given to.
 *
 * Models:     the registries that write several objects for one request (pkg/registry/core/service/
 *             ipallocator, v1.36)
 * Simplified: they come just after the object that they belong to, upstream just before it
 */
import type { Companion } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { StoreEvent } from '../etcd/store.ts';
import { SELF } from './admission.ts';
import { storageKey } from './resource.ts';
import type { ApiServer } from './server.ts';
import type { Stored } from './stored.ts';

const NONE: readonly Companion[] = [];

/** Follows what is written: makes what a new object needs, deletes what a gone one needed. */
export function keepCompanions(server: ApiServer, event: StoreEvent<Stored>): void {
  const kind = server.registry.ofPrefix(event.kv.bucket)?.kind;
  if (!kind?.companions) return;
  const of = (stored: Stored | undefined): readonly Companion[] =>
    (stored && kind.companions?.(stored.object)) ?? NONE;
  const before = of(event.previous?.value);
  const now = event.type === 'PUT' ? of(event.kv.value) : NONE;
  const has = (list: readonly Companion[], { object, plural }: Companion): boolean =>
    list.some((c) => c.plural === plural && c.object.metadata.name === object.metadata.name);
  for (const companion of before) if (!has(now, companion)) drop(server, companion, event.span);
  for (const companion of now) if (!has(before, companion)) make(server, companion, event.span);
}

interface Found {
  readonly call: Parameters<ApiServer['execute']>[0];
  readonly object: KubeObject | undefined;
}

function find(server: ApiServer, { group, plural, object }: Companion): Found | null {
  const resource = server.registry.find(group, '', plural);
  if (!resource) return null;
  const { name, namespace = '' } = object.metadata;
  return {
    call: {
      caller: SELF,
      verb: 'get',
      resource,
      subresource: '',
      namespace,
      name,
      options: {},
      typed: true,
    },
    object: server.store.get(storageKey(resource, namespace, name))?.value.object,
  };
}

/** One that is there already was made by somebody who asked for it. */
function make(server: ApiServer, companion: Companion, span: number): void {
  if (companion.onlyDeleted) return;
  const found = find(server, companion);
  if (!found || found.object) return;
  server.execute({ ...found.call, verb: 'create', name: '', body: companion.object }, span);
}

function drop(server: ApiServer, companion: Companion, span: number): void {
  const found = find(server, companion);
  const spec = (found?.object as { readonly spec?: unknown } | undefined)?.spec;
  if (!found?.object) return;
  if (!companion.onlyDeleted && !equalJson(spec, companion.object['spec'])) return;
  server.execute({ ...found.call, verb: 'delete' }, span);
}
