/**
 * etcd: a consistent key-value store with revisions. Every write raises the one revision; old
 * versions stay readable until they are compacted.
 *
 * Models:     etcd v3 mvcc (range, txn with compare on mod revision, watch from a revision, compact)
 * Simplified: one member (no quorum yet); values are shared frozen objects, not bytes; leases are
 *             replaced by the API server's own expiry of Events; more than 200,000 writes in five
 *             minutes are compacted early
 */
import { assert } from '../../kernel/assert.ts';

export interface KeyValue<V> {
  readonly key: string;
  /** Under which prefix it is ranged: one and the same text for all of them. */
  readonly bucket: string;
  readonly value: V;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Writes since the key was created, from 1. */
  readonly version: number;
}

export interface StoreEvent<V> {
  readonly type: 'PUT' | 'DELETE';
  readonly revision: number;
  readonly key: string;
  /** The new pair; of a delete, the last one. */
  readonly kv: KeyValue<V>;
  readonly previous: KeyValue<V> | null;
  /** Span of the request that wrote it, and its virtual time in microseconds. */
  readonly span: number;
  readonly at: number;
}

/** What a transaction compares: the key's mod revision; 0 = the key must not exist. */
export interface Compare {
  readonly modRevision: number;
}

export class Compacted extends Error {
  override readonly name = 'Compacted';
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super(`mvcc: required revision has been compacted (${compactRevision})`);
    this.compactRevision = compactRevision;
  }
}

const MAX_GONE_KEYS = 1_000;
/**
 * Versions kept since the last compaction. Upstream's are bounded by the size of the database (2 GiB);
 * a cluster that writes more than this within five minutes is compacted early, a quarter at a time.
 */
const MAX_HISTORY = 200_000;

/** Keys under one prefix, with a sorted view that is brought up to date only when somebody ranges. */
class Bucket<V> {
  readonly name: string;
  readonly keys = new Set<string>();
  #sorted: readonly KeyValue<V>[] = [];
  /** Keys whose pairs in the view are not those of now. */
  #stale = new Set<string>();
  /** What has been ranged over since the view was last brought up to date. */
  readonly #parts = new Map<string, readonly KeyValue<V>[]>();

  constructor(name: string) {
    this.name = name;
  }

