/**
 * Regular expressions of schemas: Go's syntax, as far as JavaScript has the same.
 *
 * Simplified: what Go alone knows is refused when the definition is created
 */
const MAX_TEXT = 100_000;
const compiled = new Map<string, RegExp>();

export function matchesPattern(pattern: string, text: string): boolean {
  let regex = compiled.get(pattern);
  if (!regex) {
    regex = new RegExp(pattern, 'u');
    if (compiled.size > 1000) compiled.clear();
    compiled.set(pattern, regex);
  }
  return regex.test(text.slice(0, MAX_TEXT));
}
