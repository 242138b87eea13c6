/**
 * The newest spans of the trace, by id, in a bounded list. A span arrives when it begins and again
 * when it ends; the second replaces the first.
 */
import type { SpanRow } from '../../port/protocol.ts';

export class SpanRing {
  readonly capacity: number;
  #spans: SpanRow[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Oldest first. The array is replaced or grown by `put`; do not keep it across frames. */
  get all(): readonly SpanRow[] {
    return this.#spans;
  }

  get(id: number): SpanRow | undefined {
    const index = this.#indexOf(id);
    const span = this.#spans[index];
    return span?.id === id ? span : undefined;
  }

  put(rows: readonly SpanRow[]): void {
    for (const row of rows) {
      const last = this.#spans[this.#spans.length - 1];
      if (last === undefined || row.id > last.id) {
        this.#spans.push(row);
        continue;
      }
      const index = this.#indexOf(row.id);
      if (this.#spans[index]?.id === row.id) this.#spans[index] = row;
      // Older than the record: it has been dropped before it ended.
      else if (index > 0 || this.#spans.length < this.capacity) this.#spans.splice(index, 0, row);
    }
    if (this.#spans.length > this.capacity) {
      // Dropped in blocks, so that the cost per span stays flat.
      this.#spans = this.#spans.slice(this.#spans.length - ((this.capacity * 3) >> 2));
    }
  }

  /**
   * Some rows were left out of a frame. What still lasts and was not in it may have ended long ago:
   * it is taken to have ended at |at|; should it really end later, its row says so.
   */
  closeLost(rows: readonly SpanRow[], at: number): void {
    const told = new Set(rows.map((row) => row.id));
    this.#spans = this.#spans.map((span) =>
      span.end === -1 && !told.has(span.id) ? { ...span, end: Math.max(at, span.start) } : span,
    );
  }

  clear(): void {
    this.#spans = [];
  }

  /** Position of |id|, or where it would stand. */
  #indexOf(id: number): number {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#spans[middle] as SpanRow).id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
