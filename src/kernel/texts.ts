/**
 * Texts that are made again and again, and kept: made from parts, each would be an object of its own,
 * and a chain of its parts.
 */

/** Beyond this many all are forgotten: what is worth keeping comes again. */
const MAX_TEXTS = 1_000;
const texts = new Map<string, string>();

/** The text that was first asked for with the same letters. */
export function oneText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= MAX_TEXTS) texts.clear();
  const flat = flatText(text);
  texts.set(flat, flat);
  return flat;
}

/** The same text in one piece: engines keep a sum of texts as a chain until a letter is looked at. */
export function flatText(text: string): string {
  text.charCodeAt(text.length - 1);
  return text;
}
