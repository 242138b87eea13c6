/**
 * Lists of object references by a key (kind, node, owner). A list keeps its identity until its
 * members change, so that a component that selects it is not drawn again for nothing.
 */
const NONE: readonly string[] = [];

export class RowIndex {
  readonly #sets = new Map<string, Set<string>>();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #stale = new Set<string>();

  get(key: string): readonly string[] {
    return this.#lists.get(key) ?? NONE;
  }

  get keys(): readonly string[] {
    return [...this.#lists.keys()];
  }

  add(key: string, ref: string): void {
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = new Set();
      this.#sets.set(key, set);
    }
    if (set.has(ref)) return;
    set.add(ref);
    this.#stale.add(key);
  }

  remove(key: string, ref: string): void {
    if (this.#sets.get(key)?.delete(ref)) this.#stale.add(key);
  }

  /** Makes the changes of this frame visible. */
  publish(): void {
    for (const key of this.#stale) {
      const set = this.#sets.get(key);
      if (set === undefined || set.size === 0) {
        this.#sets.delete(key);
        this.#lists.delete(key);
      } else {
        this.#lists.set(key, [...set]);
      }
    }
    this.#stale.clear();
  }

  clear(): void {
    this.#sets.clear();
    this.#lists.clear();
    this.#stale.clear();
  }
}
