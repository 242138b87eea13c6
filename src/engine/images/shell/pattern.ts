/**
 * Shell patterns (*, ?, [...]) as `case`, `${x#…}` and file names use them. A backslash makes the
 * next
 * character ordinary. Pure.
 *
 * Models: fnmatch(3) in the C locale.
 */
import { POSIX_CLASSES } from './posix-classes.ts';

/** Bound of the cache of compiled patterns; one that is passed is emptied. */
const MAX_CACHED = 512;

const compiled = new Map<string, readonly Piece[]>();

/** Makes every character of |text| ordinary. */
export function escapePattern(text: string): string {
  return /[*?[\]\\]/.test(text) ? text.replace(/[*?[\]\\]/g, '\\$&') : text;
}

/** Undoes the backslashes of a pattern in which nothing is special. */
export function unescapePattern(pattern: string): string {
  return pattern.includes('\\') ? pattern.replace(/\\([^])/g, '$1') : pattern;
}

/** Whether a pattern has a special character that is not escaped. */
export function isPattern(pattern: string): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '*' || c === '?' || c === '[') return true;
  }
  return false;
}

/** One character of a pattern: what matches it, or null for a star. */
type Piece = string | RegExp | null;

function compile(pattern: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === '*') {
      if (pieces.at(-1) !== null) pieces.push(null);
    } else if (c === '?') pieces.push(ANY);
    else if (c === '\\' && i + 1 < pattern.length) pieces.push(pattern[++i] as string);
    else if (c === '[') {
      const bracket = readBracket(pattern, i);
      pieces.push(bracket ? new RegExp(bracket.source) : c);
      i = bracket?.last ?? i;
    } else pieces.push(c);
  }
  return pieces;
}

const ANY = /[^]/;

function pieces(pattern: string): readonly Piece[] {
  let list = compiled.get(pattern);
  if (!list) {
    list = compile(pattern);
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(pattern, list);
  }
  return list;
}

/**
 * Whether all of |text| matches. Only the last star is ever tried again, so that no pattern takes
 * longer than its length times that of the text.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const list = pieces(pattern);
  let at = 0;
  let piece = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = list[piece];
    if (wanted === null) {
      star = piece++;
      starAt = at;
    } else if (wanted !== undefined && fits(wanted, text[at] as string)) {
      piece++;
      at++;
    } else if (star >= 0) {
      piece = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (list[piece] === null) piece++;
  return piece === list.length;
}

function fits(piece: string | RegExp, character: string): boolean {
  return typeof piece === 'string' ? piece === character : piece.test(character);
}

/** `${text#pattern}` and its three relatives. */
export function removeMatch(
  text: string,
  pattern: string,
  operator: '#' | '##' | '%' | '%%',
): string {
  const fromStart = operator === '#' || operator === '##';
  const longest = operator === '##' || operator === '%%';
  for (let i = 0; i <= text.length; i++) {
    const length = longest ? text.length - i : i;
    const at = fromStart ? length : text.length - length;
    const piece = fromStart ? text.slice(0, at) : text.slice(at);
    if (matchesPattern(pattern, piece)) return fromStart ? text.slice(at) : text.slice(0, at);
  }
  return text;
}

/** `${text/pattern/replacement}`: the longest match, at the first place or everywhere. */
export function replaceMatch(
  text: string,
  pattern: string,
  replacement: string,
  everywhere: boolean,
): string {
  if (pattern === '') return text;
  let result = '';
  let at = 0;
  while (at < text.length) {
    const length = longestAt(text, at, pattern);
    if (length === 0) {
      result += text[at++];
      continue;
    }
    result += replacement;
    at += length;
    if (!everywhere) break;
  }
  return result + text.slice(at);
}

/** How much of |text| matches from |from| on: each state is a place in the pattern. */
function longestAt(text: string, from: number, pattern: string): number {
  const list = pieces(pattern);
  let states = closure(list, [0]);
  let longest = 0;
  for (let at = from; at < text.length && states.length > 0; at++) {
    const next: number[] = [];
    for (const state of states) {
      const piece = list[state];
      if (piece === null) next.push(state);
      else if (piece !== undefined && fits(piece, text[at] as string)) next.push(state + 1);
    }
    states = closure(list, next);
    if (states.includes(list.length)) longest = at + 1 - from;
  }
  return longest;
}

/** A star may stand for nothing. */
function closure(list: readonly Piece[], states: readonly number[]): number[] {
  const all = new Set<number>();
  for (const state of states) {
    let at = state;
    all.add(at);
    while (list[at] === null) all.add(++at);
  }
  return [...all];
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function readBracket(pattern: string, at: number): { source: string; last: number } | null {
  let i = at + 1;
  let source = '[';
  if (pattern[i] === '!' || pattern[i] === '^') {
    source += '^';
    i++;
  }
  for (let first = true; i < pattern.length; i++, first = false) {
    const c = pattern[i] as string;
    if (c === ']' && !first) return { source: `${source}]`, last: i };
    const named = c === '[' ? /^\[:([a-z]+):\]/.exec(pattern.slice(i)) : null;
    if (named) {
      source += POSIX_CLASSES[named[1] as string] ?? '';
      i += named[0].length - 1;
    } else if (c === '-') {
      const isRange = !first && pattern[i + 1] !== ']' && i + 1 < pattern.length;
      source += isRange ? '-' : '\\-';
    } else if (c === '\\' && i + 1 < pattern.length) {
      source += literal(pattern[++i] as string);
    } else {
      source += literal(c);
    }
  }
  return null;
}
