/**
 * How Go writes values into messages: quoted strings (%q), JSON, byte lengths, sorted map keys.
 *
 * Models: Go strconv.Quote, encoding/json (HTML escaping), as used by apimachinery's field errors
 */

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Go's %q of a string. */
export function goQuote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const rune of text) {
    const escape = SHORT_ESCAPES[rune];
    out += escape ?? (PRINTABLE.test(rune) ? rune : escapeRune(rune.codePointAt(0) ?? 0));
  }
  return `${out}"`;
}

function escapeRune(code: number): string {
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Go's %q of a list of texts. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map(goQuote).join(' ')}]`;
}

/** A value behind a pointer: messages show it as JSON even when it is a text. */
export function goPointer(value: unknown): unknown {
  return { toJSON: () => value };
}

const HTML = /[<>&\u2028\u2029]/g;

/** Go's json.Marshal; the caller has put struct fields in Go's order, maps with `sortedByKey`. */
export function goJson(value: unknown, indent = 0): string {
  const text = value === undefined ? 'null' : JSON.stringify(value, null, indent);
  return text.replace(HTML, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const EXPONENT_FROM = 6; // strconv: the shortest %g takes an exponent from here on

/** A number as Go's %v shows a float64. */
export function goFloat(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < EXPONENT_FROM)) return String(value);
  const size = String(Math.abs(power)).padStart(2, '0');
  return `${digits}e${power < 0 ? '-' : '+'}${size}`;
}

/** The length of |text| in UTF-8, which is what Go's len() counts. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // The two halves of a surrogate pair take four bytes together: two units each.
    bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** Byte order of the UTF-16 text; equal to Go's for everything Kubernetes allows in names. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A copy of |map| in key order: Go prints and walks maps in messages that way. */
export function sortedByKey<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const out: Record<string, T> = {};
  for (const key of Object.keys(map).sort(compareText)) out[key] = map[key] as T;
  return out;
}
