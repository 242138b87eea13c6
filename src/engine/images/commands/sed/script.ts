/** Reads sed scripts. Models: POSIX sed, and GNU's `first~step`, `addr,+n` and flags as busybox has them. */
import { compileRegex, type Regex } from '../regex.ts';

export type Address =
  | { readonly kind: 'line'; readonly line: number }
  /** As the second address: that many lines more. */
  | { readonly kind: 'more'; readonly count: number }
  | { readonly kind: 'last' }
  /** Null: the expression that was used last. */
  | { readonly kind: 'match'; readonly expression: Regex | null };

export interface SedCommand {
  readonly first: Address | undefined;
  readonly second: Address | undefined;
  readonly negated: boolean;
  readonly letter: string;
  /** Text of a, i, c; file of r, w; label of :, b, t, T; exit code of q. */
  readonly text: string;
  readonly expression?: Regex | null;
  readonly replacement?: string;
  readonly flags?: string;
  /** Where s writes to with the flag w. */
  readonly file?: string;
  readonly map?: ReadonlyMap<string, string>;
  /** Of `{`: where its `}` is; of a jump: where it leads. */
  target?: number;
}

export class SedError extends Error {
  override readonly name = 'SedError';
}

const KNOWN = new Set('{}=aiccdDgGhHlnNpPqQrswxybtT:');

export function parseSed(text: string, extended: boolean): SedCommand[] {
  return new SedParser(text, extended).parse();
}

class SedParser {
  readonly #text: string;
  readonly #extended: boolean;
  #at = 0;

  constructor(text: string, extended: boolean) {
    this.#text = text;
    this.#extended = extended;
  }

