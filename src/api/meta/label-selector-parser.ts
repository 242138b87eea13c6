/**
 * The text form of label selectors: `a=b,c in (x,y),!d,e>3`.
 *
 * Models: k8s.io/apimachinery/pkg/labels selector.go, Lexer and Parser (v1.36); messages word for word
 */
import { compareText, goQuote } from './go-text.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import { type LabelOperator, type LabelRequirement, SelectorError } from './selector-types.ts';

type TokenKind =
  | ')'
  | ','
  | '!'
  | '=='
  | '='
  | '>'
  | 'in'
  | '<'
  | '!='
  | 'notin'
  | '('
  | 'identifier'
  | 'end'
  | 'error';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const SYMBOLS: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const BLANKS = ' \t\r\n';
const SPECIAL = '=!(),><';
const INTEGER = /^[+-]?[0-9]+$/;

function fail(message: string): never {
  throw new SelectorError(message);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && BLANKS.includes(text[at] ?? '')) at++;
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: '' });
      return tokens;
    }
    const start = at;
    if (SPECIAL.includes(text[at] ?? '')) {
      const token = symbolAt(text, at);
      tokens.push(token.token);
      at = token.next;
      continue;
    }
    while (at < text.length && !`${SPECIAL}${BLANKS}`.includes(text[at] ?? '')) at++;
    const word = text.slice(start, at);
    const kind = word === 'in' || word === 'notin' ? word : 'identifier';
    tokens.push({ kind, text: word });
  }
}

/** The longest run of special characters that is a symbol, read as greedily as upstream does. */
function symbolAt(text: string, start: number): { token: Token; next: number } {
  let at = start;
  let buffer = '';
  let best: Token | undefined;
  while (at < text.length && SPECIAL.includes(text[at] ?? '')) {
    buffer += text[at];
    if (SYMBOLS.has(buffer)) best = { kind: buffer as TokenKind, text: buffer };
    else if (best !== undefined) break;
    at++;
  }
  const token: Token = best ?? { kind: 'error', text: `error expected: keyword found '${buffer}'` };
  return { token, next: at };
}

class Parser {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  private get current(): Token {
    return this.tokens[this.position] ?? { kind: 'end', text: '' };
  }

  /** As a value or key, `in` and `notin` are ordinary words. */
  private peek(): Token {
    return asValue(this.current);
  }

  private next(): Token {
    const token = asValue(this.current);
    this.position++;
    return token;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { kind, text } = this.peek();
      if (kind === 'end') return requirements;
      if (kind !== 'identifier' && kind !== '!') {
        fail(`found '${text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.requirement());
      const after = this.next();
      if (after.kind === 'end') return requirements;
      if (after.kind !== ',') fail(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.peek();
      if (following.kind !== 'identifier' && following.kind !== '!') {
        fail(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  private requirement(): LabelRequirement {
    try {
      return this.keyAndRest();
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      return fail(`unable to parse requirement: ${error.message}`);
    }
  }

  private keyAndRest(): LabelRequirement {
    let token = this.next();
    const negated = token.kind === '!';
    if (negated) token = this.next();
    if (token.kind !== 'identifier') fail(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const messages = isQualifiedName(key);
    // The key is checked without a path, which Go prints as <nil>.
    if (messages.length > 0) fail(`<nil>: Invalid value: ${goQuote(key)}: ${messages.join('; ')}`);
    const { kind } = this.peek();
    if (negated) return { key, operator: '!', values: [] };
    if (kind === 'end' || kind === ',') return { key, operator: 'exists', values: [] };
    const operator = this.operator();
    const found = operator === 'in' || operator === 'notin' ? this.list() : this.exact();
    const values = [...found].sort(compareText);
    checkValues(key, operator, values);
    return { key, operator, values };
  }

  private operator(): LabelOperator {
    const { kind, text } = this.current;
    this.position++;
    switch (kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return kind;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        return fail(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  private list(): Set<string> {
    const open = this.next();
    if (open.kind !== '(') fail(`found '${open.text}' expected: '('`);
    const { kind, text } = this.peek();
    if (kind === ')') {
      this.next();
      return new Set(['']);
    }
    if (kind !== 'identifier' && kind !== ',') {
      fail(`found '${text}', expected: ',', ')' or identifier`);
    }
    const values = this.identifiers();
    if (this.next().kind !== ')') fail(`found '${text}', expected: ')'`);
    return values;
  }

  /** Identifiers between commas; where one is missing it is the empty text. */
  private identifiers(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const { kind, text } = this.next();
      const following = this.peek();
      if (kind === 'identifier') {
        values.add(text);
        if (following.kind === ')') return values;
        if (following.kind !== ',') fail(`found '${following.text}', expected: ',' or ')'`);
      } else if (kind === ',') {
        if (values.size === 0) values.add('');
        if (following.kind === ')' || following.kind === ',') values.add('');
        if (following.kind === ')') return values;
      } else {
        fail(`found '${text}', expected: ',', or identifier`);
      }
    }
  }

  private exact(): Set<string> {
    const { kind } = this.peek();
    if (kind === 'end' || kind === ',') return new Set(['']);
    const token = this.next();
    if (token.kind !== 'identifier') fail(`found '${token.text}', expected: identifier`);
    return new Set([token.text]);
  }
}

function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin'
    ? { kind: 'identifier', text: token.text }
    : token;
}

/** Upstream NewRequirement's rules for values; several complaints are joined as Go's aggregates are. */
function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  const complaints: string[] = [];
  const add = (field: string, value: string, text: string): void => {
    const message = `${field}: Invalid value: ${goQuote(value)}: ${text}`;
    if (!complaints.includes(message)) complaints.push(message);
  };
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && !INTEGER.test(value)) {
      add(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer");
    }
  });
  values.forEach((value, i) => {
    const messages = isLabelValue(value);
    if (messages.length > 0) add(`values[${i}][${key}]`, value, messages.join('; '));
  });
  if (complaints.length === 1) fail(complaints[0] ?? '');
  if (complaints.length > 1) fail(`[${complaints.join(', ')}]`);
}

/** The requirements of |text|; throws SelectorError with upstream's words. */
export function parseLabelRequirements(text: string): LabelRequirement[] {
  return new Parser(tokenize(text)).parse();
}
