/**
 * Base64 as Go's encoding/base64 StdEncoding reads and complains of it.
 *
 * Simplified: bits after the last whole byte are not cleared when the text is written again
 */

const ALPHABET = /^[A-Za-z0-9+/]$/;
const CLEAN = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export type Base64Text = { readonly text: string } | { readonly error: string };

/** |text| without line breaks, or Go's complaint. */
export function canonicalBase64(text: string): Base64Text {
  if (CLEAN.test(text)) return { text };
  const bad = corruptAt(text);
  if (bad >= 0) return { error: `illegal base64 data at input byte ${bad}` };
  return { text: text.replace(/[\r\n]/g, '') };
}

/** Where Go's decoder stops, or -1 if it does not. */
function corruptAt(text: string): number {
  let at = 0;
  const skipBreaks = (): void => {
    while (text[at] === '\n' || text[at] === '\r') at++;
  };
  for (;;) {
    for (let j = 0; j < 4; ) {
      const c = text[at];
      if (c === undefined) return j === 0 ? -1 : at - j;
      at++;
      if (ALPHABET.test(c)) j++;
      else if (c === '=') {
        if (j < 2) return at - 1;
        if (j === 2) {
          skipBreaks();
          if (at === text.length) return text.length;
          if (text[at] !== '=') return at - 1;
          at++;
        }
        skipBreaks();
        return at < text.length ? at : -1;
      } else if (c !== '\n' && c !== '\r') return at - 1;
    }
  }
}

/** How many bytes a well-formed |text| stands for. */
export function base64Size(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
