/**
 * Writes JSON values as YAML the way Kubernetes does: keys in natural order, plain texts unquoted
 * where they can be read back as texts, long lines folded.
 *
 * Models: sigs.k8s.io/yaml Marshal, go.yaml.in/yaml/v2 encode.go, sorter.go, emitterc.go (v2.4)
 */

/** emitterc.go best_width, best_indent. */
const WIDTH = 80;
const INDENT = 2;

export function toGoYaml(value: unknown): string {
  if (isFilled(value)) return block(value, 0, false).slice(1);
  return `${scalar(value, 0, 0)}\n`;
}

type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

function isFilled(value: unknown): value is Container {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

/** A list or map on lines of its own; it begins with a line break. */
function block(value: Container, indent: number, inMap: boolean): string {
  if (!Array.isArray(value)) {
    const map = value as Readonly<Record<string, unknown>>;
    const pad = ' '.repeat(indent);
    const keys = Object.keys(map).sort(compareKeys);
    return keys.map((key) => `\n${pad}${entry(key, map[key], indent)}`).join('') + end(indent);
  }
  // Lists in maps are not indented further.
  const at = inMap ? indent - INDENT : indent;
  const pad = ' '.repeat(at);
  const items = value.map((item) => `\n${pad}- ${listItem(item, at)}`);
  return items.join('') + end(indent);
}

function end(indent: number): string {
  return indent === 0 ? '\n' : '';
}

function listItem(item: unknown, at: number): string {
  // The first line of what is inside stands behind the dash.
  if (isFilled(item)) return block(item, at + INDENT, false).slice(1 + at + INDENT);
  return scalar(item, at + INDENT, at + INDENT);
}

function entry(key: string, value: unknown, indent: number): string {
  const name = keyText(key);
  if (isFilled(value)) return `${name}:${block(value, indent + INDENT, true)}`;
  return `${name}: ${scalar(value, indent + INDENT, indent + name.length + 2)}`;
}

/** |column| is where it begins; its further lines are indented by |indent|. */
function scalar(value: unknown, indent: number, column: number): string {
  if (typeof value === 'string') return text(value, indent, column);
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  return typeof value === 'number' ? numberText(value) : String(value);
}

function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21
    ? String(value)
    : String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function keyText(key: string): string {
  const style = styleOf(key);
  // A key stands on one line.
  if (style === 'literal' || style === 'double') return doubleQuoted(key, 0, 0, false);
  return style === 'single' ? singleQuoted(key, 0, 0, false) : key;
}

function text(value: string, indent: number, column: number): string {
  switch (styleOf(value)) {
    case 'plain':
      return folded(value, indent, column);
    case 'single':
      return singleQuoted(value, indent, column, true);
    case 'literal':
      return literal(value, indent);
    case 'double':
      return doubleQuoted(value, indent, column, true);
  }
}

type Style = 'plain' | 'single' | 'double' | 'literal';

/** What may not stand in any text but a double-quoted one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SPECIAL = /[^\n\r\u0085\u2028\u2029\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const BREAK = /[\n\r\u0085\u2028\u2029]/;

function styleOf(value: string): Style {
  const special = SPECIAL.test(value.replace(/[\ud800-\udbff][\udc00-\udfff]/g, 'x'));
  if (value.includes('\n')) {
    return special || / \n| $/.test(value) ? 'double' : 'literal';
  }
  if (!isText(value)) return 'double';
  if (special) return 'double';
  if (BREAK.test(value)) return 'double';
  return isPlain(value) ? 'plain' : 'single';
}

/** Whether |value| without quotes is plain text to a reader in the block context. */
function isPlain(value: string): boolean {
  if (/^[ ]|[ ]$/.test(value)) return false;
  if (value.startsWith('---') || value.startsWith('...')) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(value)) return false;
  if (/^[?:-](?: |$)/.test(value)) return false;
  return !/:(?: |$)/.test(value) && !/ #/.test(value);
}

