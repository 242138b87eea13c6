/**
 * sed: s, p, d, q, y, a, i, c, =, n, N, addresses and ranges; -n -e -i -E.
 *
 * Models: busybox editors/sed.c. Simplified: no branches, hold space or groups in braces; these are
 * refused by name.
 */
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { linesOf } from '../../node/runtime/text.ts';
import { LINE_US, readInput, readOptions, usage } from './applet.ts';
import { compileRegex, RegexError } from './regex.ts';

type Address = { readonly kind: 'line'; readonly line: number } | { readonly kind: 'last' } | { readonly kind: 'match'; readonly expression: RegExp };

interface SedCommand {
  readonly first: Address | undefined;
  readonly second: Address | undefined;
  readonly negated: boolean;
  readonly letter: string;
  /** Text of a, i, c; exit code of q. */
  readonly text: string;
  readonly expression?: RegExp;
  readonly replacement?: string;
  readonly flags?: string;
  readonly map?: ReadonlyMap<string, string>;
}

class SedError extends Error {
  override readonly name = 'SedError';
}

export function* sedCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'inrEsz', 'ef', { quiet: 'n', 'regexp-extended': 'E', expression: 'e' });
  const scripts = [...(flags.get('e') ?? [])];
  const files = [...operands];
  if (scripts.length === 0 && files[0] !== undefined) scripts.push(files.shift() as string);
  if (unknown !== undefined || scripts.length === 0) return usage(context, 'sed', '[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...', unknown);
  let commands: SedCommand[];
  try {
    commands = new SedParser(scripts.join('\n'), flags.has('r') || flags.has('E')).parse();
  } catch (error) {
    if (!(error instanceof SedError) && !(error instanceof RegexError)) throw error;
    context.stderr(`sed: ${error.message}\n`);
    return 1;
  }
  const quiet = flags.has('n');
  if (!flags.has('i')) return yield* editStream(context, commands, quiet, files);
  let status = 0;
  for (const path of files) {
    const text = yield* readInput(context, 'sed', path);
    if (text === null) {
      status = 1;
      continue;
    }
    let output = '';
    new SedRun(commands, quiet, (line) => void (output += line)).run(text);
    const error = context.fs.write(resolvePath(context.cwd, path), output, false);
    if (error !== null) {
      context.stderr(`sed: ${path}: ${error}\n`);
      status = 4;
    }
    yield* context.work(LINE_US * (1 + (text.length >> 6)));
  }
  return status;
}

function* editStream(context: ProcessContext, commands: readonly SedCommand[], quiet: boolean, files: readonly string[]): Proc<number> {
  let text = '';
  let status = 0;
  for (const path of files.length === 0 ? ['-'] : files) {
    const content = yield* readInput(context, 'sed', path);
    if (content === null) status = 1;
    else text += content;
  }
  yield* context.work(LINE_US * (1 + (text.length >> 6)));
  const code = new SedRun(commands, quiet, (line) => context.stdout(line)).run(text);
  return code ?? status;
}

class SedRun {
  readonly #commands: readonly SedCommand[];
  readonly #quiet: boolean;
  readonly #print: (text: string) => void;
  /** Commands whose range is open, and the line where it ends when that is known. */
  readonly #open = new Map<SedCommand, number | null>();

  constructor(commands: readonly SedCommand[], quiet: boolean, print: (text: string) => void) {
    this.#commands = commands;
    this.#quiet = quiet;
    this.#print = print;
  }

