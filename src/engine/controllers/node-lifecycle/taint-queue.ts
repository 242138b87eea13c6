/**
 * Nodes of one zone that wait for their NoExecute taint, at a limited rate: a failing zone must not
 * lose all its Pods at once.
 *
 * Models: kubernetes pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go (v1.36)
 */

const US_PER_SECOND = 1_000_000;
const BURST = 1; // EvictionRateLimiterBurst

export class TaintQueue {
  /** Names waiting, with the microsecond from which they may be tried. */
  readonly #waiting = new Map<string, number>();
  /** Names added and not removed since; a Node that was tainted stays known. */
  readonly #known = new Set<string>();
  #perSecond: number;
  #tokens = BURST;
  #filledAt = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  add(name: string, now: number): boolean {
    if (this.#known.has(name)) return false;
    this.#known.add(name);
    this.#waiting.set(name, now);
    return true;
  }

  remove(name: string): boolean {
    this.#waiting.delete(name);
    return this.#known.delete(name);
  }

  /** The next Node to taint, or undefined: none is due, or the rate does not allow it. */
  take(now: number): string | undefined {
    const head = this.#head();
    if (!head || !this.#accept(now) || head[1] > now) return undefined;
    return head[0];
  }

  /** It has been dealt with. */
  done(name: string): void {
    this.#waiting.delete(name);
  }

  retry(name: string, at: number): void {
    if (!this.#waiting.has(name)) return;
    this.#waiting.delete(name);
    this.#waiting.set(name, at);
  }

  /** From when on `take` may answer something; undefined: not before something changes. */
  nextAt(now: number): number | undefined {
    const head = this.#head();
    if (!head || this.#perSecond <= 0) return undefined;
    this.#fill(now);
    const missing = Math.max(0, 1 - this.#tokens);
    return Math.max(head[1], now + Math.ceil((missing * US_PER_SECOND) / this.#perSecond));
  }

  setRate(perSecond: number, now: number): void {
    if (perSecond === this.#perSecond) return;
    // A limiter that was exhausted stays so under its new rate.
    const spent = perSecond > 0 && !this.#accept(now);
    this.#perSecond = perSecond;
    this.#tokens = spent ? 0 : BURST;
    this.#filledAt = now;
  }

  #head(): readonly [string, number] | undefined {
    let head: readonly [string, number] | undefined;
    for (const entry of this.#waiting) if (!head || entry[1] < head[1]) head = entry;
    return head;
  }

  #accept(now: number): boolean {
    if (this.#perSecond <= 0) return false;
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(now: number): void {
    const gained = ((now - this.#filledAt) * this.#perSecond) / US_PER_SECOND;
    this.#tokens = Math.min(BURST, this.#tokens + gained);
    this.#filledAt = now;
  }
}
