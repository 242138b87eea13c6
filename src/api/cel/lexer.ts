/**
 * Turns the text of an expression into tokens. The longest match wins; what fits no token is reported and
 * skipped, up to and including the character at which no token could go on.
 *
 * Models: cel-go parser/gen/CEL.g4 (lexer rules), ANTLR's Lexer.recover
 */

/** How error texts name a token; their order is that of the grammar, in which lists of them are printed. */
export const TOKEN_ORDER = [
  '<EOF>',
  "'=='",
  "'!='",
  "'in'",
  "'<'",
  "'<='",
  "'>='",
  "'>'",
  "'&&'",
  "'||'",
  "'['",
  "']'",
  "'{'",
  "'}'",
  "'('",
  "')'",
  "'.'",
  "','",
  "'-'",
  "'!'",
  "'?'",
  "':'",
  "'+'",
  "'*'",
  "'/'",
  "'%'",
  "'true'",
  "'false'",
  "'null'",
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
  'IDENTIFIER',
  'ESC_IDENTIFIER',
] as const;
export type TokenKind = (typeof TOKEN_ORDER)[number];

export interface Token {
  readonly kind: TokenKind;
  readonly pos: number;
  readonly text: string;
}

const OPERATORS: readonly [string, TokenKind][] = [
  ['==', "'=='"],
  ['!=', "'!='"],
  ['<=', "'<='"],
  ['>=', "'>='"],
  ['&&', "'&&'"],
  ['||', "'||'"],
  ['<', "'<'"],
  ['>', "'>'"],
  ['[', "'['"],
  [']', "']'"],
  ['{', "'{'"],
  ['}', "'}'"],
  ['(', "'('"],
  [')', "')'"],
  ['.', "'.'"],
  [',', "','"],
  ['-', "'-'"],
  ['!', "'!'"],
  ['?', "'?'"],
  [':', "':'"],
  ['+', "'+'"],
  ['*', "'*'"],
  ['/', "'/'"],
  ['%', "'%'"],
];
const WORDS: ReadonlyMap<string, TokenKind> = new Map([
  ['in', "'in'"],
  ['true', "'true'"],
  ['false', "'false'"],
  ['null', "'null'"],
]);

const SKIP = /(?:[\t \r\n\f]+|\/\/[^\n]*)*/y;
const FLOAT =
  /[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?/y;
const INT = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y;
const IDENT = /[A-Za-z_][A-Za-z0-9_]*/y;
const ESC_IDENT = /`[A-Za-z0-9_./\- ]+`/y;
const ESCAPE =
  /\\(?:[abfnrtv"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;
/** Longest prefix of an escape that could still become one, to find the character that spoils it. */
const ESCAPE_START = /\\(?:[0-3][0-7]?|[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7})?/y;

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

/** End of the string literal whose quote stands at |at|, or where it can go on no further. */
function scanString(source: string, at: number, raw: boolean): { end: number; ok: boolean } {
  const quote = source[at] ?? '';
  const triple = source.startsWith(quote.repeat(3), at);
  const close = triple ? quote.repeat(3) : quote;
  let i = at + close.length;
  while (i < source.length) {
    if (source.startsWith(close, i)) return { end: i + close.length, ok: true };
    const c = source[i];
    if (!triple && (c === '\n' || c === '\r')) return { end: i, ok: false };
    if (c === '\\' && !raw) {
      const escape = matchAt(ESCAPE, source, i);
      if (escape === undefined) {
        return { end: i + (matchAt(ESCAPE_START, source, i)?.length ?? 0), ok: false };
      }
      i += escape.length;
    } else i += 1;
  }
  return { end: i, ok: false };
}

interface Scanned {
  readonly token?: Token;
  /** First character that fits nothing. */
  readonly failedAt?: number;
}

function scanQuoted(source: string, pos: number): Scanned | undefined {
  const prefix = matchAt(/[bB]?[rR]?(?=["'])/y, source, pos);
  if (prefix === undefined) return undefined;
  const at = pos + prefix.length;
  const result = scanString(source, at, /[rR]/.test(prefix));
  const bytes = /[bB]/.test(prefix);
  const token = (end: number): Scanned => ({
    token: { kind: bytes ? 'BYTES' : 'STRING', pos, text: source.slice(pos, end) },
  });
  if (result.ok) return token(result.end);
  // Three quotes that are never closed: the first two are an empty string.
  if (source.startsWith((source[at] ?? '').repeat(3), at)) return token(at + 2);
  // A lone prefix is an identifier.
  return prefix === '' ? { failedAt: result.end } : undefined;
}

function scanToken(source: string, pos: number): Scanned {
  const quoted = scanQuoted(source, pos);
  if (quoted !== undefined) return quoted;
  const float = matchAt(FLOAT, source, pos);
  const int = matchAt(INT, source, pos);
  if (float !== undefined && float.length > (int?.length ?? 0)) {
    return { token: { kind: 'NUM_FLOAT', pos, text: float } };
  }
  if (int !== undefined) {
    return { token: { kind: /[uU]$/.test(int) ? 'NUM_UINT' : 'NUM_INT', pos, text: int } };
  }
  const word = matchAt(IDENT, source, pos);
  if (word !== undefined) {
    return { token: { kind: WORDS.get(word) ?? 'IDENTIFIER', pos, text: word } };
  }
  const escaped = matchAt(ESC_IDENT, source, pos);
  if (escaped !== undefined) return { token: { kind: 'ESC_IDENTIFIER', pos, text: escaped } };
  for (const [text, kind] of OPERATORS) {
    if (source.startsWith(text, pos)) return { token: { kind, pos, text } };
  }
  const c = source[pos];
  if (c === '`')
    return { failedAt: pos + (matchAt(/`[A-Za-z0-9_./\- ]*/y, source, pos)?.length ?? 1) };
  return { failedAt: c === '=' || c === '&' || c === '|' ? pos + 1 : pos };
}

const visible = (text: string): string =>
  text.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r');

/** All tokens, the last one being the end. |report| hears of what fits no token. */
export function tokenize(
  source: string,
  report: (pos: number, message: string) => void,
): readonly Token[] {
  const tokens: Token[] = [];
  let pos = 0;
  for (;;) {
    pos += matchAt(SKIP, source, pos)?.length ?? 0;
    if (pos >= source.length) break;
    const { token, failedAt = pos } = scanToken(source, pos);
    if (token !== undefined) {
      tokens.push(token);
      pos += token.text.length;
    } else {
      const end = Math.min(failedAt + charLength(source, failedAt), source.length);
      report(pos, `token recognition error at: '${visible(source.slice(pos, end))}'`);
      pos = end;
    }
  }
  tokens.push({ kind: '<EOF>', pos: source.length, text: '<EOF>' });
  return tokens;
}

/** A character beyond the basic plane takes two units. */
function charLength(source: string, at: number): number {
  return (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
