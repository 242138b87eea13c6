/**
 * How ash quotes words that it prints (set -x, trap, export). Pure. Models: ash.c
 * maybe_single_quote.
 */

export function quoteForTrace(word: string): string {
  if (word === '') return '';
  return /^[\w+,\-./:@^\]]+$/.test(word) ? word : singleQuote(word);
}

/** Single quotes around |text|; a single quote inside goes between double quotes. */
export function singleQuote(text: string): string {
  return `'${text.replace(/'+/g, (quotes) => `'"${quotes}"'`)}'`;
}
