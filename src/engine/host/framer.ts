/**
 * Makes the rows of a frame: what has changed since the page last heard. Past a number of Pods the
 * rest is folded into counts, so that a frame stays small whatever the cluster does.
 *
 * Which Pods and Events have rows follows from the objects alone: the Pods that were created first,
 * the Events that were written last. Telling change by change therefore ends where telling
 * everything at once ends.
 */
import type { Pod } from '../../api/generated/types.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { type KubeObject, objectRef } from '../../api/meta/object.ts';
import type { ObjectRow } from '../../port/protocol.ts';
import type { KeyValue, StoreEvent } from '../etcd/store.ts';
import type { Registry } from '../apiserver/resource.ts';
import type { Stored } from '../apiserver/stored.ts';
import { rowOf, statusOf, type PullProgress } from '../view/rows.ts';

/** Rows of Pods that are sent one by one. */
export const MAX_POD_ROWS = 600;
/** Rows of Events that are sent; older ones are dropped. */
export const MAX_EVENT_ROWS = 500;

const POD = 'Pod';
const EVENT = 'Event';

export interface Folded {
  readonly node: string;
  readonly status: string;
  readonly count: number;
}

export interface Changes {
  readonly rows: readonly ObjectRow[];
  readonly removed: readonly string[];
  readonly folded: readonly Folded[];
  readonly totals: Readonly<Record<string, number>>;
}

/** Where the framer looks: the cluster as it is now, or as it was. */
export interface FramerSource {
  readonly registry: Registry;
  /** Everything that exists. */
  all(): Iterable<KeyValue<Stored>>;
  /** Milliseconds since 1970, virtual. */
  nowMs(): number;
  readonly progress: PullProgress;
}

interface FoldedPod {
  readonly object: KubeObject;
  /** `node\nstatus`. */
  readonly where: string;
}

export class Framer {
  #source: FramerSource;
  #kinds = new Map<string, AnyKind>();
  #changed = new Map<string, KubeObject | null>();
  /** Created since the last frame: whatever stood under that name before is gone. */
  #reborn = new Set<string>();
  #shownPods = new Map<string, KubeObject>();
  /** The one written last stands last. */
  #shownEvents = new Set<string>();
  /** Pods without a row of their own, in order of creation. */
  #foldedPods = new Map<string, FoldedPod>();
  #foldedCounts = new Map<string, number>();
  #totals = new Map<string, number>();
  /** Pods for which an image is being pulled, by the span of the call. */
  #pulling = new Map<number, string>();

  constructor(source: FramerSource) {
    this.#source = source;
  }

  onCommit(event: StoreEvent<Stored>): void {
    const { object } = event.kv.value;
    const ref = objectRef(object);
    // Told in order of creation; Events in order of their last write.
    if (!event.previous || object.kind === EVENT) this.#changed.delete(ref);
    if (event.type === 'DELETE') {
      this.#count(object.kind, -1);
      this.#changed.set(ref, null);
      return;
    }
    if (!event.previous) {
      this.#count(object.kind, 1);
      this.#reborn.add(ref);
    }
    this.#changed.set(ref, object);
  }

  /** An image is being pulled: the Pod's row moves on without being written. */
  onPull(span: { readonly id: number; readonly end: number; readonly object: string }): void {
    if (span.end < 0) this.#pulling.set(span.id, span.object);
    else {
      this.#touch(span.object);
      this.#pulling.delete(span.id);
    }
  }

