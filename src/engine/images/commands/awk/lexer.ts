/** Tokens of awk. Models: POSIX awk, Lexical Conventions. */
import { AwkSyntaxError } from './syntax.ts';

export interface Token {
  readonly kind:
    | 'number'
    | 'string'
    | 'regex'
    | 'name'
    /** A name with `(` at once behind it. */
    | 'call'
    | 'builtin'
    | 'word'
    | 'operator'
    | 'newline'
    | 'end';
  readonly text: string;
}

const WORDS = new Set(
  'BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf'.split(
    ' ',
  ),
);

export const BUILTINS: ReadonlySet<string> = new Set(
  'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper system close fflush systime strftime mktime and or xor lshift rshift compl'.split(
    ' ',
  ),
);

/** Longest first. */
const OPERATORS = [
  '**=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '**',
  '==',
  '<=',
  '>=',
  '!=',
  '++',
  '--',
  '&&',
  '||',
  '>>',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '!',
  '>',
  '<',
  '|',
  '?',
  ':',
  '~',
  '$',
  '=',
];

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
  '/': '/',
};

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], text: string): void => {
    tokens.push({ kind, text });
  };
  while (at < source.length) {
    const c = source[at] as string;
    const rest = source.slice(at, at + 64);
    const blank = /^(?:[ \t\r]|\\\n|\\\r\n)+/.exec(rest)?.[0];
    if (blank !== undefined) {
      at += blank.length;
    } else if (c === '#') {
      const end = source.indexOf('\n', at);
      at = end < 0 ? source.length : end;
    } else if (c === '\n') {
      push('newline', '\n');
      at++;
    } else if (c === '"') {
      const { text, end } = readString(source, at + 1);
      push('string', text);
      at = end;
    } else if (/[0-9]/.test(c) || (c === '.' && /[0-9]/.test(source[at + 1] ?? ''))) {
      const text =
        /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(source.slice(at))?.[0] ??
        c;
      push('number', text);
      at += text.length;
    } else if (/[A-Za-z_]/.test(c)) {
      const text = /^\w+/.exec(source.slice(at))?.[0] ?? c;
      at += text.length;
      if (WORDS.has(text)) push('word', text === 'func' ? 'function' : text);
      else if (BUILTINS.has(text)) push('builtin', text);
      else push(source[at] === '(' ? 'call' : 'name', text);
    } else if (c === '/' && startsRegex(tokens.at(-1))) {
      const { text, end } = readRegex(source, at + 1);
      push('regex', text);
      at = end;
    } else {
      const operator = OPERATORS.find((text) => source.startsWith(text, at));
      if (operator === undefined) throw new AwkSyntaxError('Unexpected token');
      push('operator', operator === '**' ? '^' : operator === '**=' ? '^=' : operator);
      at += operator.length;
    }
  }
  push('end', '');
  return tokens;
}

/** After a value a slash divides. */
function startsRegex(last: Token | undefined): boolean {
  if (!last) return true;
  if (['number', 'string', 'regex', 'name', 'builtin'].includes(last.kind)) return false;
  return !(last.kind === 'operator' && [')', ']', '$', '++', '--'].includes(last.text));
}

function readString(source: string, from: number): { text: string; end: number } {
  let text = '';
  let at = from;
  for (; source[at] !== '"'; at++) {
    const c = source[at];
    if (c === undefined || c === '\n') throw new AwkSyntaxError('Unexpected end of string');
    if (c !== '\\') {
      text += c;
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1, at + 4))?.[0];
    const next = source[at + 1] ?? '';
    if (octal !== undefined) {
      text += String.fromCharCode(Number.parseInt(octal, 8) & 255);
      at += octal.length;
    } else {
      if (next !== '\n') text += ESCAPES[next] ?? `\\${next}`;
      at++;
    }
  }
  return { text, end: at + 1 };
}

function readRegex(source: string, from: number): { text: string; end: number } {
  let text = '';
  let at = from;
  for (let inBracket = false; inBracket || source[at] !== '/'; at++) {
    const c = source[at];
    if (c === undefined || c === '\n') throw new AwkSyntaxError('Unexpected end of string');
    if (c === '[' && !inBracket) inBracket = true;
    else if (c === ']' && inBracket && !/\[\^?$/.test(text)) inBracket = false;
    if (c === '\\') {
      const next = source[++at] ?? '';
      text +=
        next === '/'
          ? '/'
          : next === '"'
            ? '"'
            : next in ESCAPES && next !== '\\' && next !== 'b'
              ? (ESCAPES[next] as string)
              : `\\${next}`;
    } else text += c;
  }
  return { text, end: at + 1 };
}
