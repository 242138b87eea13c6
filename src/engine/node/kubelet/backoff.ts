/**
 * Exponential back-off per key.
 *
 * Models: k8s.io/client-go/util/flowcontrol/backoff.go (v1.36) as the kubelet uses it for crashing
 * containers and failing pulls: 10 s doubling to 300 s, forgotten after twice the longest.
 */

/** pkg/kubelet/kubelet.go initialCrashLoopBackOff, imageBackOffPeriod. */
const INITIAL_US = 10_000_000;
/** pkg/kubelet/kubelet.go MaxCrashLoopBackOff, MaxImageBackOff. */
const MAX_US = 300_000_000;

interface Entry {
  us: number;
  updatedAt: number;
}

export class Backoff {
  #entries = new Map<string, Entry>();

  /** Microseconds of the present back-off; 0 = none. */
  get(key: string): number {
    return this.#entries.get(key)?.us ?? 0;
  }

  /** A back-off that began with the last event at |at| still lasts. */
  lastsSince(key: string, at: number, now: number): boolean {
    const entry = this.#entries.get(key);
    if (!entry || at - entry.updatedAt > MAX_US * 2) return false;
    return now - at < entry.us;
  }

  /** The same counted from the last failure. */
  lastsSinceUpdate(key: string, now: number): boolean {
    const entry = this.#entries.get(key);
    if (!entry || now - entry.updatedAt > MAX_US * 2) return false;
    return now - entry.updatedAt < entry.us;
  }

  /** A further failure, whose event was at |at|. */
  next(key: string, at: number, now: number): void {
    const entry = this.#entries.get(key);
    if (!entry || at - entry.updatedAt > MAX_US * 2) {
      this.#entries.set(key, { us: INITIAL_US, updatedAt: now });
      return;
    }
    entry.us = Math.min(entry.us * 2, MAX_US);
    entry.updatedAt = now;
  }

  /** When the back-off for an event at |at| ends. */
  endsAt(key: string, at: number): number {
    return at + this.get(key);
  }

  /** When the back-off since the last failure ends; null when there was none. */
  updateEndsAt(key: string): number | null {
    const entry = this.#entries.get(key);
    return entry ? entry.updatedAt + entry.us : null;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
