/** Runs a sed script over lines. Models: POSIX sed, busybox editors/sed.c process_files. */
import type { Proc } from '../../../../kernel/process.ts';
import type { InputStream } from '../../../node/runtime/open-file.ts';
import type { ProcessContext } from '../../../node/runtime/program.ts';
import { LINE_US } from '../applet.ts';
import type { Regex } from '../regex.ts';
import { type Address, type SedCommand, SedError } from './script.ts';

/** Bound of what pattern space and hold space may hold. */
const MAX_SPACE = 64 * 1024 * 1024;

export interface SedOutput {
  print(text: string): void;
  /** Adds to the file of a w command. */
  writeTo(path: string, text: string): void;
  /** What r inserts; empty when there is no such file. */
  readFile(path: string): string;
}

type Jump = number | 'end' | 'delete' | 'restart' | 'quit';

export class SedRun {
  readonly #commands: readonly SedCommand[];
  readonly #quiet: boolean;
  readonly #output: SedOutput;
  /** Commands whose range is open, and the line where it ends when that is known. */
  readonly #open = new Map<SedCommand, number | null>();
  #context: ProcessContext;
  #input: InputStream;
  /** The line after the current one is always known: `$` asks for it. */
  #next: string | null = null;
  #number = 0;
  #space = '';
  #hold = '';
  #ended = true;
  #after = '';
  #substituted = false;
  #lastExpression: Regex | null = null;
  #exitCode = 0;
  #hasQuit = false;

  constructor(
    commands: readonly SedCommand[],
    quiet: boolean,
    context: ProcessContext,
    input: InputStream,
    output: SedOutput,
  ) {
    this.#commands = commands;
    this.#quiet = quiet;
    this.#context = context;
    this.#input = input;
    this.#output = output;
  }

  /** Answers the exit code of q, or null. */
  *toEnd(): Proc<number | null> {
    this.#next = yield* this.#input.readLine();
    let restarts = false;
    while (restarts || this.#next !== null) {
      if (!restarts) yield* this.#readNext();
      restarts = false;
      this.#substituted = false;
      const end = yield* this.#cycle();
      if (end !== 'delete' && end !== 'restart' && !this.#quiet) this.#print(this.#space);
      if (this.#after !== '') this.#output.print(this.#after);
      this.#after = '';
      if (end === 'quit') return this.#exitCode;
      restarts = end === 'restart';
      yield* this.#context.work(LINE_US);
    }
    return null;
  }

  *#readNext(): Proc {
    const line = this.#next ?? '';
    this.#ended = line.endsWith('\n');
    this.#space = this.#ended ? line.slice(0, -1) : line;
    this.#number++;
    this.#next = yield* this.#input.readLine();
  }

  #print(text: string): void {
    this.#output.print(this.#ended || this.#next !== null ? `${text}\n` : text);
  }

