/**
 * Parses an expression. Written by hand after the grammar, with upstream's way of going on after an error
 * (delete one token, insert one, or skip to where an enclosing rule goes on), because its error texts
 * are part of the API's answers.
 *
 * Models: cel-go parser/parser.go, parser/gen/CEL.g4, ANTLR's DefaultErrorStrategy
 * Simplified: predictions look one token ahead where ANTLR's are unbounded; seen only in the texts of
 *             expressions with several errors
 */
import { call, ident, list, literal, memberCall, type Expr } from './ast.ts';
import type { MapEntry, StructField } from './ast.ts';
import { expandMacro } from './macros.ts';
import { TOKEN_ORDER, tokenize, type Token, type TokenKind } from './lexer.ts';
import {
  FIELD_NAMES,
  FUNCTION_OF,
  OPERAND,
  OPTIONAL_OPERAND,
  PRIMARY,
  PRODUCTS,
  RELATIONS,
  RESERVED,
  SUFFIXES,
  SUMS,
  type Kinds,
} from './grammar.ts';
import { readLiteral } from './literals.ts';

type Report = (pos: number, message: string) => void;

/** maxRecursionDepth, parser/options.go */
const RECURSION_LIMIT = 250;

/** Thrown to the rule that can go on. */
class Mismatch extends Error {
  /** Where in the grammar it was. */
  readonly state: string;
  constructor(state: string) {
    super(state);
    this.state = state;
  }
}
/** Ends the parse. */
class TooDeep extends Error {}

class Parser {
  private at = 0;
  private depth = 0;
  /** Between an error and the next token that fits, no further error is reported. */
  private recovering = false;
  /** Where errors were since the last token that fitted, so that no two stop at one token alike. */
  private lastErrorAt = -1;
  private lastErrorStates = new Set<string>();
  /** Tokens at which the rules that are open can go on. */
  private follow: Kinds = ['<EOF>'];
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private readonly report: Report;
  private readonly withBind: boolean;

  constructor(source: string, tokens: readonly Token[], report: Report, withBind: boolean) {
    this.source = source;
    this.tokens = tokens;
    this.report = report;
    this.withBind = withBind;
  }

  start(): Expr {
    const expr = this.expr(['<EOF>']);
    this.guarded(() => this.match('<EOF>', []));
    return expr;
  }

  private get token(): Token {
    return this.tokens[this.at] as Token;
  }

  private peek(distance = 1): TokenKind {
    return this.tokens[this.at + distance]?.kind ?? '<EOF>';
  }

  private is(kinds: Kinds): boolean {
    return kinds.includes(this.token.kind);
  }

  private take(): Token {
    const token = this.token;
    if (token.kind !== '<EOF>') this.at += 1;
    this.recovering = false;
    this.lastErrorAt = -1;
    this.lastErrorStates.clear();
    return token;
  }

  private takeIf(kind: TokenKind): Token | undefined {
    return this.token.kind === kind ? this.take() : undefined;
  }

  private syntaxError(message: string, pos = this.token.pos): void {
    if (this.recovering) return;
    this.recovering = true;
    this.report(pos, `Syntax error: ${message}`);
  }

  /** Takes |kind|, or deletes the token before it, or goes on as if it were there, or throws. */
  private match(kind: TokenKind, after: Kinds): Token {
    if (this.token.kind === kind) return this.take();
    if (this.peek() === kind) {
      this.syntaxError(`extraneous input '${this.token.text}' expecting ${kind}`);
      this.at += 1;
      return this.take();
    }
    if (after.includes(this.token.kind)) {
      this.syntaxError(`missing ${kind} at '${this.token.text}'`);
      return { kind, pos: this.token.pos, text: '' };
    }
    this.syntaxError(`mismatched input '${this.token.text}' expecting ${kind}`);
    throw new Mismatch(`match ${kind}`);
  }

  /** Makes sure that one of |kinds| comes next, deleting one token if that helps. */
  private sync(kinds: Kinds): void {
    if (this.is(kinds)) return;
    if (kinds.includes(this.peek())) {
      this.syntaxError(`extraneous input '${this.token.text}' expecting ${setText(kinds)}`);
      this.at += 1;
      this.recovering = false;
      return;
    }
    this.syntaxError(`mismatched input '${this.token.text}' expecting ${setText(kinds)}`);
    throw new Mismatch(`sync ${kinds.length}`);
  }

  /** Runs a rule; after an error in it skips to where an enclosing rule goes on. */
  private guarded<T>(rule: () => T): T | undefined {
    const { follow } = this;
    try {
      return rule();
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.follow = follow;
      if (this.lastErrorAt === this.at && this.lastErrorStates.has(error.state)) this.skip();
      this.lastErrorAt = this.at;
      this.lastErrorStates.add(error.state);
      while (!this.is(follow) && this.token.kind !== '<EOF>') this.at += 1;
      return undefined;
    }
  }

