/**
 * A terminal: what a person types goes through the line discipline to the programs that read from
 * it, what those write goes out with carriage returns. One object is the open file of all of them.
 *
 * Models:     pty(7), termios(3) with the settings of a new terminal (ICANON, ECHO, ISIG, ICRNL,
 *             OPOST, ONLCR)
 * Simplified: always canonical, since nothing here edits lines itself; no job control (^Z is echoed)
 */
import type { Proc, Waitable } from '../../../kernel/process.ts';
import { Signal } from '../../../kernel/wait.ts';
import { BrokenPipe, InputStream, type OpenFile } from './open-file.ts';
import type { SignalName } from './program.ts';

/** Where the output goes: the client's window. */
export interface TerminalSink {
  stdout(text: string): void;
  readonly full?: Waitable | null;
}

/** A line that is longer than this cannot be typed, termios(3) MAX_CANON. */
const MAX_LINE = 4_095;

const ERASE = new Set(['\u007f', '\b']);
const END_OF_FILE = '\u0004';
const KILL_LINE = '\u0015';
const ERASE_WORD = '\u0017';
const SIGNALS: Readonly<Record<string, SignalName>> = { '\u0003': 'SIGINT', '\u001c': 'SIGQUIT' };
/** Control characters that stand for themselves. */
const PLAIN = new Set(['\n', '\t']);

/** Lines that were typed to their end. ^D at the beginning of a line ends one read, not the file. */
class TerminalInput extends InputStream {
  readonly #arrived = new Signal();
  /** Reads that end without anything. */
  #ends = 0;
  hungUp = false;

  get size(): number {
    return this.pending.length;
  }

  push(text: string): void {
    this.pending += text;
    this.#arrived.fire();
  }

  /** What nobody has read is forgotten. */
  flush(): void {
    this.pending = '';
    this.#ends = 0;
  }

  end(): void {
    this.#ends++;
    this.#arrived.fire();
  }

  hangUp(): void {
    this.hungUp = true;
    this.#arrived.fire();
  }

  protected override *more(): Proc<boolean> {
    if (this.hungUp) return false;
    if (this.#ends === 0) {
      const before = this.pending.length;
      yield this.#arrived;
      if (this.pending.length > before) return true;
    }
    if (this.#ends === 0) return !this.hungUp;
    this.#ends--;
    return false;
  }
}

export class Terminal implements OpenFile {
  readonly input = new TerminalInput();
  /** Told of ^C, ^\, a changed window and a hang-up: for all whose terminal it is. */
  onSignal: ((signal: SignalName) => void) | null = null;
  width = 0;
  height = 0;
  #line = '';
  readonly #sink: TerminalSink;

  constructor(sink: TerminalSink) {
    this.#sink = sink;
  }

  get full(): Waitable | null {
    return this.#sink.full ?? null;
  }

  /** A program writes. */
  write(text: string): string | null {
    if (this.input.hungUp) throw new BrokenPipe();
    if (text !== '') this.#sink.stdout(text.replaceAll('\n', '\r\n'));
    return null;
  }

  retain(): void {}
  release(): void {}

  /** What was typed and nobody has read. */
  get backlog(): number {
    return this.input.size + this.#line.length;
  }

  /** A person types. */
  push(text: string): void {
    for (const typed of text) {
      const key = typed === '\r' ? '\n' : typed;
      const signal = SIGNALS[key];
      if (signal !== undefined) this.#interrupt(key, signal);
      else if (ERASE.has(key)) this.#erase(1);
      else if (key === ERASE_WORD) this.#erase(lastWord(this.#line));
      else if (key === KILL_LINE) this.#erase([...this.#line].length);
      else if (key === END_OF_FILE) this.#flush();
      else this.#add(key);
    }
  }

  resize(width: number, height: number): void {
    if (width === this.width && height === this.height) return;
    this.width = width;
    this.height = height;
    this.onSignal?.('SIGWINCH');
  }

  /** The other end is gone: reads end, writes fail, and the programs are told. */
  hangUp(): void {
    if (this.input.hungUp) return;
    this.input.hangUp();
    this.onSignal?.('SIGHUP');
  }

  #add(key: string): void {
    if (key === '\n') {
      this.#echo('\r\n');
      this.input.push(`${this.#line}\n`);
      this.#line = '';
      return;
    }
    if (this.#line.length >= MAX_LINE) return;
    this.#line += key;
    this.#echo(shown(key));
  }

  #flush(): void {
    const line = this.#line;
    this.#line = '';
    if (line === '') this.input.end();
    else this.input.push(line);
  }

  #interrupt(key: string, signal: SignalName): void {
    this.#echo(shown(key));
    this.#line = '';
    this.input.flush();
    this.onSignal?.(signal);
  }

  #erase(count: number): void {
    for (let n = 0; n < count && this.#line !== ''; n++) {
      const last = [...this.#line].at(-1) as string;
      this.#line = this.#line.slice(0, -last.length);
      this.#echo('\b \b'.repeat(shown(last).length > last.length ? 2 : 1));
    }
  }

  #echo(text: string): void {
    if (!this.input.hungUp) this.#sink.stdout(text);
  }
}

/** Control characters are shown with a caret (ECHOCTL). */
function shown(key: string): string {
  const code = key.charCodeAt(0);
  if (code >= 0x20 || PLAIN.has(key)) return key;
  return `^${String.fromCharCode(code + 0x40)}`;
}

/** Characters of the last word and of the blanks after it. */
function lastWord(line: string): number {
  return [...(/\S*\s*$/.exec(line)?.[0] ?? '')].length;
}