  *#cycle(): Proc<Jump> {
    for (let at = 0; at < this.#commands.length; at++) {
      const command = this.#commands[at] as SedCommand;
      const suspend = this.#context.charge(LINE_US);
      if (suspend !== null) yield suspend;
      const selected = this.#selects(command) !== command.negated;
      if (command.letter === '{') {
        if (!selected) at = command.target ?? at;
        continue;
      }
      if (!selected) continue;
      const jump = 'nN'.includes(command.letter)
        ? yield* this.#more(command.letter === 'N')
        : this.#apply(command);
      if (typeof jump === 'number') at = jump;
      else if (jump !== null) return jump;
    }
    return 'end';
  }

  /** n and N: where there is no further line they end the script, N with what it has. */
  *#more(appends: boolean): Proc<Jump | null> {
    if (this.#next === null) {
      // Without a next line GNU's N prints the pattern space; n has nothing to add.
      this.#exitCode = 0;
      return 'quit';
    }
    if (!appends) {
      if (!this.#quiet) this.#print(this.#space);
      if (this.#after !== '') this.#output.print(this.#after);
      this.#after = '';
      yield* this.#readNext();
      return null;
    }
    const before = this.#space;
    yield* this.#readNext();
    this.#space = this.#bounded(`${before}\n${this.#space}`);
    return null;
  }

  #bounded(text: string): string {
    if (text.length > MAX_SPACE) throw new SedError('out of memory');
    return text;
  }

  /** One command; where it goes on, or null for the next one. */
  #apply(command: SedCommand): Jump | null {
    switch (command.letter) {
      case 's':
        this.#substitute(command);
        return null;
      case 'y':
        this.#space = [...this.#space].map((c) => command.map?.get(c) ?? c).join('');
        return null;
      case 'p':
        this.#print(this.#space);
        return null;
      case 'P':
        this.#output.print(`${this.#space.split('\n', 1)[0]}\n`);
        return null;
      case 'l':
        this.#output.print(`${visible(this.#space)}$\n`);
        return null;
      case '=':
        this.#output.print(`${this.#number}\n`);
        return null;
      case 'a':
        this.#after += `${command.text}\n`;
        return null;
      case 'r':
        this.#after += this.#output.readFile(command.text);
        return null;
      case 'i':
        this.#output.print(`${command.text}\n`);
        return null;
      case 'w':
        this.#output.writeTo(command.text, `${this.#space}\n`);
        return null;
      case 'c':
        if (!this.#open.has(command)) this.#output.print(`${command.text}\n`);
        return 'delete';
      default:
        return this.#applySpace(command);
    }
  }

  #applySpace(command: SedCommand): Jump | null {
    switch (command.letter) {
      case 'g':
        this.#space = this.#hold;
        return null;
      case 'G':
        this.#space = this.#bounded(`${this.#space}\n${this.#hold}`);
        return null;
      case 'h':
        this.#hold = this.#space;
        return null;
      case 'H':
        this.#hold = this.#bounded(`${this.#hold}\n${this.#space}`);
        return null;
      case 'x':
        [this.#space, this.#hold] = [this.#hold, this.#space];
        return null;
      case 'd':
        return 'delete';
      case 'D': {
        const end = this.#space.indexOf('\n');
        if (end < 0) return 'delete';
        this.#space = this.#space.slice(end + 1);
        return 'restart';
      }
      case 'q':
      case 'Q':
        this.#exitCode = Number(command.text || '0');
        if (command.letter === 'q' && !this.#quiet) this.#print(this.#space);
        this.#space = '';
        return this.#quit();
      case 'b':
        return command.target ?? null;
      case 't':
      case 'T': {
        const jumps = this.#substituted === (command.letter === 't');
        this.#substituted = false;
        return jumps ? (command.target ?? null) : null;
      }
      default:
        return null;
    }
  }

  /** q has printed already. */
  #quit(): Jump {
    if (this.#after !== '') this.#output.print(this.#after);
    this.#after = '';
    this.#next = null;
    this.#hasQuit = true;
    return 'delete';
  }

  get exitCode(): number | null {
    return this.#hasQuit ? this.#exitCode : null;
  }

  #selects(command: SedCommand): boolean {
    const { first, second } = command;
    if (!first) return true;
    if (!second) return this.#fits(first);
    const line = this.#number;
    const end = this.#open.get(command);
    if (end === undefined) {
      if (!this.#fits(first)) return false;
      const last =
        second.kind === 'line' ? second.line : second.kind === 'more' ? line + second.count : null;
      if (last === null || last > line) this.#open.set(command, last);
      return true;
    }
    if (end === null ? this.#fits(second) : line >= end) this.#open.delete(command);
    return end === null || line <= end;
  }

  #fits(address: Address): boolean {
    switch (address.kind) {
      case 'line':
        return address.line === this.#number;
      case 'last':
        return this.#next === null;
      case 'match':
        return this.#expression(address.expression).test(this.#space);
      case 'more':
        return false;
    }
  }

  #expression(given: Regex | null | undefined): Regex {
    const expression = given ?? this.#lastExpression;
    if (!expression) throw new SedError('no previous regexp');
    this.#lastExpression = expression;
    return expression;
  }

  #substitute(command: SedCommand): void {
    const { replacement = '', flags = '' } = command;
    const expression = this.#expression(command.expression);
    const wanted = Number(/\d+/.exec(flags)?.[0] ?? 1);
    const everywhere = flags.includes('g');
    const space = this.#space;
    let count = 0;
    let result = '';
    let at = 0;
    for (const match of expression.all(space)) {
      count++;
      if (count < wanted) continue;
      result = this.#bounded(
        result + space.slice(at, match.index) + fill(replacement, match.groups),
      );
      at = match.index + match.text.length;
      if (!everywhere) break;
    }
    if (count < wanted) return;
    this.#space = result + space.slice(at);
    this.#substituted = true;
    if (flags.includes('p')) this.#print(this.#space);
    if (command.file !== undefined) this.#output.writeTo(command.file, `${this.#space}\n`);
  }
}

function fill(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(/\\([0-9])|\\([^])|&/g, (whole, digit?: string, escaped?: string) => {
    if (whole === '&') return groups[0] ?? '';
    if (digit !== undefined) return groups[Number(digit)] ?? '';
    if (escaped === 'n') return '\n';
    return escaped === 't' ? '\t' : (escaped ?? '');
  });
}

function visible(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\t/g, '\\t');
}