  private skip(): void {
    if (this.token.kind !== '<EOF>') this.at += 1;
  }

  /** Runs |rule| with |kinds| as further places to go on at. */
  private within<T>(kinds: Kinds, rule: () => T): T {
    const { follow } = this;
    this.follow = [...follow, ...kinds];
    const result = rule();
    this.follow = follow;
    return result;
  }

  private broken(): Expr {
    return literal(this.token.pos, null);
  }

  /** expr: conditionalOr ('?' conditionalOr ':' expr)?   |after|: what may come after it. */
  private expr(after: Kinds): Expr {
    this.depth += 1;
    if (this.depth > RECURSION_LIMIT) throw new TooDeep();
    const condition = this.within(["'?'", ...after], () => this.or([...after, "'?'"]));
    const question = this.takeIf("'?'");
    let result = condition;
    if (question !== undefined) {
      const branches = this.guarded(() => {
        const yes = this.within(["':'", ...after], () => this.or(["':'"]));
        this.match("':'", OPERAND);
        return [yes, this.within(after, () => this.expr(after))] as const;
      });
      if (branches !== undefined) result = call(question.pos, '_?_:_', condition, ...branches);
    }
    this.depth -= 1;
    return result;
  }

  private or(after: Kinds): Expr {
    return this.logical("'||'", '_||_', () => this.and([...after, "'||'"]));
  }

  private and(after: Kinds): Expr {
    return this.logical("'&&'", '_&&_', () => this.relation([...after, "'&&'"]));
  }

  /** A chain of terms becomes a balanced tree, so that long chains do not nest deeply. */
  private logical(op: TokenKind, fn: string, term: () => Expr): Expr {
    const terms = [this.within([op], term)];
    const positions: number[] = [];
    while (this.token.kind === op) {
      positions.push(this.take().pos);
      terms.push(this.within([op], term));
    }
    const balance = (low: number, high: number): Expr => {
      const mid = Math.floor((low + high + 1) / 2);
      const left = mid === low ? (terms[mid] as Expr) : balance(low, mid - 1);
      const right = mid === high ? (terms[mid + 1] as Expr) : balance(mid + 1, high);
      return call(positions[mid] ?? -1, fn, left, right);
    };
    return positions.length === 0 ? (terms[0] as Expr) : balance(0, positions.length - 1);
  }

  private relation(after: Kinds): Expr {
    return this.chain(RELATIONS, () => this.sum([...after, ...RELATIONS]));
  }

  private sum(after: Kinds): Expr {
    return this.chain(SUMS, () => this.product([...after, ...SUMS]));
  }

  private product(after: Kinds): Expr {
    return this.chain(PRODUCTS, () => this.unary([...after, ...PRODUCTS]));
  }

  /** Operators of one precedence, grouped from the left. */
  private chain(ops: Kinds, operand: () => Expr): Expr {
    let left = this.within(ops, operand);
    let length = 0;
    while (this.is(ops)) {
      length += 1;
      if (this.depth + length > RECURSION_LIMIT) throw new TooDeep();
      const op = this.take();
      left = call(op.pos, FUNCTION_OF[op.kind] ?? '', left, this.within(ops, operand));
    }
    return left;
  }

  private unary(after: Kinds): Expr {
    const result = this.guarded(() => {
      this.sync(OPERAND);
      const op = this.token;
      const negatesLiteral = this.peek() === 'NUM_INT' || this.peek() === 'NUM_FLOAT';
      if (op.kind !== "'!'" && (op.kind !== "'-'" || negatesLiteral)) return this.member(after);
      if (op.kind === "'-'" && ![...PRIMARY, "'-'"].includes(this.peek())) {
        this.noAlternative('unary', 1);
      }
      let count = 0;
      while (this.token.kind === op.kind) {
        this.take();
        count += 1;
        if (!this.is([...PRIMARY, op.kind])) this.unwanted();
      }
      const operand = this.member(after);
      if (count % 2 === 0) return operand;
      return call(op.pos, op.kind === "'!'" ? '!_' : '-_', operand);
    });
    return result ?? this.broken();
  }

  /** In a loop: reports the token, then skips to where something goes on. */
  private unwanted(): void {
    this.syntaxError(`extraneous input '${this.token.text}' expecting ${setText(OPERAND)}`);
    const stop = [...this.follow, ...PRIMARY];
    while (!this.is(stop) && this.token.kind !== '<EOF>') this.at += 1;
    if (!this.is(PRIMARY)) throw new Mismatch('unwanted');
  }

