/**
 * sed: s, p, d, q, y, a, i, c, =, n, N, addresses and ranges; -n -e -i -E.
 *
 * Models: busybox editors/sed.c. Simplified: no branches, hold space or groups in braces; these are
 * refused by name.
 */
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { InputStream } from '../../node/runtime/open-file.ts';
import { LINE_US, readInput, readInputs, readOptions, usage } from './applet.ts';
import { compileRegex, type Regex, RegexError } from './regex.ts';

type Address =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'last' }
  | { readonly kind: 'match'; readonly expression: Regex };

interface SedCommand {
  readonly first: Address | undefined;
  readonly second: Address | undefined;
  readonly negated: boolean;
  readonly letter: string;
  /** Text of a, i, c; exit code of q. */
  readonly text: string;
  readonly expression?: Regex;
  readonly replacement?: string;
  readonly flags?: string;
  readonly map?: ReadonlyMap<string, string>;
}

class SedError extends Error {
  override readonly name = 'SedError';
}

export function* sedCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'inrEsz', 'ef', {
    quiet: 'n',
    'regexp-extended': 'E',
    expression: 'e',
  });
  const scripts = [...(flags.get('e') ?? [])];
  const files = [...operands];
  if (scripts.length === 0 && files[0] !== undefined) scripts.push(files.shift() as string);
  if (unknown !== undefined || scripts.length === 0)
    return usage(context, 'sed', '[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...', unknown);
  let commands: SedCommand[];
  try {
    commands = new SedParser(scripts.join('\n'), flags.has('r') || flags.has('E')).parse();
  } catch (error) {
    if (!(error instanceof SedError) && !(error instanceof RegexError)) throw error;
    context.stderr(`sed: ${error.message}\n`);
    return 1;
  }
  const quiet = flags.has('n');
  return flags.has('i')
    ? yield* editInPlace(context, commands, quiet, files)
    : yield* editStream(context, commands, quiet, files);
}

function* editInPlace(
  context: ProcessContext,
  commands: readonly SedCommand[],
  quiet: boolean,
  files: readonly string[],
): Proc<number> {
  let status = 0;
  for (const path of files) {
    const text = yield* readInput(context, 'sed', path);
    if (text === null) {
      status = 1;
      continue;
    }
    let output = '';
    const run = new SedRun(commands, quiet, (line) => {
      output += line;
    });
    yield* run.run(context, new InputStream(text));
    const error = context.fs.write(resolvePath(context.cwd, path), output, false);
    if (error === null) continue;
    context.stderr(`sed: ${path}: ${error}\n`);
    status = 4;
  }
  return status;
}

function* editStream(
  context: ProcessContext,
  commands: readonly SedCommand[],
  quiet: boolean,
  files: readonly string[],
): Proc<number> {
  let input = context.stdin;
  let status = 0;
  if (files.length > 0) {
    const { inputs, failed } = yield* readInputs(context, 'sed', files);
    input = new InputStream(inputs.map(({ text }) => text).join(''));
    if (failed) status = 1;
  }
  const run = new SedRun(commands, quiet, (line) => context.stdout(line));
  return (yield* run.run(context, input)) ?? status;
}

interface Cycle {
  space: string;
  number: number;
  after: string;
  quit: number | null;
}

type Action = 'go on' | 'delete' | 'quit' | 'next' | 'append';

function chomp(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line;
}

class SedRun {
  readonly #commands: readonly SedCommand[];
  readonly #quiet: boolean;
  readonly #print: (text: string) => void;
  /** Commands whose range is open, and the line where it ends when that is known. */
  #number = 0;
  #deleted = false;
  readonly #open = new Map<SedCommand, number | null>();

  constructor(commands: readonly SedCommand[], quiet: boolean, print: (text: string) => void) {
    this.#commands = commands;
    this.#quiet = quiet;
    this.#print = print;
  }

  /** Answers the exit code of q, or null. */
  *run(context: ProcessContext, input: InputStream): Proc<number | null> {
    let next = yield* input.readLine();
    while (next !== null) {
      let current = next;
      next = yield* input.readLine();
      const cycle: Cycle = { space: chomp(current), number: ++this.#number, after: '', quit: null };
      for (const command of this.#commands) {
        if (this.#selects(command, cycle.space, cycle.number, next === null) === command.negated) {
          continue;
        }
        const action = this.#apply(command, cycle, current.endsWith('\n'));
        if (action === 'delete' || action === 'quit') break;
        if (action === 'go on' || next === null) continue;
        if (action === 'next' && !this.#quiet) this.#print(`${cycle.space}\n`);
        cycle.space = action === 'next' ? chomp(next) : `${cycle.space}\n${chomp(next)}`;
        cycle.number = ++this.#number;
        current = next;
        next = yield* input.readLine();
      }
      if (!this.#quiet && !this.#deleted) {
        this.#print(current.endsWith('\n') ? `${cycle.space}\n` : cycle.space);
      }
      this.#deleted = false;
      if (cycle.after !== '') this.#print(cycle.after);
      if (cycle.quit !== null) return cycle.quit;
      yield* context.work(LINE_US);
    }
    return null;
  }

  /** One command; what has to happen with the cycle. */
  #apply(command: SedCommand, cycle: Cycle, ended: boolean): Action {
    const write = (line: string): void => this.#print(ended ? `${line}\n` : line);
    switch (command.letter) {
      case 's':
        cycle.space = this.#substitute(command, cycle.space, write);
        return 'go on';
      case 'y':
        cycle.space = [...cycle.space].map((c) => command.map?.get(c) ?? c).join('');
        return 'go on';
      case 'p':
        write(cycle.space);
        return 'go on';
      case 'a':
        cycle.after += `${command.text}\n`;
        return 'go on';
      case 'i':
        this.#print(`${command.text}\n`);
        return 'go on';
      case '=':
        this.#print(`${cycle.number}\n`);
        return 'go on';
      case 'c':
        this.#print(`${command.text}\n`);
        this.#deleted = true;
        return 'delete';
      case 'd':
        this.#deleted = true;
        return 'delete';
      case 'q':
        cycle.quit = Number(command.text || '0');
        return 'quit';
      default:
        return command.letter === 'n' ? 'next' : 'append';
    }
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
    let result = '';
    let at = 0;
    for (const match of expression.all(space)) {
      count++;
      if (count < wanted) continue;
      changed = true;
      result += space.slice(at, match.index) + fill(replacement, match.groups);
      at = match.index + match.text.length;
      if (!everywhere) break;
    }
    result += space.slice(at);
    if (changed && flags.includes('p')) write(result);
    return result;
  }
}

function fill(replacement: string, groups: readonly unknown[]): string {
  return replacement.replace(
    /\\([0-9])|\\n|\\([^])|&/g,
    (whole, digit?: string, escaped?: string) => {
      if (whole === '&') return String(groups[0]);
      if (digit !== undefined)
        return typeof groups[Number(digit)] === 'string' ? String(groups[Number(digit)]) : '';
      if (whole === '\\n') return '\n';
      return escaped === 't' ? '\t' : (escaped ?? '');
    },
  );
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
    throw new SedError("unmatched '/'");
  }

  #substitution(): Pick<SedCommand, 'expression' | 'replacement' | 'flags'> {
    const delimiter = this.#text[this.#at++] ?? '';
    const source = this.#delimited(delimiter, true);
    const replacement = this.#delimited(delimiter, false);
    const flags = this.#take(/([gpiI0-9]*)/y);
    const ignoreCase = /[iI]/.test(flags);
    return {
      expression: compileRegex(source, { extended: this.#extended, ignoreCase }),
      replacement,
      flags,
    };
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
