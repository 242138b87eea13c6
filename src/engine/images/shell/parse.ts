/**
 * Scripts parsed once and shared: the syntax tree is never changed, so that a thousand containers
 * with the same script hold one tree. The parser reads bash; what ash refuses is refused here.
 *
 * Models: busybox shell/ash.c (syntax errors word for word where they are common).
 */
import { forEachChild, parse, type Statement, type SyntaxNode } from 'unbash';

export interface ParsedScript {
  /** What runs before the syntax error, if there is one: complete lines before it. */
  readonly statements: readonly Statement[];
  readonly error: string | null;
  /** The script ended inside a construct: more lines may complete it. */
  readonly incomplete: boolean;
}

/** Bounds of the cache: scripts, and the length of one that is kept. */
const MAX_SCRIPTS = 256;
const MAX_KEPT_LENGTH = 65_536;

const cache = new Map<string, ParsedScript>();

export function parseScript(source: string): ParsedScript {
  const known = cache.get(source);
  if (known) return known;
  const parsed = parseFresh(source);
  if (source.length <= MAX_KEPT_LENGTH) {
    if (cache.size >= MAX_SCRIPTS) cache.clear();
    cache.set(source, parsed);
  }
  return parsed;
}

interface Problem {
  readonly message: string;
  readonly pos: number;
  readonly incomplete: boolean;
}

function parseFresh(source: string): ParsedScript {
  const script = parse(source);
  const problem = firstProblem(source, script);
  if (!problem) return { statements: script.commands, error: null, incomplete: false };
  const holder = script.commands.filter((statement) => statement.pos <= problem.pos).at(-1);
  const start = problem.incomplete && holder ? holder.pos : problem.pos;
  // ash reads complete commands line by line: only whole lines before the error have run.
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  return {
    statements: script.commands.filter(
      (statement) => statement.end > statement.pos && statement.end < lineStart,
    ),
    error: problem.message,
    incomplete: problem.incomplete,
  };
}

function firstProblem(source: string, script: ReturnType<typeof parse>): Problem | null {
  if (script.errors?.[0]) return describe(source, script.errors);
  let found: Problem | null = null;
  const visit = (node: SyntaxNode): void => {
    if (found) return;
    const message = refused(node);
    if (message !== null) found = { message, pos: node.pos, incomplete: false };
    else if ('errors' in node && node.errors?.[0]) {
      const inner = node.source ?? source;
      found = { ...describe(inner, node.errors), pos: node.pos };
    } else forEachChild(node, visit);
  };
  for (const statement of script.commands) visit(statement);
  return found;
}

/** Constructs of bash that ash does not read. */
function refused(node: SyntaxNode): string | null {
  switch (node.type) {
    case 'ArrayValue':
    case 'ExtendedGlob':
    case 'ProcessSubstitution':
      return 'syntax error: unexpected "("';
    case 'For':
      return /^[A-Za-z_]\w*$/.test(node.name.text) ? null : 'syntax error: bad for loop variable';
    case 'ArithmeticFor':
      return 'syntax error: bad for loop variable';
    case 'Case':
      return node.items.some(
        (item) => item.terminator?.startsWith(';&') || item.terminator === ';;&',
      )
        ? 'syntax error: unexpected "&"'
        : null;
    case 'Pipeline':
      return refusedNegation(node);
    case 'HereString':
      return 'syntax error: unexpected redirection';
    case 'Select':
      return 'syntax error: unexpected "do"';
    default:
      return null;
  }
}

function refusedNegation(node: SyntaxNode & { readonly type: 'Pipeline' }): string | null {
  const negations = node.prefixes.filter((prefix) => prefix.type === 'Negation').length;
  if (negations > 1) return 'syntax error: unexpected "!"';
  return negations === 1 && node.commands.length === 0
    ? 'syntax error: unexpected end of file'
    : null;
}

/** How ash names what it waits for. */
const EXPECTED: readonly (readonly [RegExp, string])[] = [
  [/expected 'then'/, 'then'],
  [/expected 'do'/, 'do'],
  [/'fi' to close/, 'fi'],
  [/'done' to close/, 'done'],
  [/'\}' to close/, '}'],
  [/'\)' to close|command substitution/, ')'],
];

/** What is missing at the end of the text, where ash has words of its own. */
const UNTERMINATED: readonly (readonly [RegExp, string])[] = [
  [/unterminated parameter expansion/, "missing '}'"],
  [/unterminated arithmetic/, "missing '))'"],
  [/unterminated backtick/, 'EOF in backquote substitution'],
  [/unterminated.*(quote|string)/, 'unterminated quoted string'],
];

interface ParserError {
  readonly message: string;
  readonly pos: number;
}

function describe(source: string, errors: readonly ParserError[]): Problem {
  const { message, pos } = errors[0] as ParserError;
  const incomplete = (text: string): Problem => ({
    message: `syntax error: ${text}`,
    pos,
    incomplete: true,
  });
  for (const [pattern, text] of UNTERMINATED) if (pattern.test(message)) return incomplete(text);
  const atEnd = source.slice(pos).trim() === '' || /unterminated/.test(message);
  if (atEnd && !message.startsWith('unexpected token')) {
    const expected = expectedToken(source.slice(0, pos), errors);
    const closing = /(?:^|[\s;])(fi|done|esac)[\s;]*$/.exec(source)?.[1];
    if (closing !== undefined && (expected === 'then' || expected === 'do')) {
      return {
        message: `syntax error: unexpected "${closing}" (expecting "${expected}")`,
        pos,
        incomplete: false,
      };
    }
    return incomplete(
      `unexpected end of file${expected === '' ? '' : ` (expecting "${expected}")`}`,
    );
  }
  if (/\{\s*$/.test(source) && message.endsWith('in brace group'))
    return incomplete('unexpected end of file (expecting "}")');
  const token =
    /unexpected token '([^]+)'/.exec(message)?.[1] ??
    missingCommand(message) ??
    tokenAt(source, pos);
  return { message: `syntax error: unexpected ${tokenName(token)}`, pos, incomplete: false };
}

function expectedToken(before: string, errors: readonly ParserError[]): string {
  for (const { message } of errors) {
    // In a case list either the next pattern or the end of the current branch is missing.
    if (message.includes("'esac'")) return /(\bin|;;)\s*$/.test(before) ? ')' : ';;';
    const expected = EXPECTED.find(([pattern]) => pattern.test(message))?.[1];
    if (expected !== undefined) return expected;
  }
  return '';
}

/** An empty group is reported at its start; ash stumbles over its end. */
function missingCommand(message: string): string | undefined {
  if (message.endsWith('in subshell')) return ')';
  return message.endsWith('in brace group') ? '}' : undefined;
}

function tokenAt(source: string, pos: number): string {
  const rest = source.slice(pos).replace(/^[ \t]+/, '');
  return /^(\n|&&|\|\||;;|[;&|()<>]|[^\s;&|()<>]+)/.exec(rest)?.[1] ?? '';
}

const RESERVED = [
  '!',
  '{',
  '}',
  'case',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'for',
  'if',
  'in',
  'then',
  'until',
  'while',
];

function tokenName(token: string): string {
  if (token === '\n' || token === '') return 'newline';
  if (token === '<' || token === '>') return 'redirection';
  if (/^[;&|()]/.test(token) || RESERVED.includes(token)) return `"${token}"`;
  return 'word';
}