  private member(after: Kinds): Expr {
    const follow = [...after, ...SUFFIXES];
    let expr = this.within(SUFFIXES, () => this.guarded(() => this.primary(follow)));
    for (let length = 0; this.is(SUFFIXES); length += 1) {
      if (this.depth + length > RECURSION_LIMIT) throw new TooDeep();
      const operand: Expr = expr ?? this.broken();
      expr =
        this.token.kind === "'.'" ? this.selection(operand, follow) : this.index(operand, follow);
    }
    return expr ?? this.broken();
  }

  private selection(operand: Expr, after: Kinds): Expr {
    const optional = this.peek() === "'?'";
    const name = this.peek(optional ? 2 : 1);
    if (name !== 'IDENTIFIER' && name !== 'ESC_IDENTIFIER') {
      if (!optional) this.noAlternative('member', 1);
    }
    const dot = this.take();
    if (optional) this.take();
    if (optional && !this.is(FIELD_NAMES)) {
      const { pos } = this.token;
      const found = this.guarded(() => {
        this.sync(FIELD_NAMES);
        return true;
      });
      if (found !== true) {
        this.report(pos, 'unsupported ident kind');
        return operand;
      }
    }
    const id = this.take();
    if (id.kind === 'ESC_IDENTIFIER') {
      this.report(id.pos, "unsupported syntax: '`'");
      return operand;
    }
    if (!optional && this.token.kind === "'('") {
      const { open, args } = this.callArgs(after);
      return this.called(open.pos, id.text, operand, args);
    }
    if (optional) return call(dot.pos, '_?._', operand, literal(id.pos, id.text));
    return { kind: 'select', pos: dot.pos, operand, field: id.text, testOnly: false };
  }

  /** Nothing of the grammar goes on as the next |length| tokens do; none of them is taken. */
  private noAlternative(state: string, length: number): never {
    const last = this.tokens[this.at + length] as Token;
    const isWord = last.kind === "'true'" || last.kind === "'false'" || last.kind === "'null'";
    const text = this.source.slice(
      this.token.pos,
      last.pos + (last.kind === '<EOF>' ? 0 : last.text.length),
    );
    if (isWord && text === `.${last.text}`) {
      this.syntaxError(`mismatched input '${last.text}' expecting IDENTIFIER`, last.pos);
    } else this.syntaxError(`no viable alternative at input '${text}'`, last.pos);
    throw new Mismatch(state);
  }

  private index(operand: Expr, after: Kinds): Expr {
    const open = this.take();
    this.sync(OPTIONAL_OPERAND);
    const optional = this.takeIf("'?'") !== undefined;
    const index = this.within(["']'"], () => this.expr(["']'"]));
    this.match("']'", after);
    return call(open.pos, optional ? '_[?_]' : '_[_]', operand, index);
  }

  /** '(' exprList? ')' */
  private callArgs(after: Kinds): { open: Token; args: Expr[] } {
    const open = this.take();
    const args: Expr[] = [];
    this.sync([...OPERAND, "')'"]);
    if (this.token.kind !== "')'") {
      do args.push(this.within(["','", "')'"], () => this.expr(["','", "')'"])));
      while (this.takeIf("','") !== undefined);
    }
    this.match("')'", after);
    return { open, args };
  }

  /** A call, or what the macro of that name makes of it. */
  private called(pos: number, fn: string, target: Expr | undefined, args: Expr[]): Expr {
    const expansion = expandMacro(pos, fn, target, args, this.withBind);
    if (expansion === undefined) {
      return target === undefined ? call(pos, fn, ...args) : memberCall(pos, fn, target, args);
    }
    if (expansion.kind !== 'error') return expansion;
    this.report(expansion.pos, expansion.message);
    return literal(pos, null);
  }

  private primary(after: Kinds): Expr {
    this.sync([...PRIMARY, "'-'"]);
    switch (this.token.kind) {
      case "'('": {
        this.take();
        const inner = this.within(["')'"], () => this.expr(["')'"]));
        this.match("')'", after);
        return inner;
      }
      case "'['":
        return this.listLiteral(after);
      case "'{'":
        return this.mapLiteral(after);
      case "'.'":
      case 'IDENTIFIER':
        return this.named(after);
      default:
        return this.literal();
    }
  }

  private named(after: Kinds): Expr {
    if (this.token.kind === "'.'" && this.peek() !== 'IDENTIFIER') this.noAlternative('primary', 1);
    const dot = this.takeIf("'.'");
    const struct = this.structLiteral(dot !== undefined, after);
    if (struct !== undefined) return struct;
    const id = this.take();
    const name = dot === undefined ? id.text : `.${id.text}`;
    if (this.token.kind === "'('") {
      const { open, args } = this.callArgs(after);
      return this.allowed(id, dot) ? this.called(open.pos, name, undefined, args) : this.broken();
    }
    return this.allowed(id, dot) ? ident(id.pos, name) : this.broken();
  }