  /** Answers the exit code of q, or null. */
  run(text: string): number | null {
    const lines = linesOf(text);
    const unended = text !== '' && !text.endsWith('\n');
    for (let i = 0; i < lines.length; i++) {
      let space = lines[i] as string;
      let deleted = false;
      let quit: number | null = null;
      let after = '';
      const write = (line: string, last: boolean): void => this.#print(last && unended ? line : `${line}\n`);
      for (const command of this.#commands) {
        const isLast = i === lines.length - 1;
        if (this.#selects(command, space, i + 1, isLast) === command.negated) continue;
        switch (command.letter) {
          case 's':
            space = this.#substitute(command, space, (line) => write(line, isLast));
            break;
          case 'y':
            space = [...space].map((c) => command.map?.get(c) ?? c).join('');
            break;
          case 'p':
            write(space, isLast);
            break;
          case 'd':
            deleted = true;
            break;
          case 'q':
            quit = Number(command.text || '0');
            break;
          case 'a':
            after += `${command.text}\n`;
            break;
          case 'i':
            this.#print(`${command.text}\n`);
            break;
          case 'c':
            this.#print(`${command.text}\n`);
            deleted = true;
            break;
          case '=':
            this.#print(`${i + 1}\n`);
            break;
          case 'n':
            if (isLast) break;
            if (!this.#quiet) write(space, false);
            space = lines[++i] as string;
            break;
          default:
            if (!isLast) space += `\n${lines[++i]}`;
        }
        if (deleted || quit !== null) break;
      }
      if (!deleted && !this.#quiet) write(space, i === lines.length - 1);
      if (after !== '') this.#print(after);
      if (quit !== null) return quit;
    }
    return null;
  }

  #selects(command: SedCommand, space: string, line: number, isLast: boolean): boolean {
    const { first, second } = command;
    if (!first) return true;
    if (!second) return fits(first, space, line, isLast);
    const end = this.#open.get(command);
    if (end === undefined) {
      if (!fits(first, space, line, isLast)) return false;
      const endsAtOnce = second.kind === 'line' && second.line <= line;
      if (!endsAtOnce) this.#open.set(command, second.kind === 'line' ? second.line : null);
      return true;
    }
    if (end === null ? fits(second, space, line, isLast) : line >= end) this.#open.delete(command);
    return end === null || line <= end;
  }

  #substitute(command: SedCommand, space: string, write: (line: string) => void): string {
    const { expression, replacement = '', flags = '' } = command;
    if (!expression) return space;
    const wanted = Number(/\d+/.exec(flags)?.[0] ?? 1);
    const everywhere = flags.includes('g');
    let count = 0;
    let changed = false;
    const result = space.replace(expression, (...match: unknown[]) => {
      count++;
      if (count < wanted || (count > wanted && !everywhere)) return match[0] as string;
      changed = true;
      return fill(replacement, match as string[]);
    });
    if (changed && flags.includes('p')) write(result);
    return result;
  }
}

function fill(replacement: string, groups: readonly unknown[]): string {
  return replacement.replace(/\\([0-9])|\\n|\\([^])|&/g, (whole, digit?: string, escaped?: string) => {
    if (whole === '&') return String(groups[0]);
    if (digit !== undefined) return typeof groups[Number(digit)] === 'string' ? String(groups[Number(digit)]) : '';
    if (whole === '\\n') return '\n';
    return escaped === 't' ? '\t' : (escaped ?? '');
  });
}

function fits(address: Address, space: string, line: number, isLast: boolean): boolean {
  if (address.kind === 'line') return address.line === line;
  return address.kind === 'last' ? isLast : address.expression.test(space);
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
    for (;;) {
      while (/[\s;]/.test(this.#text[this.#at] ?? '')) this.#at++;
      if (this.#text[this.#at] === '#') {
        while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
        continue;
      }
      if (this.#at >= this.#text.length) return commands;
      commands.push(this.#command());
    }
  }

  #command(): SedCommand {
    const first = this.#address();
    let second: Address | undefined;
    if (first && this.#text[this.#at] === ',') {
      this.#at++;
      second = this.#address();
      if (!second) throw new SedError('no address after comma');
    }
    while (this.#text[this.#at] === ' ') this.#at++;
    const negated = this.#text[this.#at] === '!';
    if (negated) this.#at++;
    while (this.#text[this.#at] === ' ') this.#at++;
    const letter = this.#text[this.#at++] ?? '';
    const base = { first, second, negated, letter, text: '' };
    switch (letter) {
      case 's':
        return { ...base, ...this.#substitution() };
      case 'y':
        return { ...base, map: this.#mapping() };
      case 'a':
      case 'i':
      case 'c':
        return { ...base, text: this.#line() };
      case 'q':
        return { ...base, text: this.#take(/\s*(\d*)/y) };
      case 'p':
      case 'd':
      case '=':
      case 'n':
      case 'N':
        return base;
      default:
        throw new SedError(letter === '' ? 'missing command' : `unsupported command ${letter}`);
    }
  }

  #take(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text);
    this.#at += match?.[0].length ?? 0;
    return match?.[1] ?? '';
  }

  #address(): Address | undefined {
    const c = this.#text[this.#at] ?? '';
    if (/\d/.test(c)) return { kind: 'line', line: Number(this.#take(/(\d+)/y)) };
    if (c === '$') {
      this.#at++;
      return { kind: 'last' };
    }
    if (c !== '/' && c !== '\\') return undefined;
    if (c === '\\') this.#at++;
    const source = this.#delimited(this.#text[this.#at++] as string, true);
    return { kind: 'match', expression: compileRegex(source, { extended: this.#extended }) };
  }

  /** Reads up to the delimiter; a delimiter after a backslash is ordinary. */
  #delimited(delimiter: string, isRegex: boolean): string {
    let out = '';
    let inBracket = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at] as string;
      if (c === '\\' && !inBracket) {
        const next = this.#text[++this.#at] ?? '';
        out += next === delimiter ? next : `\\${next}`;
        continue;
      }
      if (isRegex && c === '[') inBracket = true;
      else if (c === ']') inBracket = false;
      if (c === delimiter && !inBracket) {
        this.#at++;
        return out;
      }
      out += c;
    }
    throw new SedError('unmatched \'/\'');
  }

  #substitution(): Pick<SedCommand, 'expression' | 'replacement' | 'flags'> {
    const delimiter = this.#text[this.#at++] ?? '';
    const source = this.#delimited(delimiter, true);
    const replacement = this.#delimited(delimiter, false);
    const flags = this.#take(/([gpiI0-9]*)/y);
    const ignoreCase = /[iI]/.test(flags);
    return { expression: compileRegex(source, { extended: this.#extended, ignoreCase, global: true }), replacement, flags };
  }

  #mapping(): ReadonlyMap<string, string> {
    const delimiter = this.#text[this.#at++] ?? '';
    const from = [...this.#delimited(delimiter, false).replace(/\\n/g, '\n')];
    const to = [...this.#delimited(delimiter, false).replace(/\\n/g, '\n')];
    return new Map(from.map((c, i) => [c, to[i] ?? c]));
  }

  /** The rest of the line, after an optional backslash and newline. */
  #line(): string {
    const text = this.#take(/[ \t]*(?:\\\n?)?[ \t]*([^\n]*)/y);
    return text.replace(/\\(.)/g, '$1');
  }
}
