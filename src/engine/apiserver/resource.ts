/**
 * The kinds that an API server serves, with what it keeps for each: storage prefix, schema, watchers.
 * Kinds are data; nothing here knows one by name (invariant 4).
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { apiVersionOf } from '../../api/meta/define-kind.ts';
import { assert } from '../../kernel/assert.ts';

export interface Resource {
  readonly kind: AnyKind;
  readonly apiVersion: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** `/registry/PLURAL/`. */
  readonly prefix: string;
}

export class Registry {
  readonly resources: readonly Resource[];
  /** The resource whose objects are namespaces. */
  readonly namespaces: Resource;
  #byPath = new Map<string, Resource>();
  #byKind = new Map<string, Resource>();
  #byDefinition = new Map<AnyKind, Resource>();

  constructor(kinds: readonly AnyKind[]) {
    this.resources = kinds.map((kind) => ({
      kind,
      apiVersion: apiVersionOf(kind),
      group: kind.group,
      version: kind.version,
      plural: kind.plural,
      prefix: `/registry/${kind.plural}/`,
    }));
    for (const r of this.resources) {
      this.#byPath.set(`${r.group}/${r.version}/${r.plural}`, r);
      this.#byPath.set(`${r.group}//${r.plural}`, r);
      this.#byKind.set(`${r.apiVersion}/${r.kind.kind}`, r);
      this.#byDefinition.set(r.kind, r);
    }
    const namespaces = this.resources.find((r) => r.kind.isNamespace);
    assert(namespaces, 'one kind must be the namespace');
    this.namespaces = namespaces;
  }

  /** By group, version and plural; '' as version = any. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  of(kind: AnyKind): Resource {
    const r = this.#byDefinition.get(kind);
    assert(r, `kind ${kind.kind} is not served`);
    return r;
  }

  /** All resources whose group and version are these. */
  ofVersion(group: string, version: string): readonly Resource[] {
    return this.resources.filter((r) => r.group === group && r.version === version);
  }
}

/** Storage key of an object; a namespaced one carries its namespace. */
export function storageKey(r: Resource, namespace: string, name: string): string {
  return r.kind.namespaced ? `${r.prefix}${namespace}/${name}` : r.prefix + name;
}

/** Prefix to range over. */
export function storagePrefix(r: Resource, namespace: string): string {
  return r.kind.namespaced && namespace !== '' ? `${r.prefix}${namespace}/` : r.prefix;
}

/** `/registry/pods/default/web` → `/registry/pods/`: under what a key is ranged. */
export function bucketOf(key: string): string {
  return key.slice(0, key.indexOf('/', 10) + 1);
}
