/**
 * Reads JSON text as Go does: the same complaints, and a note of keys written twice, which
 * JSON.parse would silently merge.
 *
 * Models: Go encoding/json scanner.go; sigs.k8s.io/json (duplicate fields)
 * Simplified: nesting is bounded at MAX_DEPTH instead of Go's 10,000, so that no stack overflows
 */
import { goQuote } from './go-text.ts';

const MAX_DEPTH = 2000;

/** For each object with a key written twice: all its keys in the order of the text. */
export type DuplicateKeys = ReadonlyMap<object, readonly string[]>;

export interface ParsedJson {
  readonly value: unknown;
  readonly duplicates: DuplicateKeys;
}

/** The text is not JSON; the message is Go's. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

export function parseJson(text: string): ParsedJson {
  const parser = new JsonParser(text);
  return { value: parser.document(), duplicates: parser.duplicates };
}

/** `duplicate field "data.a"` for every key written twice, in the order of the text. */
export function duplicateFieldErrors(parsed: ParsedJson): readonly string[] {
  const out: string[] = [];
  if (parsed.duplicates.size === 0) return out;
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      value.forEach((item, i) => walk(item, `${path}[${i}]`));
      return;
    }
    const seen = new Set<string>();
    for (const key of parsed.duplicates.get(value) ?? Object.keys(value)) {
      const below = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) out.push(`duplicate field ${goQuote(below)}`);
      else walk((value as Record<string, unknown>)[key], below);
      seen.add(key);
    }
  };
  walk(parsed.value, '');
  return out;
}

/** Sets any key as an own property, `__proto__` too. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else target[key] = value;
}

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class JsonParser {
  readonly duplicates = new Map<object, readonly string[]>();
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    const value = this.value();
    this.skipSpace();
    if (this.at < this.text.length) this.fail('after top-level value');
    return value;
  }

  private value(): unknown {
    this.skipSpace();
    const c = this.text.charCodeAt(this.at);
    switch (c) {
      case OPEN_BRACE:
        return this.object();
      case OPEN_BRACKET:
        return this.array();
      case QUOTE:
        return this.string();
      case 116:
        return this.literal('true', true);
      case 102:
        return this.literal('false', false);
      case 110:
        return this.literal('null', null);
      default:
        if (c === MINUS || isDigit(c)) return this.number();
        return this.fail('looking for beginning of value');
    }
  }

  private object(): Record<string, unknown> {
    this.enter();
    const out: Record<string, unknown> = {};
    this.at++;
    this.skipSpace();
    if (this.text.charCodeAt(this.at) === CLOSE_BRACE) return this.leave(out);
    let keys: string[] | undefined;
    for (;;) {
      this.skipSpace();
      if (this.text.charCodeAt(this.at) !== QUOTE) {
        this.fail('looking for beginning of object key string');
      }
      const key = this.string();
      if (keys !== undefined) keys.push(key);
      else if (Object.hasOwn(out, key)) {
        keys = [...Object.keys(out), key];
        this.duplicates.set(out, keys);
      }
      this.skipSpace();
      if (this.text.charCodeAt(this.at) !== COLON) this.fail('after object key');
      this.at++;
      setOwn(out, key, this.value());
      this.skipSpace();
      const c = this.text.charCodeAt(this.at);
      if (c === CLOSE_BRACE) return this.leave(out);
      if (c !== COMMA) this.fail('after object key:value pair');
      this.at++;
    }
  }

  private array(): unknown[] {
    this.enter();
    const out: unknown[] = [];
    this.at++;
    this.skipSpace();
    if (this.text.charCodeAt(this.at) === CLOSE_BRACKET) return this.leave(out);
    for (;;) {
      out.push(this.value());
      this.skipSpace();
      const c = this.text.charCodeAt(this.at);
      if (c === CLOSE_BRACKET) return this.leave(out);
      if (c !== COMMA) this.fail('after array element');
      this.at++;
    }
  }

  private string(): string {
    const { text } = this;
    const start = ++this.at;
    // Most strings hold no escape: one slice then.
    for (;;) {
      const c = text.charCodeAt(this.at);
      if (c === QUOTE) return text.slice(start, this.at++);
      if (c === BACKSLASH) break;
      if (!(c >= 0x20)) this.fail('in string literal');
      this.at++;
    }
    let out = text.slice(start, this.at);
    for (;;) {
      const c = text.charCodeAt(this.at);
      if (c === QUOTE) {
        this.at++;
        return out;
      }
      if (c === BACKSLASH) out += this.escape();
      else {
        if (!(c >= 0x20)) this.fail('in string literal');
        out += text[this.at++];
      }
    }
  }

  private escape(): string {
    const letter = this.text[++this.at];
    if (letter === 'u') {
      let code = 0;
      for (let i = 0; i < 4; i++) {
        const digit = hexValue(this.text.charCodeAt(++this.at));
        if (digit < 0) this.fail('in \\u hexadecimal character escape');
        code = code * 16 + digit;
      }
      this.at++;
      return String.fromCharCode(code);
    }
    const escaped = letter === undefined ? undefined : ESCAPES[letter];
    if (escaped === undefined) return this.fail('in string escape code');
    this.at++;
    return escaped;
  }

  private number(): number {
    const { text } = this;
    const start = this.at;
    if (text.charCodeAt(this.at) === MINUS) this.at++;
    if (text[this.at] === '0') this.at++;
    else this.digits('in numeric literal');
    if (text.charCodeAt(this.at) === DOT) {
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    if (text[this.at] === 'e' || text[this.at] === 'E') {
      this.at++;
      if (text[this.at] === '+' || text[this.at] === '-') this.at++;
      this.digits('in exponent of numeric literal');
    }
    return Number(text.slice(start, this.at));
  }

  private digits(context: string): void {
    if (!isDigit(this.text.charCodeAt(this.at))) this.fail(context);
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
  }

  private literal<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++, this.at++) {
      if (this.text[this.at] !== word[i]) {
        this.fail(`in literal ${word} (expecting ${quoteChar(word[i] as string)})`);
      }
    }
    return value;
  }

  private skipSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.at++;
    }
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth');
  }

  private leave<T>(value: T): T {
    this.at++;
    this.depth--;
    return value;
  }

  private fail(context: string): never {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) throw new JsonSyntaxError('unexpected end of JSON input');
    throw new JsonSyntaxError(`invalid character ${quoteChar(firstByte(code))} ${context}`);
  }
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function hexValue(c: number): number {
  if (isDigit(c)) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Go looks at bytes: of a character beyond ASCII it shows the first byte of its UTF-8 form. */
function firstByte(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12));
  return String.fromCharCode(0xf0 | (code >> 18));
}

function quoteChar(c: string): string {
  if (c === "'") return "'\\''";
  if (c === '"') return "'\"'";
  return `'${goQuote(c).slice(1, -1)}'`;
}
