/**
 * What a redis server holds: keys with values of four types, and when they expire.
 *
 * Simplified: sorted sets, streams, scripts and transactions are not there.
 */

export type Value =
  | { readonly type: 'string'; text: string }
  | { readonly type: 'list'; readonly items: string[] }
  | { readonly type: 'set'; readonly members: Set<string> }
  | { readonly type: 'hash'; readonly fields: Map<string, string> };

interface Entry {
  readonly value: Value;
  /** Microseconds of virtual time; null: never. */
  expiresAt: number | null;
}

/** A value as it stands in the file. */
interface Saved {
  readonly key: string;
  readonly type: Value['type'];
  readonly content: string | readonly string[] | Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly expiresMs?: number;
}

export class RedisStore {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  /** Changes since the last save. */
  changes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): Value | undefined {
    return this.#live(key)?.value;
  }

  set(key: string, value: Value, expiresAt: number | null = null): void {
    this.#entries.set(key, { value, expiresAt });
    this.changes++;
  }

  delete(key: string): boolean {
    const existed = this.#live(key) !== undefined;
    this.#entries.delete(key);
    if (existed) this.changes++;
    return existed;
  }

  clear(): void {
    this.changes += this.#entries.size;
    this.#entries.clear();
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()].filter((key) => this.#live(key) !== undefined);
  }

  /** False when there is no such key. */
  expire(key: string, at: number | null): boolean {
    const entry = this.#live(key);
    if (!entry) return false;
    entry.expiresAt = at;
    this.changes++;
    return true;
  }

  /** Undefined: no such key; null: it does not expire. */
  expiresAt(key: string): number | null | undefined {
    return this.#live(key)?.expiresAt;
  }

  /** About what the values take in memory. */
  get bytes(): number {
    let bytes = 0;
    for (const [key, { value }] of this.#entries) bytes += key.length + sizeOf(value) + OVERHEAD;
    return bytes;
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt === null || entry.expiresAt > this.#now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  /** |epochMs|: what virtual time zero is called. */
  save(epochMs: number): string {
    const saved: Saved[] = [];
    for (const key of this.keys()) {
      const { expiresAt, value } = this.#entries.get(key) as Entry;
      const expires =
        expiresAt === null ? {} : { expiresMs: epochMs + Math.floor(expiresAt / US_PER_MS) };
      saved.push({ key, type: value.type, content: contentOf(value), ...expires });
    }
    this.changes = 0;
    return `${HEADER}${JSON.stringify(saved)}\n`;
  }

  /** False when the text is no saved store. */
  load(text: string, epochMs: number): boolean {
    const saved = text.startsWith(HEADER) ? parse(text.slice(HEADER.length)) : null;
    if (saved === null) return false;
    for (const { key, type, content, expiresMs } of saved) {
      const expiresAt = expiresMs === undefined ? null : (expiresMs - epochMs) * US_PER_MS;
      this.#entries.set(key, { value: valueOf(type, content), expiresAt });
    }
    this.changes = 0;
    return true;
  }
}

const HEADER = 'REDIS0012 ';
const US_PER_MS = 1_000;
/** Of a key in the dictionary. */
const OVERHEAD = 64;

function parse(text: string): readonly Saved[] | null {
  try {
    return JSON.parse(text) as readonly Saved[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function contentOf(value: Value): Saved['content'] {
  switch (value.type) {
    case 'string':
      return value.text;
    case 'list':
      return value.items;
    case 'set':
      return [...value.members];
    case 'hash':
      return Object.fromEntries(value.fields);
  }
}

function valueOf(type: Value['type'], content: Saved['content']): Value {
  switch (type) {
    case 'string':
      return { type, text: content as string };
    case 'list':
      return { type, items: [...(content as readonly string[])] };
    case 'set':
      return { type, members: new Set(content as readonly string[]) };
    case 'hash':
      return { type, fields: new Map(Object.entries(content)) };
  }
}

function sizeOf(value: Value): number {
  const content = contentOf(value);
  if (typeof content === 'string') return content.length;
  const texts = Array.isArray(content) ? content : Object.entries(content).flat();
  return (texts as readonly string[]).reduce((sum, text) => sum + text.length, 0);
}