const WORDS = new Set(
  'y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF ~ null Null NULL .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF <<'.split(
    ' ',
  ),
);
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const TIME =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}(?::\d{2})?))?)?$/;

/** Whether a reader would take the bare text for a text. */
function isText(value: string): boolean {
  if (value === '' || WORDS.has(value)) return false;
  if (BASE_60.test(value) || TIME.test(value)) return false;
  if (!/^[-+.0-9]/.test(value)) return true;
  const plain = value.replaceAll('_', '');
  return !FLOAT.test(plain) && !INTEGER.test(plain);
}

/** Breaks at single spaces once a line is long enough. */
function folded(value: string, indent: number, column: number): string {
  if (column + value.length <= WIDTH) return value;
  let out = '';
  let at = column;
  for (let i = 0; i < value.length; i++) {
    const c = value[i] as string;
    const breaks = c === ' ' && value[i - 1] !== ' ' && value[i + 1] !== ' ' && at > WIDTH;
    if (breaks && i > 0 && i < value.length - 1) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
    } else {
      out += c;
      at++;
    }
  }
  return out;
}

function singleQuoted(value: string, indent: number, column: number, mayFold: boolean): string {
  const doubled = value.replaceAll("'", "''");
  return `'${mayFold ? folded(doubled, indent, column + 1) : doubled}'`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\u000b': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(value: string, indent: number, column: number, mayFold: boolean): string {
  let out = '"';
  let at = column + 1;
  const letters = [...value];
  for (const [i, c] of letters.entries()) {
    const isInside = i > 0 && i < letters.length - 1;
    if (c === ' ' && mayFold && at > WIDTH && isInside && letters[i - 1] !== ' ') {
      const mark = letters[i + 1] === ' ' ? '\\' : '';
      out += `\n${' '.repeat(indent)}${mark}`;
      at = indent + mark.length;
      continue;
    }
    const shown = escaped(c);
    out += shown;
    at += shown.length;
  }
  return `${out}"`;
}

function escaped(c: string): string {
  const known = ESCAPES[c];
  if (known !== undefined) return known;
  const code = c.codePointAt(0) ?? 0;
  if (code > 0xffff ? code <= 0x10ffff : !SPECIAL.test(c)) return c;
  return code <= 0xff
    ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
    : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function literal(value: string, indent: number): string {
  const hint = /^[ \n]/.test(value) ? String(INDENT) : '';
  const chomp = !value.endsWith('\n') ? '-' : /^\n$|\n\n$/.test(value) ? '+' : '';
  const pad = ' '.repeat(indent);
  const lines = value.replace(/\n$/, '').split('\n');
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : pad + line)).join('\n')}`;
}

/** sorter.go keyList: numbers inside of keys count as numbers, letters come after everything else. */
function compareKeys(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const p = x[i] as string;
    const q = y[i] as string;
    if (p === q) continue;
    const isLetter = [p, q].map((c) => /\p{L}/u.test(c));
    if (isLetter[0] && isLetter[1]) return p < q ? -1 : 1;
    if (isLetter[0] || isLetter[1]) return isLetter[1] ? -1 : 1;
    return compareNumbers(x, y, i);
  }
  return x.length - y.length;
}

function compareNumbers(x: readonly string[], y: readonly string[], at: number): number {
  const p = x[at] as string;
  const q = y[at] as string;
  let from = 0;
  if (p === '0' || q === '0') {
    for (let j = at - 1; j >= 0 && /\d/.test(x[j] as string); j--) if (x[j] !== '0') from = 1;
  }
  const a = numberAt(x, at, from);
  const b = numberAt(y, at, from);
  return a.value - b.value || a.end - b.end || (p < q ? -1 : 1);
}

function numberAt(letters: readonly string[], at: number, from: number) {
  let value = from;
  let end = at;
  for (; end < letters.length && /\d/.test(letters[end] as string); end++) {
    value = value * 10 + Number(letters[end]);
  }
  return { value, end };
}
