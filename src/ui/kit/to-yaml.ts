/**
 * Writes JSON data as YAML in block style, keys in byte order, as kubectl prints it. Output only;
 * reading YAML is the engine's and the editor's affair.
 */
export function toYaml(value: unknown): string {
  return `${block(value, 0).join('\n')}\n`;
}

function block(value: unknown, indent: number): string[] {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${pad}[]`];
    return value.flatMap((item) => listItem(item, indent));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    if (entries.length === 0) return [`${pad}{}`];
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.flatMap(([key, v]) => mapEntry(key, v, indent));
  }
  return [pad + scalar(value, indent)];
}

function listItem(item: unknown, indent: number): string[] {
  const pad = ' '.repeat(indent);
  const lines = block(item, indent + 2);
  const [first = '', ...rest] = lines;
  return [`${pad}- ${first.slice(indent + 2)}`, ...rest];
}

function mapEntry(key: string, value: unknown, indent: number): string[] {
  const pad = ' '.repeat(indent);
  const name = quoteIfNeeded(key);
  if (isEmpty(value) || typeof value !== 'object' || value === null) {
    return [`${pad}${name}: ${inline(value, indent)}`];
  }
  // kubectl writes the items of a list at the indentation of its key.
  const lines = block(value, Array.isArray(value) ? indent : indent + 2);
  return [`${pad}${name}:`, ...lines];
}

function inline(value: unknown, indent: number): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  return scalar(value, indent);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function scalar(value: unknown, indent: number): string {
  if (typeof value !== 'string') return String(value);
  if (value.includes('\n') && !/[\t\r]|^\s|\u0000/.test(value) && !/ \n/.test(value)) {
    return literal(value, indent);
  }
  return quoteIfNeeded(value);
}

/** A text of several lines, readable: `|` keeps one final newline, `|-` none, `|+` all. */
function literal(value: string, indent: number): string {
  const pad = ' '.repeat(indent + 2);
  const chomp = !value.endsWith('\n') ? '-' : value.endsWith('\n\n') ? '+' : '';
  const lines = (chomp === '-' ? value : value.slice(0, -1)).split('\n');
  return [`|${chomp}`, ...lines.map((line) => (line === '' ? '' : pad + line))].join('\n');
}

/** Plain words that YAML 1.1 would read as something other than a text. */
const NOT_TEXT =
  /^(?:~|null|true|false|yes|no|on|off|y|n|[-+]?(?:\d[\d_]*)?(?:\.\d*)?(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|nan)|0[xob][\da-f_]+|\d+(?::\d+)+(?:\.\d*)?|\d{4}-\d\d?-\d\d?.*|<<|=)$/i;
const UNSAFE_START = /^[\s&*!|>'"%@`{}[\],#?:-]/;

function quoteIfNeeded(text: string): string {
  if (text === '' || NOT_TEXT.test(text)) return JSON.stringify(text);
  // A dash, colon or question mark is harmless at the start when a word follows at once.
  if (UNSAFE_START.test(text) && !/^[-?:][^\s,[\]{}]/.test(text)) return JSON.stringify(text);
  if (/: |:$| #|\s$|[\u0000-\u001f\u007f]/.test(text)) return JSON.stringify(text);
  return text;
}
