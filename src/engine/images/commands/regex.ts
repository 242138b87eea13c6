/**
 * POSIX regular expressions, basic and extended, as JavaScript ones. Pure.
 *
 * Models: regex(7) with the GNU additions \+ \? \| \w \b. Simplified: of several matches at one
 * place
 * the first alternative wins, not the longest; no collating elements.
 */
import { POSIX_CLASSES } from '../shell/posix-classes.ts';

export class RegexError extends Error {
  override readonly name = 'RegexError';
}

export interface RegexOptions {
  readonly extended: boolean;
  readonly ignoreCase?: boolean;
  readonly global?: boolean;
}

export function compileRegex(source: string, options: RegexOptions): RegExp {
  const flags = `${options.ignoreCase ? 'i' : ''}${options.global ? 'g' : ''}`;
  try {
    return new RegExp(translate(source, options.extended), flags);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RegexError('bad regex');
    throw error;
  }
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
