/**
 * Shared informers: one list and one watch per kind and component, a cache of the same frozen
 * objects that the server holds, indexes, and handlers that are told of every change.
 *
 * Models:     k8s.io/client-go tools/cache (reflector, delta FIFO, shared informer, indexer)
 * Simplified: no resync (controllers that need one re-add their keys); handlers run at delivery
 *
 * 1. Handlers see an object only after the cache holds it.
 * 2. During a handler the kernel's cause is the span of the delivery.
 * 3. When the watch breaks, the informer lists again and reports only what differs.
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { AnyKind, Kind } from '../../api/meta/define-kind.ts';
import { keyOf, type KubeObject, type ObjectKey } from '../../api/meta/object.ts';
import type { WatchEvent, Watcher } from '../apiserver/watch.ts';
import { isRefusal } from './refusal.ts';
import type { Client } from './typed-client.ts';

export interface Handler<T extends KubeObject> {
  onAdd?(object: T): void;
  onUpdate?(object: T, old: T): void;
  onDelete?(object: T): void;
}

export interface InformerOptions {
  /** Only objects whose field has this value (kubelet: spec.nodeName). */
  readonly field?: { readonly name: string; readonly value: string };
  /** Only objects of this namespace. */
  readonly namespace?: string;
}

/** reflector back-off after an error: 800 ms doubling to 30 s (client-go tools/cache reflector.go). */
const BACKOFF_START_US = 800_000;
const BACKOFF_MAX_US = 30_000_000;

type IndexFunction<T> = (object: T) => readonly string[];

class Index<T extends KubeObject> {
  readonly values = new Map<string, Map<ObjectKey, T>>();
  readonly of: IndexFunction<T>;

  constructor(of: IndexFunction<T>) {
    this.of = of;
  }

  set(key: ObjectKey, object: T, old: T | undefined): void {
    const now = this.of(object);
    if (old) {
      const before = this.of(old);
      if (before !== now) for (const v of before) if (!now.includes(v)) this.#remove(v, key);
    }
    for (const v of now) {
      let bucket = this.values.get(v);
      if (!bucket) this.values.set(v, (bucket = new Map()));
      bucket.set(key, object);
    }
  }

  delete(key: ObjectKey, old: T): void {
    for (const v of this.of(old)) this.#remove(v, key);
  }

  #remove(value: string, key: ObjectKey): void {
    const bucket = this.values.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) this.values.delete(value);
  }
}

const NONE: ReadonlyMap<string, unknown> = new Map<string, unknown>();

export class Informer<T extends KubeObject> {
  readonly kind: Kind<T>;
  /** True once the first list is in the cache. */
  synced = false;
  /** Revision up to which the cache is known to be current. */
  revision = 0;
  #client: Client;
  #kernel: Kernel;
  #scope: Scope;
  #actor: string;
  #options: InformerOptions;
  #cache = new Map<ObjectKey, T>();
  #indexes = new Map<string, Index<T>>();
  #handlers: Handler<T>[] = [];
  #watcher: Watcher | null = null;
  #onSync: (() => void)[] = [];

  constructor(client: Client, kind: Kind<T>, scope: Scope, options: InformerOptions = {}) {
    this.#client = client;
    this.#kernel = client.server.kernel;
    this.kind = kind;
    this.#scope = scope;
    this.#actor = client.caller.actor;
    this.#options = options;
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(key);
  }

  /** In order of first sight. */
  all(): Iterable<T> {
    return this.#cache.values();
  }

  get size(): number {
    return this.#cache.size;
  }

  /** |of| answers the values under which an object is found by `by(name, value)`. */
  addIndex(name: string, of: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index = new Index(of);
    for (const [key, object] of this.#cache) index.set(key, object, undefined);
    this.#indexes.set(name, index);
  }

  /** Objects under |value| of an index, by key: the live map, not a copy. */
  by(index: string, value: string): ReadonlyMap<ObjectKey, T> {
    return this.#indexes.get(index)?.values.get(value) ?? (NONE as ReadonlyMap<ObjectKey, T>);
  }

  /** Objects whose controlling owner has this uid. */
  ownedBy(uid: string): ReadonlyMap<ObjectKey, T> {
    // Made when somebody first asks: most informers are never asked for it.
    this.addIndex('owner', ownerUids);
    return this.by('owner', uid);
  }

  /** The kind was defined by an object that is gone or says otherwise now: nothing more will come. */
  get ended(): boolean {
    return (
      this.kind.isCustom === true && !this.#client.server.registry.serves(this.kind as AnyKind)
    );
  }

  addHandler(handler: Handler<T>): void {
    this.#handlers.push(handler);
    if (this.synced) for (const object of this.#cache.values()) handler.onAdd?.(object);
  }

  whenSynced(run: () => void): void {
    if (this.synced) run();
    else this.#onSync.push(run);
  }

  start(): void {
    this.#kernel.spawn(`informer ${this.kind.plural}`, this.#listAndWatch(), {
      scope: this.#scope,
      cause: 0,
    });
  }

