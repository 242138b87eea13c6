/**
 * Reads large YAML as programs write it: blocks of maps and lists, scalars and flow collections on
 * one line each. One pass over the lines, a hundred times as fast as the full reader. Whatever is
 * not that simple (anchors, tags, comments after values, texts of many lines, keys written twice,
 * mistakes) is left to the full reader, which words complaints.
 *
 * Models: go.yaml.in/yaml/v2 as sigs.k8s.io/yaml uses it (v1.6), as far as it goes
 */
import { setOwn } from './json-text.ts';

export interface SimpleYaml {
  readonly value: unknown;
}

const MAX_DEPTH = 100;
const MAX_KEY_LENGTH = 1_000; // a key of more than 1024 characters is none (YAML 1.1, 9.2.1)
/** ASCII, and letters that are nobody's line break. */
const STRANGE = /[^\n\x20-\x7e\u00a1-\u1fff]/;
const KEY = /^([A-Za-z0-9_./][A-Za-z0-9_./-]*|"[^"\\]*"|'[^']*'):(?: +(.*))?$/;
const QUOTED = /^(?:"([^"\\]*)"|'([^']*)')$/;
const PLAIN = /^(?:[A-Za-z0-9_./+~$(;^]|-(?=[^ ]))/;
const FLOW_KEY = / *([A-Za-z0-9_./][A-Za-z0-9_./-]*|"[^"\\]*"|'[^']*'): +/y;
const FLOW_SCALAR =
  /("[^"\\]*"|'[^']*'|[A-Za-z0-9_./][A-Za-z0-9_./+-]*(?: +[A-Za-z0-9_./+-]+)*)(?= *[,\]}])/y;
const FLOW_NEXT = / *([,\]}]) */y;

class NotSimple extends Error {
  override readonly name = 'NotSimple';
}

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** null = not simple. |resolve| says what a plain scalar means. */
export function readSimpleYaml(
  text: string,
  resolve: (plain: string) => unknown,
): SimpleYaml | null {
  if (STRANGE.test(text)) return null;
  try {
    return { value: new Reader(linesOf(text), resolve).document() };
  } catch (error) {
    if (error instanceof NotSimple) return null;
    throw error;
  }
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let isFirst = true;
  for (const line of text.split('\n')) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) continue;
    if (/^(?:---|\.\.\.|%)/.test(line)) {
      if (!isFirst || line !== '---') throw new NotSimple();
      isFirst = false;
      continue;
    }
    isFirst = false;
    lines.push({ indent: line.length - line.trimStart().length, text: bare });
  }
  return lines;
}

function isItem({ text }: Line): boolean {
  return text === '-' || text.startsWith('- ');
}

function unquoted(text: string): string | null {
  const quoted = QUOTED.exec(text);
  return quoted === null ? null : (quoted[1] ?? quoted[2] ?? '');
}

class Reader {
  readonly #lines: Line[];
  readonly #resolve: (plain: string) => unknown;
  #at = 0;
  #depth = 0;

  constructor(lines: Line[], resolve: (plain: string) => unknown) {
    this.#lines = lines;
    this.#resolve = resolve;
  }

  document(): unknown {
    const value = this.#block(-1);
    if (this.#at < this.#lines.length) throw new NotSimple();
    return value;
  }

  /** What is indented more than |outer|; null when nothing is. */
  #block(outer: number): unknown {
    const line = this.#lines[this.#at];
    if (line === undefined || line.indent <= outer) return null;
    if (++this.#depth > MAX_DEPTH) throw new NotSimple();
    const value = isItem(line) ? this.#list(line.indent) : this.#map(line.indent);
    this.#depth--;
    return value;
  }

  #map(indent: number): unknown {
    const out: Record<string, unknown> = {};
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.indent < indent) return out;
      const [, written = '', value = ''] = KEY.exec(line.text) ?? [];
      if (line.indent > indent || written === '') throw new NotSimple();
      const key = this.#key(written, out);
      this.#at++;
      setOwn(out, key, value === '' ? this.#below(indent) : this.#scalar(value, indent));
    }
  }

  /** Names that go-yaml does not take for texts, and what strict reading complains of. */
  #key(written: string, into: object): string {
    const key = unquoted(written) ?? this.#resolve(written);
    if (typeof key !== 'string' || key === '__proto__' || Object.hasOwn(into, key)) {
      throw new NotSimple();
    }
    if (key.length > MAX_KEY_LENGTH) throw new NotSimple();
    return key;
  }

  /** The value of a key that stands alone on its line: a list may be indented like the key. */
  #below(indent: number): unknown {
    const next = this.#lines[this.#at];
    if (next?.indent === indent && isItem(next)) return this.#list(indent);
    return this.#block(indent);
  }

  #list(indent: number): unknown {
    const out: unknown[] = [];
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.indent !== indent || !isItem(line)) {
        if (line !== undefined && line.indent > indent) throw new NotSimple();
        return out;
      }
      const rest = line.text.slice(1).trimStart();
      if (rest === '') {
        this.#at++;
        out.push(this.#block(indent));
      } else if (isItem({ indent, text: rest }) || KEY.test(rest)) {
        // The item begins on the line of its dash.
        this.#lines[this.#at] = { indent: indent + line.text.length - rest.length, text: rest };
        out.push(this.#block(indent));
      } else {
        this.#at++;
        out.push(this.#scalar(rest, indent));
      }
    }
  }

  #scalar(text: string, indent: number): unknown {
    const next = this.#lines[this.#at];
    if (next !== undefined && next.indent > indent) throw new NotSimple();
    const quoted = unquoted(text);
    if (quoted !== null) return quoted;
    if (text.startsWith('{') || text.startsWith('[')) return this.#flow(text);
    if (!PLAIN.test(text) || text.includes(' #') || text.includes(': ') || text.endsWith(':')) {
      throw new NotSimple();
    }
    return this.#resolve(text);
  }

  #flow(text: string): unknown {
    if (text === '{}') return {};
    if (text === '[]') return [];
    const { value, end } = this.#collection(text, 0);
    if (end !== text.length) throw new NotSimple();
    return value;
  }

  /** A collection that opens at |start|, with at least one item. */
  #collection(text: string, start: number): { readonly value: unknown; readonly end: number } {
    if (++this.#depth > MAX_DEPTH) throw new NotSimple();
    const isMap = text[start] === '{';
    const map: Record<string, unknown> = {};
    const list: unknown[] = [];
    let at = start + 1;
    for (;;) {
      let key = '';
      if (isMap) {
        const name = matchAt(FLOW_KEY, text, at);
        key = this.#key(name.group, map);
        at = name.end;
      } else {
        while (text[at] === ' ') at++;
      }
      const { value, end } =
        text[at] === '{' || text[at] === '['
          ? this.#collection(text, at)
          : this.#flowScalar(text, at);
      if (isMap) setOwn(map, key, value);
      else list.push(value);
      const next = matchAt(FLOW_NEXT, text, end);
      at = next.end;
      if (next.group === ',') continue;
      if (next.group !== (isMap ? '}' : ']')) throw new NotSimple();
      this.#depth--;
      return { value: isMap ? map : list, end: at };
    }
  }

  #flowScalar(text: string, at: number): { readonly value: unknown; readonly end: number } {
    const { group, end } = matchAt(FLOW_SCALAR, text, at);
    return { value: unquoted(group) ?? this.#resolve(group), end };
  }
}

function matchAt(
  pattern: RegExp,
  text: string,
  at: number,
): { readonly group: string; readonly end: number } {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) throw new NotSimple();
  return { group: match[1] ?? '', end: pattern.lastIndex };
}
