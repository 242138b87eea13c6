/**
 * The trace: what happened, who did it to whom, and what caused it. Spans carry cause links; the
 * page, the ten steps and "why" are read from here. Bounded: the oldest spans are dropped and
 * `firstId` says where the record now begins.
 */

/** Plain data; crosses the port as it is. */
export interface Span {
  readonly id: number;
  /** Span that caused this one; 0 = an outside command or the start of the cluster. */
  readonly parent: number;
  /** Further causes (a work item that merged several events). */
  readonly also?: readonly number[];
  /** Sort of span, e.g. `request`, `watch`, `work`; the engine's vocabulary, not the kernel's. */
  readonly kind: string;
  /** What happened, in few words: verb, reason. */
  readonly name: string;
  /** Who acts. */
  readonly from: string;
  /** On whom; '' when nobody else takes part. */
  readonly to: string;
  /** Microseconds of virtual time. */
  readonly start: number;
  /** Microseconds; -1 while it lasts. */
  end: number;
  /** `Kind/namespace/name` it is about. */
  object: string;
  /** Revision of the store that it wrote or delivered; 0 = none. */
  revision: number;
  /** Anything else worth showing; plain data. */
  detail?: Readonly<Record<string, unknown>>;
}

export interface SpanStart {
  readonly kind: string;
  readonly name: string;
  readonly from: string;
  readonly to?: string;
  readonly object?: string;
  readonly revision?: number;
  readonly parent?: number;
  readonly also?: readonly number[];
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface SpanEnd {
  readonly object?: string;
  readonly revision?: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export class Trace {
  #spans: Span[] = [];
  #first = 1;
  #next = 1;
  #h1 = 0x811c9dc5;
  #h2 = 0x01000193;
  #words = new Map<string, number>();
  /** Told of every span when it begins, when more is known of it, and when it ends, in that order. */
  onChange: ((span: Span) => void) | null = null;

  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Id of the oldest span still kept: the "compacted" edge. */
  get firstId(): number {
    return this.#first;
  }

  get lastId(): number {
    return this.#next - 1;
  }

  /** Forgets all spans so far: what went before the run is nobody's history. */
  forget(): void {
    this.#spans = [];
    this.#first = this.#next;
  }

  begin(now: number, cause: number, s: SpanStart): Span {
    const span: Span = {
      id: this.#next++,
      parent: s.parent ?? cause,
      kind: s.kind,
      name: s.name,
      from: s.from,
      to: s.to ?? '',
      start: now,
      end: -1,
      object: s.object ?? '',
      revision: s.revision ?? 0,
    };
    if (s.also !== undefined && s.also.length > 0)
      (span as { also?: readonly number[] }).also = s.also;
    if (s.detail !== undefined) span.detail = s.detail;
    this.#spans.push(span);
    if (this.#spans.length > this.capacity) {
      // Dropped in blocks, so that the cost per span stays flat.
      const drop = this.capacity >> 2;
      this.#spans = this.#spans.slice(drop);
      this.#first += drop;
    }
    this.onChange?.(span);
    return span;
  }

  /** More is known of a span that goes on. */
  learn(span: Span): void {
    this.onChange?.(span);
  }

  end(now: number, span: Span, e?: SpanEnd): void {
    if (span.end >= 0) return;
    // Before zero "ended" could not be told from "lasts"; such spans are forgotten with the boot.
    span.end = Math.max(0, now);
    if (e) {
      if (e.object !== undefined) span.object = e.object;
      if (e.revision !== undefined) span.revision = e.revision;
      if (e.detail !== undefined)
        span.detail = span.detail ? { ...span.detail, ...e.detail } : e.detail;
    }
    this.#hash(span);
    this.onChange?.(span);
  }

  /** A span without duration. */
  point(now: number, cause: number, s: SpanStart): Span {
    const span = this.begin(now, cause, s);
    this.end(now, span);
    return span;
  }

  get(id: number): Span | undefined {
    return this.#spans[id - this.#first];
  }

  /** Spans from |id| on, oldest first. */
  *from(id: number): Generator<Span> {
    for (let i = Math.max(0, id - this.#first); i < this.#spans.length; i++) {
      yield this.#spans[i] as Span;
    }
  }

  /** Hash over every ended span: equal hashes mean equal runs. 16 hex digits. */
  get hash(): string {
    return hex(this.#h1) + hex(this.#h2);
  }

  #hash(s: Span): void {
    this.#mix(s.id);
    this.#mix(s.parent);
    this.#mix(s.start);
    this.#mix(s.end);
    this.#mix(s.revision);
    this.#mix(this.#word(s.kind));
    this.#mix(this.#word(s.name));
    this.#mix(this.#word(s.from));
    this.#mix(this.#word(s.to));
    this.#mixText(s.object);
  }

  #mix(n: number): void {
    this.#h1 = Math.imul(this.#h1 ^ (n >>> 0), 0x01000193);
    this.#h2 = Math.imul(this.#h2 ^ Math.floor(n / 0x10000), 0x85ebca6b) ^ (this.#h1 >>> 15);
  }

  #mixText(s: string): void {
    let h = this.#h1;
    for (let i = 0; i < s.length; i++) h = Math.imul(h ^ s.charCodeAt(i), 0x01000193);
    this.#h1 = h;
    this.#h2 = Math.imul(this.#h2 ^ h, 0x85ebca6b);
  }

  /** Few distinct words are used again and again: they are hashed by order of first appearance. */
  #word(s: string): number {
    let n = this.#words.get(s);
    if (n === undefined) {
      if (this.#words.size > 100_000) this.#words.clear();
      n = this.#words.size + 1;
      this.#words.set(s, n);
      this.#mixText(s);
    }
    return n;
  }
}

function hex(n: number): string {
  return (n >>> 0).toString(16).padStart(8, '0');
}