  parse(): SedCommand[] {
    const commands: SedCommand[] = [];
    const blocks: SedCommand[] = [];
    for (;;) {
      this.#take(/[\s;]*/y);
      if (this.#at >= this.#text.length) break;
      if (this.#text[this.#at] === '#') {
        this.#take(/[^\n]*/y);
        continue;
      }
      const command = this.#command();
      if (command.letter === '{') blocks.push(command);
      if (command.letter === '}') {
        const open = blocks.pop();
        if (!open) throw new SedError("unexpected '}'");
        open.target = commands.length;
      }
      commands.push(command);
    }
    if (blocks.length > 0) throw new SedError('unterminated {');
    resolveLabels(commands);
    return commands;
  }

  #command(): SedCommand {
    const first = this.#address();
    let second: Address | undefined;
    this.#take(/[ \t]*/y);
    if (first && this.#text[this.#at] === ',') {
      this.#at++;
      this.#take(/[ \t]*/y);
      const more = /\+(\d+)/y;
      more.lastIndex = this.#at;
      const count = more.exec(this.#text)?.[1];
      if (count !== undefined) {
        this.#at += count.length + 1;
        second = { kind: 'more', count: Number(count) };
      } else second = this.#address();
      if (!second) throw new SedError('no address after comma');
    }
    this.#take(/[ \t]*/y);
    const negated = this.#take(/!*/y) !== '';
    this.#take(/[ \t]*/y);
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw new SedError('missing command');
    if (!KNOWN.has(letter)) throw new SedError(`unsupported command ${letter}`);
    const command = { first, second, negated, letter, text: '' };
    if (letter === '{') return command;
    return this.#end({ ...command, ...this.#operands(letter) });
  }

  #operands(letter: string): Partial<SedCommand> {
    switch (letter) {
      case 's':
        return this.#substitution();
      case 'y':
        return { map: this.#mapping() };
      case 'a':
      case 'i':
      case 'c':
        return { text: this.#lines() };
      case ':':
      case 'b':
      case 't':
      case 'T':
        return { text: this.#take(/[ \t]*([^\n;}]*)/y).trim() };
      case 'r':
      case 'w': {
        const text = this.#take(/[ \t]*([^\n]*)/y);
        if (text === '') throw new SedError('empty filename');
        return { text };
      }
      case 'q':
      case 'Q':
        return { text: this.#take(/[ \t]*(\d*)/y) };
      default:
        return {};
    }
  }

  /** Nothing but blanks may stand between a command and what ends it. */
  #end(command: SedCommand): SedCommand {
    if ('aicrw:btT'.includes(command.letter)) return command;
    this.#take(/[ \t]*/y);
    const next = this.#text[this.#at];
    if (next === undefined || ';\n}#'.includes(next)) return command;
    const isSubstitution = command.letter === 's';
    throw new SedError(
      isSubstitution ? 'bad option in substitution expression' : 'extra characters after command',
    );
  }

  /** What |expression| takes; its first group when it has one. */
  #take(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text);
    if (!match) return '';
    this.#at += match[0].length;
    return match[1] ?? match[0];
  }

  #address(): Address | undefined {
    const c = this.#text[this.#at];
    if (c === undefined) return undefined;
    if (/\d/.test(c)) return { kind: 'line', line: Number(this.#take(/\d+/y)) };
    if (c === '$') {
      this.#at++;
      return { kind: 'last' };
    }
    if (c !== '/' && c !== '\\') return undefined;
    if (c === '\\') this.#at++;
    const source = this.#delimited(this.#text[this.#at++] as string, true);
    const ignoreCase = this.#take(/I/y) !== '';
    return { kind: 'match', expression: this.#compile(source, ignoreCase) };
  }

  #compile(source: string, ignoreCase: boolean): Regex | null {
    return source === '' ? null : compileRegex(source, { extended: this.#extended, ignoreCase });
  }

  /** Reads up to the delimiter; a delimiter after a backslash is ordinary. */
  #delimited(delimiter: string, isRegex: boolean): string {
    let out = '';
    let inBracket = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at] as string;
      if (c === '\\' && !inBracket) {
        const next = this.#text[++this.#at] ?? '';
        out += next === delimiter ? next : isRegex && next === 'n' ? '\n' : `\\${next}`;
        continue;
      }
      if (isRegex && c === '[' && !inBracket) {
        inBracket = true;
        const lead = /^\[\^?\]?/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0] ?? c;
        out += lead;
        this.#at += lead.length - 1;
        continue;
      }
      if (c === ']') inBracket = false;
      if (c === delimiter && !inBracket) {
        this.#at++;
        return out;
      }
      out += c;
    }
    throw new SedError(`unmatched '${delimiter}'`);
  }

  #substitution(): Partial<SedCommand> {
    const delimiter = this.#text[this.#at++] ?? '';
    const source = this.#delimited(delimiter, true);
    const replacement = this.#delimited(delimiter, false);
    const flags = this.#take(/([gpiI0-9]*)/y);
    const expression = this.#compile(source, /[iI]/.test(flags));
    const command = { expression, replacement, flags };
    if (this.#text[this.#at] !== 'w') return command;
    this.#at++;
    return { ...command, file: this.#take(/[ \t]*([^\n]*)/y) };
  }

  #mapping(): ReadonlyMap<string, string> {
    const delimiter = this.#text[this.#at++] ?? '';
    const plain = (text: string): string[] => [
      ...text.replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\\\/g, '\\'),
    ];
    const from = plain(this.#delimited(delimiter, false));
    const to = plain(this.#delimited(delimiter, false));
    if (from.length !== to.length)
      throw new SedError("strings for 'y' command are different lengths");
    return new Map(from.map((c, i) => [c, to[i] ?? c]));
  }

  /** The text of a, i and c: the rest of the line, and the next while a backslash ends it. */
  #lines(): string {
    const text = this.#take(/[ \t]*(?:\\[ \t]*\n?)?((?:\\[^]|[^\n\\])*)/y);
    if (text === '' && this.#at >= this.#text.length)
      throw new SedError("expected \\ after 'a', 'c' or 'i'");
    return text.replace(/\\([^])/g, '$1');
  }
}

function resolveLabels(commands: readonly SedCommand[]): void {
  const labels = new Map<string, number>();
  for (const [i, { letter, text }] of commands.entries()) if (letter === ':') labels.set(text, i);
  for (const command of commands) {
    if (!'btT'.includes(command.letter)) continue;
    const target = command.text === '' ? commands.length : labels.get(command.text);
    if (target === undefined) throw new SedError(`can't find label for jump to '${command.text}'`);
    command.target = target;
  }
}