  stop(): void {
    if (this.#watcher) this.#client.server.watches.close(this.#watcher);
    this.#watcher = null;
  }

  *#listAndWatch(): Proc {
    for (let backoff = BACKOFF_START_US; ; backoff = Math.min(backoff * 2, BACKOFF_MAX_US)) {
      if (this.ended) {
        this.#replace([], this.revision);
        return;
      }
      try {
        const { field, namespace = '' } = this.#options;
        const list = yield* this.#client.list(this.kind, {
          namespace,
          ...(field ? { fieldSelector: `${field.name}=${field.value}` } : {}),
        });
        if (this.ended) continue;
        this.#replace(list.items, list.revision);
        this.#watch(list.revision);
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        yield* sleep(backoff);
      }
    }
  }

  #watch(since: number): void {
    const { server } = this.#client;
    const { field, namespace = '' } = this.#options;
    this.#watcher = server.watches.open({
      resource: server.registry.of(this.kind as AnyKind),
      namespace,
      ...(field ? { field } : {}),
      since,
      actor: this.#actor,
      scope: this.#scope,
      onEvent: (event) => this.#onEvent(event),
      onClose: () => this.start(),
    });
  }

  #replace(items: readonly T[], revision: number): void {
    const seen = new Set<ObjectKey>();
    for (const object of items) {
      const key = keyOf(object);
      seen.add(key);
      const old = this.#cache.get(key);
      if (old?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
      this.#set(key, object, old);
    }
    for (const [key, old] of this.#cache) if (!seen.has(key)) this.#remove(key, old, old);
    this.revision = revision;
    if (this.synced) return;
    this.synced = true;
    for (const run of this.#onSync) run();
    this.#onSync = [];
  }

  #onEvent(event: WatchEvent): void {
    const object = event.object as T;
    const { key } = event;
    const old = this.#cache.get(key);
    this.revision = event.revision;
    if (event.type === 'DELETED') {
      if (old) this.#remove(key, object, old);
    } else {
      this.#set(key, object, old);
    }
  }

  #set(key: ObjectKey, object: T, old: T | undefined): void {
    this.#cache.set(key, object);
    for (const index of this.#indexes.values()) index.set(key, object, old);
    for (const h of this.#handlers) {
      if (old) h.onUpdate?.(object, old);
      else h.onAdd?.(object);
    }
  }

  #remove(key: ObjectKey, last: T, old: T): void {
    this.#cache.delete(key);
    for (const index of this.#indexes.values()) index.delete(key, old);
    for (const h of this.#handlers) h.onDelete?.(last);
  }
}

const NO_OWNER: readonly string[] = [];
/** Lists of references are shared by the versions of an object. */
const owners = new WeakMap<object, readonly string[]>();

function ownerUids(object: KubeObject): readonly string[] {
  const references = object.metadata.ownerReferences;
  if (!references) return NO_OWNER;
  let uids = owners.get(references);
  if (!uids) {
    const owner = references.find((r) => r.controller);
    uids = owner ? [owner.uid] : NO_OWNER;
    owners.set(references, uids);
  }
  return uids;
}

const WHOLE: InformerOptions = {};

/** The informers of one component: each kind is listed and watched once. */
export class Informers {
  readonly client: Client;
  readonly scope: Scope;
  #informers = new Map<string, Informer<KubeObject>>();
  /** Those of all objects of a kind: handlers ask for them with every event. */
  readonly #whole = new Map<unknown, Informer<KubeObject>>();
  #started = false;

  constructor(client: Client, scope: Scope) {
    this.client = client;
    this.scope = scope;
  }

  for<T extends KubeObject>(kind: Kind<T>, options: InformerOptions = WHOLE): Informer<T> {
    const isWhole = options === WHOLE;
    if (isWhole) {
      const known = this.#whole.get(kind);
      if (known && !known.ended) return known as unknown as Informer<T>;
    }
    const { field, namespace = '' } = options;
    const id = `${kind.group}/${namespace}/${kind.plural}${field ? `?${field.name}=${field.value}` : ''}`;
    let informer = this.#informers.get(id) as Informer<T> | undefined;
    if (!informer || (informer.ended && informer.kind !== kind)) {
      informer = new Informer(this.client, kind, this.scope, options);
      this.#informers.set(id, informer as unknown as Informer<KubeObject>);
      if (this.#started) informer.start();
    }
    if (isWhole) this.#whole.set(kind, informer as unknown as Informer<KubeObject>);
    return informer;
  }

  start(): void {
    this.#started = true;
    for (const informer of this.#informers.values()) informer.start();
  }

  /** Runs |run| when every informer asked for so far has its first list. */
  whenSynced(run: () => void): void {
    let waiting = this.#informers.size;
    if (waiting === 0) run();
    for (const informer of this.#informers.values()) {
      informer.whenSynced(() => {
        if (--waiting === 0) run();
      });
    }
  }

  stop(): void {
    for (const informer of this.#informers.values()) informer.stop();
  }
}
