/**
 * POSIX regular expressions, basic and extended, as JavaScript ones. Pure.
 *
 * Models: regex(7) with the GNU additions \+ \? \| \w \b. Simplified: no collating
 * elements, no back reference together with a repeated group.
 */
import { RE2JS } from 're2js';
import { POSIX_CLASSES } from '../shell/posix-classes.ts';

export class RegexError extends Error {
  override readonly name = 'RegexError';
}

export interface RegexOptions {
  readonly extended: boolean;
  readonly ignoreCase?: boolean;
}

export interface Match {
  readonly index: number;
  readonly text: string;
  /** The whole first, then what each group matched. */
  readonly groups: readonly (string | undefined)[];
}

/**
 * Below this many places where a match may go on or end, backtracking is fast; beyond, and wherever a
 * group is repeated, the pattern is matched in linear time.
 */
const MAX_QUICK_REPEATS = 2;

export class Regex {
  readonly source: string;
  readonly #host: RegExp | null = null;
  readonly #linear: RE2JS | null = null;

  /** |source| in the syntax of JavaScript, as `translateRegex` writes it. */
  constructor(source: string, ignoreCase = false) {
    this.source = source;
    const bare = source.replace(/\\[^1-9]|\[(?:\\.|[^\]\\])*\]/g, 'x');
    const refersBack = /\\[1-9]/.test(bare);
    const repeatsGroup = /\)[*+?{]/.test(bare);
    const repeats = (bare.match(/[*+{]/g) ?? []).length;
    if (refersBack && repeatsGroup)
      throw new RegexError('back references to repeated groups are not simulated');
    try {
      const isQuick = !repeatsGroup && repeats <= MAX_QUICK_REPEATS && !bare.includes('|');
      if (refersBack || isQuick) this.#host = new RegExp(source, `gs${ignoreCase ? 'i' : ''}`);
      else this.#linear = RE2JS.compile(source, linearFlags(ignoreCase));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new RegexError('bad regex');
    }
  }

  test(text: string): boolean {
    return this.exec(text) !== null;
  }

  /** The first match at |from| or later. */
  exec(text: string, from = 0): Match | null {
    if (from > text.length) return null;
    if (this.#host) {
      this.#host.lastIndex = from;
      const found = this.#host.exec(text);
      return found && { index: found.index, text: found[0], groups: found };
    }
    const matcher = this.#linear?.matcher(text);
    if (!matcher?.find(from)) return null;
    const groups: (string | undefined)[] = [];
    for (let i = 0; i <= matcher.groupCount(); i++) groups.push(matcher.group(i) ?? undefined);
    return { index: matcher.start(), text: groups[0] ?? '', groups };
  }

  /** All matches, none of which touches the one before with nothing. */
  *all(text: string): Generator<Match> {
    let from = 0;
    let last = -1;
    for (;;) {
      const match = this.exec(text, from);
      if (!match) return;
      const end = match.index + match.text.length;
      if (match.text !== '' || match.index !== last) yield match;
      last = end;
      from = match.text === '' ? end + 1 : end;
    }
  }

  /** Pieces between the matches; an empty match ends nothing. */
  split(text: string): string[] {
    const parts: string[] = [];
    let from = 0;
    for (const match of this.all(text)) {
      if (match.text === '') continue;
      parts.push(text.slice(from, match.index));
      from = match.index + match.text.length;
    }
    parts.push(text.slice(from));
    return parts;
  }
}

function linearFlags(ignoreCase: boolean): number {
  // POSIX takes the longest of all matches at the first place.
  return RE2JS.DOTALL | RE2JS.LONGEST_MATCH | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
}

/** Bound of the cache of compiled expressions; one that is passed is emptied. */
const MAX_CACHED = 256;
const compiled = new Map<string, Regex>();

export function compileRegex(source: string, options: RegexOptions): Regex {
  const key = `${options.extended ? 'E' : 'B'}${options.ignoreCase ? 'i' : ''} ${source}`;
  let regex = compiled.get(key);
  if (!regex) {
    regex = new Regex(translate(source, options.extended), options.ignoreCase);
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(key, regex);
  }
  return regex;
}

/** Makes all characters of a text ordinary (grep -F). */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function translate(source: string, extended: boolean): string {
  let out = '';
  for (let i = 0; i < source.length; i++) {
    const c = source[i] as string;
    if (c === '[') {
      const bracket = translateBracket(source, i);
      out += bracket.text;
      i = bracket.last;
    } else if (c === '\\') {
      out += translateEscape(source[++i], extended);
    } else if (extended) {
      out += c === '/' ? '\\/' : c;
    } else {
      out += translateBasic(source, i, out);
    }
  }
  return out;
}

/** Characters that are special in extended expressions only are ordinary in basic ones. */
function translateBasic(source: string, i: number, before: string): string {
  const c = source[i] as string;
  if (c === '*' && (before === '' || before.endsWith('(') || before === '^')) return '\\*';
  if (c === '^') return before === '' || before.endsWith('(') || before.endsWith('|') ? '^' : '\\^';
  if (c === '$') {
    const rest = source.slice(i + 1);
    return rest === '' || rest.startsWith('\\)') || rest.startsWith('\\|') ? '$' : '\\$';
  }
  return /[+?(){}|/]/.test(c) ? `\\${c}` : c;
}

function translateEscape(c: string | undefined, extended: boolean): string {
  if (c === undefined) throw new RegexError('Trailing backslash');
  if (/[1-9]/.test(c)) return `\\${c}`;
  if (/[wWsSbBn]/.test(c)) return `\\${c}`;
  if (c === 't') return extended ? 't' : 't';
  if (c === '<' || c === '>') return '\\b';
  if (!extended && /[(){}+?|]/.test(c)) return c;
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}

function translateBracket(source: string, at: number): { text: string; last: number } {
  let i = at + 1;
  let text = '[';
  if (source[i] === '^') {
    text += '^';
    i++;
  }
  for (let first = true; i < source.length; i++, first = false) {
    const c = source[i] as string;
    if (c === ']' && !first) return { text: `${text}]`, last: i };
    const named = c === '[' ? /^\[:([a-z]+):\]/.exec(source.slice(i)) : null;
    if (named) {
      text += POSIX_CLASSES[named[1] as string] ?? '';
      i += named[0].length - 1;
    } else text += /[\\[\]^]/.test(c) ? `\\${c}` : c;
  }
  throw new RegexError('Unmatched [, [^, [:, [., or [=');
}
