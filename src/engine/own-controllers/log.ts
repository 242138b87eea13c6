/** What readers' controllers have said, the newest lines of all of them together. */
import type { OwnLogLine } from '../../port/protocol-own.ts';

/** Lines that are kept. */
const MAX_LINES = 1_000;
/** Characters of a line; what is longer is cut. */
const MAX_CHARACTERS = 4_000;

export class OwnLog {
  #lines: OwnLogLine[] = [];
  #seq = 0;

  get seq(): number {
    return this.#seq;
  }

  add(line: Omit<OwnLogLine, 'seq'>): void {
    const { text } = line;
    const cut = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
    this.#lines.push({ ...line, text: cut, seq: ++this.#seq });
    if (this.#lines.length > MAX_LINES * 2) this.#lines = this.#lines.slice(-MAX_LINES);
  }

  /** Lines after |seq|, oldest first. */
  after(seq: number): readonly OwnLogLine[] {
    const known = this.#lines.slice(-MAX_LINES);
    return known.filter((line) => line.seq > seq);
  }
}
