/**
 * An open regular file: what a descriptor stands for after open(2). It reads and writes at its own
 * position, sees what others write meanwhile, and goes on with a file that has been removed.
 *
 * Models: open file descriptions of Linux (open(2), O_APPEND)
 */
import type { Proc, Waitable } from '../../../kernel/process.ts';
import type { FileStore, Inode } from './file-system.ts';
import type { FileEntry } from './file-tree.ts';
import { InputStream, type OpenFile } from './open-file.ts';

/** Read at once, in UTF-16 units. */
const CHUNK = 65_536;

class FileInput extends InputStream {
  readonly #entry: FileEntry;
  readonly #body: Inode['body'];
  #position = 0;

  constructor(entry: FileEntry, body: Inode['body']) {
    super();
    this.#entry = entry;
    this.#body = body;
  }

  /** A file may grow: what is at its end now need not be so the next time. */
  protected override *more(): Proc<boolean> {
    const text = this.#body
      ? this.#body.slice(this.#position, this.#position + CHUNK)
      : this.#entry.content.slice(this.#position);
    this.#position += text.length;
    this.pending += text;
    return text !== '';
  }
}

export function openForReading(entry: FileEntry, inode: Inode | null): OpenFile {
  const input = new FileInput(entry, inode?.body ?? null);
  return {
    input,
    full: null,
    write: () => 'Bad file descriptor',
    retain: () => {},
    release: () => {},
  };
}

export class FileOutput implements OpenFile {
  readonly input = undefined;
  readonly full: Waitable | null = null;
  readonly #store: FileStore;
  readonly #path: string;
  readonly #inode: Inode;
  /** Null: always at the end of the file. */
  #position: number | null;

  constructor(store: FileStore, path: string, inode: Inode, append: boolean) {
    this.#store = store;
    this.#path = path;
    this.#inode = inode;
    this.#position = append ? null : 0;
  }

  write(text: string): string | null {
    if (text === '') return null;
    const at = this.#position;
    const bytes = this.#inode.body?.sizeOf(text) ?? 0;
    const error = this.#store.changeBody(this.#path, this.#inode, bytes, (body) => {
      if (at === null || at === body.length) body.append(text);
      else body.writeAt(at, text);
    });
    if (error === null && at !== null) this.#position = at + text.length;
    return error;
  }

  retain(): void {
    // Files outlive their descriptors: nobody waits for their end.
  }

  release(): void {
    // See retain.
  }
}
