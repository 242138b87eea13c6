/**
 * Regular expressions of schemas: Go's syntax, and time linear in the text, so that no pattern and no
 * text can hold the server up.
 *
 * Models: Go's regexp package (RE2)
 */
import { RE2JS } from 're2js';

const MAX_KEPT = 1000;
const compiled = new Map<string, RE2JS | string>();

/** The compiled pattern, or what is wrong with it. */
function compile(pattern: string): RE2JS | string {
  let regex = compiled.get(pattern);
  if (regex !== undefined) return regex;
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    regex = error instanceof Error ? error.message : String(error);
  }
  if (compiled.size > MAX_KEPT) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}

export function matchesPattern(pattern: string, text: string): boolean {
  const regex = compile(pattern);
  return typeof regex !== 'string' && regex.matcher(text).find();
}

/** '' = it is a pattern. */
export function patternError(pattern: string): string {
  const regex = compile(pattern);
  return typeof regex === 'string' ? regex : '';
}
