/**
 * The kinds that an API server serves, with what it keeps for each: storage prefix, schema, watchers.
 * Kinds are data; nothing here knows one by name (invariant 4).
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { apiVersionOf, groupResource } from '../../api/meta/define-kind.ts';
import { assert } from '../../kernel/assert.ts';

export interface Resource {
  readonly kind: AnyKind;
  readonly apiVersion: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** `/registry/PLURAL/`. */
  readonly prefix: string;
  /** The resource in whose version objects are stored, and whose rules apply; most often itself. */
  readonly hub: Resource;
}

export class Registry {
  /** The resource whose objects are namespaces. */
  readonly namespaces: Resource;
  /** Raised whenever a kind comes or goes: discovery and OpenAPI are made again. */
  generation = 0;
  /** Told of the same. */
  readonly onChange = new Set<() => void>();
  #resources: Resource[] = [];
  #byPath = new Map<string, Resource>();
  /** Group → plural → whatever `find` answers when no version is asked for. */
  #anyVersion = new Map<string, Map<string, Resource>>();
  #byKind = new Map<string, Resource>();
  #byDefinition = new Map<AnyKind, Resource>();
  #byPrefix = new Map<string, Resource>();

  constructor(kinds: readonly AnyKind[]) {
    for (const kind of kinds) if (!kind.storedAs) this.add(kind);
    for (const kind of kinds) if (kind.storedAs) this.add(kind);
    // Listed in the order in which they were given, whichever is stored.
    this.#resources = kinds.map((kind) => this.of(kind));
    const namespaces = this.#resources.find((r) => r.kind.isNamespace);
    assert(namespaces, 'one kind must be the namespace');
    this.namespaces = namespaces;
  }

  /** Everything that is served, each version. */
  get resources(): readonly Resource[] {
    return this.#resources;
  }

  /** One for each kind that is stored. */
  get stored(): readonly Resource[] {
    return [...this.#byPrefix.values()];
  }

  /** Serves |kind| from now on. */
  add(kind: AnyKind): Resource {
    const sharesName = kind.isCustom === true || kind.computed !== undefined;
    const hub = kind.storedAs ? this.of(kind.storedAs.kind) : null;
    const resource: { -readonly [K in keyof Resource]: Resource[K] } = {
      kind,
      apiVersion: apiVersionOf(kind),
      group: kind.group,
      version: kind.version,
      plural: kind.plural,
      prefix: hub ? hub.prefix : `/registry/${sharesName ? groupResource(kind) : kind.plural}/`,
      hub: null as unknown as Resource,
    };
    resource.hub = hub ?? resource;
    const byPath = `${kind.group}/${kind.version}/${kind.plural}`;
    assert(!this.#byPath.has(byPath), `${byPath} is served already`);
    if (kind.isServed !== false) this.#resources.push(resource);
    if (kind.isServed !== false) this.#byPath.set(byPath, resource);
    let ofGroup = this.#anyVersion.get(kind.group);
    if (!ofGroup) this.#anyVersion.set(kind.group, (ofGroup = new Map()));
    if (!hub || !ofGroup.has(kind.plural)) ofGroup.set(kind.plural, resource);
    this.#byKind.set(`${resource.apiVersion}/${kind.kind}`, resource);
    this.#byDefinition.set(kind, resource);
    if (!hub) this.#byPrefix.set(resource.prefix, resource);
    this.#changed();
    return resource;
  }

  /** |kind| is served no longer; what is stored of it stays. */
  remove(kind: AnyKind): void {
    const resource = this.of(kind);
    this.#resources = this.#resources.filter((r) => r !== resource);
    const maps = [this.#byPath, this.#byKind, this.#byPrefix, ...this.#anyVersion.values()];
    for (const map of maps) {
      for (const [key, value] of map) if (value === resource) map.delete(key);
    }
    this.#byDefinition.delete(kind);
    this.#changed();
  }

  #changed(): void {
    this.generation++;
    for (const tell of this.onChange) tell();
  }

  /** By group, version and plural; '' as version = the stored one, or any. */
  find(group: string, version: string, plural: string): Resource | undefined {
    if (version === '') return this.#anyVersion.get(group)?.get(plural);
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

  /** False for a kind whose definition is gone, or was made anew. */
  serves(kind: AnyKind): boolean {
    return this.#byDefinition.has(kind);
  }

  /** The hub whose objects are stored under |prefix|. */
  ofPrefix(prefix: string): Resource | undefined {
    return this.#byPrefix.get(prefix);
  }

  /** All resources whose group and version are these. */
  ofVersion(group: string, version: string): readonly Resource[] {
    return this.#resources.filter((r) => r.group === group && r.version === version);
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
