/**
 * What a regular file holds: text in pages, of which equal neighbours are kept once. A gigabyte of
 * zeros takes one page; so does a line written for ever.
 *
 * Simplified: positions count UTF-16 units, sizes count bytes of UTF-8.
 */
import { Killed } from './signals.ts';
import { utf8Length } from './text.ts';

/** Units of a page; what is written in blocks of a power of two repeats page by page. */
const PAGE = 65_536;
/** Shorter texts are counted faster than compared. */
const BLOCK = 1_024;
/** Who wants more than this as one text has no memory for it. */
const MAX_TEXT = 128 * 1024 * 1024;

interface Run {
  /** Exactly one page. */
  readonly text: string;
  times: number;
}

export class FileBody {
  #runs: Run[] | null = null;
  #tail: string;
  /** Pages before the tail. */
  #sealed = 0;
  /** Size of the file in bytes. */
  bytes: number;
  /** What was written last, and its bytes: programs write the same block again and again. */
  #block = '';
  #blockBytes = 0;

  constructor(text = '') {
    this.#tail = text;
    this.bytes = utf8Length(text);
    this.#seal();
  }

  /** In UTF-16 units. */
  get length(): number {
    return this.#sealed * PAGE + this.#tail.length;
  }

  /** Units that are held in memory. */
  get held(): number {
    return this.#tail.length + (this.#runs?.length ?? 0) * PAGE;
  }

  append(text: string): void {
    this.#tail += text;
    this.bytes += this.sizeOf(text);
    this.#seal();
  }

  /** Bytes of |text| in UTF-8. */
  sizeOf(text: string): number {
    if (text.length < BLOCK) return utf8Length(text);
    if (text !== this.#block) {
      this.#block = text;
      this.#blockBytes = utf8Length(text);
    }
    return this.#blockBytes;
  }

  /** The whole of it; a reader of more than memory holds is killed. */
  text(): string {
    if (!this.#runs) return this.#tail;
    if (this.length > MAX_TEXT) throw new Killed('SIGKILL');
    return this.slice(0, this.length);
  }

  slice(from: number, to: number): string {
    let text = '';
    let start = 0;
    for (const run of this.#runs ?? []) {
      const end = start + PAGE * run.times;
      let at = Math.max(from, start);
      while (at < Math.min(to, end)) {
        const offset = (at - start) % PAGE;
        const part = run.text.slice(offset, offset + Math.min(to, end) - at);
        text += part;
        at += part.length;
      }
      start = end;
    }
    if (to > start) text += this.#tail.slice(Math.max(0, from - start), to - start);
    return text;
  }

  /** What follows |position| is written over; a gap before it is filled with zeros. */
  writeAt(position: number, text: string): void {
    const length = this.length;
    if (position < length) {
      const rest = this.slice(position + text.length, length);
      this.truncate(position);
      this.append(text + rest);
      return;
    }
    this.#pad(position - length);
    this.append(text);
  }

  truncate(length: number): void {
    const old = this.length;
    if (length >= old) {
      this.#pad(length - old);
      return;
    }
    const runs = this.#runs ?? [];
    let rest = length;
    const kept: Run[] = [];
    let tail = this.#tail;
    for (const run of runs) {
      const times = Math.min(run.times, Math.floor(rest / PAGE));
      if (times > 0) kept.push({ text: run.text, times });
      rest -= times * PAGE;
      if (times === run.times) continue;
      tail = run.text;
      break;
    }
    this.#runs = kept.length > 0 ? kept : null;
    this.#sealed = kept.reduce((sum, run) => sum + run.times, 0);
    this.#tail = tail.slice(0, rest);
    this.bytes = utf8Length(this.#tail);
    for (const run of kept) this.bytes += utf8Length(run.text) * run.times;
  }

  /** Takes over the content of another file: pages are shared. */
  assign(other: FileBody): void {
    this.#runs = other.#runs?.map((run) => ({ ...run })) ?? null;
    this.#sealed = other.#sealed;
    this.#tail = other.#tail;
    this.bytes = other.bytes;
  }

  #pad(count: number): void {
    for (let left = count; left > 0; left -= PAGE) this.append('\0'.repeat(Math.min(left, PAGE)));
  }

  #seal(): void {
    if (this.#tail.length < PAGE) return;
    const runs = (this.#runs ??= []);
    let at = 0;
    for (; this.#tail.length - at >= PAGE; at += PAGE) {
      const text = this.#tail.slice(at, at + PAGE);
      this.#sealed++;
      const last = runs.at(-1);
      if (last?.text === text) last.times++;
      else runs.push({ text, times: 1 });
    }
    this.#tail = this.#tail.slice(at);
  }
}
