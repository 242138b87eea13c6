/** Text as bytes: what C programs count and compare. Pure. */

/** Order of UTF-16 units; for ASCII, that of the bytes (the C locale). */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A byte that is no UTF-8 is kept as the half of a pair: U+DC80 to U+DCFF. */
const FIRST_BYTE = 0xdc80;
const LAST_BYTE = 0xdcff;

/** Bytes of |text| in UTF-8; a byte that is no UTF-8 stands as a lone surrogate. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit >= FIRST_BYTE && unit <= LAST_BYTE && !isFirstHalf(text.charCodeAt(i - 1))) continue;
    if (unit < 0x800) bytes++;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 2;
    // A surrogate pair is two units and four bytes; alone, the second half stands for a byte.
    else if (unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      bytes += 2;
      if (next >= 0xdc00 && next <= 0xdfff) i++;
    }
  }
  return bytes;
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** The first |count| bytes of |text|, cut at a character. */
export function headBytes(text: string, count: number): string {
  if (text.length * 3 <= count) return text;
  const size = utf8Length(text);
  if (size <= count) return text;
  if (size === text.length) return text.slice(0, count);
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8Length(character);
    if (bytes > count) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Lines of |text|, without their newlines; the end of the text ends the last line. */
export function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (text.endsWith('\n')) lines.pop();
  return lines;
}
