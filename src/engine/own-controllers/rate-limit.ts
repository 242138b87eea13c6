/**
 * How often a reader's controller may ask: a bucket of tokens. Nothing that it does makes the API
 * server work without bound in a virtual second.
 *
 * Models: k8s.io/client-go util/flowcontrol throttle.go, with what sigs.k8s.io/controller-runtime
 *         sets in pkg/client/config (20 a second, 30 at once)
 */
const PER_SECOND = 20;
const BURST = 30;
const TOKEN_US = 1_000_000 / PER_SECOND;

export class RateLimit {
  /** When the bucket would be full again, in virtual microseconds. */
  #fullAt = Number.NEGATIVE_INFINITY;

  /** Takes a token; answers how long to wait before it may be used. */
  take(now: number): number {
    this.#fullAt = Math.max(this.#fullAt, now) + TOKEN_US;
    return Math.max(0, this.#fullAt - now - BURST * TOKEN_US);
  }
}
