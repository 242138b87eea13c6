/**
 * The one queue of the simulation: a binary heap ordered by (time, sequence). Cancelled timers stay
 * in the heap until they surface, or until they are the majority and the heap is rebuilt.
 */

/**
 * Everything that one running component has set going. When it is stopped (`alive = false`), its
 * timers and processes vanish as those of a killed program do.
 */
export interface Scope {
  readonly name: string;
  alive: boolean;
}

export class Timer {
  cancelled = false;
  fired = false;
  at: number;
  readonly seq: number;
  readonly run: () => void;
  /** Periodic work (heartbeats, resyncs) does not keep a cluster from being settled. */
  readonly periodic: boolean;
  /** Span that scheduled this timer: the cause of what it does. */
  readonly cause: number;
  readonly scope: Scope | null;

  constructor(
    at: number,
    seq: number,
    run: () => void,
    periodic: boolean,
    cause: number,
    scope: Scope | null,
  ) {
    this.at = at;
    this.seq = seq;
    this.run = run;
    this.periodic = periodic;
    this.cause = cause;
    this.scope = scope;
  }
}

export class EventQueue {
  #heap: Timer[] = [];
  #dead = 0;
  /** Live timers that are not periodic. */
  work = 0;

  get size(): number {
    return this.#heap.length - this.#dead;
  }

  push(timer: Timer): void {
    if (!timer.periodic) this.work++;
    const heap = this.#heap;
    let i = heap.length;
    heap.push(timer);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const p = heap[parent] as Timer;
      if (before(p, timer)) break;
      heap[i] = p;
      i = parent;
    }
    heap[i] = timer;
  }

  cancel(timer: Timer): void {
    if (timer.cancelled || timer.fired) return;
    timer.cancelled = true;
    if (!timer.periodic) this.work--;
    this.#dead++;
    if (this.#dead > 1024 && this.#dead * 2 > this.#heap.length) this.#rebuild();
  }

  /** The next live timer, without taking it. */
  peek(): Timer | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || !top.cancelled) return top;
      this.#take();
      this.#dead--;
    }
  }

  /** The next live timer that is not periodic. Looks at all when a periodic one comes first. */
  peekWork(): Timer | undefined {
    const top = this.peek();
    if (top === undefined || !top.periodic || this.work === 0) {
      return top?.periodic === false ? top : undefined;
    }
    let first: Timer | undefined;
    for (const timer of this.#heap) {
      if (timer.periodic || timer.cancelled) continue;
      if (first === undefined || before(timer, first)) first = timer;
    }
    return first;
  }

  pop(): Timer | undefined {
    const top = this.peek();
    if (top === undefined) return undefined;
    this.#take();
    top.fired = true;
    if (!top.periodic) this.work--;
    return top;
  }

  /** Everything comes |us| later; the order stays. */
  shift(us: number): void {
    for (const timer of this.#heap) timer.at += us;
  }

  #take(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    const n = heap.length;
    if (n === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      const c = heap[child] as Timer;
      if (before(last, c)) break;
      heap[i] = c;
      i = child;
    }
    heap[i] = last;
  }

  #rebuild(): void {
    const live = this.#heap.filter((t) => !t.cancelled);
    live.sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap = live;
    this.#dead = 0;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}