  takeChanges(): Changes {
    for (const ref of this.#pulling.values()) this.#touch(ref);
    const rows = new Map<string, ObjectRow>();
    const removed = new Set<string>();
    for (const [ref, object] of this.#changed) {
      if (object === null || this.#reborn.has(ref)) this.#remove(ref, rows, removed);
      if (object !== null) this.#offer(ref, object, rows, removed);
    }
    this.#changed.clear();
    this.#reborn.clear();
    this.#promotePods(rows, removed);
    this.#refillEvents(rows, removed);
    return {
      rows: [...rows.values()],
      removed: [...removed],
      folded: this.#folded(),
      totals: Object.fromEntries(this.#totals),
    };
  }

  /** Everything there is, as if nothing had been told. */
  everything(): Changes {
    this.#changed.clear();
    this.#reborn.clear();
    this.#shownPods.clear();
    this.#shownEvents.clear();
    this.#foldedPods.clear();
    this.#foldedCounts.clear();
    this.#totals.clear();
    const order = (kv: KeyValue<Stored>): number =>
      kv.value.object.kind === EVENT ? kv.modRevision : kv.createRevision;
    const all = [...this.#source.all()].sort((a, b) => order(a) - order(b));
    for (const { value } of all) {
      this.#count(value.object.kind, 1);
      this.#changed.set(objectRef(value.object), value.object);
    }
    return this.takeChanges();
  }

  #offer(
    ref: string,
    object: KubeObject,
    rows: Map<string, ObjectRow>,
    removed: Set<string>,
  ): void {
    const kind = this.#kindOf(object);
    if (!kind) return;
    if (object.kind === POD && !this.#shownPods.has(ref)) {
      // While others wait for a row, a newcomer waits behind them.
      if (this.#foldedPods.size > 0 || this.#shownPods.size >= MAX_POD_ROWS) {
        this.#fold(ref, { object, where: this.#whereOf(kind, object) });
        return;
      }
    }
    if (object.kind === POD) this.#shownPods.set(ref, object);
    if (object.kind === EVENT) this.#showEvent(ref, rows, removed);
    rows.set(ref, rowOf(kind, object, this.#source.nowMs(), this.#source.progress));
    removed.delete(ref);
  }

  #showEvent(ref: string, rows: Map<string, ObjectRow>, removed: Set<string>): void {
    const shown = this.#shownEvents;
    shown.delete(ref);
    shown.add(ref);
    if (shown.size <= MAX_EVENT_ROWS) return;
    const oldest = shown.values().next().value as string;
    shown.delete(oldest);
    rows.delete(oldest);
    removed.add(oldest);
  }

  #remove(ref: string, rows: Map<string, ObjectRow>, removed: Set<string>): void {
    if (this.#foldedPods.has(ref)) {
      this.#fold(ref, null);
      return;
    }
    this.#shownPods.delete(ref);
    this.#shownEvents.delete(ref);
    rows.delete(ref);
    removed.add(ref);
  }

  #fold(ref: string, pod: FoldedPod | null): void {
    const before = this.#foldedPods.get(ref)?.where;
    if (pod === null) this.#foldedPods.delete(ref);
    else this.#foldedPods.set(ref, pod);
    if (before === pod?.where) return;
    const counts = this.#foldedCounts;
    if (before !== undefined) {
      const n = (counts.get(before) ?? 1) - 1;
      if (n === 0) counts.delete(before);
      else counts.set(before, n);
    }
    if (pod) counts.set(pod.where, (counts.get(pod.where) ?? 0) + 1);
  }

  /** Rows have become free: the oldest Pods without one get them. */
  #promotePods(rows: Map<string, ObjectRow>, removed: Set<string>): void {
    for (const [ref, { object }] of this.#foldedPods) {
      if (this.#shownPods.size >= MAX_POD_ROWS) return;
      this.#fold(ref, null);
      this.#shownPods.set(ref, object);
      this.#offer(ref, object, rows, removed);
    }
  }

  /** Events have been deleted: older ones that still exist are shown again. */
  #refillEvents(rows: Map<string, ObjectRow>, removed: Set<string>): void {
    const total = this.#totals.get(EVENT) ?? 0;
    const wanted = Math.min(total, MAX_EVENT_ROWS);
    if (this.#shownEvents.size >= wanted) return;
    const newest = [...this.#source.all()]
      .filter((kv) => kv.value.object.kind === EVENT)
      .sort((a, b) => a.modRevision - b.modRevision)
      .slice(-wanted);
    const known = new Set(this.#shownEvents);
    this.#shownEvents.clear();
    for (const { value } of newest) {
      const ref = objectRef(value.object);
      if (known.has(ref)) this.#shownEvents.add(ref);
      else this.#offer(ref, value.object, rows, removed);
    }
  }

  #touch(ref: string): void {
    const object = this.#shownPods.get(ref);
    if (object && !this.#changed.has(ref)) this.#changed.set(ref, object);
  }

  #whereOf(kind: AnyKind, object: KubeObject): string {
    const node = (object as Pod).spec.nodeName ?? '';
    return `${node}\n${statusOf(kind, object, this.#source.nowMs())}`;
  }

  #folded(): readonly Folded[] {
    return [...this.#foldedCounts].map(([where, count]) => {
      const [node = '', status = ''] = where.split('\n');
      return { node, status, count };
    });
  }

  #kindOf(object: KubeObject): AnyKind | undefined {
    const id = `${object.apiVersion} ${object.kind}`;
    let kind = this.#kinds.get(id);
    if (!kind) {
      kind = this.#source.registry.ofKind(object.apiVersion, object.kind)?.kind;
      if (kind) this.#kinds.set(id, kind);
    }
    return kind;
  }

  #count(kind: string, by: 1 | -1): void {
    this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + by);
  }
}
