/**
 * A map whose copies share their content until one of them changes: a subshell costs little, and an
 * empty map costs nothing.
 */
const NOTHING: ReadonlyMap<never, never> = new Map<never, never>();

export class CopyOnWriteMap<K, V> {
  #entries: Map<K, V>;
  #shared = true;

  constructor(from?: CopyOnWriteMap<K, V>) {
    if (from) {
      from.#shared = true;
      this.#entries = from.#entries;
    } else {
      this.#entries = NOTHING as unknown as Map<K, V>;
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    this.#writable().set(key, value);
  }

  delete(key: K): void {
    if (this.#entries.has(key)) this.#writable().delete(key);
  }

  clear(): void {
    this.#entries = NOTHING as unknown as Map<K, V>;
    this.#shared = true;
  }

  keys(): K[] {
    return [...this.#entries.keys()];
  }

  entries(): Iterable<[K, V]> {
    return this.#entries;
  }

  #writable(): Map<K, V> {
    if (this.#shared) {
      this.#entries = new Map(this.#entries);
      this.#shared = false;
    }
    return this.#entries;
  }
}
