/**
 * Lengths in bytes of text in which bytes that are no UTF-8 stand as lone surrogates U+DC80 to
 * U+DCFF. Pure.
 */

/** Bytes of the character that begins at |i|; its length in UTF-16 units in the upper half. */
function sizeAt(text: string, i: number): { readonly bytes: number; readonly units: number } {
  const unit = text.charCodeAt(i);
  if (unit < 0x80) return ONE;
  if (unit < 0x800) return TWO;
  if (unit >= 0xd800 && unit < 0xdc00) {
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next < 0xe000) return PAIR;
  }
  return unit >= 0xdc80 && unit <= 0xdcff ? ONE : THREE;
}

const ONE = { bytes: 1, units: 1 };
const TWO = { bytes: 2, units: 1 };
const THREE = { bytes: 3, units: 1 };
const PAIR = { bytes: 4, units: 2 };

export function textBytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; ) {
    const size = sizeAt(text, i);
    bytes += size.bytes;
    i += size.units;
  }
  return bytes;
}

/** The first |count| bytes of |text|, cut at a character. */
export function textHead(text: string, count: number): string {
  if (text.length * 3 <= count) return text;
  let bytes = 0;
  let i = 0;
  while (i < text.length) {
    const size = sizeAt(text, i);
    bytes += size.bytes;
    if (bytes > count) break;
    i += size.units;
  }
  return text.slice(0, i);
}
