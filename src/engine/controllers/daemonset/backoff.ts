/**
 * How long a node waits before its failed daemon Pod is replaced once more.
 *
 * Models: k8s.io/client-go util/flowcontrol/backoff.go, with the numbers of
 *         cmd/kube-controller-manager/app/apps.go (v1.36)
 */
const FIRST_MS = 1_000; // newDaemonSetController: NewBackOff(1 s, 15 min)
const MAX_MS = 15 * 60_000;

interface Entry {
  readonly backoffMs: number;
  readonly sinceMs: number;
}

export class FailedPodBackoff {
  readonly #entries = new Map<string, Entry>();

  /** Milliseconds still to wait; 0 = go on, and the next wait is twice as long. */
  wait(key: string, nowMs: number): number {
    const entry = this.#entries.get(key);
    const known = entry && nowMs - entry.sinceMs <= 2 * MAX_MS ? entry : undefined;
    if (known && nowMs - known.sinceMs < known.backoffMs) return known.backoffMs;
    this.#forgetOld(nowMs);
    const backoffMs = known ? Math.min(known.backoffMs * 2, MAX_MS) : FIRST_MS;
    this.#entries.set(key, { backoffMs, sinceMs: nowMs });
    return 0;
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { sinceMs }] of this.#entries) {
      if (nowMs - sinceMs > 2 * MAX_MS) this.#entries.delete(key);
    }
  }
}
