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

const compiled = new Map<string, RegExp>();

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

/** The source of a regular expression that matches what |pattern| does. */
export function patternSource(pattern: string): string {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === '*') source += '[^]*';
    else if (c === '?') source += '[^]';
    else if (c === '\\' && i + 1 < pattern.length) source += literal(pattern[++i] as string);
    else if (c === '[') {
      const bracket = readBracket(pattern, i);
      source += bracket?.source ?? '\\[';
      i = bracket?.last ?? i;
    } else source += literal(c);
  }
  return source;
}

export function matchesPattern(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    expression = new RegExp(`^${patternSource(pattern)}$`);
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(pattern, expression);
  }
  return expression.test(text);
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
  return text.replace(new RegExp(patternSource(pattern), everywhere ? 'g' : ''), () => replacement);
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
