/**
 * Open files: what a file descriptor stands for. Text streams in both directions, pipes with a
 * bound, and the sinks and sources that the runtime hands to a container's first process.
 *
 * Models: POSIX open file descriptions and pipe(7).
 * Simplified: content is text, not bytes; a file is always written at its end.
 */
import type { Proc, Waitable } from '../../../kernel/process.ts';
import { Signal } from '../../../kernel/wait.ts';

/** Capacity of a pipe, pipe(7). Counted in UTF-16 units here. */
const PIPE_CAPACITY = 65_536;

export interface OpenFile {
  /** Undefined when it is not open for reading. */
  readonly input?: InputStream | undefined;
  /** Answers an error as libc words it, or null. Throws BrokenPipe where SIGPIPE is due. */
  write(text: string): string | null;
  /** Something to wait for before writing more; null when there is room. */
  readonly full: Waitable | null;
  /** One more, or one fewer, descriptor stands for this file: pipes end with their last one. */
  retain(): void;
  release(): void;
}

/** Thrown by a write to a pipe that nobody reads any more. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/** A stream of text. Subclasses say where more comes from. */
export class InputStream {
  protected pending: string;

  constructor(text = '') {
    this.pending = text;
  }

  /** Adds to `pending`; false at the end of the input. */
  protected *more(): Proc<boolean> {
    return false;
  }

  /** What is there, at least one character; null at the end. */
  *readChunk(): Proc<string | null> {
    while (this.pending === '') if (!(yield* this.more())) return null;
    const text = this.pending;
    this.pending = '';
    return text;
  }

  /** The next line with its newline, the rest if it has none; null at the end. */
  *readLine(): Proc<string | null> {
    let from = 0;
    for (;;) {
      const end = this.pending.indexOf('\n', from);
      if (end >= 0) {
        const line = this.pending.slice(0, end + 1);
        this.pending = this.pending.slice(end + 1);
        return line;
      }
      from = this.pending.length;
      if (!(yield* this.more())) break;
    }
    const rest = this.pending;
    this.pending = '';
    return rest === '' ? null : rest;
  }

  *readAll(): Proc<string> {
    while (yield* this.more());
    const text = this.pending;
    this.pending = '';
    return text;
  }

  /** Gives back what was read too much. */
  unread(text: string): void {
    this.pending = text + this.pending;
  }
}

/** Input that somebody outside types (attach, exec -i): pushed in, then closed. */
export class AttachedInput extends InputStream {
  #closed = false;
  #arrived = new Signal();

  /** What has come and nobody has read. */
  get backlog(): number {
    return this.pending.length;
  }

  push(text: string): void {
    if (this.#closed) return;
    this.pending += text;
    this.#arrived.fire();
  }

  close(): void {
    this.#closed = true;
    this.#arrived.fire();
  }

  protected override *more(): Proc<boolean> {
    if (this.#closed) return false;
    yield this.#arrived;
    return true;
  }
}

const EMPTY_INPUT = new InputStream();

/**
 * Reads nothing, forgets what is written: /dev/null, and standard input when nothing is attached.
 */
export const NULL_FILE: OpenFile = {
  input: EMPTY_INPUT,
  full: null,
  write: () => null,
  retain: () => {},
  release: () => {},
};

export class TextInput implements OpenFile {
  readonly input: InputStream;
  readonly full = null;

  constructor(text: string | InputStream) {
    this.input = typeof text === 'string' ? new InputStream(text) : text;
  }

  write(): string {
    return 'Bad file descriptor';
  }
  retain(): void {}
  release(): void {}
}

export class TextSink implements OpenFile {
  readonly input = undefined;
  readonly #sink: (text: string) => void;
  readonly #room: { readonly full?: Waitable | null };

  /** |room| says when the reader cannot take more. */
  constructor(sink: (text: string) => void, room: { readonly full?: Waitable | null } = {}) {
    this.#sink = sink;
    this.#room = room;
  }

  get full(): Waitable | null {
    return this.#room.full ?? null;
  }

  write(text: string): null {
    if (text !== '') this.#sink(text);
    return null;
  }
  retain(): void {}
  release(): void {}
}

/** A bounded pipe. Both ends count the descriptors that stand for them. */
export class Pipe {
  readonly reader: OpenFile;
  readonly writer: OpenFile;

  constructor() {
    const state = new PipeState();
    this.reader = new PipeReader(state);
    this.writer = new PipeWriter(state);
  }
}

class PipeState extends InputStream {
  writers = 1;
  readers = 1;
  readonly readable = new Signal();
  readonly writable = new Signal();

  get size(): number {
    return this.pending.length;
  }

  append(text: string): void {
    this.pending += text;
    this.readable.fire();
  }

  override *readChunk(): Proc<string | null> {
    const text = yield* super.readChunk();
    this.writable.fire();
    return text;
  }

  override *readLine(): Proc<string | null> {
    const line = yield* super.readLine();
    this.writable.fire();
    return line;
  }

  override *readAll(): Proc<string> {
    let text = '';
    for (;;) {
      const chunk = yield* this.readChunk();
      if (chunk === null) return text;
      text += chunk;
    }
  }

  protected override *more(): Proc<boolean> {
    if (this.writers === 0) return false;
    // A line longer than the pipe must not wait for a writer that waits for room.
    this.writable.fire();
    const before = this.pending.length;
    yield this.readable;
    return this.pending.length > before || this.writers > 0;
  }
}

class PipeReader implements OpenFile {
  readonly input: InputStream;
  readonly full = null;
  readonly #state: PipeState;

  constructor(state: PipeState) {
    this.#state = state;
    this.input = state;
  }

  write(): string {
    return 'Bad file descriptor';
  }

  retain(): void {
    this.#state.readers++;
  }

  release(): void {
    if (--this.#state.readers === 0) this.#state.writable.fire();
  }
}

class PipeWriter implements OpenFile {
  readonly input = undefined;
  readonly #state: PipeState;

  constructor(state: PipeState) {
    this.#state = state;
  }

  get full(): Waitable | null {
    const { size, readers, writable } = this.#state;
    return size >= PIPE_CAPACITY && readers > 0 ? writable : null;
  }

  write(text: string): null {
    if (text === '') return null;
    if (this.#state.readers === 0) throw new BrokenPipe();
    this.#state.append(text);
    return null;
  }

  retain(): void {
    this.#state.writers++;
  }

  release(): void {
    if (--this.#state.writers === 0) this.#state.readable.fire();
  }
}
