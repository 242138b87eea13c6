/** Literals: from a token to a value. Models: cel-go parser/parser.go (VisitInt and its siblings) */
import { literal, type LiteralExpr } from './ast.ts';
import type { Token } from './lexer.ts';
import { unescapeBytes, unescapeString } from './unescape.ts';
import { CelUint, type CelValue } from './values.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

function int(text: string, negative: boolean): CelValue | undefined {
  const value = negative ? -BigInt(text) : BigInt(text);
  return value <= MAX_INT64 && value >= -MAX_INT64 - 1n ? value : undefined;
}

function uint(text: string): CelValue | undefined {
  const value = BigInt(text.slice(0, -1));
  return value <= MAX_UINT64 ? new CelUint(value) : undefined;
}

function double(text: string, negative: boolean): CelValue | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return negative ? -value : value;
}

function read({ kind, text }: Token, negative: boolean): [CelValue | undefined, string] {
  switch (kind) {
    case 'NUM_INT':
      return [int(text, negative), 'invalid int literal'];
    case 'NUM_UINT':
      return [uint(text), 'invalid uint literal'];
    case 'NUM_FLOAT':
      return [double(text, negative), 'invalid double literal'];
    case 'STRING':
      return [unescapeString(text), 'invalid unicode code point'];
    case 'BYTES':
      return [unescapeBytes(text.slice(1)), 'unable to unescape string'];
    case "'true'":
    case "'false'":
      return [kind === "'true'", ''];
    default:
      return [null, ''];
  }
}

/** The literal that |token| writes, with its sign; what it cannot hold goes to |report|. */
export function readLiteral(
  token: Token,
  sign: Token | undefined,
  report: (pos: number, message: string) => void,
): LiteralExpr {
  const pos = sign?.pos ?? token.pos;
  const [value, fault] = read(token, sign !== undefined);
  if (value === undefined) report(pos, fault);
  return literal(pos, value ?? null);
}