  private allowed(id: Token, dot: Token | undefined): boolean {
    if (!RESERVED.has(id.text)) return true;
    this.report(dot?.pos ?? id.pos, `reserved identifier: ${id.text}`);
    return false;
  }

  /** `a.b.C{…}`, when the names are followed by a brace. */
  private structLiteral(dotted: boolean, after: Kinds): Expr | undefined {
    let end = 1;
    while (this.peek(end) === "'.'" && this.peek(end + 1) === 'IDENTIFIER') end += 2;
    if (this.peek(end) !== "'{'") return undefined;
    const names = this.tokens.slice(this.at, this.at + end).map((token) => token.text);
    this.at += end;
    const open = this.take();
    const fields: StructField[] = [];
    this.sync(["'?'", 'IDENTIFIER', 'ESC_IDENTIFIER', "','", "'}'"]);
    this.within(["'}'", "','"], () =>
      this.guarded(() => {
        while (this.is(["'?'", 'IDENTIFIER', 'ESC_IDENTIFIER'])) {
          fields.push(this.structField());
          if (!['IDENTIFIER', 'ESC_IDENTIFIER', "'?'"].includes(this.peek())) break;
          if (this.takeIf("','") === undefined) break;
        }
      }),
    );
    this.closing("'}'", after);
    const typeName = `${dotted ? '.' : ''}${names.join('')}`;
    return { kind: 'struct', pos: open.pos, typeName, fields };
  }

  private structField(): StructField {
    const optional = this.takeIf("'?'") !== undefined;
    const id =
      this.token.kind === 'ESC_IDENTIFIER' ? this.take() : this.match('IDENTIFIER', ["':'"]);
    if (id.kind === 'ESC_IDENTIFIER') this.report(id.pos, "unsupported syntax: '`'");
    const colon = this.match("':'", OPERAND);
    const value = this.within(["','", "'}'"], () => this.expr(["','", "'}'"]));
    return { pos: colon.pos, name: id.text, value, optional };
  }

  /** ','? and the closing bracket. */
  private closing(kind: TokenKind, after: Kinds): void {
    this.sync([kind, "','"]);
    this.takeIf("','");
    this.match(kind, after);
  }

  private listLiteral(after: Kinds): Expr {
    const open = this.take();
    const elements: Expr[] = [];
    const optional = new Set<number>();
    this.sync([...OPTIONAL_OPERAND, "','", "']'"]);
    if (this.is(OPTIONAL_OPERAND)) {
      do {
        if (elements.length > 0) this.take();
        if (this.takeIf("'?'") !== undefined) optional.add(elements.length);
        elements.push(this.within(["','", "']'"], () => this.expr(["','", "']'"])));
      } while (this.token.kind === "','" && OPTIONAL_OPERAND.includes(this.peek()));
    }
    this.closing("']'", after);
    return list(open.pos, elements, optional);
  }

  private mapLiteral(after: Kinds): Expr {
    const open = this.take();
    const entries: MapEntry[] = [];
    this.sync([...OPTIONAL_OPERAND, "','", "'}'"]);
    this.within(["'}'", "','"], () =>
      this.guarded(() => {
        while (this.is(OPTIONAL_OPERAND)) {
          const optional = this.takeIf("'?'") !== undefined;
          const key = this.within(["':'"], () => this.expr(["':'"]));
          const colon = this.match("':'", OPERAND);
          const value = this.within(["','", "'}'"], () => this.expr(["','", "'}'"]));
          entries.push({ pos: colon.pos, key, value, optional });
          if (this.token.kind !== "','" || !OPTIONAL_OPERAND.includes(this.peek())) break;
          this.take();
        }
      }),
    );
    this.closing("'}'", after);
    return { kind: 'map', pos: open.pos, entries };
  }

  private literal(): Expr {
    const sign = this.takeIf("'-'");
    return readLiteral(this.take(), sign, this.report);
  }
}

/** `{'[', '(', …}` in the order of the grammar; a single one stands alone. */
function setText(kinds: Kinds): string {
  const sorted = TOKEN_ORDER.filter((kind) => kinds.includes(kind));
  return sorted.length === 1 ? (sorted[0] ?? '') : `{${sorted.join(', ')}}`;
}

/** The tree of |source|; what is wrong with it goes to |report|. |withBind|: knows cel.bind(). */
export function parse(source: string, report: Report, withBind = false): Expr {
  const tokens = tokenize(source, (pos, message) => report(pos, `Syntax error: ${message}`));
  try {
    return new Parser(source, tokens, report, withBind).start();
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    report(-1, `expression recursion limit exceeded: ${RECURSION_LIMIT}`);
    return literal(-1, null);
  }
}
