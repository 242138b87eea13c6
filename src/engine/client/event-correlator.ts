/**
 * What happens to an Event before it is written: similar ones are combined, the same one is only
 * counted up, and too many about one object are dropped.
 *
 * Models: k8s.io/client-go tools/record events_cache.go (v1.36)
 */

const MAX_REMEMBERED = 4_096; // maxLruCacheEntries
const MAX_SIMILAR = 10; // defaultAggregateMaxEvents
const SIMILAR_INTERVAL_MS = 600_000; // defaultAggregateIntervalInSeconds
const SPAM_BURST = 25; // defaultSpamBurst
const SPAM_REFILL_MS = 300_000; // defaultSpamQPS: one every five minutes

export interface EventToCorrelate {
  /** Object it is about: kind, namespace, name, uid and version, as one text. */
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string;
}

export interface Correlated {
  /** Events with one key are one Event object whose count goes up. */
  readonly key: string;
  readonly message: string;
  readonly count: number;
  /** Time of the first with this key. */
  readonly firstMs: number;
}

interface Similar {
  /** Of most there is one only, and there are many. */
  messages: string | Set<string>;
  lastMs: number;
}

export class EventCorrelator {
  readonly #similar = new Map<string, Similar>();
  readonly #observed = new Map<string, { count: number; firstMs: number }>();
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  /** Undefined: it is dropped, though it has been counted. */
  correlate(event: EventToCorrelate, nowMs: number): Correlated | undefined {
    const { key, message } = this.#aggregate(event, nowMs);
    const seen = this.#observed.get(key);
    const count = (seen?.count ?? 0) + 1;
    const firstMs = seen?.firstMs ?? nowMs;
    remember(this.#observed, key, { count, firstMs });
    if (!this.#admit([event.object, event.type].join('\n'), nowMs)) return undefined;
    return { key, message, count, firstMs };
  }

  /** The Event object is gone: the next with this key is a new one. */
  forget(key: string): void {
    this.#observed.delete(key);
  }

  /** From the tenth different message on, all of one reason are one Event. */
  #aggregate(event: EventToCorrelate, nowMs: number): { key: string; message: string } {
    const { object, type, reason, message, fieldPath } = event;
    const group = [object, type, reason].join('\n');
    let similar = this.#similar.get(group);
    if (!similar || nowMs - similar.lastMs > SIMILAR_INTERVAL_MS) {
      similar = { messages: message, lastMs: nowMs };
    }
    if (similar.messages !== message) {
      if (typeof similar.messages === 'string') similar.messages = new Set([similar.messages]);
      similar.messages.add(message);
    }
    similar.lastMs = nowMs;
    remember(this.#similar, group, similar);
    const { messages } = similar;
    if (typeof messages === 'string' || messages.size < MAX_SIMILAR) {
      return { key: [group, fieldPath, message].join('\n'), message };
    }
    // The set stays one below the limit, so that the next one is combined too.
    const oldest = messages.values().next().value;
    if (oldest !== undefined) messages.delete(oldest);
    return { key: group, message: `(combined from similar events): ${message}` };
  }

  #admit(id: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(id) ?? { tokens: SPAM_BURST, atMs: nowMs };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (nowMs - bucket.atMs) / SPAM_REFILL_MS);
    bucket.atMs = nowMs;
    remember(this.#buckets, id, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** Least recently used goes first. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_REMEMBERED) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
