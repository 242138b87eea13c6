/**
 * Makes frames: what has changed since the page last heard, as small rows. Past a number of Pods the
 * rest is folded into counts, so that a frame stays small whatever the cluster does.
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { type KubeObject, objectRef } from '../../api/meta/object.ts';
import type { Span } from '../../kernel/trace.ts';
import type { ObjectRow, SpanRow } from '../../port/protocol.ts';
import type { StoreEvent } from '../etcd/store.ts';
import { bucketOf } from '../apiserver/resource.ts';
import type { Stored } from '../apiserver/stored.ts';
import type { Cluster } from '../cluster.ts';
import { rowOf, type PullProgress } from '../view/rows.ts';
import { toRow } from '../view/why.ts';

/** Rows of Pods that are sent one by one. */
export const MAX_POD_ROWS = 600;
/** Rows of Events that are sent; older ones are dropped. */
const MAX_EVENT_ROWS = 500;
/** Spans sent with one frame. */
const MAX_SPANS = 2_000;

export interface Folded {
  readonly node: string;
  readonly status: string;
  readonly count: number;
}

export interface Changes {
  readonly rows: readonly ObjectRow[];
  readonly removed: readonly string[];
  readonly folded: readonly Folded[];
}

export class Framer {
  #cluster: Cluster;
  #kinds = new Map<string, AnyKind>();
  #changed = new Map<string, KubeObject | null>();
  #spans = new Map<number, Span>();
  #sentPods = new Set<string>();
  #sentEvents = new Set<string>();
  /** Pods without a row of their own: `node\nstatus`. */
  #foldedPods = new Map<string, string>();
  #foldedCounts = new Map<string, number>();
  #totals = new Map<string, number>();
  #progress: PullProgress;
  #spansDropped = 0;

  constructor(cluster: Cluster, progress: PullProgress) {
    this.#cluster = cluster;
    this.#progress = progress;
    for (const r of cluster.server.registry.resources) this.#kinds.set(r.prefix, r.kind);
  }

  onCommit(event: StoreEvent<Stored>): void {
    const { object } = event.kv.value;
    const ref = objectRef(object);
    if (event.type === 'DELETE') {
      this.#total(object.kind, -1);
      this.#changed.set(ref, null);
    } else {
      if (!event.previous) this.#total(object.kind, 1);
      this.#changed.set(ref, object);
    }
  }

  onSpan(span: Span): void {
    this.#spans.set(span.id, span);
    if (this.#spans.size <= MAX_SPANS) return;
    const oldest = this.#spans.keys().next().value;
    if (oldest !== undefined) this.#spans.delete(oldest);
    this.#spansDropped++;
  }

  get totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
  }

  /** An object whose row depends on more than its own version (an image being pulled). */
  touch(object: KubeObject): void {
    this.#changed.set(objectRef(object), object);
  }

  takeSpans(): { spans: readonly SpanRow[]; dropped: number } {
    const spans = [...this.#spans.values()].map(toRow);
    const dropped = this.#spansDropped;
    this.#spans.clear();
    this.#spansDropped = 0;
    return { spans, dropped };
  }

  takeChanges(): Changes {
    const rows: ObjectRow[] = [];
    const removed: string[] = [];
    for (const [ref, object] of this.#changed) {
      if (object === null) this.#remove(ref, removed);
      else this.#offer(ref, object, rows, removed);
    }
    this.#changed.clear();
    return { rows, removed, folded: this.#folded() };
  }

  /** Everything there is, as if nothing had been sent. */
  everything(): Changes {
    this.#forget();
    for (const kv of this.#all()) this.#changed.set(objectRef(kv), kv);
    return this.takeChanges();
  }

  /** Everything as of a revision of the past; the state of what was sent is left alone. */
  everythingAt(revision: number, nowMs: number): Changes {
    const past = new Framer(this.#cluster, () => null);
    const { server } = this.#cluster;
    for (const r of server.registry.resources) {
      for (const kv of server.store.rangeAt(r.prefix, revision)) {
        past.#changed.set(objectRef(kv.value.object), kv.value.object);
      }
    }
    past.#nowMs = nowMs;
    return past.takeChanges();
  }

  #nowMs: number | null = null;

  *#all(): Generator<KubeObject> {
    const { server } = this.#cluster;
    for (const r of server.registry.resources) {
      for (const kv of server.store.range(r.prefix)) yield kv.value.object;
    }
  }

  #forget(): void {
    this.#changed.clear();
    this.#sentPods.clear();
    this.#sentEvents.clear();
    this.#foldedPods.clear();
    this.#foldedCounts.clear();
    this.#totals.clear();
    for (const object of this.#all()) this.#total(object.kind, 1);
  }

  #offer(ref: string, object: KubeObject, rows: ObjectRow[], removed: string[]): void {
    const nowMs = this.#nowMs ?? this.#cluster.kernel.nowMs;
    const kind = this.#kindOf(object);
    if (!kind) return;
    const row = rowOf(kind, object, nowMs, this.#progress);
    if (row.event && !this.#sentEvents.has(ref)) {
      this.#sentEvents.add(ref);
      if (this.#sentEvents.size > MAX_EVENT_ROWS) {
        const oldest = this.#sentEvents.values().next().value as string;
        this.#sentEvents.delete(oldest);
        removed.push(oldest);
      }
    }
    if (row.pod && !this.#sentPods.has(ref)) {
      if (this.#sentPods.size >= MAX_POD_ROWS) {
        this.#fold(ref, `${row.pod.node}\n${row.status}`);
        return;
      }
      this.#sentPods.add(ref);
      this.#fold(ref, null);
    }
    rows.push(row);
  }

  #remove(ref: string, removed: string[]): void {
    if (this.#foldedPods.has(ref)) {
      this.#fold(ref, null);
      return;
    }
    this.#sentPods.delete(ref);
    this.#sentEvents.delete(ref);
    removed.push(ref);
  }

  #fold(ref: string, where: string | null): void {
    const before = this.#foldedPods.get(ref);
    if (before === (where ?? undefined)) return;
    if (before !== undefined) {
      const n = (this.#foldedCounts.get(before) ?? 1) - 1;
      if (n === 0) this.#foldedCounts.delete(before);
      else this.#foldedCounts.set(before, n);
    }
    if (where === null) {
      this.#foldedPods.delete(ref);
      return;
    }
    this.#foldedPods.set(ref, where);
    this.#foldedCounts.set(where, (this.#foldedCounts.get(where) ?? 0) + 1);
  }

  #folded(): readonly Folded[] {
    return [...this.#foldedCounts].map(([where, count]) => {
      const [node = '', status = ''] = where.split('\n');
      return { node, status, count };
    });
  }

  #kindOf(object: KubeObject): AnyKind | undefined {
    const { registry } = this.#cluster.server;
    const resource = registry.ofKind(object.apiVersion, object.kind);
    return resource && this.#kinds.get(bucketOf(`${resource.prefix}x`));
  }

  #total(kind: string, by: 1 | -1): void {
    this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + by);
  }
}
