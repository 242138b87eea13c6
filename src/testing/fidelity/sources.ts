/** The source files by path, and what their headers say of them and of what they stand on. */
import { type Header, headerOf, importsOf } from './headers.ts';

export class Sources {
  readonly #files: ReadonlyMap<string, string>;
  readonly #headers = new Map<string, Header | null>();

  /** |files|: `src/engine/etcd/store.ts` → its text; no tests, nothing generated. */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  paths(prefix: string): readonly string[] {
    return [...this.#files.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  text(path: string): string {
    return this.#files.get(path) ?? '';
  }

  header(path: string): Header | null {
    let header = this.#headers.get(path);
    if (header === undefined) {
      header = headerOf(this.text(path));
      this.#headers.set(path, header);
    }
    return header;
  }

  /** The files below |prefix| in whose text |pattern| occurs. */
  find(prefix: string, pattern: RegExp): readonly string[] {
    return this.paths(prefix).filter((path) => pattern.test(this.text(path)));
  }

  /**
   * |start| and what it stands on within |room|: contributions beside it (other files directly in
   * the room) are not its own.
   */
  withParts(start: string, room: string): readonly string[] {
    const seen = new Set([start]);
    for (const path of seen) {
      for (const name of importsOf(this.text(path))) {
        const target = resolve(path, name);
        const isPart = target.startsWith(room) && target.slice(room.length).includes('/');
        if (isPart && this.#files.has(target)) seen.add(target);
      }
    }
    return [...seen];
  }

  /** What is simplified in |paths|; each text once. */
  notes(paths: readonly string[]): readonly string[] {
    const notes = paths.map((path) => this.header(path)?.simplified ?? '');
    return [...new Set(notes.filter((note) => note !== ''))];
  }
}

function resolve(from: string, name: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const step of name.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.') parts.push(step);
  }
  return parts.join('/');
}
