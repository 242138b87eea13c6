/**
 * A queue of waiting Pods in an order that a function gives. Taking one out of the middle is free: its
 * place is left empty and skipped later.
 *
 * Models: pkg/scheduler/backend/heap heap.go (v1.36)
 */

/** Empty places that are borne before the heap is made anew. */
const MAX_STALE = 1_024;

interface Entry<T> {
  readonly item: T;
  readonly stamp: number;
}

export class Heap<T> {
  #entries: Entry<T>[] = [];
  /** The entry that counts for an item; older ones are empty places. */
  #stamps = new Map<T, number>();
  #nextStamp = 1;
  readonly #less: (a: T, b: T) => boolean;

  /** Items of which neither is less than the other leave in the order in which they came. */
  constructor(less: (a: T, b: T) => boolean) {
    this.#less = less;
  }

  get size(): number {
    return this.#stamps.size;
  }

  has(item: T): boolean {
    return this.#stamps.has(item);
  }

  items(): Iterable<T> {
    return this.#stamps.keys();
  }

  push(item: T): void {
    const stamp = this.#nextStamp++;
    this.#stamps.set(item, stamp);
    this.#entries.push({ item, stamp });
    this.#up(this.#entries.length - 1);
  }

  delete(item: T): boolean {
    const had = this.#stamps.delete(item);
    if (this.#entries.length > MAX_STALE && this.#entries.length > 2 * this.#stamps.size) {
      this.#rebuild();
    }
    return had;
  }

  peek(): T | undefined {
    while (this.#entries.length > 0) {
      const top = this.#entries[0] as Entry<T>;
      if (this.#stamps.get(top.item) === top.stamp) return top.item;
      this.#removeTop();
    }
    return undefined;
  }

  pop(): T | undefined {
    const item = this.peek();
    if (item === undefined) return undefined;
    this.#removeTop();
    this.#stamps.delete(item);
    return item;
  }

  #rebuild(): void {
    const kept = this.#entries.filter((e) => this.#stamps.get(e.item) === e.stamp);
    // An array in order is a heap.
    this.#entries = kept.sort((a, b) => (this.#before(a, b) ? -1 : 1));
  }

  #removeTop(): void {
    const last = this.#entries.pop() as Entry<T>;
    if (this.#entries.length === 0) return;
    this.#entries[0] = last;
    this.#down(0);
  }

  #before(a: Entry<T>, b: Entry<T>): boolean {
    if (this.#less(a.item, b.item)) return true;
    return a.stamp < b.stamp && !this.#less(b.item, a.item);
  }

  #up(from: number): void {
    const entries = this.#entries;
    let at = from;
    const entry = entries[at] as Entry<T>;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = entries[parent] as Entry<T>;
      if (!this.#before(entry, above)) break;
      entries[at] = above;
      at = parent;
    }
    entries[at] = entry;
  }

  #down(from: number): void {
    const entries = this.#entries;
    const entry = entries[from] as Entry<T>;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (
        child + 1 < entries.length &&
        this.#before(entries[child + 1] as Entry<T>, entries[child] as Entry<T>)
      ) {
        child++;
      }
      if (!this.#before(entries[child] as Entry<T>, entry)) break;
      entries[at] = entries[child] as Entry<T>;
      at = child;
    }
    entries[at] = entry;
  }
}
