/**
 * Kinds that objects define: they are served from the moment on in which their definition says so,
 * and discovery, OpenAPI and watches follow at once.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/apiserver customresource_handler.go (v1.36)
 * Simplified: a changed definition counts at once; upstream tears the old storage down behind it
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { StoreEvent } from '../etcd/store.ts';
import type { Registry } from './resource.ts';
import type { Stored } from './stored.ts';
import type { WatchHub } from './watch.ts';

interface Served {
  readonly definition: KubeObject & { readonly spec?: unknown };
  readonly kinds: readonly AnyKind[];
}

export class CustomKinds {
  readonly #registry: Registry;
  readonly #watches: WatchHub;
  readonly #served = new Map<string, Served>();

  constructor(registry: Registry, watches: WatchHub) {
    this.#registry = registry;
    this.#watches = watches;
  }

  onEvent(event: StoreEvent<Stored>): void {
    const kind = this.#registry.ofPrefix(event.kv.bucket)?.kind;
    if (!kind || !('definesKinds' in kind)) return;
    const definition = event.kv.value.object as Served['definition'];
    const before = this.#served.get(event.key);
    const kinds = event.type === 'PUT' ? (kind.definesKinds?.(definition) ?? []) : [];
    const isSame =
      before !== undefined &&
      before.kinds.length === kinds.length &&
      equalJson(before.definition.spec, definition.spec);
    if (isSame || (!before && kinds.length === 0)) return;
    this.#replace(before?.kinds ?? [], kinds);
    if (kinds.length === 0) this.#served.delete(event.key);
    else this.#served.set(event.key, { definition, kinds });
  }

  #replace(old: readonly AnyKind[], next: readonly AnyKind[]): void {
    const prefixes = new Set(old.map((kind) => this.#registry.of(kind).prefix));
    for (const kind of old) this.#registry.remove(kind);
    // Watches of what has changed are ended; clients list and watch again.
    for (const prefix of prefixes) this.#watches.closeAll(prefix);
    for (const kind of next) if (!kind.storedAs) this.#registry.add(kind);
    for (const kind of next) if (kind.storedAs) this.#registry.add(kind);
  }
}