  changed(key: string): void {
    this.#stale.add(key);
    // What has gone without anybody ranging is not remembered for ever.
    if (this.#stale.size <= 2 * this.keys.size + MAX_GONE_KEYS) return;
    this.#sorted = [];
    this.#stale = new Set(this.keys);
  }

  sorted(live: ReadonlyMap<string, KeyValue<V>>): readonly KeyValue<V>[] {
    if (this.#stale.size === 0) return this.#sorted;
    const changed: KeyValue<V>[] = [];
    for (const key of this.#stale) {
      const kv = live.get(key);
      if (kv) changed.push(kv);
    }
    changed.sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#sorted = merged(this.#sorted, this.#stale, changed);
    this.#stale = new Set();
    this.#parts.clear();
    return this.#sorted;
  }

  /** The pairs below a longer prefix: the same list until something in the bucket changes. */
  part(prefix: string, live: ReadonlyMap<string, KeyValue<V>>): readonly KeyValue<V>[] {
    const sorted = this.sorted(live);
    let part = this.#parts.get(prefix);
    if (!part) {
      const from = lowerBound(sorted, prefix);
      // No key goes on with this: it comes after all that begin with the prefix.
      const to = lowerBound(sorted, `${prefix}\uffff`);
      this.#parts.set(prefix, (part = sorted.slice(from, to)));
    }
    return part;
  }
}

/** |old| without the pairs of |stale| keys, and |changed| among them; both are in order. */
function merged<V>(
  old: readonly KeyValue<V>[],
  stale: ReadonlySet<string>,
  changed: readonly KeyValue<V>[],
): readonly KeyValue<V>[] {
  if (old.length === 0) return changed;
  const out: KeyValue<V>[] = [];
  let next = 0;
  for (const kv of old) {
    while (next < changed.length && (changed[next] as KeyValue<V>).key <= kv.key) {
      out.push(changed[next++] as KeyValue<V>);
    }
    if (!stale.has(kv.key)) out.push(kv);
  }
  while (next < changed.length) out.push(changed[next++] as KeyValue<V>);
  return out;
}

export class Store<V> {
  #revision = 1;
  #compactRevision = 0;
  #oldestAt = 0;
  /** All live pairs: a read by key need not cut its prefix out of it. */
  #live = new Map<string, KeyValue<V>>();
  #buckets = new Map<string, Bucket<V>>();
  /** All events since the last compaction, in order of revision. */
  #history: StoreEvent<V>[] = [];
  readonly #bucketOf: (key: string) => string;
  /** Told of every committed event, in order. */
  onEvent: ((event: StoreEvent<V>) => void) | null = null;

  /** |bucketOf| maps a key to the prefix under which it is ranged (`/registry/pods/`). */
  constructor(bucketOf: (key: string) => string) {
    this.#bucketOf = bucketOf;
  }

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** Virtual time from which on every version is still known; 0 before anything was forgotten. */
  get oldestAt(): number {
    return this.#oldestAt;
  }

  /** Number of live keys. */
  get size(): number {
    return this.#live.size;
  }

  /** Versions kept besides the live ones, since the last compaction. */
  get historyLength(): number {
    return this.#history.length;
  }

  get prefixes(): Iterable<string> {
    return this.#buckets.keys();
  }

  get(key: string): KeyValue<V> | undefined {
    return this.#live.get(key);
  }

  /** All pairs whose key begins with |prefix|, in byte order of keys. */
  range(prefix: string): readonly KeyValue<V>[] {
    const bucketName = this.#bucketOf(prefix);
    const bucket = this.#buckets.get(bucketName);
    if (!bucket) return [];
    if (prefix === bucketName) return bucket.sorted(this.#live);
    return bucket.part(prefix, this.#live);
  }

  /** Whether nothing is stored in the bucket of this name. */
  isEmpty(bucket: string): boolean {
    return (this.#buckets.get(bucket)?.keys.size ?? 0) === 0;
  }

  count(prefix: string): number {
    return this.#buckets.get(prefix)?.keys.size ?? this.range(prefix).length;
  }

  /** Pairs under |prefix| as of |revision|. */
  rangeAt(prefix: string, revision: number): readonly KeyValue<V>[] {
    if (revision >= this.#revision) return this.range(prefix);
    this.#mustHave(revision);
    const result = new Map<string, KeyValue<V>>();
    for (const kv of this.range(prefix)) result.set(kv.key, kv);
    for (let i = this.#history.length - 1; i >= 0; i--) {
      const event = this.#history[i] as StoreEvent<V>;
      if (event.revision <= revision) break;
      if (!event.key.startsWith(prefix)) continue;
      if (event.previous) result.set(event.key, event.previous);
      else result.delete(event.key);
    }
    return [...result.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Events with a revision greater than |revision|, in order. */
  since(revision: number): readonly StoreEvent<V>[] {
    if (revision < this.#compactRevision) throw new Compacted(this.#compactRevision);
    return this.#history.slice(this.#after(revision));
  }

  /** Revision that was current at virtual time |at|, as far as history reaches back. */
  revisionAt(at: number): number {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((this.#history[mid] as StoreEvent<V>).at <= at) low = mid + 1;
      else high = mid;
    }
    return low === 0 ? this.#compactRevision : (this.#history[low - 1] as StoreEvent<V>).revision;
  }

  /**
   * Writes |make(revision)| if the compare holds; otherwise answers what stands there instead.
   * The value is made by the caller because it carries its own revision.
   */
  put(
    key: string,
    compare: Compare,
    make: (revision: number) => V,
    span: number,
    at: number,
  ):
    | { readonly ok: true; readonly kv: KeyValue<V> }
    | { readonly ok: false; readonly current: KeyValue<V> | undefined } {
    const current = this.#live.get(key);
    if ((current?.modRevision ?? 0) !== compare.modRevision) return { ok: false, current };
    const revision = this.#revision + 1;
    const bucket = this.#bucket(current?.bucket ?? this.#bucketOf(key));
    const kv: KeyValue<V> = {
      key,
      bucket: bucket.name,
      value: make(revision),
      createRevision: current?.createRevision ?? revision,
      modRevision: revision,
      version: (current?.version ?? 0) + 1,
    };
    this.#revision = revision;
    this.#live.set(key, kv);
    if (!current) bucket.keys.add(key);
    bucket.changed(key);
    this.#commit({ type: 'PUT', revision, key, kv, previous: current ?? null, span, at });
    return { ok: true, kv };
  }

  /** Deletes the key if the compare holds. |last| is the value that watchers are shown. */
  delete(
    key: string,
    compare: Compare,
    last: (revision: number) => V,
    span: number,
    at: number,
  ):
    | { readonly ok: true; readonly kv: KeyValue<V> }
    | { readonly ok: false; readonly current: KeyValue<V> | undefined } {
    const current = this.#live.get(key);
    if (!current || current.modRevision !== compare.modRevision) return { ok: false, current };
    const revision = ++this.#revision;
    this.#live.delete(key);
    const bucket = this.#bucket(current.bucket);
    bucket.keys.delete(key);
    bucket.changed(key);
    const kv = { ...current, value: last(revision), modRevision: revision };
    this.#commit({ type: 'DELETE', revision, key, kv, previous: current, span, at });
    return { ok: true, kv };
  }

  /** Forgets versions older than |revision|: reading and watching from before it is refused. */
  compact(revision: number): void {
    assert(revision <= this.#revision, `compaction of a future revision ${revision}`);
    if (revision <= this.#compactRevision) return;
    const cut = this.#after(revision);
    this.#oldestAt = this.#history[cut - 1]?.at ?? this.#oldestAt;
    this.#history = this.#history.slice(cut);
    this.#compactRevision = revision;
  }

  #bucket(name: string): Bucket<V> {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = new Bucket<V>(name);
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  #commit(event: StoreEvent<V>): void {
    this.#history.push(event);
    if (this.#history.length > MAX_HISTORY) {
      this.compact((this.#history[MAX_HISTORY >> 2] as StoreEvent<V>).revision);
    }
    this.onEvent?.(event);
  }

  #mustHave(revision: number): void {
    if (revision < this.#compactRevision) throw new Compacted(this.#compactRevision);
  }

  /** Index of the first event in history with a greater revision. */
  #after(revision: number): number {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((this.#history[mid] as StoreEvent<V>).revision <= revision) low = mid + 1;
      else high = mid;
    }
    return low;
  }
}

function lowerBound<V>(sorted: readonly KeyValue<V>[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((sorted[mid] as KeyValue<V>).key < key) low = mid + 1;
    else high = mid;
  }
  return low;
}
