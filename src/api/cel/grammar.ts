/**
 * Sets of tokens that the parser decides by, and the functions that operators stand for.
 *
 * Models: cel-go parser/gen/CEL.g4, common/operators
 */
import type { TokenKind } from './lexer.ts';

export type Kinds = readonly TokenKind[];

/** What an operand may start with; `!` and `-` come before it. */
export const PRIMARY: Kinds = [
  "'['",
  "'{'",
  "'('",
  "'.'",
  "'true'",
  "'false'",
  "'null'",
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
  'IDENTIFIER',
];
export const OPERAND: Kinds = [...PRIMARY, "'-'", "'!'"];
export const OPTIONAL_OPERAND: Kinds = [...OPERAND, "'?'"];
export const RELATIONS: Kinds = ["'<'", "'<='", "'>='", "'>'", "'=='", "'!='", "'in'"];
export const SUMS: Kinds = ["'+'", "'-'"];
export const PRODUCTS: Kinds = ["'*'", "'/'", "'%'"];
export const FIELD_NAMES: Kinds = ['IDENTIFIER', 'ESC_IDENTIFIER'];
export const SUFFIXES: Kinds = ["'.'", "'['"];

export const FUNCTION_OF: Readonly<Partial<Record<TokenKind, string>>> = {
  "'in'": '@in',
  "'<'": '_<_',
  "'<='": '_<=_',
  "'>='": '_>=_',
  "'>'": '_>_',
  "'=='": '_==_',
  "'!='": '_!=_',
  "'+'": '_+_',
  "'-'": '_-_',
  "'*'": '_*_',
  "'/'": '_/_',
  "'%'": '_%_',
};

/** Not usable as variables; they stay usable as fields. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'as break const continue else false for function if import in let loop package namespace null ' +
    'return true var void while'
  ).split(' '),
);
