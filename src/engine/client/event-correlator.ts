/**
 * What happens to an Event before it is written: similar ones are combined, the same one is only
 * counted up, and too many about one object are dropped.
 *
 * Models:     k8s.io/client-go tools/record events_cache.go (v1.36)
 * Simplified: the three caches of upstream are one, by object, so that a Pod costs one key; what is
 *             forgotten first when more than 4,096 objects have Events may be something else
 */

const MAX_REMEMBERED = 4_096; // maxLruCacheEntries
const MAX_SIMILAR = 10; // defaultAggregateMaxEvents
const SIMILAR_INTERVAL_MS = 600_000; // defaultAggregateIntervalInSeconds
const SPAM_BURST = 25; // defaultSpamBurst
const SPAM_REFILL_MS = 300_000; // defaultSpamQPS: one every five minutes
/** Different Events of one sort about one object that are remembered. */
const MAX_OBSERVED = 256;

export interface EventToCorrelate {
  /** What tells the object it is about from all others. */
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string;
}

/** Events that are one Event object whose count goes up. */
export interface Observed {
  readonly fieldPath: string;
  /** null: those that were combined. */
  readonly message: string | null;
  count: number;
  /** Of the first of them. */
  readonly firstMs: number;
  /** Of the Event object, once it is written. */
  name: string;
}

export interface Correlated {
  readonly observed: Observed;
  readonly message: string;
  readonly count: number;
  readonly firstMs: number;
}

/** Events about one object with one type and reason. */
interface Similar {
  readonly type: string;
  readonly reason: string;
  /** Of most there is one only, and there are many. */
  messages: string | Set<string>;
  lastMs: number;
  readonly observed: Observed[];
}

/** How many Events of one type may still be written about an object. */
interface Bucket {
  readonly type: string;
  tokens: number;
  atMs: number;
}

interface Remembered {
  readonly similar: Similar[];
  readonly buckets: Bucket[];
}

export class EventCorrelator {
  readonly #objects = new Map<string, Remembered>();
  /** Times are kept as differences: small numbers need no place of their own. */
  #originMs: number | null = null;

  /** Undefined: it is dropped, though it has been counted. */
  correlate(event: EventToCorrelate, nowMs: number): Correlated | undefined {
    this.#originMs ??= nowMs;
    const now = nowMs - this.#originMs;
    const known = this.#remembered(event.object);
    const similar = similarTo(known, event, now);
    const { observed, message } = aggregate(similar, event, now);
    observed.count++;
    if (!admit(known, event.type, now)) return undefined;
    const firstMs = this.#originMs + observed.firstMs;
    return { observed, message, count: observed.count, firstMs };
  }

  /** Least recently used goes first. */
  #remembered(object: string): Remembered {
    const objects = this.#objects;
    const known = objects.get(object) ?? { similar: [], buckets: [] };
    objects.delete(object);
    objects.set(object, known);
    if (objects.size > MAX_REMEMBERED) {
      const oldest = objects.keys().next().value;
      if (oldest !== undefined) objects.delete(oldest);
    }
    return known;
  }
}

function similarTo({ similar }: Remembered, event: EventToCorrelate, now: number): Similar {
  const { type, reason, message } = event;
  let found = similar.find((s) => s.type === type && s.reason === reason);
  if (!found) {
    found = { type, reason, messages: message, lastMs: now, observed: [] };
    similar.push(found);
  } else if (now - found.lastMs > SIMILAR_INTERVAL_MS) {
    found.messages = message;
  }
  found.lastMs = now;
  return found;
}

/** From the tenth different message on, all of one reason are one Event. */
function aggregate(
  similar: Similar,
  { message, fieldPath }: EventToCorrelate,
  now: number,
): { observed: Observed; message: string } {
  if (similar.messages !== message) {
    if (typeof similar.messages === 'string') similar.messages = new Set([similar.messages]);
    similar.messages.add(message);
  }
  const { messages } = similar;
  if (typeof messages === 'string' || messages.size < MAX_SIMILAR) {
    return { observed: observedAs(similar, fieldPath, message, now), message };
  }
  // The set stays one below the limit, so that the next one is combined too.
  const oldest = messages.values().next().value;
  if (oldest !== undefined) messages.delete(oldest);
  const text = `(combined from similar events): ${message}`;
  return { observed: observedAs(similar, '', null, now), message: text };
}

function observedAs(
  { observed }: Similar,
  fieldPath: string,
  message: string | null,
  now: number,
): Observed {
  const known = observed.find((o) => o.message === message && o.fieldPath === fieldPath);
  if (known) return known;
  const first = { fieldPath, message, count: 0, firstMs: now, name: '' };
  observed.push(first);
  if (observed.length > MAX_OBSERVED) observed.shift();
  return first;
}

function admit({ buckets }: Remembered, type: string, now: number): boolean {
  let bucket = buckets.find((b) => b.type === type);
  if (!bucket) buckets.push((bucket = { type, tokens: SPAM_BURST, atMs: now }));
  bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.atMs) / SPAM_REFILL_MS);
  bucket.atMs = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
